"""What holds for every request and every answer: who may ask, and how a browser has to treat what it gets."""

from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request
from werkzeug.routing import RequestRedirect

from service.web.cors import ANY, comes_from

MODE = "X-Prescreen-Mode"
OWN = "OWN"  # the blueprints that decide for themselves who may ask, as an application keeps them
POLICY = "Content-Security-Policy"
NO_FRAMES = "frame-ancestors 'none'"
# Of pages that people work on: scripts, pictures and forms of this service alone, and nothing that stands in the page.
WORKING = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    f"base-uri 'none'; {NO_FRAMES}"
)
FRAMES = frozenset({"iframe", "frame"})
KEPT = "public, max-age=31536000, immutable"
HEADERS = {
    "Cache-Control": "no-store",
    POLICY: f"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; {NO_FRAMES}",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Headers that proxies set, by their names in a WSGI environment; and ORIGIN, of a browser that acts for another site.
PROXIES = ("FORWARDED", "X_REAL_IP", "X_CLIENT_IP", "TRUE_CLIENT_IP", "CF_CONNECTING_IP", "VIA")
PROXIED = frozenset(f"HTTP_{each}" for each in PROXIES)
FORWARDED = "HTTP_X_FORWARDED_"
LOCALHOST = "localhost"
ORIGIN = "Origin"
BAD_REQUEST = 400
MOST_REMEMBERED = 256  # names and addresses


def protect(
    app: Flask, *, allow_remote: bool = False, own: frozenset[str] = frozenset(), development: bool = False
) -> None:
    """Refuse other machines, unless they are allowed, and send the security headers with everything.

    The blueprints in `own` decide for themselves who may ask. In `development` nobody is asked who they are, so other
    machines get nothing at all, through a proxy on this one neither, and every answer says what this is.
    """

    def refuse_other_machines() -> None:
        """403 unless the request comes from this machine: nobody is asked yet who they are.

        However the service was started, an address that others can reach does not open it to them. What a request says
        of where it comes from (Forwarded, X-Forwarded-For) opens nothing, but says that a proxy on this machine passed
        it on for somebody else.
        """
        let_in = not development and (allow_remote or request.blueprint in own)
        here = is_of_this_machine((ANY,)) if development else comes_from_here()
        if not (let_in or here):
            abort(403)

    app.config[OWN] = own
    app.before_request(refuse_other_machines)
    app.before_request(_refuse_to_mend)
    app.after_request(add_headers)
    if development:
        app.after_request(_say_that_it_is_for_trying_out)


def _refuse_to_mend() -> None:
    """404 for an address that is almost one of ours, with a doubled slash: it would be mended by a redirect to whatever
    host the request names, with everything in its query."""
    if isinstance(request.routing_exception, RequestRedirect):
        abort(404)


def comes_from_here() -> bool:
    """Was the request made on this machine, and not passed on by a proxy?"""
    known = request.environ
    proxied = not PROXIED.isdisjoint(known) or any(name.startswith(FORWARDED) for name in known)
    return is_local(known.get("REMOTE_ADDR", "")) and not proxied


def is_of_this_machine(origins: Collection[str] = ()) -> bool:
    """Does the request come from here, and from no proxy or page in a browser, which would only pass it on?

    `origins`: pages of these may ask, if the browser is of this machine. Whoever asks has to call this machine by its
    own name: a proxy mostly passes on the name that the world knows, and so does the browser of somebody who looks at a
    page whose name was led here (DNS rebinding), without saying that it acts for a page.
    """
    of_a_page = ORIGIN in request.headers and not comes_from(origins)
    return comes_from_here() and _is_name_of_this_machine(request.headers.get("Host")) and not of_a_page


@lru_cache(MOST_REMEMBERED)
def _is_name_of_this_machine(host: str | None) -> bool:
    try:
        name = urlsplit(f"//{host or ''}").hostname
    except ValueError:
        return False
    return name is not None and (name == LOCALHOST or is_local(name))


@lru_cache(MOST_REMEMBERED)
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


def in_frame() -> bool:
    """Does the browser say that it asks for what a frame is to show?"""
    return request.headers.get("Sec-Fetch-Dest") in FRAMES


def let_frame(origins: Iterable[str]) -> None:
    """Let pages of these origins show the answer to this request in a frame; without one it stays as it is."""
    g.framed_by = tuple(origins)


def let_work() -> None:
    """Let the answer to this request be a page with forms and a script of ours."""
    g.policy = WORKING


def let_keep() -> None:
    """Let browsers keep the answer to this request: under this address nothing else will ever stand."""
    g.kept = KEPT


def _say_that_it_is_for_trying_out(response: Response) -> Response:
    response.headers[MODE] = "development"
    return response


def add_headers(response: Response) -> Response:
    """The security headers; nothing is kept by anybody between, unless it tells nothing."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers[POLICY] = g.get("policy", HEADERS[POLICY])
    if response.status_code < BAD_REQUEST:
        response.headers["Cache-Control"] = g.get("kept", HEADERS["Cache-Control"])
    if origins := g.get("framed_by"):
        response.headers[POLICY] = response.headers[POLICY].replace(NO_FRAMES, f"frame-ancestors {' '.join(origins)}")
        # A page of another origin may ask its browser to hold what it embeds to this.
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        del response.headers["X-Frame-Options"]  # it knows no list of origins
    return response
