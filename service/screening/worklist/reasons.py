"""Why a row is kept out: by what the records say, or by what a person answered. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.screening.person.sentence import Sentence

ANSWERED = "Answered by %(who)s: %(answer)s."
ANSWERED_WHY = "Answered by %(who)s: %(answer)s (%(reason)s)."
TRUTHS = {"met": "yes", "not_met": "no"}  # to whether the statement of a criterion is true
SENTENCES = (ANSWERED, ANSWERED_WHY, *TRUTHS.values())


@dataclass(frozen=True, slots=True)
class Reason:
    """One criterion that keeps out. `machine`: the machine's sentence; None where a person said so: then `answered`."""

    criterion: str
    machine: str | None
    answered: Sentence | None = None

    def __str__(self) -> str:
        """In English."""
        return str(self.answered) if self.machine is None else self.machine


def reasons_of(against: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> tuple[Reason, ...]:
    """Of the summary of a row. `names`: of accounts."""
    return tuple(_reasons(against, names))


def _reasons(against: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Iterator[Reason]:
    for each in against:
        given = each.get("decided")
        if given is None:
            yield Reason(each["criterion"], each["sentence"])
            continue
        who = names.get(given["by"], given["by"])
        values = {"who": who, "answer": Sentence(TRUTHS[given["outcome"]])}
        if given["reason"]:
            yield Reason(each["criterion"], None, Sentence(ANSWERED_WHY, {**values, "reason": given["reason"]}))
        else:
            yield Reason(each["criterion"], None, Sentence(ANSWERED, values))
