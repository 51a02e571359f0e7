"""The content of a request, whole or not at all."""

from flask import abort, request


def whole_body() -> bytes:
    """The whole body. One whose length is not announced (chunks) would silently be cut at the limit."""
    content = request.get_data(cache=False)
    limit = request.max_content_length
    if request.content_length is None and limit is not None and len(content) >= limit:
        abort(413)
    return content
