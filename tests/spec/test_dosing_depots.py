"""Where a drug was injected, and for how long that acts: depots, joints, what is never counted. SEMANTICS §6.6.

A depot counts on the day given, and beyond it where the study says for how long: on those days anything up to its dose.
"""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.catalog.studies import load_study
from service.eligibility.criteria import Depot, DoseTest, LookBack, MedicationTaken
from service.eligibility.criteria.limits import Bounds
from service.eligibility.dates import Days, Duration, Unit
from service.eligibility.dosing.depots import Acting, acting
from service.eligibility.dosing.measure import Taken, Terms, steps
from service.eligibility.dosing.routes import systemic
from service.eligibility.evaluate import Case, Judgement, Knowledge, evaluate
from service.eligibility.explain.phrases import Phrases
from service.eligibility.facts import MedicationFact, Source
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Coding, Concept
from service.errors import CatalogError
from tests.builders import record
from tests.doses import RXNORM, TABLE, days, instruction, medication, timing

MET, UNKNOWN, NOT_MET = Outcome.MET, Outcome.UNKNOWN, Outcome.NOT_MET
LOCAL_DRUG = "https://fhir-prescreen.org/fhir/CodeSystem/local-drug"
AT = date(2026, 6, 30)
FOUR_WEEKS = Duration(4, Unit.WEEK)
MUSCLE, JOINT, MOUTH = (Concept(texts=(words,)) for words in ("intramuscular", "intra-articular", "oral"))
DEPOT = Depot(("drug-depot-glucocorticoids",), FOUR_WEEKS)
STEROID = MedicationTaken(
    ("drug-systemic-glucocorticoids",), systemic=True, look_back=LookBack(Duration(3, Unit.MONTH))
)
HIGH = replace(STEROID, dose=DoseTest(Bounds(above=10), equivalent_to="prednisone"))  # type: ignore[arg-type]


@cache
def catalog() -> Catalog:
    return load_catalog(mappings_dir())


def injected(
    dose: str | None = "80 mg",
    when: str = "2026-03-20",
    name: str = "1",
    route: Concept | None = MUSCLE,
    text: str = "methylprednisolone acetate 40 MG/ML Injection",
    codes: tuple[Coding, ...] = (Coding(RXNORM, "6902"),),
) -> MedicationFact:
    """One administration; on 20 March, which is before the last 3 months of the screening date begin."""
    doses = (instruction(dose, None),) if dose is not None else ()
    given = medication(*doses, name=name, source=Source.ADMINISTRATION, start=days(when), strengths=())
    return replace(given, concept=Concept(codes, (text,)), route=route)


KNOWN_DEPOT = (Coding(RXNORM, "6902"), Coding(LOCAL_DRUG, "methylprednisolone-acetate-depot"))


def judged(node: MedicationTaken, *facts: MedicationFact) -> Judgement:
    known = Knowledge(catalog().terminology, catalog().units, catalog().equivalents, catalog().policy)
    return evaluate(node, Case(record(*facts), AT, known))


# what was injected                                   taken within 3 months    > 10 mg a day, with depots of 4 weeks
WITHIN = {
    "before the window, a depot by its code": (injected(codes=KNOWN_DEPOT), (MET, UNKNOWN)),
    "before the window, a depot by its name alone": (injected(), (UNKNOWN, UNKNOWN)),
    "on the first day of the window": (injected(when="2026-03-30"), (MET, MET)),
    "4 weeks and a day before it": (injected(when="2026-03-01", codes=KNOWN_DEPOT), (NOT_MET, NOT_MET)),
    "4 weeks before it, to the day": (injected(when="2026-03-02", codes=KNOWN_DEPOT), (MET, UNKNOWN)),
    "into a vein: no depot": (injected(route=Concept(texts=("intravenous",))), (NOT_MET, NOT_MET)),
    "the succinate is no depot": (
        injected(text="methylprednisolone sodium succinate 40 MG Injection"), (NOT_MET, NOT_MET),
    ),
    "a depot of 8 mg at the most is 10 mg of prednisone": (injected("8 mg", codes=KNOWN_DEPOT), (MET, NOT_MET)),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "expected"), WITHIN.values(), ids=WITHIN.keys())
def test_a_depot_acts_into_the_window_where_the_study_says_so(
    fact: MedicationFact, expected: tuple[Outcome, Outcome]
) -> None:
    asked = (replace(STEROID, depot=DEPOT), replace(HIGH, depot=DEPOT))
    assert tuple(judged(node, fact).outcome for node in asked) == expected


@pytest.mark.parametrize("fact", [injected(), injected(codes=KNOWN_DEPOT)])
def test_without_its_word_a_depot_counts_on_its_day_alone(fact: MedicationFact) -> None:
    assert {judged(node, fact).outcome for node in (STEROID, HIGH)} == {NOT_MET}


