"""Criteria in words: what a node asks for, as a nurse would say it."""

from collections.abc import Mapping

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
from service.eligibility.explain.exposure import dose_test_words, exposed_words, half_lives_words
from service.eligibility.explain.values import bounds_words, choice_words, value_words

Titles = Mapping[str, str]
MOST_REMEMBERED = 10_000


class Phrases:
    """Words for nodes, with the titles of the value sets they name."""

    def __init__(self, titles: Titles) -> None:
        self._titles = titles
        self._known: dict[int, tuple[Node, str]] = {}  # by which node it is: to compare them would take longer

    def of(self, node: Node) -> str:
        """One phrase for a node; composite nodes join their parts."""
        known = self._known.get(id(node))
        if known is None or known[0] is not node:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            known = self._known[id(node)] = node, self._said(node)
        return known[1]

    def _said(self, node: Node) -> str:
        match node:
            case AllOf(parts):
                return _joined([self.of(each) for each in parts], "and")
            case AnyOf(parts):
                return _joined([self.of(each) for each in parts], "or")
            case Not(part):
                return f"not ({self.of(part)})"
            case AtLeast(count, parts):
                return f"at least {count} of: " + "; ".join(self.of(each) for each in parts)
            case IfElse(condition, then, otherwise):
                return f"if {self.of(condition)}: {self.of(then)}; otherwise: {self.of(otherwise)}"
            case Tiers(tiers):
                return _joined([f"{each.name} ({self.of(each.node)})" for each in tiers], "or")
            case Manual(question):
                return f"a person's judgement: {question}"
            case _:
                return self._characteristic(node)

    def _characteristic(self, node: Node) -> str:
        match node:
            case ConditionPresent():
                verb = "began" if node.timing == "onset" else "present"
                when = self.window(node.look_back) or "on the screening date"
                times = f" on at least {node.at_least} occasions" if node.at_least > 1 else ""
                return f"{self._named(node.codes, node.excluding)} {verb}{times} {when}"
            case MedicationTaken():
                return self._medication(node)
            case ObservationValue():
                return self._observation(node)
            case ProcedureDone() | ImmunizationGiven() | EncounterHad():
                return self._event(node)
            case AdverseEventHad():
                return self._adverse_event(node)
            case AllergyKnown():
                return f"allergy or intolerance to {self._named(node.codes, node.excluding)}"
            case ConsentIs():
                return f"{self.names(node.codes)} {'given' if node.given else 'refused'}"
            case _:
                return _demographic(node)

    def _medication(self, node: MedicationTaken) -> str:
        drugs = self._named(node.codes, node.excluding) + (" by a systemic route" if node.systemic else "")
        drugs += f" ({self.names(node.also_systemic)} included)" if node.also_systemic else ""
        drugs += "" if node.dose is None else dose_test_words(node.dose)
        times = f" at least {node.at_least} times" if node.at_least > 1 else ""
        times += "" if node.exposed is None else exposed_words(node.exposed)
        when = (self.window(node.look_back) or "on the screening date") + half_lives_words(node)
        depot = "" if node.depot is None else f" ({self.names(node.depot.codes)} act for {node.depot.acts})"
        return f"{drugs} taken{times} {when}{depot}"

    def _observation(self, node: ObservationValue) -> str:
        what = self._named(node.codes, node.excluding)
        when = self.window(node.look_back) or "on the screening date"
        return f"{choice_words(node.choice)} {what} {value_words(node.test, self.names)} {when}"

    def _event(self, node: ProcedureDone | ImmunizationGiven | EncounterHad) -> str:
        times = f" at least {node.at_least} times" if node.at_least > 1 else ""
        verb = {ProcedureDone: "done", ImmunizationGiven: "given", EncounterHad: "had"}[type(node)]
        when = self.window(node.look_back) or "on the screening date"
        return f"{self._named(node.codes, node.excluding)} {verb}{times} {when}"

    def _adverse_event(self, node: AdverseEventHad) -> str:
        kind = "serious adverse event" if node.serious else "adverse event"
        what = f" ({self.names(node.codes)})" if node.codes else ""
        by = f" with {self.names(node.suspects)} suspected" if node.suspects else ""
        return f"{kind}{what}{by} {self.window(node.look_back) or 'on the screening date'}"

    def window(self, look_back: LookBack | None) -> str:
        """A look-back in words; empty without one."""
        if look_back is None:
            return ""
        anchor = "the screening date"
        if look_back.anchor is not None:
            anchor = f"the {look_back.anchor.which} {self.of(look_back.anchor.event)}"
        if look_back.duration is None and look_back.gap is None and look_back.ahead is None:
            return "at any time" if look_back.anchor is None else f"at any time before {anchor}"
        if look_back.gap is not None:
            return _until_gap(look_back.duration, look_back.gap, anchor)
        words = "at any time" if look_back.duration is None else f"within {look_back.duration} before {anchor}"
        return words if look_back.ahead is None else f"{words} or {look_back.ahead} after"

    def names(self, ids: tuple[str, ...]) -> str:
        """The titles of value sets, joined."""
        return _joined([self._titles.get(each, each).removeprefix("Answer: ") for each in ids], "or")

    def _named(self, ids: tuple[str, ...], excluding: tuple[str, ...]) -> str:
        return self.names(ids) + (f" (except {self.names(excluding)})" if excluding else "")


def _until_gap(duration: Duration | None, gap: Duration, anchor: str) -> str:
    """A window that ends some time before its anchor; one that begins and ends then is a single day."""
    if duration == gap:
        return f"on the day {gap} before {anchor}"
    begin = "at any time until" if duration is None else f"from {duration} to"
    return f"{begin} {gap} before {anchor}"


def _demographic(node: Node) -> str:
    match node:
        case AgeAtScreening(bounds):
            return f"age {bounds_words(bounds)} years on the screening date"
        case SexIs(sexes):
            return f"sex {_joined(list(sexes), 'or')}"
        case Alive():
            return "alive on the screening date"
        case Pregnant():
            return "pregnant on the screening date"
        case BreastFeeding():
            return "breast feeding on the screening date"
        case _:
            return type(node).__name__


def _joined(words: list[str], conjunction: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"
