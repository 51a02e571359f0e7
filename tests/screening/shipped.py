"""The shipped catalog, with a study that asks for every kind of record; for real data."""

from dataclasses import replace
from decimal import Decimal
from functools import cache

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
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
def catalog() -> Catalog:
    """The shipped catalog, with this study beside its own."""
    shipped = load_catalog(mappings_dir())
    return replace(shipped, studies={**shipped.studies, STUDY.id: STUDY})
