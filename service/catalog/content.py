"""Where the shipped content lies: beside the package in a checkout, inside it when installed from a wheel."""

from pathlib import Path

from service.errors import CatalogError

_PACKAGE = Path(__file__).resolve().parents[1]


def mappings_dir() -> Path:
    """The directory of the shipped studies, value sets, maps and tables. Raises CatalogError where there is none."""
    return _shipped("mappings", _PACKAGE)


def profiles_dir() -> Path:
    """The directory of the shipped FHIR profiles. Raises CatalogError where there is none."""
    return _shipped("profiles", _PACKAGE)


def _shipped(name: str, package: Path) -> Path:
    if (installed := package / name).is_dir():
        return installed
    # setup.cfg marks a checkout: without it, a directory of that name beside the package belongs to somebody else.
    checkout = package.parent
    if (checkout / "setup.cfg").is_file() and (checkout / name).is_dir():
        return checkout / name
    raise CatalogError([f"{installed}: not found, so this installation has no {name}; install fhir-prescreen again"])
