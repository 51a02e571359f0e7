"""When listed patients come and were here: from a list, from an export, and nothing of anybody else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from service.screening.tenant import Tenant
from service.screening.worklist.appointments import WrongList, import_appointments, read_list
from service.screening.worklist.from_export import take_from_export
from service.store import people
from service.store.engine import Store
from service.store.people import Known
from tests.pages.worklist.test_pages import listed
from tests.pages.worklist.world import NOON, TENANT
from tests.working.world import catalog

UTC_ZONE = ZoneInfo("UTC")
TOMORROW = NOON + timedelta(days=1)


def tenant() -> Tenant:
    content = catalog()
    return Tenant(TENANT, content, tuple(sorted(content.studies)))


def known(store: Store, patient: str = "p") -> Known:
    found = people.of(store, TENANT, patient)
    assert found is not None
    return found


def test_the_next_appointment_is_kept_by_id_or_number_and_of_nobody_else(store: Store) -> None:
    listed(store)
    listed(store, "q", "Bert", "MRN-78")
    text = (
        "mrn,date,clinic,clinician\n"
        "MRN-77,2026-07-09,Ward 3,Dr. B\n"
        "MRN-77,2026-07-02T09:30,Ward 4,Dr. C\n"
        "MRN-77,2026-06-01,Ward 5,Dr. D\n"
        "q,2026-06-30,,\n"
        "somebody,2026-07-02,Ward 4,Dr. C\n"
    )
    done = import_appointments(store, tenant(), text.splitlines(), NOON)
    assert (done.kept, done.not_listed) == (2, 1)
    found = known(store)
    assert (found.appointment, found.clinic) == (datetime(2026, 7, 2, 9, 30, tzinfo=UTC), "Ward 4")
    assert known(store, "q").appointment == datetime(2026, 6, 30, tzinfo=UTC)
    assert people.of(store, TENANT, "somebody") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: name the columns"),
        ("patient,day\np,2026-07-01", "line 1: name the columns"),
        ("patient,mrn,date\np,1,2026-07-01", "line 1: name the columns"),
        ("patient,date\np,01.07.2026", "line 2: its date is not one"),
        ("patient,date\n\np", "line 3: it has not as many cells"),
        ("patient,date\n,2026-07-01", "line 2: it names no patient"),
    ],
)
def test_a_wrong_list_is_refused_with_its_line_and_nothing_of_it(text: str, problem: str) -> None:
    with pytest.raises(WrongList) as refused:
        read_list(text.splitlines(), UTC_ZONE)
    assert problem in str(refused.value)
    assert "01.07.2026" not in str(refused.value)


def test_an_export_tells_names_and_visits_of_the_listed_alone(store: Store, tmp_path: Path) -> None:
    listed(store, name="before")
    patients = [{"resourceType": "Patient", "id": each, "name": [{"text": f"Name of {each}"}]} for each in ("p", "q")]
    appointments = [
        _appointment("a", "p", TOMORROW + timedelta(days=5)),
        _appointment("b", "p", TOMORROW),
        _appointment("c", "p", NOON + timedelta(hours=1), "cancelled"),
        _appointment("d", "p", NOON - timedelta(days=1)),
    ]
    encounters = [
        {**_encounter("p"), "period": {"start": "2026-06-01T10:00:00Z"}},
        {**_encounter("p"), "period": {"start": "2026-09-01T10:00:00Z"}, "status": "planned"},
        {**_encounter("p"), "period": {"start": "2026"}},
    ]
    for kind, resources in (("Patient", patients), ("Appointment", appointments), ("Encounter", encounters)):
        (tmp_path / f"{kind}.ndjson").write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in resources))
    take_from_export(store, tenant(), tmp_path, NOON)
    found = known(store)
    assert (found.name, found.appointment, found.clinic, found.clinician) == ("Name of p", TOMORROW, "Ward 3", "Dr. B")
    assert str(found.last_visit) == "2026-06-01"
    assert people.of(store, TENANT, "q") is None


def test_an_export_without_appointments_leaves_those_of_a_list(store: Store, tmp_path: Path) -> None:
    listed(store)
    import_appointments(store, tenant(), ["patient,date", "p,2026-07-01T10:00"], NOON)
    (tmp_path / "Patient.ndjson").write_bytes(orjson.dumps({"resourceType": "Patient", "id": "p"}))
    take_from_export(store, tenant(), tmp_path, NOON)
    assert known(store).appointment == datetime(2026, 7, 1, 10, tzinfo=UTC)


def _appointment(identity: str, patient: str, start: datetime, status: str = "booked") -> dict[str, object]:
    actors = [
        {"reference": f"Patient/{patient}"},
        {"reference": "Location/l", "display": "Ward 3"},
        {"reference": "Practitioner/b", "display": "Dr. B"},
    ]
    participants = [{"actor": each} for each in actors]
    return {
        "resourceType": "Appointment",
        "id": identity,
        "status": status,
        "start": start.isoformat(),
        "participant": participants,
    }


def _encounter(patient: str) -> dict[str, object]:
    return {"resourceType": "Encounter", "status": "finished", "subject": {"reference": f"Patient/{patient}"}}
