"""export: from a server that exports, by its own settings, to a directory that is screened like any other."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from service.ehr.bulk import Level
from service.ehr.keys import load_key, public_keys
from service.errors import UsageError
from service.screening.exporting import planned
from tests.bulk_server import AT, BulkServer
from tests.cli.conftest import Prescreen
from tests.fhir_server import Client

STUDY = "igg4-rd-sirolimus"
PEM = ECKey.generate_key("P-384").as_pem(private=True).decode()
AS_OF = ("--study", STUDY, "--as-of", "2026-06-30", "--quiet")


@pytest.fixture
def sample(prescreen: Prescreen, place: Path) -> Path:
    """Twelve invented people."""
    prescreen("sample", "--patients", "12", "--seed", "7", "--out", "sample")
    return place / "sample"


@pytest.fixture
def server(sample: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BulkServer]:
    """A server that holds them, and the settings to reach it."""
    monkeypatch.setenv("PRESCREEN_CONFIG", "settings.json")
    monkeypatch.setenv("PRESCREEN_ENV", "production")
    with BulkServer() as running:
        for file in sample.glob("*.ndjson"):
            running.seed(*(json.loads(line) for line in file.read_text().splitlines()))
        running.ways.split, running.ways.waits = 100, [{"Retry-After": "0"}]
        save(running)
        yield running


def save(server: BulkServer, **source: Any) -> None:
    """A settings file with a tenant whose source is that server."""
    tenant = {"studies": [STUDY], "source": {"base": server.base, **source}}
    Path("settings.json").write_text(json.dumps({"tenants": {"north": tenant}}))


def hold(server: BulkServer, sample: Path, place: Path) -> None:
    """Write what the server holds, as it holds it, into plain files, of the types of the sample."""
    place.mkdir()
    for file in sample.glob("*.ndjson"):
        (place / file.name).write_text("".join(f"{json.dumps(each)}\n" for each in server.all(file.stem)))


def test_an_export_is_screened_like_the_files_it_came_from(prescreen: Prescreen, server: BulkServer) -> None:
    prescreen("db", "migrate")
    status, said, complaint = prescreen("export", "--out", "export")
    assert status == 0, complaint
    assert f"data of {AT}, in export/" in said
    hold(server, Path("sample"), Path("held"))
    assert prescreen("screen", "held", *AS_OF, "--out", "from-files")[0] == 0
    assert prescreen("screen", "export", *AS_OF, "--out", "from-export")[0] == 0
    wanted = Path("from-files/assessments.ndjson").read_bytes()
    assert wanted and Path("from-export/assessments.ndjson").read_bytes() == wanted


def test_what_is_missing_is_said_and_makes_nobody_ineligible(prescreen: Prescreen, server: BulkServer) -> None:
    prescreen("db", "migrate")
    server.fail(method="GET", where="/files/.*Observation", status=404, times=1000)
    status, said, _ = prescreen("export", "--out", "export")
    assert status == 1 and "a file is missing" in said
    hold(server, Path("sample"), Path("held"))
    prescreen("screen", "held", *AS_OF, "--out", "from-files")
    prescreen("screen", "export", *AS_OF, "--out", "from-export")
    whole, part = (_outcomes(Path(place)) for place in ("from-files", "from-export"))
    assert whole.keys() == part.keys() and whole != part
    changed = {(before, part[key]) for key, before in whole.items() if part[key] != before}
    assert {after for _, after in changed} == {"unknown"}


def _outcomes(place: Path) -> dict[tuple[str, str], str]:
    lines = (json.loads(line) for line in (place / "assessments.ndjson").read_text().splitlines())
    return {(each["patient"], found["criterion"]): found["outcome"] for each in lines for found in each["findings"]}


def test_a_narrower_right_is_said_before_and_means_not_loaded(
    prescreen: Prescreen, server: BulkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    prescreen("db", "migrate")
    server.smart.clients["prescreen"] = Client("prescreen", public_keys([load_key(PEM)]))
    server.smart.grants = lambda asked: " ".join(each for each in asked.split() if "Condition" not in each)
    monkeypatch.setenv("PRESCREEN_SECRET_KEY", PEM)
    save(server, registration={"client_id": "prescreen", "key_env": "PRESCREEN_SECRET_KEY"})
    status, _, complaint = prescreen("export", "--out", "export")
    assert status == 0, complaint
    assert "not granted, so not asked for, and not loaded for anybody: Condition" in complaint
    assert "Condition" not in server.asked[0]["_type"][0]
    prescreen("screen", "export", *AS_OF, "--out", "result")
    lines = [json.loads(line) for line in Path("result/assessments.ndjson").read_text().splitlines()]
    reasons = {each["criterion"]: each["reasons"] for line in lines for each in line["findings"]}
    assert "not-loaded" in reasons["E7"]


def test_what_changed_since_an_earlier_export(prescreen: Prescreen, server: BulkServer) -> None:
    prescreen("db", "migrate")
    assert prescreen("export", "--out", "first")[0] == 0
    _, said, _ = prescreen("export", "--since", "first", "--out", "second")
    assert server.asked[1]["_since"] == [AT]
    assert "no type is complete by this export alone" in said
    assert "no manifest in it says" in prescreen("export", "--since", "sample", "--out", "third")[2]


def test_of_a_group_or_everything(prescreen: Prescreen, server: BulkServer) -> None:
    prescreen("db", "migrate")
    assert prescreen("export", "--group", "g1", "--out", "one")[0] == 0
    assert prescreen("export", "--system", "--out", "two")[0] == 0
    assert server.asked[0]["group"] == ["g1"]
    assert len(server.log.of("GET", r"/fhir/\$export")) == 1


def test_to_another_server_goes_no_token(prescreen: Prescreen, server: BulkServer) -> None:
    prescreen("db", "migrate")
    Path("settings.json").write_text(json.dumps({"tenants": {"north": {"studies": [STUDY]}}}))
    assert prescreen("export", "--server", server.base, "--out", "export")[0] == 0
    assert "give the address of its FHIR server" in prescreen("export", "--out", "other")[2]


def test_without_the_right_to_patients_nothing_is_asked() -> None:
    with pytest.raises(UsageError, match=r"system/Patient\.rs"):
        planned(("Condition", "Patient"), ("Patient",), Level.PATIENTS, None, None)
