"""Criteria in words: what a node asks for, as a nurse would say it."""

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from service.eligibility.criteria import (
    AdverseEventHad,
    AgeAtScreening,
    Alive,
    AllergyKnown,
    AllOf,
    AnyOf,
    AtLeast,
    BreastFeeding,
    ConditionPresent,
    ConsentIs,
    EncounterHad,
    IfElse,
    ImmunizationGiven,
    LookBack,
    Manual,
    MedicationTaken,
    Node,
    Not,
    ObservationValue,
    Pregnant,
    ProcedureDone,
    SexIs,
    Tiers,
)
from service.eligibility.dates import Duration
from service.eligibility.evaluate.judgement import Judgement
from service.eligibility.explain.exposure import dose_test_words, exposed_words, half_lives_words
from service.eligibility.explain.values import bounds_words, chosen_words, value_words
from service.eligibility.explain.wording import AND, ENGLISH, OR, Wording

T = TypeVar("T", str, tuple[str, ...])
Titles = Mapping[str, str]
MOST_REMEMBERED = 10_000
ANSWER = "Answer: "
# What happened in a window: once, and at least so many times.
EVENTS = {
    ProcedureDone: ("{what} done {when}", "{what} done at least {number} times {when}"),
    ImmunizationGiven: ("{what} given {when}", "{what} given at least {number} times {when}"),
    EncounterHad: ("{what} had {when}", "{what} had at least {number} times {when}"),
}


