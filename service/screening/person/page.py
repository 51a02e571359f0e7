"""What stands on the page of one patient in one study, and on that of all trials for one patient: from what is stored.

Nothing is asked of an EHR, and nothing is judged anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from service.eligibility.explain.wording import ENGLISH, Wording
from service.screening.decisions import CLOSING, Decided, PersonStatus, Status, decided_of, with_decisions
from service.screening.decisions.decided import Silence
from service.screening.person.drawings import NOTHING, Drawing, drawings_of
from service.screening.person.series_line import series_of
from service.screening.person.spoken import speech_of, spoken_series
from service.screening.person.study_part import StudyPart, study_part
from service.screening.person.who import Who, hide, who_of
from service.screening.tenant import Tenant
from service.store import assessments, decisions, series
from service.store.assessments import Current
from service.store.decisions import Decision
from service.store.engine import Store
from service.store.people import Known
from service.store.series import Kept

TAKING_PART = frozenset({PersonStatus.CONSENTED, PersonStatus.ON_STUDY})
WITHDRAWN = {
    "study-closed": "the study is closed here",
    "gone": "the record is not in the EHR any more",
    "merged": "the record was merged into another one",
    "not-in-the-newest-export": "the patient is not in the newest export",
}
NOTHING_HOLDS = "Nothing holds at the moment."
HELD_BACK = "the patient is not screened for studies"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The patient in another study that whoever looks may see. `taking_part`: people say that they do there."""

    study: str
    title: str
    standing: str
    status: str | None
    taking_part: bool = False


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One patient in one study. `part` None: nothing holds, for the reason `withdrawn` (None: nothing ever did).

    `at`: the day for which it holds; `drawn`: the day of the drawings, None where there are none; `revised`: the study
    has another version by now. `seen`: which assessment this is.
    """

    tenant: str
    study: str
    title: str
    who: Who
    part: StudyPart | None
    decided: Decided
    at: date | None = None
    made: datetime | None = None
    seen: int = 0
    drawn: date | None = None
    revised: str | None = None
    withdrawn: str | None = None
    silence: Silence | None = None
    elsewhere: tuple[Elsewhere, ...] = ()

    @property
    def status(self) -> Status | None:
        """What people say."""
        return self.decided.status


@dataclass(frozen=True, slots=True)
class Trial:
    """One study of the page of all trials."""

    study: str
    title: str
    part: StudyPart | None
    withdrawn: str | None
    status: str | None
    conflict: tuple[str, ...] = ()


def gather_page(
    store: Store,
    tenant: Tenant,
    study: str,
    known: Known,
    others: Sequence[str],
    today: date,
    *,
    hidden: bool,
    wording: Wording = ENGLISH,
) -> PersonPage:
    """The page; `others`: the other studies that whoever looks may see and in whose worklist the patient stands."""
    current = assessments.latest(store, tenant.name, study, known.patient)
    said = decisions.of_patient(store, tenant.name, known.patient, study)
    kept = series.find(store, (tenant.name, study, known.patient))
    elsewhere = tuple(_elsewhere(store, tenant, each, known.patient) for each in others)
    if hidden:
        current = None if current is None else veiled(current, known)
        kept = None if kept is None else replace(kept, content=hide(kept.content, known))
        said = tuple(unnamed(each, known) for each in said)
    decided = decided_of(said)
    return made_page(
        tenant, study, who_of(known, today, hidden=hidden), current, decided, kept, elsewhere, today, wording
    )


def veiled(current: Current, known: Known) -> Current:
    """The same, without a word that tells who it is."""
    return replace(current, stored=replace(current.stored, line=hide(current.stored.line, known)))


def unnamed(decision: Decision, known: Known) -> Decision:
    """What a person decided, without a word that tells about whom."""
    return replace(decision, content=hide(decision.content, known), reason=hide(decision.reason, known))


def made_page(
    tenant: Tenant,
    study: str,
    who: Who,
    current: Current | None,
    decided: Decided,
    kept: Kept | None,
    elsewhere: tuple[Elsewhere, ...],
    today: date,
    wording: Wording = ENGLISH,
) -> PersonPage:
    """The page from what was read for it."""
    found = tenant.catalog.studies[study]
    withdrawn = _withdrawn(current)
    if current is None or withdrawn is not None:
        return PersonPage(tenant.name, study, found.title, who, None, decided, withdrawn=withdrawn, elsewhere=elsewhere)
    stored = current.stored
    drawn = _drawings(tenant, study, kept, wording)
    part = study_part(tenant.catalog, with_decisions(stored.line, decided), drawn, tenant.ehr_link, wording)
    return PersonPage(
        tenant=tenant.name,
        study=study,
        title=found.title,
        who=who,
        part=part,
        decided=decided,
        at=current.confirmed,
        made=stored.made.astimezone(tenant.catalog.site.zone),
        seen=stored.id,
        drawn=None if kept is None else kept.screening_date,
        revised=found.version if found.version != stored.version else None,
        silence=decided.silent(today),
        elsewhere=elsewhere,
    )


def trials(store: Store, tenant: Tenant, studies: Sequence[str], patient: str) -> tuple[Trial, ...]:
    """The studies, of those that whoever looks may see, in whose worklist the patient stands; open ones first."""
    found = []
    for study in studies:
        current = assessments.latest(store, tenant.name, study, patient)
        decided = decided_of(decisions.of_patient(store, tenant.name, patient, study))
        withdrawn = _withdrawn(current)
        line = None if current is None or withdrawn else with_decisions(current.stored.line, decided)
        others = [_elsewhere(store, tenant, each, patient) for each in studies if each != study]
        closed = decided.status is not None and decided.status.code in CLOSING
        found.append(
            Trial(
                study,
                tenant.catalog.studies[study].title,
                None if line is None else study_part(tenant.catalog, line),
                withdrawn,
                None if decided.status is None else decided.status.code.value,
                () if closed else tuple(each.title for each in others if each.taking_part),
            )
        )
    return tuple(sorted(found, key=_place))


def _place(trial: Trial) -> tuple[int, int, str]:
    order = {"candidate": 0, "needs_review": 1, "ineligible": 2}
    return (3, 0, trial.study) if trial.part is None else (order[trial.part.code], trial.part.open, trial.study)


def _withdrawn(current: Current | None) -> str | None:
    if current is None or current.withdrawn is None:
        return None
    return WITHDRAWN.get(current.withdrawn, HELD_BACK)


def _drawings(tenant: Tenant, study: str, kept: Kept | None, wording: Wording) -> Mapping[str, tuple[Drawing, ...]]:
    if kept is None:
        return NOTHING
    speech = speech_of(tenant.catalog, tenant.catalog.studies[study], wording)
    return drawings_of(spoken_series(series_of(kept.content), speech), "study", wording)


def _elsewhere(store: Store, tenant: Tenant, study: str, patient: str) -> Elsewhere:
    current = assessments.latest(store, tenant.name, study, patient)
    decided = decided_of(decisions.of_patient(store, tenant.name, patient, study))
    standing = NOTHING_HOLDS
    if current is not None and current.withdrawn is None:
        line = with_decisions(current.stored.line, decided)
        standing = study_part(tenant.catalog, line).standing
    status = decided.status
    return Elsewhere(
        study,
        tenant.catalog.studies[study].title,
        standing,
        None if status is None else status.code.value,
        status is not None and status.code in TAKING_PART,
    )