def test_the_reasons_of_a_depot() -> None:
    by_code, by_name = (judged(replace(HIGH, depot=DEPOT), injected(codes=each)) for each in (KNOWN_DEPOT, (
        Coding(RXNORM, "6902"),)))  # fmt: skip
    assert by_code.reasons == {Reason.DOSE_IMPRECISE}
    assert by_name.reasons == {Reason.NAME_ONLY}
    assert by_code.dose is not None and "depot" in by_code.dose.marks


def course(*facts: MedicationFact, known: Outcome = MET) -> list[tuple[str, str, str]]:
    taken = [Taken(each, acting=Acting(FOUR_WEEKS, known)) for each in facts]
    return [(str(s.start)[5:], str(s.end)[5:], str(s.value.average)) for s in steps(taken, AT, Terms(table=TABLE))]


# what was given                          from, to, mg of prednisone a day
COURSES = {
    "once": ([injected()], [("03-20", "03-20", "100"), ("03-21", "04-17", "0 to 100")]),
    "again after 2 weeks: what is left of the first may add": (
        [injected(), injected(when="2026-04-03", name="2")],
        [("03-20", "03-20", "100"), ("03-21", "04-02", "0 to 100"), ("04-03", "04-03", "100 to 200"),
         ("04-04", "04-17", "0 to 200"), ("04-18", "05-01", "0 to 100")],
    ),
    "it acts on the screening date still": (
        [injected(when="2026-06-20")], [("06-20", "06-20", "100"), ("06-21", "06-30", "0 to 100")],
    ),
    "an order of every 4 weeks: the average, and 4 weeks more": (
        [replace(
            medication(instruction("112 mg", timing(1, "4 wk")), start=days("2026-01-05"), end=days("2026-03-01")),
            concept=Concept((Coding(RXNORM, "6902"),), ()), strengths=(),
        )],
        [("01-05", "03-01", "5"), ("03-02", "03-29", "0 to 140")],
    ),
    "of unknown dose": (
        [injected(None)], [("03-20", "03-20", "an unknown amount"), ("03-21", "04-17", "an unknown amount")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), COURSES.values(), ids=COURSES.keys())
def test_the_course_of_depots(facts: list[MedicationFact], expected: list[tuple[str, str, str]]) -> None:
    assert course(*facts) == expected
    assert course(*reversed(facts)) == expected


def test_what_only_its_name_calls_a_depot_acts_only_possibly() -> None:
    fact = injected()
    found = acting(fact, DEPOT.codes, FOUR_WEEKS, catalog().terminology)
    assert found == Acting(FOUR_WEEKS, UNKNOWN)
    assert found.after(fact.span).end == Days(date(2026, 3, 20), date(2026, 4, 17))
    assert acting(injected(route=MOUTH), DEPOT.codes, FOUR_WEEKS, catalog().terminology) is None


KENALOG = "triamcinolone acetonide 40 MG/ML Injectable Suspension"
TRIAMCINOLONE = (Coding(RXNORM, "10759"),)
JOINTS = ("route-intra-articular",)

# what is known of where it went                 route, product                          by default  with joints
PLACES = {
    "into a muscle": (injected(route=MUSCLE, text=KENALOG, codes=TRIAMCINOLONE), (MET, MET)),
    "into a joint": (injected(route=JOINT, text=KENALOG, codes=TRIAMCINOLONE), (NOT_MET, MET)),
    "into a joint, by its code": (
        injected(route=Concept((Coding("http://snomed.info/sct", "12130007"),)), text=KENALOG, codes=TRIAMCINOLONE),
        (NOT_MET, MET),
    ),
    "into the skin": (
        injected(route=Concept(texts=("intradermal",)), text=KENALOG, codes=TRIAMCINOLONE), (NOT_MET, NOT_MET),
    ),
    "a depot of which nobody says where it went": (
        injected(route=None, text=KENALOG, codes=TRIAMCINOLONE), (UNKNOWN, UNKNOWN),
    ),
    "an injection that is no depot": (
        injected(route=None, text="dexamethasone 4 MG/ML Injection", codes=(Coding(RXNORM, "3264"),)), (MET, MET),
    ),
    "a cream of the same ester": (
        injected(route=None, text="triamcinolone acetonide 0.1 % Topical Cream", codes=TRIAMCINOLONE),
        (NOT_MET, NOT_MET),
    ),
    "a tablet": (
        injected(route=None, text="methylprednisolone 4 MG Oral Tablet", codes=(Coding(RXNORM, "6902"),)), (MET, MET),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "expected"), PLACES.values(), ids=PLACES.keys())
def test_where_it_was_injected(fact: MedicationFact, expected: tuple[Outcome, Outcome]) -> None:
    found = (systemic(fact, catalog().terminology, also)[0] for also in ((), JOINTS))
    assert tuple(found) == expected


def test_an_injection_into_a_joint_adds_to_what_is_swallowed() -> None:
    swallowed = replace(
        medication(instruction("8 mg"), start=days("2026-05-01"), last_sign=days("2026-05-01")),
        route=MOUTH, concept=Concept((Coding(RXNORM, "8640"),), ("prednisone",)), strengths=(),
    )  # fmt: skip
    joint = injected("4 mg", "2026-05-10", route=JOINT, text="methylprednisolone", name="9")
    node = replace(HIGH, also_systemic=JOINTS)
    assert judged(HIGH, swallowed, joint).outcome is NOT_MET
    found = judged(node, swallowed, joint)
    assert found.outcome is MET and found.dose is not None and str(found.dose.least) == "13"


E2A = replace(
    HIGH,
    codes=("drug-systemic-glucocorticoids", "drug-budesonide-oral"),
    excluding=("drug-local-glucocorticoids", "drug-mineralocorticoids"),
)


def swallowed(code: str, name: str, dose: str = "9 mg") -> MedicationFact:
    fact = medication(instruction(dose), start=days("2026-05-01"), last_sign=days("2026-05-01"), strengths=())
    return replace(fact, concept=Concept((Coding(RXNORM, code),), (name,)), route=MOUTH)


# never taken for nothing, or never counted at all: by the criterion of the shipped study
SPECIAL = {
    "oral budesonide is reviewed by a person": (swallowed("19831", "budesonide 3 MG"), UNKNOWN, Reason.NO_EQUIVALENCE),
    "so is a steroid without a sourced factor": (swallowed("21285", "cloprednol"), UNKNOWN, Reason.NO_EQUIVALENCE),
    "fludrocortisone never counts": (swallowed("4452", "fludrocortisone 0.1 MG Oral Tablet", "20 mg"), NOT_MET, None),
    "nor does its product": (swallowed("313979", "fludrocortisone acetate 0.1 MG Oral Tablet", "20 mg"), NOT_MET, None),
    "prednisone does": (swallowed("8640", "prednisone", "20 mg"), MET, None),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "outcome", "reason"), SPECIAL.values(), ids=SPECIAL.keys())
