"""Which bounds of a study are moved, and to where: what was asked for, or a few steps for each. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.eligibility.criteria import Criterion, Study
from service.eligibility.criteria.bounds import Bound, BoundValue, bounds_of, moved
from service.eligibility.explain.bound_words import value_in_words
from service.errors import InvalidValue, UsageError
from service.screening.feasibility.steps import fits, steps, value_of

MOST = 500  # moved bounds of one study


@dataclass(frozen=True, slots=True)
class Move:
    """One bound moved to another value, and the study that has it there."""

    bound: Bound
    value: BoundValue
    study: Study

    @property
    def id(self) -> str:
        """As it would be asked for: `E2a.dose=20`."""
        return f"{self.bound.id}={value_in_words(self.bound, self.value)}"

    @property
    def criterion(self) -> Criterion:
        """The criterion with the bound moved."""
        return next(each for each in self.study.criteria if each.id == self.bound.criterion)


def default_moves(study: Study) -> tuple[Move, ...]:
    """A few steps for each bound; those that no study could ask for are left out."""
    return tuple(each for bound in bounds_of(study) for each in _possible(study, bound))


def _possible(study: Study, bound: Bound) -> Iterator[Move]:
    for value in steps(bound):
        try:
            yield Move(bound, value, moved(study, bound, value))
        except InvalidValue:
            continue  # a range would be empty


def asked_moves(studies: Sequence[Study], asked: Iterable[str]) -> dict[str, tuple[Move, ...]]:
    """Per study what was asked for, as `E2a=20`, `E2a.dose=15,20` or `E7.look_back=3 years`.

    Raises UsageError for what is not understood, what no study asks, and a bound that nobody has.
    """
    found: dict[str, dict[str, Move]] = {each.id: {} for each in studies}
    for text in asked:
        name, equals, values = text.partition("=")
        having = [each for each in studies if _criterion(each, name.strip()) is not None]
        if not equals or not values.strip():
            raise UsageError(f"--move {text!r}: write a criterion, =, and one or more values: E2a=20, or E2a=15,20")
        if not having:
            known = ", ".join(each.id for study in studies for each in study.criteria)
            raise UsageError(f"--move {text!r}: there is no such criterion; there are {known}")
        for study in having:
            for value in values.split(","):
                move = _asked(study, name.strip(), value, text)
                found[study.id][move.id] = move
    if any(len(each) > MOST for each in found.values()):
        raise UsageError(f"no more than {MOST} moved bounds in one run")
    return {study: tuple(each.values()) for study, each in found.items()}


def _asked(study: Study, name: str, value: str, text: str) -> Move:
    bound = _bound(study, name, value, text)
    try:
        number = value_of(bound, value)
        return Move(bound, number, moved(study, bound, number))
    except (InvalidValue, UsageError) as error:
        raise UsageError(f"--move {text!r}: {error}") from None


def _bound(study: Study, name: str, value: str, text: str) -> Bound:
    criterion = _criterion(study, name)
    parts = [each for each in name[len(criterion or "") :].split(".") if each]
    own = [each for each in bounds_of(study) if each.criterion == criterion]
    named = [each for each in own if set(parts) <= _parts(each)]
    fitting = [each for each in named if fits(each, value)] or named
    if len(fitting) == 1:
        return fitting[0]
    told = ", ".join(f"{each.id} ({value_in_words(each, each.value)})" for each in fitting or own)
    if not own:
        raise UsageError(f"--move {text!r}: {criterion} of {study.id} states no number that could be moved")
    why = "may mean several bounds; name one of" if fitting else "names no bound of this criterion; there are"
    raise UsageError(f"--move {text!r} {why} {told}")


def _criterion(study: Study, name: str) -> str | None:
    """The criterion whose id a name begins with; the longest, where ids begin alike."""
    found = [each.id for each in study.criteria if name == each.id or name.startswith(f"{each.id}.")]
    return max(found, key=len, default=None)


def _parts(bound: Bound) -> set[str]:
    """By what a bound may be named: its own id's parts, and what it means."""
    meaning = bound.meaning
    own = bound.id[len(bound.criterion) :].split(".")
    return {each for each in (*own, meaning.name, *meaning.codes, meaning.word or "") if each}
