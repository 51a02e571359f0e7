"""The chart of one invented person: it grows by stories, and numbers its own resources."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from service.screening.sample.terms import Element, reference, stated

DAYS_OF_A_YEAR = 365.2425
BY_PATIENT = ("AllergyIntolerance", "Immunization", "Consent")  # they name their subject `patient`


@dataclass
class Chart:
    """One person's resources. Days are counted back from `today`, the day of the export: `day(3)` is three days ago.

    `previous` is the id of the person before this one (None for the first). `rng` is this person's own, so that what
    is written into one chart changes no other.
    """

    id: str
    today: date
    rng: Random
    sex: str
    birth: date
    previous: str | None = None
    resources: list[Element] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def age(self) -> float:
        """Years lived on the day of the export."""
        return self.lived / DAYS_OF_A_YEAR

    @property
    def lived(self) -> int:
        """Days lived on the day of the export: nothing is older than that."""
        return (self.today - self.birth).days

    @property
    def patient(self) -> Element:
        """The Patient resource, to be changed in place."""
        return self.resources[0]

    def add(self, kind: str, ago: int, updated: int | None = None, **elements: object) -> str:
        """Add a resource, last updated `updated` (by default `ago`) days ago; its reference `Type/id`."""
        number = self.counts[kind] = self.counts.get(kind, 0) + 1
        identity = f"{self.id}-{kind.lower()}-{number}"
        subject = "patient" if kind in BY_PATIENT else "subject"
        self.resources.append({
            "resourceType": kind,
            "id": identity,
            "meta": {"versionId": "1", "lastUpdated": self.instant(ago if updated is None else updated, 17)},
            subject: reference(f"Patient/{self.id}"),
            **stated(elements),
        })  # fmt: skip
        return f"{kind}/{identity}"

    def day(self, ago: int) -> str:
        """A day as FHIR writes it; a negative `ago` is a day to come. Nothing happens before birth."""
        return (self.today - timedelta(days=min(ago, self.lived))).isoformat()

    def month(self, ago: int) -> str:
        """Its month only: a date as imprecise as charts often are."""
        return self.day(ago)[:7]

    def year(self, ago: int) -> str:
        """Its year only."""
        return self.day(ago)[:4]

    def instant(self, ago: int, hour: int = 9) -> str:
        """A day with a time, in UTC."""
        return f"{self.day(ago)}T{hour:02}:00:00Z"

    def period(self, begin: int, end: int | None = None) -> Element:
        """From `begin` to `end` days ago; open if there is no end."""
        return {"start": self.day(begin)} | ({"end": self.day(end)} if end is not None else {})

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.rng.random() < share
