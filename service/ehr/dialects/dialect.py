"""What a dialect of a server is: its known deviations, as data, and what they do to a search."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a product deviates from the standard. The defaults are the standard.

    `alone`: parameters that stand alone in a search. `apart`: pairs; the first is sent, the second applied here.
    `unsupported`: parameters by type that the server does not know; dates among them are applied here.
    `deletions`: the extension of a channel without which nobody is told that a resource was deleted.
    `doubtful`: types that it is not known to accept, for a message. `silent`: codes of issues that mean no loss.
    """

    name: str
    software: tuple[str, ...] = ()  # words in CapabilityStatement.software.name or publisher, in small letters
    page_size: int = 200
    page_sizes: Mapping[str, int] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()
    apart: tuple[tuple[str, str], ...] = ()
    unsupported: Mapping[str, frozenset[str]] = field(default_factory=dict)
    strict: bool = True  # send `Prefer: handling=strict`
    post_search: bool = True
    includes_medications: bool = True
    last_updated_is_partial: bool = False  # it tells of clinically significant changes alone
    needs_if_match: bool = False
    deletions: str | None = None
    bare_patient: bool = False  # its documentation shows `patient=1`, not `patient=Patient/1`
    activates: bool = True  # it makes the Subscriptions active that are requested, as the standard has it
    drops_unknown_elements: bool = False  # so what was written is read back and compared
    doubtful: frozenset[str] = frozenset()
    no_types: frozenset[str] = frozenset()  # types that it does not have at all
    silent: frozenset[str] = frozenset()

    def sent(self, kind: str, params: Params) -> Params:
        """The parameters that this server is asked with. What is left out could only narrow the search."""
        names = {name for name, _ in params}
        standing = [each for each in params if each[0] in self.alone]
        if standing:
            return tuple(standing)
        dropped = {second for first, second in self.apart if {first, second} <= names}
        dropped |= self.unsupported.get(kind, frozenset())
        kept = tuple(self._written(*each) for each in params if each[0] not in dropped)
        return kept if "_count" in names else (*kept, ("_count", str(self.page_sizes.get(kind, self.page_size))))

    def _written(self, name: str, value: str) -> tuple[str, str]:
        bare = self.bare_patient and name == "patient"
        return (name, value.removeprefix("Patient/")) if bare else (name, value)


STANDARD = Dialect("standard")
RESEARCH = frozenset({"ResearchSubject", "ResearchStudy", "List", "Flag", "Task"})
