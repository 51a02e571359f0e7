"""Condition -> ConditionFact. SEMANTICS §5; FHIR R4, R4B, R5 Condition."""

from dataclasses import replace
from functools import lru_cache

from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, Span
from service.eligibility.facts import Certainty, ConditionFact
from service.eligibility.terms import Concept
from service.errors import UnreadableResource
from service.fhir.elements import boolean, codes, nodes, one_or_many, read_concepts
from service.fhir.negations import contradicts, says_none
from service.fhir.occurrence import some_day
from service.fhir.qualifiers import PAST, qualified, qualifiers
from service.fhir.reading import Resource, not_after, verification

OVER = frozenset({"inactive", "remission", "resolved"})
GOING_ON = frozenset({"active", "recurrence", "relapse"})
ASSERTED = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
ENCOUNTER_DIAGNOSIS = "encounter-diagnosis"
NO_END = Days.on(FOREVER)


def read_condition(resource: Resource) -> tuple[ConditionFact, ...]:
    """The condition, unless it only says that there is none ("no known problems")."""
    concept = resource.concept("code")
    if says_none(concept):
        return ()
    onset = some_day(resource, "onset")
    start = onset or ANY_DAY
    letters = qualifiers(resource, "code")
    end, ended = _end(resource, start, past=PAST in letters)
    fact = ConditionFact(
        evidence=resource.evidence("code"),
        concept=concept,
        certainty=_certainty(resource, concept, letters),
        span=Span(start, end),
        asserted=_asserted(resource),
        ended=ended,
        category=_category(resource),
    )
    undated = onset is None and resource.choice("abatement") is None
    return (_encounter_diagnosis(resource, fact),) if undated else (fact,)


def with_encounter(fact: ConditionFact, encounter: Span) -> ConditionFact:
    """An encounter diagnosis without onset, given the days of its encounter: sure then, possible before and after."""
    seen = encounter.start if encounter.end.latest == FOREVER else encounter.end
    end = Days(encounter.end.earliest, max(encounter.end.earliest, fact.span.end.latest))
    span = Span(Days(ALWAYS, encounter.start.latest), end)
    return replace(fact, span=span, asserted=seen, encounter=None)


def _certainty(resource: Resource, concept: Concept, letters: frozenset[str]) -> Certainty:
    """By its verificationStatus and the letters of a German diagnosis; "no known problems" beside it is a doubt."""
    stated = _stated(resource, "verificationStatus")
    verified = verification(resource.concept("verificationStatus"), stated=True) if stated else None
    found = qualified(verified, letters)
    return Certainty.POSSIBLE if found is Certainty.SURE and contradicts(concept) else found


def _encounter_diagnosis(resource: Resource, fact: ConditionFact) -> ConditionFact:
    if fact.category != ENCOUNTER_DIAGNOSIS:
        return fact
    encounter = resource.key("encounter")
    seen = fact.asserted
    if not seen.known:
        end = fact.span.end if fact.ended else ANY_DAY
        return replace(fact, span=Span(ANY_DAY, end), encounter=encounter)
    latest = max(seen.earliest, fact.span.end.latest)
    return replace(fact, span=Span(Days(ALWAYS, seen.latest), Days(seen.earliest, latest)), encounter=encounter)


def _end(resource: Resource, start: Days, *, past: bool) -> tuple[Days, bool]:
    """The days on which it may have ended, and whether it is over since nobody knows when. `past`: a letter says so."""
    status = codes(resource.concept("clinicalStatus")) | ({"resolved"} if past else frozenset())
    abated = _abated(resource)
    updated = resource.updated
    if abated is None:
        if status & OVER and not status & GOING_ON:
            return not_after(updated, Days(start.earliest, FOREVER)), True
        doubtful = _stated(resource, "clinicalStatus") and not status & GOING_ON
        return (Days(start.earliest, FOREVER) if doubtful or status & OVER else NO_END), False
    if status & GOING_ON:  # it contradicts itself: surely present until it abated, possibly ever since
        if abated.latest < start.earliest:
            raise UnreadableResource("it abated before its onset", resource.path("abatement[x]"))
        return Days(max(start.earliest, abated.earliest), FOREVER), False
    if abated == ANY_DAY:
        return not_after(updated, Days(start.earliest, FOREVER)), True
    return (NO_END, False) if abated.earliest.year > 9000 else (abated, False)


def _abated(resource: Resource) -> Days | None:
    """When it abated: ANY_DAY if it did on an unknown day, None if nothing says that it did."""
    chosen = resource.choice("abatement")
    if chosen is not None and chosen[0] == "Boolean":  # STU3, and systems that never left it
        return ANY_DAY if boolean(chosen[1], resource.path("abatementBoolean")) else None
    if chosen is not None and chosen[0] == "DateTime" and isinstance(chosen[1], str) and chosen[1].startswith("9999"):
        return None
    return some_day(resource, "abatement")


def _asserted(resource: Resource) -> Days:
    """The latest day on which the record says it was written: recordedDate, or the extension assertedDate."""
    found = [resource.days(name) for name in ("recordedDate", "assertedDate") if name in resource.body]
    extensions = resource.body.get("extension")
    for each in () if extensions is None else nodes(extensions, resource.path("extension")):
        if each.get("url") == ASSERTED:
            found.append(resource.read_days(each.get("valueDateTime"), "extension"))
    return max((each for each in found if each.known), key=lambda days: (days.earliest, days.latest), default=ANY_DAY)


def _category(resource: Resource) -> str | None:
    return _filed(read_concepts(resource.body.get("category"), resource.path("category")))


@lru_cache(maxsize=1024)
def _filed(category: Concept) -> str | None:
    said = codes(category)
    words = {each.casefold().replace(" ", "-") for each in category.texts}
    if "problem-list-item" in said | words:
        return "problem-list-item"
    if words & {ENCOUNTER_DIAGNOSIS, "visit-diagnosis"}:
        return ENCOUNTER_DIAGNOSIS
    return ENCOUNTER_DIAGNOSIS if ENCOUNTER_DIAGNOSIS in said else min(said, default=None)


def _stated(resource: Resource, name: str) -> bool:
    stated = resource.body.get(name)
    return stated is not None and bool(one_or_many(stated, resource.path(name)))
