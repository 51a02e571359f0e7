"""What a site may set about evaluation, and the table of what absence means. Values, not behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.eligibility.dates import Duration, Unit
from service.eligibility.facts import Kind
from service.eligibility.outcome import Outcome

MEDICATION_TYPES = ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration")

# Of these, the lack of any record answers nothing (mappings/absence.yaml says why).
SILENT_KINDS = frozenset({Kind.OBSERVATION, Kind.IMMUNIZATION, Kind.ENCOUNTER})


@dataclass(frozen=True, slots=True)
class Policy:
    """A site's settings that change what answers mean, with the defaults of SEMANTICS.

    `absence`: per kind of fact, what no matching record means (NOT_MET or UNKNOWN).
    `medication_types`: the types that must be loaded before silence about a drug means anything.
    `not_kept`: resource types that the site says it does not keep.
    `body_horizon`, `minor_body_horizon`: how far from a dose a weight or height may have been measured that it goes by,
    for adults and for minors, who grow.
    """

    absence: Mapping[Kind, Outcome] = field(
        default_factory=lambda: {kind: Outcome.UNKNOWN if kind in SILENT_KINDS else Outcome.NOT_MET for kind in Kind}
    )
    contact_horizon: Duration = Duration(24, Unit.MONTH)
    order_horizon: Duration = Duration(13, Unit.MONTH)
    body_horizon: Duration = Duration(12, Unit.MONTH)
    minor_body_horizon: Duration = Duration(3, Unit.MONTH)
    pregnancy_holds: Duration = Duration(42, Unit.WEEK)
    negative_pregnancy_holds: Duration = Duration(28, Unit.DAY)
    pregnancy_age_limit: int = 56
    medication_types: tuple[str, ...] = ("MedicationRequest",)
    not_kept: frozenset[str] = frozenset()
