"""What clinicians may see, if a site wants it: a Flag on the chart, or a Task to look at somebody. STANDARDS 5.41–5.42.

Neither is ever deleted. What a person did to one of them (took up the Task, called the Flag an error) is left alone.
"""

from collections.abc import Mapping
from datetime import date

from service.eligibility.criteria import Study
from service.fhir.opinion import Opinion
from service.fhir.own import BASE, Json, Release, software_reference

FLAG_SYSTEM = f"{BASE}/identifier/flag"
TASK_SYSTEM = f"{BASE}/identifier/task"
CATEGORY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/flag-category", "code": "research"}]}
REVIEW = "Review for a clinical study"
CANCELLED = "By the records as they are now, the person no longer fits the study."


def updated_flag(
    previous: Mapping[str, object] | None, opinion: Opinion, fits: bool, at: date, version: str
) -> Json | None:
    """The Flag of one person for one study; None where there is nothing to write. The same in all releases.

    Active while the person fits, inactive with the end of its period when not; active again when fitting again.
    """
    if previous is None and not fits:
        return None
    before = dict(previous or {})
    active = before.get("status") == "active"
    if before.get("status") == "entered-in-error" or (previous is not None and active == fits):
        return None
    return {
        **before,
        "resourceType": "Flag",
        "identifier": before.get("identifier") or [_identifier(FLAG_SYSTEM, opinion)],
        "status": "active" if fits else "inactive",
        "category": [CATEGORY],
        "code": {"text": f"May fit a clinical study: {opinion.study.title}"},
        "subject": {"reference": f"Patient/{opinion.patient}"},
        "period": _period(before.get("period"), fits, at),
        "author": software_reference(version),
    }


def updated_task(
    previous: Mapping[str, object] | None,
    opinion: Opinion,
    subject: str,
    fits: bool,
    at: date,
    version: str,
    release: Release,
) -> Json | None:
    """The Task to review one person for one study; None where there is nothing to write.

    `subject`: reference to the ResearchSubject. Only a Task that nobody has taken up yet is cancelled, and only one
    that we cancelled is requested again.
    """
    before = dict(previous or {})
    status = before.get("status")
    if previous is None and not fits:
        return None
    if previous is not None and status != ("cancelled" if fits else "requested"):
        return None
    if fits and previous is not None and before.get("statusReason") != _reason(release):
        return None
    kept = {key: value for key, value in before.items() if key != "statusReason"}
    made: Json = {
        "resourceType": "Task",
        "identifier": before.get("identifier") or [_identifier(TASK_SYSTEM, opinion)],
        "status": "requested" if fits else "cancelled",
        "intent": "proposal",
        "code": {"text": REVIEW},
        "description": f"Look at this person for: {opinion.study.title}",
        "focus": {"reference": subject},
        "for": {"reference": f"Patient/{opinion.patient}"},
        "authoredOn": before.get("authoredOn") or at.isoformat(),
        "lastModified": at.isoformat(),
        "requester": software_reference(version),
    }
    return {**kept, **made, **({} if fits else {"statusReason": _reason(release)})}


def review_task(study: Study, patient: str, at: date, version: str) -> Json:
    """A new Task to review somebody for a study, for whoever makes it in their own name."""
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "proposal",
        "code": {"text": REVIEW},
        "description": f"Look at this person for: {study.title}",
        "for": {"reference": f"Patient/{patient}"},
        "authoredOn": at.isoformat(),
        "requester": software_reference(version),
    }


def _period(before: object, fits: bool, at: date) -> Json:
    """From the day of (re)activation; what ended keeps its beginning."""
    start = before.get("start") if isinstance(before, Mapping) and not fits else None
    return {"start": start or at.isoformat(), **({} if fits else {"end": at.isoformat()})}


def _reason(release: Release) -> Json:
    """R5 made a reference of it that may hold a concept."""
    return {"concept": {"text": CANCELLED}} if release == "R5" else {"text": CANCELLED}


def _identifier(system: str, opinion: Opinion) -> Json:
    return {"system": system, "value": opinion.identity}
