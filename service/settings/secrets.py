"""Secrets stand in no settings file: it names the variable, or the file, in which one is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.catalog.documents import Document, Where


@dataclass(frozen=True, slots=True)
class Secrets:
    """Finds secrets for a settings file, and notes the problems. No problem says anything of what was found."""

    document: Document
    environment: Mapping[str, str]
    problems: list[str]

    def find(self, place: Where, name: str, content: Mapping[str, Any], *, shortest: int = 1) -> str | None:
        """The secret that `name_env` or `name_file` of this part of the file names; None where neither stands there."""
        named = [each for each in (f"{name}_env", f"{name}_file") if each in content]
        if not named:
            return None
        where = (*place, named[0])
        if len(named) > 1:
            self._note(where, f"{named[0]} and {named[1]} both stand here; keep one")
            return None
        return self._checked(where, self._read(where, str(content[named[0]])), shortest)

    def path(self, name: str) -> Path:
        """A path of the file: relative to where the file stands."""
        return self.document.path.parent / name

    def _read(self, where: Where, name: str) -> str | None:
        if str(where[-1]).endswith("_env"):
            if name not in self.environment:
                self._note(where, "there is no variable of this name in the environment")
            return self.environment.get(name)
        try:
            return self.path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            self._note(where, "there is no such file")
            return None
        except (OSError, UnicodeDecodeError) as error:
            self._note(where, f"the file cannot be read as UTF-8 text ({type(error).__name__})")
            return None

    def _checked(self, where: Where, found: str | None, shortest: int) -> str | None:
        if found is None:
            return None
        text = found.strip()
        if len(text) < shortest:
            self._note(where, f"what is kept there has to have at least {shortest} characters")
            return None
        return text

    def _note(self, where: Where, problem: str) -> None:
        self.problems.append(f"{self.document.at(where)}: {problem}")
