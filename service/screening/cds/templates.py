"""What a client is asked to send along: one search for each type that the open studies need. STANDARDS 1D.

Only what every client understands: reads, and searches by the patient alone. A date would hide results without one, a
code what counts by its text (see `screening.plan`), so neither narrows a template; they are the same every day.
"""

from collections.abc import Mapping
from datetime import date

from service.screening.plan import BY_SUBJECT, Search, searches
from service.screening.tenant import Tenant

PATIENT = "patient"
PATIENT_ID = "{{context.patientId}}"
ROLE, ROLES = "userRole", "userRoles"
USER_ROLES = {
    ROLE: "PractitionerRole/{{userPractitionerRoleId}}",
    ROLES: "PractitionerRole?practitioner={{userPractitionerId}}",
}
ANY_DAY = date(2000, 1, 1)  # only the dates of searches depend on the day


def key_of(kind: str) -> str:
    """The key under which records of a type come: `medicationRequest`."""
    return kind[:1].lower() + kind[1:]


def asked_of(tenant: Tenant) -> tuple[Search, ...]:
    """The searches that the open studies need, whatever the day."""
    return tuple(Search(each.kind, None, each.tells) for each in searches(tenant.open_studies, tenant.catalog, ANY_DAY))


def templates(tenant: Tenant, *, with_roles: bool) -> Mapping[str, str]:
    """The prefetch templates by their keys. `with_roles`: the user's roles as well."""
    found = {PATIENT: f"Patient/{PATIENT_ID}"}
    for each in asked_of(tenant):
        subject = f"subject=Patient/{PATIENT_ID}" if each.kind in BY_SUBJECT else f"patient={PATIENT_ID}"
        found[key_of(each.kind)] = f"{each.kind}?{subject}"
    return {**found, **USER_ROLES} if with_roles else found
