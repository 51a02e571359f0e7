"""Which parts of a sentence make up one dose: a new amount begins a new one, and what follows belongs to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from service.eligibility.dosing.model import Lapse
from service.eligibility.dosing.sigs.parts import (
    Alternating,
    Amount,
    Change,
    Directed,
    Equal,
    Lasting,
    Most,
    Numbered,
    Part,
    Scheme,
    Segment,
    Strong,
    Why,
)  # fmt: skip
from service.eligibility.dosing.sigs.rhythms import said
from service.eligibility.dosing.sigs.tokens import NotUnderstood
from service.eligibility.quantity import Interval

HARMLESS = (Why, Directed)


@dataclass
class Group:
    """The parts of one dose before they are understood, what joined it to the one before, or a change of dose."""

    joined: str
    parts: list[Part] = field(default_factory=list)

    def of(self, *kinds: type) -> list[Part]:
        """Its parts of these kinds."""
        return [each for each in self.parts if isinstance(each, kinds)]

    @property
    def change(self) -> Change | None:
        """The change of dose that it is."""
        return next((each for each in self.parts if isinstance(each, Change)), None)

    @property
    def lasting(self) -> Lapse | None:
        """For how long; `days 2 to 5` are four days."""
        found = {each.length for each in self.parts if isinstance(each, Lasting)}
        for each in self.parts:
            if isinstance(each, Numbered):
                found.add(Lapse(Interval.exactly(each.last - each.first + 1), "d"))
        if len(found) > 1:
            raise NotUnderstood("two different lengths of time")
        return next(iter(found), None)

    @property
    def when(self) -> tuple[object, ...]:
        """The times of day and the days of the week that it names."""
        told = said(self.parts)
        return (*told.names, *told.weekdays)


def groups(segments: Sequence[Segment]) -> list[Group]:
    """One group for each dose or change; what names no dose belongs to the dose before it, else to the first."""
    found: list[Group] = []
    waiting: list[Part] = []
    for segment in segments:
        for parts in _apart(segment.parts):
            if any(isinstance(each, (Amount, Scheme, Alternating, Strong, Change)) for each in parts):
                if waiting and (isinstance(parts[0], Change) or any(isinstance(each, Most) for each in waiting)):
                    raise NotUnderstood("what stands before the dose is not clear")
                found.append(Group(segment.joined, [*waiting, *parts]))
                waiting = []
            elif found:
                if found[-1].change is not None and any(not isinstance(each, HARMLESS) for each in parts):
                    raise NotUnderstood("what follows the change of dose is not clear")
                found[-1].parts += parts
            else:
                waiting += parts
    if waiting and not found:
        raise NotUnderstood("no amount is stated")
    return _with_headings(found)


def _apart(parts: tuple[Part, ...]) -> Iterator[list[Part]]:
    """A change of dose stands by itself."""
    at = next((n for n, each in enumerate(parts) if isinstance(each, Change)), None)
    if at is None:
        yield list(parts)
        return
    if at:
        yield list(parts[:at])
    if any(not isinstance(each, HARMLESS) for each in parts[at + 1 :]):
        raise NotUnderstood("what follows the change of dose is not clear")
    yield list(parts[at:])


def _with_headings(found: list[Group]) -> list[Group]:
    """A strength without a dose belongs to the dose that follows: `5 mg tablets: 2 daily`."""
    done: list[Group] = []
    for group in found:
        previous = done[-1] if done else None
        heads = previous is not None and not previous.of(Amount, Scheme, Alternating, Change, Equal)
        if previous is not None and heads and not said(previous.parts).anything and group.of(Amount, Scheme):
            previous.parts += group.parts
        else:
            done.append(group)
    return done


def one_day(together: list[list[Group]]) -> list[list[Group]]:
    """`2 in the morning then 1 at night` is one day, not a sequence."""
    every = [group for step in together for group in step]
    named = [said(each.parts).names for each in every]
    if len(together) < 2 or not all(named) or any(each.lasting or each.change for each in every):
        return together
    if len({name for names in named for name in names}) < sum(len(names) for names in named):
        return together
    return [every]
