"""What holds for every request and every answer: who may ask, and how a browser has to treat what it gets."""

from ipaddress import IPv6Address, ip_address

from flask import Flask, Response, abort, request

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Set by proxies, and by browsers that act for a page of another site.
PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via", "Origin")


def protect(app: Flask, *, allow_remote: bool = False, own: frozenset[str] = frozenset()) -> None:
    """Refuse other machines, unless they are allowed, and send the security headers with everything.

    The blueprints in `own` decide for themselves who may ask.
    """

    def refuse_other_machines() -> None:
        """403 unless the request comes from this machine: nobody is asked yet who they are.

        However the service was started, an address that others can reach does not open it to them. What a request says
        of where it comes from (Forwarded, X-Forwarded-For) opens nothing.
        """
        if not (allow_remote or request.blueprint in own or is_local(request.environ.get("REMOTE_ADDR", ""))):
            abort(403)

    app.before_request(refuse_other_machines)
    app.after_request(add_headers)


def is_of_this_machine() -> bool:
    """Does the request come from here, and from no proxy or page in a browser, which would only pass it on?"""
    passed_on = any(name in request.headers for name in PASSED_ON)
    return not passed_on and is_local(request.environ.get("REMOTE_ADDR", ""))


def is_local(address: str) -> bool:
    """Is it an address of this machine? A Unix socket has none, and is of this machine alone."""
    if not address:
        return True
    try:
        known = ip_address(address)
    except ValueError:
        return False
    mapped = known.ipv4_mapped if isinstance(known, IPv6Address) else None
    return (mapped or known).is_loopback


def add_headers(response: Response) -> Response:
    """The security headers; nothing is kept by anybody between."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response
