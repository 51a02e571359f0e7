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


def protect(app: Flask) -> None:
    """Refuse other machines, and send the security headers with everything."""
    app.before_request(refuse_other_machines)
    app.after_request(add_headers)


def refuse_other_machines() -> None:
    """403 unless the request comes from this machine: nobody is asked yet who they are.

    However the service was started, an address that others can reach does not open it to them.
    """
    if not is_local(request.environ.get("REMOTE_ADDR", "")):
        abort(403)


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