def test_what_is_reviewed_and_what_never_counts(fact: MedicationFact, outcome: Outcome, reason: Reason | None) -> None:
    found = judged(E2A, fact)
    assert (found.outcome, found.reasons) == (outcome, frozenset({reason}) if reason else frozenset())


STUDY = """\
id: s
version: "1"
title: t
entry:
  - medication: {codes: drug-systemic-glucocorticoids, look_back: ever}
criteria:
  - id: C1
    kind: exclusion
    text: Glucocorticoids within 3 months, depots and joints included
    medication:
      codes: drug-systemic-glucocorticoids
      systemic: {also: %s}
      depot: {codes: %s, acts: 4 weeks}
      look_back: 3 months
"""


def read(tmp_path: Path, also: str, codes: str) -> MedicationTaken:
    path = tmp_path / "s" / "study.yaml"
    path.parent.mkdir()
    path.write_text(STUDY % (also, codes))
    found = load_study(path, mappings_dir() / "schemas" / "study.schema.json", catalog().names)
    node = found.study.criteria[0].node
    assert isinstance(node, MedicationTaken)
    return node


def test_a_study_says_it_in_two_keys(tmp_path: Path) -> None:
    node = read(tmp_path, "route-intra-articular", "drug-depot-glucocorticoids")
    assert (node.systemic, node.also_systemic, node.depot) == (True, JOINTS, DEPOT)
    titles = {each.id: each.title for each in catalog().terminology.value_sets.values()}
    assert Phrases(titles).of(node) == (
        "Systemic glucocorticoids by a systemic route (Intra-articular routes included) taken within 3 months before "
        "the screening date (Depot glucocorticoids act for 4 weeks)"
    )


@pytest.mark.parametrize(
    ("also", "codes", "said"),
    [
        ("drug-metformin", "drug-depot-glucocorticoids", r"systemic\.also\): value set 'drug-metformin'"),
        ("route-intra-articular", "route-local", r"depot\.codes\): value set 'route-local'"),
        ("route-nowhere", "drug-depot-glucocorticoids", "route-nowhere"),
    ],
)
def test_value_sets_of_another_kind_are_refused(tmp_path: Path, also: str, codes: str, said: str) -> None:
    with pytest.raises(CatalogError, match=said):
        read(tmp_path, also, codes)
