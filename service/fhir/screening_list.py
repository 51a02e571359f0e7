"""The worklist of one study as a List, in the convention of miracum/recruit. STANDARDS 5.34–5.38.

An entry is a ResearchSubject with the day on which it was first found. It is never removed: who no longer fits is
flagged, and unflagged when fitting again. A flag that somebody else set, or another status of the List, is left alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from service.eligibility.criteria import Study
from service.fhir.own import BASE, SOFTWARE, Json, software_reference, study_reference
from service.fhir.references import reference_key
from service.fhir.subject import SUBJECT_SYSTEM

SCREENING_LIST = f"{BASE}/StructureDefinition/screening-list"
LIST_SYSTEM = f"{BASE}/identifier/screening-list"
# recruIT's own names: its screening list shows the Lists that carry this code and reads the study from this extension,
# which has to be the first one.
RECRUIT = "https://fhir.miracum.org/uc1"
BELONGS_TO = f"{RECRUIT}/StructureDefinition/belongsToStudy"
LIST_CODE = {"coding": [{"system": f"{RECRUIT}/CodeSystem/screeningList", "code": "screening-recommendations"}]}
FLAG_SYSTEM = f"{RECRUIT}/CodeSystem/system-determined-subject-status"
NO_LONGER: Json = {
    "coding": [{"system": FLAG_SYSTEM, "code": "ineligible", "display": "Ineligible"}],
    "text": "No longer fits the study by the records or the study's criteria as they are now.",
}
ORDER = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/list-order", "code": "entry-date"}]}


@dataclass(frozen=True, slots=True)
class Screened:
    """A newly assessed person: reference and identity of the ResearchSubject, and whether it belongs on the list."""

    reference: str
    identity: str
    fits: bool


def updated_list(
    previous: Mapping[str, object] | None,
    study: Study,
    study_address: str,
    screened: Sequence[Screened],
    at: date,
    version: str,
    limit: int | None = None,
) -> Json:
    """The List after these persons were assessed on the day `at`. Who was not assessed stays as they are.

    `study_address`: reference to the ResearchStudy on the same server. `version`: of this software. `limit`: the most
    entries there may be; further ones are left out, and a note says so. The same in all releases.
    """
    before = dict(previous or {})
    by_subject = {each.identity: each for each in screened} | {each.reference: each for each in screened}
    entries = [_reconsidered(each, by_subject) for each in _listed(before.get("entry"))]
    seen = {key for each in entries for key in _keys(each)}
    news = [each for each in screened if each.fits and not seen & {each.reference, each.identity}]
    room = len(news) if limit is None else max(0, limit - len(entries))
    entries += [_entry(each, at) for each in news[:room]]
    identity = {"system": LIST_SYSTEM, "value": study.id}
    kept = {key: before[key] for key in before if key not in ("entry", "note", "emptyReason", "extension")}
    made: Json = {
        "resourceType": "List",
        "extension": _extensions(before, study, study_address),
        "identifier": before.get("identifier") or [identity],
        "status": before.get("status") or "current",
        "mode": "working",
        "title": f"Screening list: {study.title}",
        "code": LIST_CODE,
        "date": at.isoformat(),
        "source": software_reference(version),
        "orderedBy": ORDER,
    }
    notes = _notes(before, len(news) - len(news[:room]))
    return {**kept, **made, **({"note": notes} if notes else {}), **({"entry": entries} if entries else {})}


def _entry(screened: Screened, at: date) -> Json:
    item = {"reference": screened.reference, "identifier": {"system": SUBJECT_SYSTEM, "value": screened.identity}}
    return {"date": at.isoformat(), "item": item}


def _reconsidered(entry: Mapping[str, object], by_subject: Mapping[str, Screened]) -> Json:
    """An entry with or without our flag, if its subject was assessed anew."""
    found = next((by_subject[key] for key in _keys(entry) if key in by_subject), None)
    flag = entry.get("flag")
    if found is None or (flag is not None and not _is_ours(flag)):
        return dict(entry)
    kept = {key: value for key, value in entry.items() if key != "flag"}
    return kept if found.fits else {"flag": NO_LONGER, **kept}


def _keys(entry: Mapping[str, object]) -> Iterable[str]:
    """By what an entry's subject is known: our identifier, and its address."""
    item = entry.get("item")
    if not isinstance(item, Mapping):
        return
    identifier = item.get("identifier")
    if isinstance(identifier, Mapping) and identifier.get("system") == SUBJECT_SYSTEM:
        yield str(identifier.get("value"))
    key = reference_key(item, "List.entry.item")
    if key is not None:
        yield key


def _is_ours(flag: object) -> bool:
    return isinstance(flag, Mapping) and flag.get("coding") == NO_LONGER["coding"]


def _extensions(before: Mapping[str, object], study: Study, address: str) -> list[Json]:
    belongs: Json = {"url": BELONGS_TO, "valueReference": study_reference(study, address)}
    return [belongs, *(dict(each) for each in _listed(before.get("extension")) if each.get("url") != BELONGS_TO)]


def _notes(before: Mapping[str, object], left_out: int) -> list[Json]:
    kept = [dict(each) for each in _listed(before.get("note")) if each.get("authorString") != SOFTWARE]
    if not left_out:
        return kept
    text = f"This list is full: {left_out} more persons may fit the study and are not shown here."
    return [*kept, {"authorString": SOFTWARE, "text": text}]


def _listed(value: object) -> list[Mapping[str, object]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
