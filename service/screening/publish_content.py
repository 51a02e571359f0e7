"""What waits to be written for one study and patient, as the outbox keeps it, and which contents get there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

import orjson

from service import __version__
from service.eligibility.assess import Standing
from service.errors import InvalidValue
from service.fhir.opinion import Opinion, read_opinion
from service.screening.tenant import TargetKind, Tenant

UNTOLD = "screening_date"  # what alone is no news


@dataclass(frozen=True, slots=True)
class Content:
    """A line of assessments.ndjson to write.

    `first`: written even where nothing was before. `fits`: the person belongs on the list. `withdrawn`: the code of
    why the assessment holds no more; then the person is taken off the list, and the ResearchSubject is left as it is.
    `versions`: `Type/id` -> versionId of the records. `made` and `software`: when, and by which version of us.
    """

    line: Mapping[str, object]
    first: bool
    fits: bool
    made: datetime
    versions: Mapping[str, str] = field(default_factory=dict)
    withdrawn: str | None = None
    software: str = __version__

    @property
    def digest(self) -> str:
        """The same for contents of which the second is no news after the first."""
        told = {name: value for name, value in self.line.items() if name != UNTOLD}
        parts = [told, self.first, self.fits, self.withdrawn]
        return sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def as_json(self) -> dict[str, object]:
        """As the outbox keeps it."""
        return {
            "line": dict(self.line),
            "first": self.first,
            "fits": self.fits,
            "made": self.made.astimezone(UTC).isoformat(),
            "versions": dict(self.versions),
            "withdrawn": self.withdrawn,
            "software": self.software,
        }


def content_of(
    tenant: Tenant, line: Mapping[str, object], now: datetime, versions: Mapping[str, str] | None = None
) -> Content:
    """The content of an assessment that holds."""
    said = opinion_in(tenant, line)
    first = (said.standing, said.signal) in tenant.target.written
    fits = first and said.standing is not Standing.INELIGIBLE
    told = {each: versions[each] for each in said.evidence if each in versions} if versions else {}
    return Content(line, first, fits, now, told)


def read_content(stored: Mapping[str, object]) -> Content:
    """The content that the outbox kept. Raises InvalidValue if it is none."""
    try:
        line, versions, withdrawn = stored["line"], stored["versions"], stored["withdrawn"]
        if not isinstance(line, dict) or not isinstance(versions, dict):
            raise TypeError
        return Content(
            line,
            bool(stored["first"]),
            bool(stored["fits"]),
            datetime.fromisoformat(str(stored["made"])),
            {str(each): str(known) for each, known in versions.items()},
            None if withdrawn is None else str(withdrawn),
            str(stored["software"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidValue(f"this is nothing that can be written ({type(error).__name__})") from None


def opinion_in(tenant: Tenant, line: Mapping[str, object]) -> Opinion:
    """The opinion of a line. Raises InvalidValue if it is none, or of a study that is no longer in the catalog."""
    study = tenant.catalog.studies.get(str(line.get("study")))
    if study is None:
        raise InvalidValue("the assessment is of a study that is not in the catalog")
    return read_opinion(line, study, source_of(tenant))


def source_of(tenant: Tenant) -> str | None:
    """The address of the server with the patients, where results go to another one."""
    target = tenant.target
    if target.kind is not TargetKind.FHIR or target.server is None or not tenant.own_bases:
        return None
    bases = [each.rstrip("/") for each in tenant.own_bases]
    return None if target.server.base.rstrip("/") in bases else bases[0]


def kinds_wanted(content: Content, kinds: frozenset[str]) -> frozenset[str]:
    """Which of these types to write: of what holds no more, the signs alone."""
    return kinds & {"List", "Flag", "Task"} if content.withdrawn else kinds
