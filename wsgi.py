"""For a WSGI server: `gunicorn wsgi:app`. It has to listen on this machine alone; see docs/http.md."""

from service.app import create_app
from service.settings import Settings

app = create_app(Settings.from_env())
