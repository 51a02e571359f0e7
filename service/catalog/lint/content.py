"""What the keeper of a study should know of its content: what decides nothing, what is asked the wrong way round, empty
and unused value sets.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from service.catalog.studies import StudyFile
from service.catalog.value_sets import ValueSetFile
from service.eligibility.criteria import Manual, MedicationTaken, Not, ObservationValue
from service.eligibility.criteria.walk import value_sets_of, within
from service.eligibility.dosing.half_lives import HalfLives
from service.eligibility.outcome import Outcome
from service.eligibility.terms import Concept, Terminology

Sets = Mapping[str, ValueSetFile]
# Not named by any study: evaluation itself asks for them.
BUILT_IN = frozenset(
    "acute-infection body-height body-weight research-consent form-local form-systemic route-local".split()
) | {"route-systemic"}

# A question that has to say what yes means does not go the same way as the text.
TELLS_HOW = re.compile(r"\banswer (with )?[\"'“‘]?(yes|no)\b", re.IGNORECASE)


def named(file: StudyFile) -> frozenset[str]:
    """The value sets that the study names."""
    nodes = [*file.study.entry, *(criterion.node for criterion in file.study.criteria)]
    return frozenset().union(*map(value_sets_of, nodes))


def notes(file: StudyFile, sets: Sets, half_lives: HalfLives) -> list[str]:
    """What does not keep the study from being used, but should be looked at."""
    return [
        *_of_sets(sorted(named(file)), sets),
        *_without_window(file),
        *_inverted(file),
        *_of_half_lives(file, sets, half_lives),
    ]


def _of_sets(names: Iterable[str], sets: Sets) -> Iterator[str]:
    for name in names:
        value_set = sets[name].value_set
        doubtful = len(value_set.inexact.listed) + len(value_set.inexact.prefixes)
        if not (value_set.sure.listed or value_set.sure.prefixes):
            yield f"{name}: holds no code that decides; nothing can ever surely belong to it"
        if doubtful:
            yield f"{name}: {doubtful} code{'s' * (doubtful > 1)} not verified well enough to decide (code-unmapped)"
        if not sets[name].licence and sets[name].value_set.sure.listed:
            yield f"{name}: says nothing of the licence of its codes (copyright)"


def _without_window(file: StudyFile) -> Iterator[str]:
    for at, criterion in enumerate(file.study.criteria):
        if any(isinstance(each, ObservationValue) and each.look_back is None for each in within(criterion.node)):
            where = file.document.at(("criteria", at))
            yield f"{where}: {criterion.id} takes results of that very day; give look_back if that is not meant"


def _inverted(file: StudyFile) -> Iterator[str]:
    """Questions to a person to which yes does not mean that the statement is true."""
    for at, criterion in enumerate(file.study.criteria):
        asked = [each for each in within(criterion.node) if isinstance(each, Manual)]
        denied = {id(each) for each in asked} & _denied(criterion.node)
        for each in asked:
            if id(each) in denied or TELLS_HOW.search(each.question):
                what = f"{criterion.id}: yes to {each.question!r} should mean that the text is true"
                why = "it stands within a not" if id(each) in denied else "it should not have to say how to answer"
                yield f"{file.document.at(('criteria', at))}: {what}; {why}"


def _denied(node: object) -> set[int]:
    """What stands within an odd number of nots."""
    inner: set[int] = set()
    for each in within(node):
        if isinstance(each, Not):
            inner ^= {id(part) for part in within(each.part)}
    return inner


def _of_half_lives(file: StudyFile, sets: Sets, half_lives: HalfLives) -> Iterator[str]:
    """Half-lives that the study asks for and that are not verified."""
    terminology = Terminology({name: each.value_set for name, each in sets.items()})
    nodes = [each for criterion in file.study.criteria for each in within(criterion.node)]
    asking = [each for each in nodes if isinstance(each, MedicationTaken) and each.half_lives is not None]
    weak = {
        row.name
        for coding, row in half_lives.rows.items()
        for node in asking
        if not row.verified and terminology.membership(node.codes, Concept((coding,))).outcome is not Outcome.NOT_MET
    }
    for name in sorted(weak):
        yield f"half-lives.json: the half-life of {name} is not verified well enough to decide"


def unused(files: Iterable[StudyFile], sets: Sets) -> tuple[str, ...]:
    """The value sets that no study names and evaluation does not ask for by itself."""
    used = BUILT_IN.union(*map(named, files))
    return tuple(sorted(set(sets) - used))
