"""A sentence that a page can say in the reader's language: what is said, apart from what fills it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text`: English, with `%(name)s` for each of `values`; a value may be a sentence (or a word) itself."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """In English."""
        return self.text % self.values if self.values else self.text
