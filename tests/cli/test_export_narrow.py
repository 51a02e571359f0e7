"""export --narrow: results of the codes that the studies ask for, and what may then be concluded."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.bulk_server import BulkServer
from tests.cli.conftest import Prescreen
from tests.cli.export_world import AS_OF, assessments, outcomes

LOINC = "http://loinc.org"


@pytest.fixture
def wide(prescreen: Prescreen, bulk_server: BulkServer) -> BulkServer:
    """Besides, somebody has results that no search by code finds, and many have some that no study asks for."""
    people = sorted(each["id"] for each in bulk_server.all("Patient"))
    bulk_server.seed(
        _result("by-text", people[0], {"text": "IgG4 serum"}),
        _result("local", people[1], {"coding": [{"system": "https://lab.example", "code": "G4", "display": "IgG4"}]}),
        *(_result(f"sodium-{each}", each, {"coding": [{"system": LOINC, "code": "2951-2"}]}) for each in people),
    )
    return bulk_server


def _result(id: str, person: str, code: dict[str, Any]) -> dict[str, Any]:
    value = {"value": 3.1, "unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L"}
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": code,
        "valueQuantity": value,
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": "2026-05-01",
    }


def screened(prescreen: Prescreen, export: str) -> Path:
    place = Path(f"from-{export}")
    assert prescreen("screen", export, *AS_OF, "--out", str(place))[0] == 0
    return place


def ids(export: str) -> set[str]:
    files = Path(export).glob("Observation*.ndjson")
    return {json.loads(line)["id"] for file in files for line in file.read_text().splitlines()}


def test_3_10_what_is_asked_is_what_the_studies_ask_for(prescreen: Prescreen, wide: BulkServer) -> None:
    assert prescreen("export", "--narrow", "--out", "narrow")[0] == 0
    (query,) = wide.asked[0]["_typeFilter"]
    kind, _, search = query.partition("?")
    assert kind == "Observation" and "," not in query, "what stands between queries is encoded within one"
    (tokens,) = parse_qs(search)["combo-code"]
    assert f"{LOINC}|5196-1" in tokens.split(",") and f"{LOINC}|2951-2" not in tokens
    assert "_since" not in wide.asked[0]


def test_without_the_option_nothing_is_narrowed(prescreen: Prescreen, wide: BulkServer) -> None:
    prescreen("export", "--out", "whole")
    assert "_typeFilter" not in wide.asked[0]


def test_nothing_is_concluded_from_what_was_not_asked_for(prescreen: Prescreen, wide: BulkServer) -> None:
    """Every answer is as on all records, or unknown; and so nobody comes in or falls out by a result that lacks."""
    prescreen("export", "--out", "whole")
    status, said, _ = prescreen("export", "--narrow", "--out", "narrow")
    assert status == 0 and "complete for nobody" in said
    assert ids("narrow") < ids("whole") and {"by-text", "local"} & ids("narrow") == set()
    whole, narrow = screened(prescreen, "whole"), screened(prescreen, "narrow")
    before, after = outcomes(whole), outcomes(narrow)
    assert before.keys() == after.keys() and before != after
    assert {now for key, now in after.items() if now != before[key]} == {"unknown"}
    moved = {
        (each["standing"], now["standing"])
        for each, now in zip(assessments(whole).values(), assessments(narrow).values(), strict=True)
        if each["standing"] != now["standing"]
    }
    assert {now for _, now in moved} <= {"needs_review"}
    reasons = {
        (each["patient"], one["criterion"]): set(one["reasons"])
        for each in assessments(narrow).values()
        for one in each["findings"]
    }
    assert all(reasons[key] & {"not-loaded", "no-contact"} for key, now in after.items() if now != before[key])


def test_3_11_a_server_that_ignores_it_gives_more_and_proves_no_more(prescreen: Prescreen, wide: BulkServer) -> None:
    """Nobody can tell whether it ignored the query or part of it."""
    prescreen("export", "--narrow", "--out", "narrow")
    wide.ways.filtering = False
    prescreen("export", "--narrow", "--out", "ignored")
    assert ids("ignored") > ids("narrow")
    answers = outcomes(screened(prescreen, "ignored"))
    assert answers.keys() == outcomes(screened(prescreen, "narrow")).keys()
    prescreen("export", "--out", "whole")
    whole = outcomes(screened(prescreen, "whole"))
    assert {now for key, now in answers.items() if now != whole[key]} == {"unknown"}


def test_3_20_a_server_that_refuses_it_is_asked_for_everything(prescreen: Prescreen, wide: BulkServer) -> None:
    wide.ways.refuses = frozenset({"_typeFilter"})
    status, said, complaint = prescreen("export", "--narrow", "--out", "refused")
    assert status == 0 and "did not take what narrows" in said and "does not take _typeFilter" in complaint
    prescreen("export", "--out", "whole")
    assert outcomes(screened(prescreen, "refused")) == outcomes(screened(prescreen, "whole"))


@pytest.mark.parametrize(("without", "param"), [(("combo-code",), "code"), (("combo-code", "code"), None)])
def test_what_a_server_does_not_declare_is_not_asked_for(
    prescreen: Prescreen, wide: BulkServer, without: tuple[str, ...], param: str | None
) -> None:
    wide.without.update(f"Observation.?{each}" for each in without)
    status, said, complaint = prescreen("export", "--narrow", "--out", "narrow")
    assert status == 0
    if param is None:
        assert "nothing is narrowed: the server does not declare" in complaint
        assert "_typeFilter" not in wide.asked[0] and "narrowed" not in said
    else:
        assert wide.asked[0]["_typeFilter"][0].startswith(f"Observation?{param}=")


def test_a_narrowed_export_goes_on_narrowed(prescreen: Prescreen, wide: BulkServer) -> None:
    wide.ways.changing = True
    prescreen("export", "--narrow", "--out", "first")
    assert prescreen("export", "--narrow", "--since", "first", "--out", "second")[0] == 0
    assert wide.asked[1]["_typeFilter"] == wide.asked[0]["_typeFilter"]
    assert "narrowed otherwise" in prescreen("export", "--since", "first", "--out", "third")[2]
