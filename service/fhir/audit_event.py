"""An entry of the audit as an AuditEvent (R4): who did what with whose record, when, in which study, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from service.fhir.own import BASE, SOFTWARE, STUDY_SYSTEM

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
ROLES = "http://terminology.hl7.org/CodeSystem/object-role"
KINDS = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
REASONS = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ACTIONS, ACCOUNTS = f"{BASE}/CodeSystem/audit-action", f"{BASE}/identifier/account"
# Our purposes as those of HL7's value set PurposeOfUse.
PURPOSES = {
    "recruitment": ("CLINTRCH", "clinical trial research"),
    "treatment": ("TREAT", "treatment"),
    "administration": ("HSYSADMIN", "health system administration"),
}
# By how an action begins: DICOM's kind of event, and whether something was read, updated or executed.
EVENTS: dict[str, tuple[str, str, str]] = {
    "view": ("110110", "Patient Record", "R"),
    "reveal": ("110110", "Patient Record", "R"),
    "export": ("110106", "Export", "R"),
    "signed": ("110114", "User Authentication", "E"),
    "search": ("110112", "Query", "E"),
}
OTHERWISE = ("110100", "Application Activity", "E")
OF_A_PATIENT = ("110110", "Patient Record", "U")


@dataclass(frozen=True, slots=True)
class Audited:
    """An entry: `action` is a code of ours, `detail` holds codes and numbers."""

    id: int
    at: datetime
    tenant: str
    actor: str
    action: str
    study: str | None = None
    patient: str | None = field(default=None, repr=False)
    detail: Mapping[str, str | int | bool | None] = field(default_factory=dict)


def audit_event(entry: Audited) -> dict[str, object]:
    """The AuditEvent."""
    usual = OF_A_PATIENT if entry.patient is not None else OTHERWISE
    code, display, letter = EVENTS.get(entry.action.partition("-")[0], usual)
    event: dict[str, object] = {
        "resourceType": "AuditEvent",
        "id": f"audit-{entry.id}",
        "type": {"system": DICOM, "code": code, "display": display},
        "subtype": [{"system": ACTIONS, "code": entry.action}],
        "action": letter,
        "recorded": entry.at.isoformat(),
        "outcome": "0",
        "agent": [_agent(entry.actor)],
        "source": {"site": entry.tenant, "observer": {"display": SOFTWARE}},
    }
    purpose = PURPOSES.get(str(entry.detail.get("purpose")))
    if purpose is not None:
        event["purposeOfEvent"] = [{"coding": [{"system": REASONS, "code": purpose[0], "display": purpose[1]}]}]
    entities = _entities(entry)
    return event | ({"entity": entities} if entities else {})


def _agent(actor: str) -> dict[str, object]:
    return {"who": {"identifier": {"system": ACCOUNTS, "value": actor}}, "altId": actor, "requestor": True}


def _entities(entry: Audited) -> list[dict[str, object]]:
    details = [
        {"type": name, "valueString": str(value)}
        for name, value in sorted(entry.detail.items())
        if name != "purpose" and value is not None and str(value)
    ]
    found: list[dict[str, object]] = []
    if entry.patient is not None:
        found.append(
            {
                "what": {"reference": f"Patient/{entry.patient}"},
                "type": {"system": KINDS, "code": "1", "display": "Person"},
                "role": {"system": ROLES, "code": "1", "display": "Patient"},
            }
        )
    if entry.study is not None:
        found.append(
            {
                "what": {"identifier": {"system": STUDY_SYSTEM, "value": entry.study}},
                "type": {"system": KINDS, "code": "2", "display": "System Object"},
                "role": {"system": ROLES, "code": "4", "display": "Domain Resource"},
            }
        )
    if details:
        found.append({"type": {"system": KINDS, "code": "4", "display": "Other"}, "detail": details})
    return found
