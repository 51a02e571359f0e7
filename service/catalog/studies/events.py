"""Windows, anchors, and the characteristics that ask whether something happened."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from service.catalog.documents import Where
from service.catalog.studies.exposure import exposed
from service.catalog.studies.limits import choice, dose_test, value_test
from service.catalog.studies.reader import Content, Reader, optional_duration
from service.catalog.words import duration
from service.eligibility.criteria import (
    EVER,
    AdverseEventHad,
    Anchor,
    ConditionPresent,
    Depot,
    EncounterHad,
    Event,
    ImmunizationGiven,
    LookBack,
    MedicationTaken,
    ObservationValue,
    ProcedureDone,
)

SOME_CONDITION: Event = ConditionPresent(("",))  # stands in where a problem was noted; such a study is never handed out


def look_back(reader: Reader, content: Content, where: Where) -> LookBack | None:
    """`ever`, a duration, or an object; None is the screening date itself."""
    written = content.get("look_back")
    if written is None:
        return None
    if isinstance(written, str):
        return EVER if written == "ever" else LookBack(duration(written))
    where = (*where, "look_back")
    anchor = _anchor(reader, written["before"], (*where, "before")) if "before" in written else None
    length, gap, ahead = (optional_duration(written, key) for key in ("duration", "gap", "ahead"))
    if gap is not None and ahead is not None:
        reader.problem(where, "a window ends either `gap` before its anchor or `ahead` of it, not both")
    return LookBack(length, anchor, gap, ahead)


def _anchor(reader: Reader, content: Content, where: Where) -> Anchor:
    names = [key for key in content if key in EVENTS]
    if len(names) != 1:
        reader.problem(where, f"an anchor is one event, one of: {', '.join(EVENTS)}")
        return Anchor(SOME_CONDITION, "latest")
    if "look_back" in content[names[0]]:
        reader.problem((*where, names[0], "look_back"), "an anchor's event is looked for at any time; leave this out")
    event = EVENTS[names[0]](reader, content[names[0]], (*where, names[0]))
    return reader.build(where, lambda: Anchor(event, content["which"]), Anchor(SOME_CONDITION, "latest"))


def _condition(reader: Reader, content: Content, where: Where) -> Event:
    return ConditionPresent(
        timing=content.get("timing", "present"),
        **_codes(reader, content, where, "condition"),
        **_occasion(reader, content, where),
        at_least=content.get("at_least", 1),
    )


def _medication(reader: Reader, content: Content, where: Where) -> Event:
    systemic = content.get("systemic", False)
    also = systemic if isinstance(systemic, dict) else {}
    codes = _codes(reader, content, where, "medication")
    parts = {
        "systemic": bool(systemic),
        "also_systemic": reader.value_sets(also, "also", (*where, "systemic"), "route"),
        "depot": _depot(reader, content, where),
        "dose": dose_test(reader, content, where),
        "exposed": exposed(reader, content, where),
        "half_lives": _half_lives(content),
        **codes,
        **_occasion(reader, content, where, half_lives=True),
    }
    made = partial(MedicationTaken, **parts, at_least=content.get("at_least", 1))
    return reader.build(where, made, MedicationTaken(codes["codes"]))


def _half_lives(content: Content) -> int | None:
    look = content.get("look_back")
    return look.get("half_lives") if isinstance(look, dict) else None


def _depot(reader: Reader, content: Content, where: Where) -> Depot | None:
    if "depot" not in content:
        return None
    written, where = content["depot"], (*where, "depot")
    return Depot(reader.value_sets(written, "codes", where, "medication"), duration(written["acts"]))


def _observation(reader: Reader, content: Content, where: Where) -> Event:
    return ObservationValue(
        test=value_test(reader, content, where),
        choice=choice(reader, content, where),
        not_met_valid_for=optional_duration(content, "not_met_valid_for"),
        **_codes(reader, content, where, "observation"),
        **_occasion(reader, content, where),
    )


def _adverse_event(reader: Reader, content: Content, where: Where) -> Event:
    codes = reader.value_sets(content, "codes", where, "condition", "adverse-event")
    suspects = reader.value_sets(content, "suspects", where, "medication", "allergy", "immunization")
    occasion = _occasion(reader, content, where)
    serious = content.get("serious", False)
    return reader.build(where, lambda: AdverseEventHad(codes, suspects, serious, **occasion), SOME_CONDITION)


def _done(node: Callable[..., Event], *kinds: str) -> Callable[[Reader, Content, Where], Event]:
    """The maker of a characteristic that needs codes, an occasion, and how often."""

    def make(reader: Reader, content: Content, where: Where) -> Event:
        return node(
            **_codes(reader, content, where, *kinds),
            **_occasion(reader, content, where),
            at_least=content.get("at_least", 1),
        )

    return make


def _codes(reader: Reader, content: Content, where: Where, *kinds: str) -> dict[str, Any]:
    codes = reader.value_sets(content, "codes", where, *kinds)
    excluding = reader.value_sets(content, "excluding", where, *kinds)
    if both := sorted(set(codes) & set(excluding)):
        reader.problem((*where, "excluding"), f"{', '.join(both)} stands under codes, too: nothing would be left of it")
    return {"codes": codes, "excluding": excluding}


def _occasion(reader: Reader, content: Content, where: Where, *, half_lives: bool = False) -> dict[str, Any]:
    if not half_lives and _half_lives(content) is not None:
        reader.problem((*where, "look_back", "half_lives"), "only drugs have half-lives; leave this out")
    return {"look_back": look_back(reader, content, where), "absence": reader.absence(content)}


EVENTS: Mapping[str, Callable[[Reader, Content, Where], Event]] = {
    "condition": _condition,
    "medication": _medication,
    "observation": _observation,
    "procedure": _done(ProcedureDone, "procedure"),
    "adverse_event": _adverse_event,
    "immunization": _done(ImmunizationGiven, "immunization", "medication"),
    "encounter": _done(EncounterHad, "encounter"),
}
