"""profiles build: the shipped profiles as a FHIR package."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, time
from pathlib import Path

import orjson

from service import __version__
from service.catalog.content import profiles_dir
from service.catalog.package import NAME, build_package
from service.cli.console import out
from service.errors import UsageError

CAPABILITIES = "CapabilityStatement-prescreen.json"


def add_profiles(command: ArgumentParser) -> None:
    """`prescreen profiles`."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    build_command = actions.add_parser("build", help="assemble them as a FHIR package (.tgz) that other tools load")
    build_command.add_argument("--out", type=Path, metavar="FILE", help="the file to write")
    build_command.set_defaults(run=build)


def build(chosen: Namespace) -> int:
    """Write the package."""
    path: Path = chosen.out or Path(f"{NAME}-{__version__}.tgz")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(f"{path}: cannot be written; --out needs a file in a directory that there is")
    profiles = profiles_dir()
    content = build_package(profiles, __version__, _made(profiles))
    path.write_bytes(content)
    out(f"{NAME} {__version__}, {len(list(profiles.glob('*.json')))} resources, {len(content)} bytes in {path}")
    return 0


def _made(profiles: Path) -> datetime:
    """The date of the profiles, not of today: the same version gives the same file."""
    day = orjson.loads((profiles / CAPABILITIES).read_bytes())["date"]
    return datetime.combine(datetime.fromisoformat(day), time(), UTC)
