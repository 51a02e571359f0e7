"""export: from a server that exports, by its own settings, to a directory that is screened like any other."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from service.ehr.bulk import Level
from service.ehr.keys import load_key, public_keys
from service.errors import UsageError
from service.screening.exporting import planned
from tests.bulk_server import AT, BulkServer
from tests.cli.conftest import Prescreen
from tests.cli.export_world import AS_OF, STUDY, hold, outcomes, save
from tests.fhir_server import Client

PEM = ECKey.generate_key("P-384").as_pem(private=True).decode()


def test_an_export_is_screened_like_the_files_it_came_from(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    status, said, complaint = prescreen("export", "--out", "export")
    assert status == 0, complaint
    assert f"data of {AT}, in export/" in said
    hold(bulk_server, Path("sample"), Path("held"))
    assert prescreen("screen", "held", *AS_OF, "--out", "from-files")[0] == 0
    assert prescreen("screen", "export", *AS_OF, "--out", "from-export")[0] == 0
    wanted = Path("from-files/assessments.ndjson").read_bytes()
    assert wanted and Path("from-export/assessments.ndjson").read_bytes() == wanted


def test_3_54_an_export_by_patient_is_screened_like_one_by_type(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    assert prescreen("export", "--out", "by-type")[0] == 0
    bulk_server.ways.by_patient = True
    assert prescreen("export", "--out", "by-patient")[0] == 0
    for each in ("by-type", "by-patient"):
        assert prescreen("screen", each, *AS_OF, "--out", f"from-{each}")[0] == 0
    wanted = Path("from-by-type/assessments.ndjson").read_bytes()
    assert wanted and Path("from-by-patient/assessments.ndjson").read_bytes() == wanted


def test_what_is_missing_is_said_and_makes_nobody_ineligible(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    bulk_server.fail(method="GET", where="/files/.*Observation", status=404, times=1000)
    status, said, _ = prescreen("export", "--out", "export")
    assert status == 1 and "a file is missing" in said
    hold(bulk_server, Path("sample"), Path("held"))
    prescreen("screen", "held", *AS_OF, "--out", "from-files")
    prescreen("screen", "export", *AS_OF, "--out", "from-export")
    whole, part = (outcomes(Path(place)) for place in ("from-files", "from-export"))
    assert whole.keys() == part.keys() and whole != part
    changed = {(before, part[key]) for key, before in whole.items() if part[key] != before}
    assert {after for _, after in changed} == {"unknown"}


def test_a_narrower_right_is_said_before_and_means_not_loaded(
    prescreen: Prescreen, bulk_server: BulkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk_server.smart.clients["prescreen"] = Client("prescreen", public_keys([load_key(PEM)]))
    bulk_server.smart.grants = lambda asked: " ".join(each for each in asked.split() if "Condition" not in each)
    monkeypatch.setenv("PRESCREEN_SECRET_KEY", PEM)
    save(bulk_server, registration={"client_id": "prescreen", "key_env": "PRESCREEN_SECRET_KEY"})
    status, _, complaint = prescreen("export", "--out", "export")
    assert status == 0, complaint
    assert "not granted, so not asked for, and not loaded for anybody: Condition" in complaint
    assert "Condition" not in bulk_server.asked[0]["_type"][0]
    prescreen("screen", "export", *AS_OF, "--out", "result")
    lines = [json.loads(line) for line in Path("result/assessments.ndjson").read_text().splitlines()]
    reasons = {each["criterion"]: each["reasons"] for line in lines for each in line["findings"]}
    assert "not-loaded" in reasons["E7"]


def test_of_a_group_or_everything(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    assert prescreen("export", "--group", "g1", "--out", "one")[0] == 0
    assert prescreen("export", "--system", "--out", "two")[0] == 0
    assert bulk_server.asked[0]["group"] == ["g1"]
    assert len(bulk_server.log.of("GET", r"/fhir/\$export")) == 1


def test_to_another_server_goes_no_token(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    Path("settings.json").write_text(json.dumps({"tenants": {"north": {"studies": [STUDY]}}}))
    assert prescreen("export", "--server", bulk_server.base, "--out", "export")[0] == 0
    assert "give the address of its FHIR server" in prescreen("export", "--out", "other")[2]


def test_without_the_right_to_patients_nothing_is_asked() -> None:
    with pytest.raises(UsageError, match=r"system/Patient\.rs"):
        planned(("Condition", "Patient"), ("Patient",), Level.PATIENTS, None)
