"""All that is written for one opinion, as writes in the order in which they depend on one another.

What the server holds is given; what comes out is what should be sent, and why a person's state stays. Pure: a dry run
prints exactly this.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from service.fhir.flag_task import updated_flag, updated_task
from service.fhir.opinion import Opinion
from service.fhir.own import Json, Release, marked, study_reference
from service.fhir.provenance import PROVENANCE, render_provenance
from service.fhir.research_study import RESEARCH_STUDY, render_study
from service.fhir.screening_list import SCREENING_LIST, Screened, updated_list
from service.fhir.subject import render_opinion
from service.fhir.subject_update import SubjectUpdate, update_subject
from service.fhir.transaction import (
    Write,
    create,
    create_once,
    put_own,
    replace_version,
    transaction,
    with_base,
)

HERE = frozenset({"ResearchStudy", "ResearchSubject", "Provenance", "List", "Flag", "Task", "Device"})
DEFAULT = frozenset({"ResearchStudy", "ResearchSubject", "Provenance", "List"})


@dataclass(frozen=True, slots=True)
class Found:
    """What the server holds already of each kind; None where it has none.

    `provenance`: that of this very opinion. It is looked at only where the ResearchSubject is there already.
    """

    study: Mapping[str, object] | None = None
    subject: Mapping[str, object] | None = None
    list: Mapping[str, object] | None = None
    flag: Mapping[str, object] | None = None
    task: Mapping[str, object] | None = None
    provenance: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What of a writing is not in the opinion: when, by which version of this software, and what was known before.

    `versions`: `Type/id` -> versionId of the records. `written` and `by_person`: what the store knows of the state.
    `complete`: the store knows that all of this was written before; otherwise a writing that was cut off is made whole.
    `own_ids`: whether the server lets us choose ids.
    """

    recorded: datetime
    version: str
    versions: Mapping[str, str] = field(default_factory=dict)
    written: str | None = None
    by_person: bool = False
    complete: bool = True
    own_ids: bool = True


@dataclass(frozen=True, slots=True)
class Publication:
    """What to send, in order. `update` tells of a ResearchSubject that was there before (None: it is created).

    `subject` is the ResearchSubject as it should stand afterwards.
    """

    writes: tuple[Write, ...]
    update: SubjectUpdate | None
    subject: Json

    @property
    def bundle(self) -> Json:
        """The transaction; of no entries if there is nothing to write."""
        return transaction(self.writes)


def publication(
    opinion: Opinion,
    release: Release,
    found: Found,
    stamp: Stamp,
    fits: bool,
    kinds: frozenset[str] = DEFAULT,
    list_limit: int | None = None,
) -> Publication:
    """What should be written for one opinion, of these kinds of resource.

    `fits`: whether the person belongs on the list, has an active Flag and a Task. The ResearchStudy is only ever
    created. Nothing is written where nothing changed. A List and a Task need the ResearchSubject, a List the
    ResearchStudy too: where those are neither there nor written, they are left out.
    """
    writes: list[Write] = []
    study = create_once(marked(render_study(opinion.study, release), _profile(RESEARCH_STUDY, release)))
    study_address = _address(found.study)
    if found.study is None and "ResearchStudy" in kinds:
        writes.append(study)
        study_address = study.full_url
    subject, update = _subject(opinion, release, found, stamp, study_address)
    subject_address = _address(found.subject)
    if "ResearchSubject" in kinds:
        news = update is None or update.changed or not (stamp.complete or update.exact)
        writes += [subject] if news else []
        subject_address = subject_address or subject.full_url
        if "Provenance" in kinds and (news or (found.provenance is None and not stamp.complete)):
            writes.append(_provenance(opinion, release, stamp, subject_address))
    if subject_address is not None and study_address is not None and "List" in kinds:
        entry = Screened(subject_address, opinion.identity, fits)
        writes += _list(opinion, release, found, stamp, study_address, entry, list_limit)
    if subject_address is not None:
        writes += _signs(opinion, release, found, stamp, subject_address, fits, kinds)
    return Publication(tuple(_placed(each, opinion) for each in writes), update, _placed(subject, opinion).resource)


def wanted_subject(opinion: Opinion, release: Release, study_address: str | None) -> Json:
    """The ResearchSubject as it would be created, with a reference to the study of this address."""
    rendered = render_opinion(opinion, release)
    return _at_source({**rendered, "study": study_reference(opinion.study, study_address)}, opinion)


def _subject(
    opinion: Opinion, release: Release, found: Found, stamp: Stamp, study_address: str | None
) -> tuple[Write, SubjectUpdate | None]:
    """No profile is claimed: a person's later state would break it, and a server that validates would refuse them."""
    rendered = wanted_subject(opinion, release, study_address)
    if found.subject is None:
        return create_once(marked(rendered)), None
    update = update_subject(found.subject, rendered, release, written=stamp.written, by_person=stamp.by_person)
    return replace_version(marked(update.resource)), update


def wanted_provenance(opinion: Opinion, release: Release, stamp: Stamp, subject: str) -> Json:
    """The Provenance of this opinion; `subject`: reference to the ResearchSubject."""
    made = render_provenance(opinion, subject, stamp.recorded, stamp.version, release, stamp.versions)
    return _at_source(made, opinion)


def _provenance(opinion: Opinion, release: Release, stamp: Stamp, target: str) -> Write:
    """Where the server gives the ids, the caller has looked whether there is one."""
    own = marked(wanted_provenance(opinion, release, stamp, target), _profile(PROVENANCE, release))
    return put_own(own) if stamp.own_ids else create({name: own[name] for name in own if name != "id"})


def _list(
    opinion: Opinion,
    release: Release,
    found: Found,
    stamp: Stamp,
    study_address: str,
    entry: Screened,
    limit: int | None,
) -> list[Write]:
    """Created once, then replaced version by version: an update without a condition would lose others' entries."""
    at = opinion.screening_date
    made = updated_list(found.list, opinion.study, study_address, [entry], at, stamp.version, limit)
    listed = marked(made, _profile(SCREENING_LIST, release))
    if found.list is None:
        return [create_once(listed)] if entry.fits else []
    unchanged = all(made.get(key) == found.list.get(key) for key in ("entry", "note"))
    return [] if unchanged else [replace_version(listed)]


def _signs(
    opinion: Opinion,
    release: Release,
    found: Found,
    stamp: Stamp,
    subject_address: str,
    fits: bool,
    kinds: frozenset[str],
) -> list[Write]:
    """The Flag and the Task, where wanted."""
    at = opinion.screening_date
    flag = updated_flag(found.flag, opinion, fits, at, stamp.version)
    task = updated_task(found.task, opinion, subject_address, fits, at, stamp.version, release)
    signs = [("Flag", found.flag, flag), ("Task", found.task, task)]
    return [
        create_once(marked(made)) if before is None else replace_version(marked(made))
        for kind, before, made in signs
        if made is not None and kind in kinds
    ]


def _at_source(resource: Json, opinion: Opinion) -> Json:
    return resource if opinion.source is None else with_base(resource, opinion.source, HERE)


def _placed(write: Write, opinion: Opinion) -> Write:
    return replace(write, resource=_at_source(write.resource, opinion))


def _address(resource: Mapping[str, object] | None) -> str | None:
    return None if resource is None else f"{resource['resourceType']}/{resource['id']}"


def _profile(url: str, release: Release) -> str | None:
    """Our profiles are of R4, and R4B has the same elements; in R5 none is claimed."""
    return None if release == "R5" else url
