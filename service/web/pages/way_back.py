"""Where somebody wanted to go before they had to sign in: only ever an address of this service."""

from urllib.parse import quote, urlsplit

from flask import request

LONGEST = 1000
NOWHERE = ("/sign-in", "/sign-out", "/no-role", "/api/", "/static/")  # nobody wants to be led there


def local_path(text: str | None) -> str | None:
    """A path of this service with its query, as it was given; None for anything else, whatever browsers make of it.

    It begins with one slash, and has no scheme or host, no backslash, which browsers take for a slash, and nothing that
    is not printed, which they leave out.
    """
    if not text or len(text) > LONGEST or not text.startswith("/") or text.startswith("//") or text == "/":
        return None
    if "\\" in text or " " in text or not text.isprintable() or not text.isascii():
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or f"{parts.path}/".startswith(tuple(f"{each.rstrip('/')}/" for each in NOWHERE)):
        return None
    return text


def wanted_here() -> str | None:
    """The address of this request, if it is one to come back to."""
    query = request.query_string.decode("ascii", "replace")
    path = quote(request.path)
    return local_path(f"{path}?{query}" if query else path)
