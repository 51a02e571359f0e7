"""What is wrong with a study that loads: it says something that cannot have been meant, or leaves something out."""

from service.catalog.lint.content import notes, unused
from service.catalog.lint.logic import contradictions
from service.catalog.lint.protocol import uncovered

__all__ = ["contradictions", "notes", "uncovered", "unused"]
