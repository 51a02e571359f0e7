"""The shipped value sets, units, drugs and equivalences, with a study that asks for every kind of record.

For real data.
"""

from decimal import Decimal
from functools import cache
from types import SimpleNamespace

from service.catalog.content import mappings_dir
from service.catalog.drugs import load_drugs
from service.catalog.equivalents import load_equivalents
from service.catalog.units import load_units
from service.eligibility.criteria import (
    EVER,
    AdverseEventHad,
    AgeAtScreening,
    AllergyKnown,
    Bounds,
    BreastFeeding,
    ConditionPresent,
    Criterion,
    DoseTest,
    LookBack,
    MedicationTaken,
    NumberTest,
    ObservationValue,
    Pregnant,
    ProcedureDone,
    Study,
)
from service.eligibility.dates import Duration, Unit
from service.eligibility.policy import Policy
from service.eligibility.terms import Codes, Coding, Terminology, ValueSet
from tests import value_sets
from tests.screening.world import Site

RECENTLY = LookBack(Duration(3, Unit.MONTH))
TEN_MG = DoseTest(Bounds(above=Decimal(10)), equivalent_to="prednisone")
STUDY = Study(
    "shipped", "1.0", "Every kind of record",
    (
        Criterion("I1", "inclusion", "an adult", AgeAtScreening(Bounds(at_least=Decimal(18)))),
        Criterion(
            "I2", "inclusion", "haemoglobin",
            ObservationValue(("hemoglobin",), test=NumberTest(Bounds(at_least=Decimal(9)), "g/dL"), look_back=EVER),
        ),
        Criterion("E1", "exclusion", "cancer", ConditionPresent(("malignancy",), ("non-melanoma-skin-cancer",))),
        Criterion("E2", "exclusion", "infection", ConditionPresent(("active-infection",))),
        Criterion(
            "E3", "exclusion", "glucocorticoids",
            MedicationTaken(("drug-systemic-glucocorticoids",), look_back=RECENTLY, systemic=True, dose=TEN_MG),
        ),
        Criterion("E4", "exclusion", "immunosuppressants", MedicationTaken(("drug-immunosuppressants",),
        look_back=RECENTLY)),
        Criterion("E5", "exclusion", "allergy", AllergyKnown(("allergy-sirolimus",),
        none_known=("allergy-none-known",))),
        Criterion("E6", "exclusion", "reaction", AdverseEventHad(("active-infection",), look_back=EVER)),
        Criterion("E7", "exclusion", "stay in hospital", ProcedureDone(("hysterectomy",), look_back=EVER)),
        Criterion(
            "E8", "exclusion", "pregnant",
            Pregnant(
                ("pregnancy",), ("pregnancy-status",), ("pregnancy-test",), ("answer-positive", "pregnancy"),
                ("answer-negative", "not-pregnant"), ("hysterectomy",),
            ),
        ),
        Criterion(
            "E9", "exclusion", "breast feeding",
            BreastFeeding(("breastfeeding",), ("breastfeeding-status",), ("answer-positive",), ("not-breastfeeding",)),
        ),
    ),
    entry=(ConditionPresent(("igg4-rd",)), ObservationValue(("serum-igg4",), look_back=EVER)),
)  # fmt: skip


@cache
def catalog() -> SimpleNamespace:
    """What a catalog holds, of the shipped content."""
    mappings = mappings_dir()
    sets = {path.stem: _value_set(path.stem) for path in value_sets.FILES}
    return SimpleNamespace(
        studies={STUDY.id: STUDY},
        terminology=Terminology(sets),
        units=load_units(mappings / "units"),
        equivalents=load_equivalents(mappings / "dose-equivalents"),
        drugs=load_drugs(mappings / "concept-maps"),
        policy=Policy(),
        site=Site(),
    )


def _value_set(name: str) -> ValueSet:
    content = value_sets.value_set(name)
    parts = ("include", "exclude") if "compose" in content else ()  # some hold words alone
    included, excluded = (value_sets.entries(name, each) for each in parts) if parts else ((), ())
    sure = [each for each in included if each.verification in value_sets.DECIDING]
    inexact = [each for each in included if each.verification not in value_sets.DECIDING]
    words, not_words = (tuple(value_sets.marks(content, each)) for each in ("word", "not-word"))
    title = content.get("title", name)
    return ValueSet(name, title, _codes(sure), _codes(inexact), _codes(excluded), words, not_words)


def _codes(entries: list[value_sets.Entry] | tuple[value_sets.Entry, ...]) -> Codes:
    codings = [(Coding(each.system, each.code).normalized(), each.prefix) for each in entries]
    listed = frozenset(coding for coding, prefix in codings if not prefix)
    return Codes(listed, tuple(coding for coding, prefix in codings if prefix))
