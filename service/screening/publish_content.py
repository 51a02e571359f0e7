"""What waits to be written for one study and patient, as the outbox keeps it, and which contents get there."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from service import __version__
from service.eligibility.assess import Standing
from service.errors import InvalidValue
from service.fhir.opinion import Opinion, PersonSaid, read_opinion
from service.screening.decisions import CLOSING, STATES, Decided, with_decisions
from service.screening.decisions.decided import NOTHING
from service.screening.tenant import TargetKind, Tenant

UNTOLD = "screening_date"  # what alone is no news


@dataclass(frozen=True, slots=True)
class Content:
    """A line of assessments.ndjson to write.

    `first`: written even where nothing was before. `fits`: the person belongs on the list. `withdrawn`: the code of
    why the assessment holds no more; then the person is taken off the list, and the ResearchSubject is left as it is.
    `versions`: `Type/id` -> versionId of the records. `made` and `software`: when, and by which version of us.
    `state`: what people decided that the ResearchSubject says; their answers stand in the line.
    """

    line: Mapping[str, object]
    first: bool
    fits: bool
    made: datetime
    versions: Mapping[str, str] = field(default_factory=dict)
    withdrawn: str | None = None
    software: str = __version__
    state: PersonSaid | None = None

    @property
    def digest(self) -> str:
        """The same for contents of which the second is no news after the first."""
        told = {name: value for name, value in self.line.items() if name != UNTOLD}
        parts: list[object] = [told, self.first, self.fits, self.withdrawn]
        parts += [] if self.state is None else [asdict(self.state)]
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
            "state": None if self.state is None else asdict(self.state),
        }


def content_of(
    tenant: Tenant,
    line: Mapping[str, object],
    now: datetime,
    versions: Mapping[str, str] | None = None,
    decided: Decided = NOTHING,
) -> Content:
    """The content of an assessment that holds, with what people decided.

    Their answers count for the standing; their status is written whatever the machine says. Who is to be left alone,
    or for whom nobody looks any more, belongs on no list.
    """
    line = _without_reasons(with_decisions(line, decided))
    said = opinion_in(tenant, line)
    state = state_of(decided)
    first = state is not None or (said.standing, said.signal) in tenant.target.written
    listed = (said.standing, said.signal) in tenant.target.written and said.standing is not Standing.INELIGIBLE
    closed = decided.status is not None and decided.status.code in CLOSING
    fits = listed and not closed and decided.silent(said.screening_date) is None
    told = {each: versions[each] for each in said.evidence if each in versions} if versions else {}
    return Content(line, first, fits, now, told, state=state)


def state_of(decided: Decided) -> PersonSaid | None:
    """The state of the ResearchSubject by what people decided; None: the machine's."""
    status = decided.status
    return None if status is None else PersonSaid(STATES[status.code], status.by, status.at.isoformat())


def _without_reasons(line: Mapping[str, Any]) -> dict[str, Any]:
    """In their own words, people may tell what is not to leave this service."""
    found = []
    for each in line["findings"]:
        decided = each.get("decided")
        kept = {} if decided is None else {"decided": {**decided, "reason": None}}
        found.append({**each, **kept})
    return {**line, "findings": found}


def _state(stored: object) -> PersonSaid | None:
    return PersonSaid(**{str(name): str(each) for name, each in stored.items()}) if isinstance(stored, dict) else None


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
            _state(stored.get("state")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidValue(f"this is nothing that can be written ({type(error).__name__})") from None


def opinion_in(tenant: Tenant, line: Mapping[str, object], state: PersonSaid | None = None) -> Opinion:
    """The opinion of a line. Raises InvalidValue if it is none, or of a study that is no longer in the catalog."""
    study = tenant.catalog.studies.get(str(line.get("study")))
    if study is None:
        raise InvalidValue("the assessment is of a study that is not in the catalog")
    return read_opinion(line, study, source_of(tenant), state)


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
