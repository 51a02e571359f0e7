"""From a page that an EHR opened to the pages of those who are signed in by that, where they decide."""

from collections.abc import Mapping

from service.screening.launch.launches import Opened
from service.store import accounts, people, worklist
from service.web.pages.desk import Desk, viewer


def own(desk: Desk, opened: Opened) -> Mapping[str, str]:
    """Where whoever opened it decides about this patient, by study.

    Empty unless they are signed in in this browser, and for a patient of another EHR than the one that is screened: the
    same id there is somebody else.
    """
    tenant, patient = opened.tenant, opened.granted.patient
    if patient is None or opened.person is None or tenant.source is None or tenant.source.base != opened.app.iss:
        return {}
    account = accounts.linked(desk.store, opened.app.iss, opened.person)
    if account is None or not desk.recognise() or viewer().account != account.id:
        return {}
    known = people.of(desk.store, tenant.name, patient)
    if known is None:
        return {}
    places = worklist.places(desk.store, tenant.name, patient)
    return {each: f"/p/{known.handle}/{each}" for each in desk.visible(tenant) if each in places}