class Phrases:
    """Words for nodes, with the titles of the value sets they name, in the language of `wording`."""

    def __init__(self, titles: Titles, wording: Wording = ENGLISH) -> None:
        self._titles = titles
        self.wording = wording
        self._known: dict[int, tuple[Node, str]] = {}  # by which node it is: to compare them would take longer
        self._silent: dict[object, tuple[Node, str | tuple[str, ...]]] = {}

    def of(self, node: Node) -> str:
        """One phrase for a node; composite nodes join their parts."""
        known = self._known.get(id(node))
        if known is None or known[0] is not node:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            known = self._known[id(node)] = node, self._said(node)
        return known[1]

    def once(self, leaf: Judgement, made: Callable[[Judgement, "Phrases"], T]) -> T:
        """What is made of the answer to one leaf; made once for all that say the same and have no evidence to show."""
        if leaf.exhibits or leaf.dose is not None:
            return made(leaf, self)
        key = made, id(leaf.node), leaf.outcome, leaf.reasons, leaf.lacking, leaf.assumptions, leaf.notes
        known = self._silent.get(key)
        if known is None or known[0] is not leaf.node:
            if len(self._silent) >= MOST_REMEMBERED:
                self._silent.clear()
            known = self._silent[key] = leaf.node, made(leaf, self)
        return cast(T, known[1])

    def _said(self, node: Node) -> str:
        say = self.wording.say
        match node:
            case AllOf(parts):
                return self.wording.names([self.of(each) for each in parts], AND)
            case AnyOf(parts):
                return self.wording.names([self.of(each) for each in parts], OR)
            case Not(part):
                return say("not ({part})", part=self.of(part))
            case AtLeast(count, parts):
                return say(
                    "at least {count} of: {parts}", count=count, parts="; ".join(self.of(each) for each in parts)
                )
            case IfElse(condition, then, otherwise):
                branches = {"condition": self.of(condition), "then": self.of(then), "otherwise": self.of(otherwise)}
                return say("if {condition}: {then}; otherwise: {otherwise}", **branches)
            case Tiers(tiers):
                told = [f"{self.wording.name(each.name)} ({self.of(each.node)})" for each in tiers]
                return self.wording.names(told, OR)
            case Manual(question):
                return say("a person's judgement: {question}", question=self.wording.name(question))
            case _:
                return self._characteristic(node)

    def _characteristic(self, node: Node) -> str:
        match node:
            case ConditionPresent():
                return self._condition(node)
            case MedicationTaken():
                return self._medication(node)
            case ObservationValue():
                return self._observation(node)
            case ProcedureDone() | ImmunizationGiven() | EncounterHad():
                return self._event(node)
            case AdverseEventHad():
                return self._adverse_event(node)
            case AllergyKnown():
                what = self._named(node.codes, node.excluding)
                return self.wording.say("allergy or intolerance to {what}", what=what)
            case ConsentIs():
                what = self.names(node.codes)
                return (
                    self.wording.say("{what} given", what=what)
                    if node.given
                    else self.wording.say("{what} refused", what=what)
                )
            case _:
                return _demographic(node, self.wording)

    def _condition(self, node: ConditionPresent) -> str:
        say = self.wording.say
        said = {"what": self._named(node.codes, node.excluding), "when": self._when(node.look_back)}
        if node.timing == "onset":
            if node.at_least > 1:
                return say("{what} began on at least {number} occasions {when}", number=node.at_least, **said)
            return say("{what} began {when}", **said)
        if node.at_least > 1:
            return say("{what} present on at least {number} occasions {when}", number=node.at_least, **said)
        return say("{what} present {when}", **said)

    def _medication(self, node: MedicationTaken) -> str:
        say, drugs = self.wording.say, self._named(node.codes, node.excluding)
        if node.systemic:
            drugs = say("{drugs} by a systemic route", drugs=drugs)
        if node.also_systemic:
            drugs = say("{drugs} ({others} included)", drugs=drugs, others=self.names(node.also_systemic))
        if node.dose is not None:
            drugs = say("{drugs} {dose}", drugs=drugs, dose=dose_test_words(node.dose, self.wording))
        how = [say("at least {number} times", number=node.at_least)] if node.at_least > 1 else []
        how += [] if node.exposed is None else [exposed_words(node.exposed, self.wording)]
        said = {"drugs": drugs, "when": half_lives_words(node, self._when(node.look_back), self.wording)}
        taken = (
            say("{drugs} taken {how} {when}", how=" ".join(how), **said) if how else say("{drugs} taken {when}", **said)
        )
        if node.depot is None:
            return taken
        acts = {"depots": self.names(node.depot.codes), "duration": self.wording.duration(node.depot.acts)}
        return say("{taken} ({depots} act for {duration})", taken=taken, **acts)

    def _observation(self, node: ObservationValue) -> str:
        said = {
            "what": self._named(node.codes, node.excluding),
            "value": value_words(node.test, self.names, self.wording),
            "when": self._when(node.look_back),
        }
        return chosen_words(node.choice, said, self.wording)

    def _event(self, node: ProcedureDone | ImmunizationGiven | EncounterHad) -> str:
        said = {"what": self._named(node.codes, node.excluding), "when": self._when(node.look_back)}
        once, often = EVENTS[type(node)]
        return (
            self.wording.say(often, number=node.at_least, **said)
            if node.at_least > 1
            else self.wording.say(once, **said)
        )

    def _adverse_event(self, node: AdverseEventHad) -> str:
        say = self.wording.say
        event = say("serious adverse event") if node.serious else say("adverse event")
        if node.codes:
            event = say("{event} ({what})", event=event, what=self.names(node.codes))
        if node.suspects:
            event = say("{event} with {drugs} suspected", event=event, drugs=self.names(node.suspects))
        return say("{event} {when}", event=event, when=self._when(node.look_back))

    def _when(self, look_back: LookBack | None) -> str:
        return self.window(look_back) or self.wording.say("on the screening date")

    def window(self, look_back: LookBack | None) -> str:
        """A look-back in words; empty without one."""
        if look_back is None:
            return ""
        say, anchor = self.wording.say, self._anchor(look_back)
        if look_back.duration is None and look_back.gap is None and look_back.ahead is None:
            return say("at any time") if look_back.anchor is None else say("at any time before {anchor}", anchor=anchor)
        if look_back.gap is not None:
            return self._until_gap(look_back.duration, look_back.gap, anchor)
        words = say("at any time")
        if look_back.duration is not None:
            lasts = self.wording.duration(look_back.duration)
            words = say("within {duration} before {anchor}", duration=lasts, anchor=anchor)
        if look_back.ahead is None:
            return words
        return say("{when} or {duration} after", when=words, duration=self.wording.duration(look_back.ahead))

    def _anchor(self, look_back: LookBack) -> str:
        """What a window ends with, as it stands after `before`."""
        say = self.wording.say
        if look_back.anchor is None:
            return say("the screening date")
        event = self.of(look_back.anchor.event)
        if look_back.anchor.which == "first":
            return say("the first {event}", event=event)
        return say("the latest {event}", event=event)

    def _until_gap(self, duration: Duration | None, gap: Duration, anchor: str) -> str:
        """A window that ends some time before its anchor; one that begins and ends then is a single day."""
        say, said = self.wording.say, {"gap": self.wording.duration(gap), "anchor": anchor}
        if duration == gap:
            return say("on the day {gap} before {anchor}", **said)
        if duration is None:
            return say("at any time until {gap} before {anchor}", **said)
        return say("from {duration} to {gap} before {anchor}", duration=self.wording.duration(duration), **said)

    def names(self, ids: tuple[str, ...]) -> str:
        """The titles of value sets, joined."""
        titles = (self._titles.get(each, each).removeprefix(ANSWER) for each in ids)
        return self.wording.names([self.wording.name(each) for each in titles], OR)

    def _named(self, ids: tuple[str, ...], excluding: tuple[str, ...]) -> str:
        what = self.names(ids)
        return (
            self.wording.say("{what} (except {others})", what=what, others=self.names(excluding)) if excluding else what
        )


def _demographic(node: Node, wording: Wording) -> str:
    say = wording.say
    match node:
        case AgeAtScreening(bounds):
            return say("age {bounds} years on the screening date", bounds=bounds_words(bounds, wording))
        case SexIs(sexes):
            return say("sex {sexes}", sexes=wording.names([wording.name(each) for each in sexes], OR))
        case Alive():
            return say("alive on the screening date")
        case Pregnant():
            return say("pregnant on the screening date")
        case BreastFeeding():
            return say("breast feeding on the screening date")
        case _:
            return type(node).__name__
