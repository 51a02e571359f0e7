"""Every address of the service, and what it may show to whom. Whoever adds an address adds a line here.

`PATIENT`: shows or changes something of one patient, or of several: nothing of that without a role and a valid basis.
`LISTS`: the same, but answers everybody who is signed in, and leaves out what they may not see.
`SELF`: of whoever is signed in alone. `ADMIN`: for the administrators of a study.
`ANYBODY`: shows no patient to anybody, and needs no sign-in.
`ELSEWHERE`: does not ask who is signed in: the caller proves itself, or is this machine (tests of that interface).
"""

from enum import StrEnum


class Kind(StrEnum):
    """What an address may show to whom."""

    PATIENT = "patient"
    LISTS = "lists"
    SELF = "self"
    ADMIN = "admin"
    ANYBODY = "anybody"
    ELSEWHERE = "elsewhere"


ROUTES: dict[str, Kind] = {
    # the machine and its content
    "/": Kind.ANYBODY,
    "/health": Kind.ANYBODY,
    "/health/live": Kind.ANYBODY,
    "/health/ready": Kind.ANYBODY,
    "/fhir/metadata": Kind.ANYBODY,
    "/studies": Kind.ANYBODY,
    "/studies/<identity>": Kind.ANYBODY,
    "/assess": Kind.ELSEWHERE,
    "/metrics": Kind.ELSEWHERE,
    "/static/<name>": Kind.ANYBODY,
    # EHRs, who prove themselves: tests/notifications, tests/web/test_hooks.py, tests/ehr/test_cds_trust.py, and
    # tests/launch for what a browser shows that a chart opened
    "/hooks/<name>": Kind.ELSEWHERE,
    "/hooks/<name>/<kind>/<identity>": Kind.ELSEWHERE,
    "/cds-services": Kind.ELSEWHERE,
    "/cds-services/<identity>": Kind.ELSEWHERE,
    "/cds-services/<identity>/feedback": Kind.ELSEWHERE,
    "/launch": Kind.ELSEWHERE,
    "/launch/callback": Kind.ELSEWHERE,
    "/patient/<identity>": Kind.ELSEWHERE,
    # signing in
    "/sign-in": Kind.ANYBODY,
    "/sign-in/oidc/<name>": Kind.ANYBODY,
    "/sign-in/oidc/<name>/callback": Kind.ANYBODY,
    "/sign-out": Kind.SELF,
    "/no-role": Kind.SELF,
    "/account": Kind.SELF,
    "/account/digests": Kind.SELF,
    "/account/password": Kind.SELF,
    "/account/sign-out-everywhere": Kind.SELF,
    # administrators
    "/admin/people": Kind.ADMIN,
    "/admin/studies": Kind.ADMIN,
    "/admin/audit": Kind.ADMIN,
    "/admin/audit/export": Kind.ADMIN,
    # the pages of coordinators and clinicians
    "/today": Kind.LISTS,
    "/worklist": Kind.LISTS,
    "/worklist/<tenant>/<study>": Kind.LISTS,
    "/worklist/<tenant>/<study>/claim": Kind.PATIENT,
    "/worklist/<tenant>/<study>/snooze": Kind.PATIENT,
    "/worklist/<tenant>/<study>/table.csv": Kind.PATIENT,
    "/p/<handle>": Kind.PATIENT,
    "/p/<handle>/reveal": Kind.PATIENT,
    "/p/<handle>/<study>": Kind.PATIENT,
    "/p/<handle>/<study>/reveal": Kind.PATIENT,
    "/p/<handle>/<study>/history": Kind.PATIENT,
    "/p/<handle>/<study>/source/<int:number>": Kind.PATIENT,
    "/p/<handle>/<study>/decide": Kind.PATIENT,
    "/study/<tenant>/<study>": Kind.LISTS,
    "/study/<tenant>/<study>/versions": Kind.LISTS,
    "/study/<tenant>/<study>/count": Kind.LISTS,
    "/api/openapi.json": Kind.ANYBODY,
    "/api/today": Kind.LISTS,
    "/api/worklist/<tenant>/<study>": Kind.LISTS,
    "/api/worklist/<tenant>/<study>/claim": Kind.PATIENT,
    "/api/worklist/<tenant>/<study>/snooze": Kind.PATIENT,
    "/api/study/<tenant>/<study>": Kind.LISTS,
}

# Only where it is served with --demo, with invented patients: `/demo/…` is in no other application.
DEMO = "/demo/"
