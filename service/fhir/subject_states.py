"""The states of a ResearchSubject: one code of R4 and R4B, an open entry of `progress` in R5. STANDARDS 5.1–5.6.

In R5 `status` means the record, not the person; it is never copied from one release to the other.
"""

from collections.abc import Mapping

from service.errors import InvalidValue
from service.fhir.own import Json, Release

STATE_SYSTEM = "http://terminology.hl7.org/CodeSystem/research-subject-state"
# R4 research-subject-status and R5 research-subject-state have the same 13 codes. The third column says whose they are.
OWNERS: Mapping[str, str] = {
    "candidate": "machine",
    "potential-candidate": "machine",
    "ineligible": "machine",
    "eligible": "person",
    "follow-up": "person",
    "not-registered": "person",
    "off-study": "person",
    "on-study": "person",
    "on-study-intervention": "person",
    "on-study-observation": "person",
    "pending-on-study": "person",
    "screening": "person",
    "withdrawn": "person",
}
MACHINE_STATES = frozenset(code for code, owner in OWNERS.items() if owner == "machine")
RENAMED = {"individual": "subject"}
NOT_CARRIED = ("assignedArm", "actualArm", "assignedComparisonGroup", "actualComparisonGroup", "consent", "period")


def read_state(subject: Mapping[str, object], release: Release) -> str | None:
    """The state that a ResearchSubject is in; None where it says none, or several at once."""
    if release != "R5":
        status = subject.get("status")
        return status if isinstance(status, str) else None
    found = [state_code(each) for each in open_states(subject)]
    return found[0] if len(found) == 1 and subject.get("status") == "active" else None


def open_states(subject: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The entries of `progress` (R5) that tell a state and have not ended."""
    listed = subject.get("progress")
    entries = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return [each for each in entries if each.get("subjectState") and not each.get("endDate")]


def state_code(progress: Mapping[str, object]) -> str | None:
    """The code of an entry's state, by the system of R5."""
    concept = progress.get("subjectState")
    codings = concept.get("coding") if isinstance(concept, Mapping) else None
    for each in codings if isinstance(codings, list) else ():
        if isinstance(each, Mapping) and each.get("system") == STATE_SYSTEM and isinstance(each.get("code"), str):
            return str(each["code"])
    return None


def state_entry(code: str, since: str | None) -> Json:
    """An open entry of `progress`: in this state since that day."""
    coded: Json = {"subjectState": {"coding": [{"system": STATE_SYSTEM, "code": code}]}}
    return {**coded, "startDate": since} if since else coded


def in_release(subject: Mapping[str, object], given: Release, wanted: Release, since: str | None = None) -> Json:
    """A ResearchSubject as we write it, of one release in the form of another; `since`: from when its state holds.

    Earlier states that R5 keeps are lost in R4. Raises InvalidValue for a state that is not one of the 13 codes, for
    several open ones, and for elements of a running study, which do not carry over (arms, consent, period).
    """
    foreign = [name for name in NOT_CARRIED if name in subject]
    if foreign:
        raise InvalidValue(f"ResearchSubject.{foreign[0]} does not carry over from {given} to {wanted}")
    state = read_state(subject, given)
    if state is None or state not in OWNERS:
        raise InvalidValue(f"the state of the ResearchSubject is none of the {len(OWNERS)} of {given}")
    if (given == "R5") == (wanted == "R5"):
        return dict(subject)
    kept = {key: value for key, value in subject.items() if key not in ("status", "progress", "individual", "subject")}
    person = subject.get("subject" if given == "R5" else "individual")
    if wanted == "R5":
        return {**kept, "status": "active", "progress": [state_entry(state, since)], "subject": person}
    return {**kept, "status": state, "individual": person}
