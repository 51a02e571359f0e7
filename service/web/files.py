"""/static/…: the stylesheet, the script and the mark of the pages. They tell nothing, so they are there for everybody.

An address names the version of the file: a browser keeps it for as long as it is that one, and asks once for another.
"""

from hashlib import blake2b
from pathlib import Path

from flask import Blueprint, Flask, Response, request, send_from_directory

from service.web.guard import let_keep

NAME = "files"
FOLDER = Path(__file__).parent / "static"


def register(app: Flask) -> None:
    """Let the application answer with its files, and templates name them by `static_url(name)`."""
    versions = {path.name: blake2b(path.read_bytes(), digest_size=8).hexdigest() for path in FOLDER.iterdir()}
    page = Blueprint(NAME, __name__)

    @page.get("/static/<name>")
    def file(name: str) -> Response:
        """One file; only under the address of its version it may be kept."""
        if request.args.get("v") == versions.get(name):
            let_keep()
        return send_from_directory(FOLDER, name)

    def static_url(name: str) -> str:
        """From wherever the page stands, so that it is found below a proxy's path, too."""
        return f"{'../' * (request.path.count('/') - 1)}static/{name}?v={versions[name]}"

    app.register_blueprint(page)
    app.jinja_env.globals["static_url"] = static_url
