"""Does a drug act in the whole body? Route, else form, else the product's name, else its ATC code. SEMANTICS §6.6."""

from collections.abc import Iterator

from service.eligibility.facts import MedicationFact
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Concept, Terminology

ROUTES = ("route-systemic", "route-local")
FORMS = ("form-systemic", "form-local")
# Crystals that go into a muscle, a joint or a scar alike: that they are injected does not tell where.
DEPOTS = ("drug-depot-glucocorticoids",)
# Value sets of drugs whose ATC codes alone say where they act begin with these. An ingredient's code says nothing of
# the kind: hydrocortisone is a tablet and a cream.
DRUGS = ("drug-systemic", "drug-local")
ATC = "http://www.whocc.no/atc"

SYSTEMIC: tuple[Outcome, Reason | None] = (Outcome.MET, None)
LOCAL: tuple[Outcome, Reason | None] = (Outcome.NOT_MET, None)
UNDECIDED: tuple[Outcome, Reason | None] = (Outcome.UNKNOWN, Reason.ROUTE_UNKNOWN)

# Two records are surely of different therapies only if both routes are known and differ: SNOMED CT code, words.
_FAMILIES = (
    ("oral", "26643006", ("oral", "by mouth", " po ", "per os", "zum einnehmen", "voie orale")),
    ("intravenous", "47625008", ("intravenous", " iv ", "intraven")),
    ("intramuscular", "78421000", ("intramuscular", " im ")),
    ("subcutaneous", "34206005", ("subcutaneous", " sc ", " sq ", "subcut")),
    ("intra-articular", "12130007", ("intra-articular", "intraarticular", "intraartikul")),
)
FAMILIES = frozenset(name for name, _, _ in _FAMILIES)
# What is swallowed, by its form: pieces that go elsewhere are named so.
_SWALLOWED = ("tablet", "capsule", "tablette", "kapsel", "comprim", "gélule")
_ELSEWHERE = ("buccal", "sublingual", "vaginal", "rectal", "inhal", "implant")


def systemic(
    fact: MedicationFact, terminology: Terminology, also: tuple[str, ...] = ()
) -> tuple[Outcome, Reason | None]:
    """MET: it acts in the whole body; NOT_MET: only where it is put; UNKNOWN (`route-unknown`): nothing tells.

    `also` are value sets of routes that count as systemic here (into a joint), whatever else they are.
    """
    for verdicts in _sources(fact, terminology, also):
        told = {verdict for verdict in verdicts if verdict is not None}
        if told == {True}:
            return SYSTEMIC
        if told == {False}:
            return LOCAL
        if told:
            return UNDECIDED
    return UNDECIDED


def _sources(fact: MedicationFact, terminology: Terminology, also: tuple[str, ...]) -> Iterator[list[bool | None]]:
    yield [_by_route(terminology, route, also) for route in stated_routes(fact)]
    tells = suggested(fact.concept, terminology, DEPOTS) is Outcome.NOT_MET
    forms = [fact.form] if fact.form is not None else []
    for told in (forms, [Concept(texts=(text,)) for text in fact.concept.texts]):
        verdicts = [_told(terminology, FORMS, each) for each in told]
        yield [verdict if tells or verdict is False else None for verdict in verdicts]
    yield [_by_code(terminology, fact.concept)]


def stated_routes(fact: MedicationFact) -> list[Concept]:
    """The routes of the instructions, else that of the record."""
    stated = [each.route for each in fact.instructions if each.route is not None]
    return stated or ([fact.route] if fact.route is not None else [])


def _by_route(terminology: Terminology, route: Concept, also: tuple[str, ...]) -> bool | None:
    if any(_belongs(terminology, each, route) is not Outcome.NOT_MET for each in also):
        return True
    return _told(terminology, ROUTES, route)


def suggested(concept: Concept, terminology: Terminology, ids: tuple[str, ...]) -> Outcome:
    """Does a product belong to one of these sets: by its code (MET), or by its name, whatever its code (UNKNOWN)?

    An ingredient's code says nothing of its salt; the name of the product does.
    """
    sets = [terminology.value_sets[each] for each in ids if each in terminology.value_sets]
    codings = list(terminology.codings(concept))
    found = [
        one.holds(coding).outcome if exact else Outcome.UNKNOWN
        for one in sets
        for coding, exact in codings
        if one.holds(coding).outcome is not Outcome.NOT_MET
    ]
    named = [Outcome.UNKNOWN for one in sets for text in concept.texts if one.suggested_by(text)]
    return max([*found, *named], default=Outcome.NOT_MET)


def _told(terminology: Terminology, ids: tuple[str, str], concept: Concept) -> bool | None:
    """True: systemic, False: local, None: neither, or both by their words. A code decides before words do."""
    acts, stays = (_belongs(terminology, each, concept) for each in ids)
    return None if acts == stays else acts > stays


def _belongs(terminology: Terminology, value_set: str, concept: Concept) -> Outcome:
    if value_set not in terminology.value_sets:
        return Outcome.NOT_MET
    found = terminology.membership((value_set,), concept)
    return Outcome.NOT_MET if found.opaque else found.outcome


def _by_code(terminology: Terminology, concept: Concept) -> bool | None:
    coded = Concept(tuple(each for each in concept.codings if each.system == ATC), ("-",))
    if not coded.codings:
        return None
    acts, stays = (
        any(
            _belongs(terminology, each, coded) is Outcome.MET
            for each in terminology.value_sets
            if each.startswith(begin)
        )
        for begin in DRUGS
    )
    return None if acts == stays else acts


def family(fact: MedicationFact) -> str | None:
    """The way it is taken, for telling two therapies apart; None where that is not certain."""
    found = {_family(route) for route in stated_routes(fact)}
    return found.pop() if len(found) == 1 else None


def way(fact: MedicationFact) -> str | None:
    """The way it is taken, by the route, else by the form or the product's name; None where none of them tells."""
    told = [fact.form] if fact.form is not None else []
    named = {_family(each) or _swallowed(each) for each in (*told, Concept(texts=fact.concept.texts))} - {None}
    return family(fact) or (named.pop() if len(named) == 1 and not stated_routes(fact) else None)


def _swallowed(form: Concept) -> str | None:
    words = " ".join(text.lower() for text in form.texts)
    return "oral" if any(w in words for w in _SWALLOWED) and not any(w in words for w in _ELSEWHERE) else None


def _family(route: Concept) -> str | None:
    codes = {coding.code for coding in route.codings}
    words = " ".join(f" {text.lower()} " for text in route.texts)
    named = {name for name, code, spellings in _FAMILIES if code in codes or any(each in words for each in spellings)}
    return named.pop() if len(named) == 1 else None
