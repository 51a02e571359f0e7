"""serve: the studies, the pages and the interfaces over HTTP."""

from argparse import ArgumentParser, Namespace
from datetime import timedelta

from service.cli.inputs import add_site, natural, positive
from service.cli.installation import add_lease


def add_serve(command: ArgumentParser) -> None:
    """`prescreen serve`."""
    command.add_argument("--host", default="127.0.0.1", help="default: this machine only")
    command.add_argument("--port", type=natural, default=8000)
    command.add_argument("--workers", type=positive, default=1)
    add_site(command)
    command.add_argument("--no-worker", action="store_true", help="only receive; the work is done by prescreen worker")
    add_lease(command)
    command.add_argument("--demo", action="store_true", help="try it out: invented patients, nothing is kept")
    command.set_defaults(run=serve)


def serve(chosen: Namespace) -> int:
    """Serve over HTTP until interrupted."""
    from service.app import run_demo, run_server  # gunicorn is loaded only where a server is wanted

    if chosen.demo:
        return run_demo(chosen.host, chosen.port, chosen.site)
    return run_server(
        chosen.host,
        chosen.port,
        chosen.workers,
        chosen.site,
        with_worker=not chosen.no_worker,
        lease=timedelta(seconds=chosen.lease),
    )
