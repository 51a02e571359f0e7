"""Pages of other origins that may ask from a browser (CORS): those that are set, else none. STANDARDS 1.87.

This says nothing of who asks: a page has to prove that like everybody else.
"""

from collections.abc import Collection

from flask import Blueprint, Response, request

ANY = "*"
ALLOWED = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Authorization, Content-Type"}


def allow_origins(page: Blueprint, origins: Collection[str]) -> None:
    """Let pages of these origins ask for whatever `page` answers. Call it before anything that asks who the caller is.

    A preflight (OPTIONS) is answered without a token: browsers send none with it. `*` is every origin.
    """

    @page.before_request
    def preflight() -> Response | None:
        """What a browser wants to know before it asks for a page; for an origin that is not listed, nothing."""
        return Response(status=204) if request.method == "OPTIONS" else None

    @page.after_request
    def marked(response: Response) -> Response:
        """Whose page may read the answer."""
        if not origins:
            return response
        response.headers.add("Vary", "Origin")
        if comes_from(origins):
            response.headers["Access-Control-Allow-Origin"] = ANY if ANY in origins else request.headers["Origin"]
            if request.method == "OPTIONS":
                response.headers.update(ALLOWED)
        return response


def comes_from(origins: Collection[str]) -> bool:
    """Does the request come from a page of one of these origins?"""
    origin = request.headers.get("Origin")
    return origin is not None and (ANY in origins or origin in origins)
