"""One Bundle in memory is screened as a file of it would be, and never touches a disk."""

import json
from pathlib import Path

import pytest

from service.errors import MalformedContent, UnsuitableContent, UsageError
from service.screening.asking import screening_day
from service.screening.one_bundle import screen_bundle
from service.screening.sources import given
from tests.builders import AT
from tests.screening.world import STUDY, Json, bundle, cancer, catalog, haemoglobin, patient, run

DATED = {"onsetDateTime": "31 February"}


def answer(content: Json | bytes, **site: object) -> dict[str, list[Json]]:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return screen_bundle(catalog(**site), raw, (STUDY,), AT)  # type: ignore[arg-type, return-value]


BUNDLES = {
    "everything": bundle(patient(), cancer(), haemoglobin()),
    "no next page": bundle(patient(), haemoglobin()),
    "a page of several": bundle(patient(), link=[{"relation": "next", "url": "https://ehr.example.org/2"}]),
    "a collection": bundle(patient(), patient("q"), cancer(of="q"), kind="collection"),
    "a searchset in a collection": bundle(bundle(patient(), haemoglobin()), kind="collection"),
    "somebody unreadable": bundle(patient(), cancer(**DATED), {"resourceType": "Condition"}),
    "somebody held back": bundle(patient(), patient("q", deceasedBoolean=True)),
    "facts of a stranger": bundle(patient(), cancer(of="q")),
}
EVERY_BUNDLE = pytest.mark.parametrize("content", BUNDLES.values(), ids=BUNDLES.keys())


@EVERY_BUNDLE
@pytest.mark.parametrize("complete", [False, True])
def test_the_answer_is_that_of_a_file(content: Json, complete: bool, tmp_path: Path) -> None:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(content))
    filed = run(path, out=tmp_path / "out", bundles_complete=complete)
    told = answer(content, bundles_complete=complete)
    assert {each["patient"]: each for each in told["assessments"]} == filed.assessments
    assert told["held_back"] == filed.held
    assert [each | {"file": ""} for each in told["rejects"]] == [each | {"file": ""} for each in filed.rejects]
    files = {"fhir", "written"}
    assert told["summary"] == {name: each for name, each in filed.summary.items() if name not in files}


def test_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a file was opened")

    world = catalog()
    for module in ("builtins.open", "io.open", "pathlib.Path.open", "gzip.open"):
        monkeypatch.setattr(module, refuse)
    told = screen_bundle(world, json.dumps(BUNDLES["everything"]).encode(), (STUDY,), AT)  # type: ignore[arg-type]
    assert len(told["assessments"]) == 1  # type: ignore[arg-type]


def test_content_shows_in_no_message() -> None:
    assert "secret" not in repr(given(b"secret", "bundle"))


MALFORMED = {
    "nothing": b" \n",
    "not JSON": b'{"resourceType": "Bundle"',
    "a list": b"[]",
    "not UTF-8": b'{"a": "\xff"}',
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_json_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedContent, match="give a FHIR Bundle"):
        answer(content)


UNSUITABLE: dict[str, tuple[Json, str]] = {
    "no Bundle": (patient(), "not a Bundle"),
    "instructions": (bundle(patient(), kind="transaction"), "searchset or collection"),
    "a history": (bundle(patient(), kind="history"), "searchset or collection"),
    "no type": (bundle(patient(), kind=""), "searchset or collection"),
    "nobody": (bundle(), "no Patient"),
    "only facts": (bundle(cancer(), haemoglobin()), "no Patient"),
    "a Patient without id": (bundle({"resourceType": "Patient"}), r"entry 1 \(Patient\): no id"),
}


@pytest.mark.parametrize(("content", "reason"), UNSUITABLE.values(), ids=UNSUITABLE.keys())
def test_what_nobody_can_be_screened_on_is_unsuitable(content: Json, reason: str) -> None:
    with pytest.raises(UnsuitableContent, match=reason):
        answer(content)


def test_the_reasons_for_nobody_are_several_issues() -> None:
    with pytest.raises(UnsuitableContent) as refused:
        answer(bundle({"resourceType": "Patient"}, {"resourceType": "Condition"}))
    assert len(refused.value.issues) == 3


def test_a_byte_order_mark_is_tolerated() -> None:
    assert answer(b"\xef\xbb\xbf" + json.dumps(BUNDLES["everything"]).encode())["assessments"]


DAYS = ["2026-6-30", "2026-W27-2", "20260630", "2026-02-30", "yesterday", "", "2026-06-30T00:00", " 2026-06-30"]


@pytest.mark.parametrize("text", [*DAYS, "٢٠٢٦-٠٦-٣٠"])
def test_a_screening_date_is_a_day_written_in_full(text: str) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        screening_day(text)


def test_a_day_is_read() -> None:
    assert screening_day("2026-06-30") == AT
