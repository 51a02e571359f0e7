"""The shipped content and, over it, a site's own: a file of the site takes the place of the shipped one of its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from service.errors import CatalogError

# What a site may bring; anything else in its directory is a slip of the keyboard that would be ignored silently.
FILES = frozenset({"site.yaml", "absence.yaml", "half-lives.json"})
DIRECTORIES = {
    "studies": "*/study.yaml",
    "value-sets": "*.json",
    "concept-maps": "*.json",
    "dose-equivalents": "*.json",
    "units": "*.*",
}
NOT_CONTENT = frozenset({".json", ".yaml", ".yml", ""})  # other files, such as a README, are nobody's mistake


@dataclass(frozen=True, slots=True)
class Shelf:
    """`mappings`: the shipped directory. `site`: a site's own, or None.

    Raises CatalogError for a site's directory that is not there, or holds what nothing would read.
    """

    mappings: Path
    site: Path | None = None

    def __post_init__(self) -> None:
        if self.site is not None:
            problems = list(_strange(self.site))
            if problems:
                raise CatalogError(problems)

    def files(self, directory: str) -> list[Path]:
        """The files of a directory, the site's instead of shipped ones of the same name, sorted by name."""
        pattern = DIRECTORIES[directory]
        found: dict[str, Path] = {}
        for root in (self.mappings, self.site):
            if root is not None:
                found |= {str(path.relative_to(root)): path for path in (root / directory).glob(pattern)}
        return [found[name] for name in sorted(found)]

    def file(self, name: str) -> Path:
        """One file: the site's where it has it, else the shipped one."""
        return self.own_file(name) or self.mappings / name

    def own_file(self, name: str) -> Path | None:
        """The site's own file of that name, if it has one."""
        path = None if self.site is None else self.site / name
        return path if path is not None and path.is_file() else None

    def own(self, directory: str) -> Path | None:
        """The site's own directory of that name, if it has one."""
        path = None if self.site is None else self.site / directory
        return path if path is not None and path.is_dir() else None

    def schema(self, name: str) -> Path:
        """A JSON Schema; these are always the shipped ones."""
        return self.mappings / "schemas" / f"{name}.schema.json"


def _strange(site: Path) -> Iterator[str]:
    if not site.is_dir():
        yield f"{site}: no such directory; --site names the directory with the site's own content"
        return
    for path in sorted(site.iterdir()):
        known = DIRECTORIES if path.is_dir() else FILES
        if path.name in known or path.name.startswith("."):
            continue
        if path.is_dir() or path.suffix in NOT_CONTENT:
            there = ", ".join(sorted(each + "/" for each in DIRECTORIES) + sorted(FILES))
            yield f"{site.name}/{path.name}: not read by anything; a site's directory holds {there}"
    for path in sorted((site / "studies").glob("*")):
        if path.is_dir() and not path.name.startswith(".") and not (path / "study.yaml").is_file():
            yield f"{site.name}/studies/{path.name}: a study needs its study.yaml"
