"""The templates, the stylesheet and the script, as files."""

from pathlib import Path

from tests.shape.source import ROOT

WEB = ROOT / "service" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
STYLE, SCRIPT = WEB / "static" / "pages.css", WEB / "static" / "pages.js"


def names(path: Path) -> str:
    """How a test calls it."""
    return path.relative_to(WEB).as_posix()
