"""Files and directories: what can be given, what is read from it, and when a type is complete."""

import json
from pathlib import Path

import pytest

from service.errors import InputError, UsageError
from service.screening import lines
from service.screening.sources import find_sources
from tests.screening.test_bad_lines import MET, NOT_LOADED, NOT_MET
from tests.screening.world import cancer, encounter, export, haemoglobin, ndjson, patient, run, zipped


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or directory; check the path"):
        find_sources([tmp_path / "nowhere"])


@pytest.mark.parametrize("content", [[], ["notes.txt"], ["Condition.ndjson/"], ["Condition.csv", "x.parquet"]])
def test_a_directory_without_anything_to_read_is_refused(tmp_path: Path, content: list[str]) -> None:
    for name in content:
        (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match=r"no \.ndjson"):
        find_sources([tmp_path])


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Condition.csv").write_text("id")
    with pytest.raises(InputError, match="not a kind of file we read"):
        find_sources([tmp_path / "Condition.csv"])


def test_results_are_not_written_among_the_input(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    with pytest.raises(UsageError, match="choose another --out"):
        run(source, out=source)


CLEAN = {
    "byte order mark": b"\xef\xbb\xbf" + ndjson([cancer()]),
    "CRLF": ndjson([cancer()]).replace(b"\n", b"\r\n"),
    "blank lines": b"\n  \n" + ndjson([cancer()]) + b"\r\n\n",
    "no newline at the end": ndjson([cancer()]).rstrip(),
    "blanks around": b"  " + ndjson([cancer()]).rstrip() + b"  \n",
}


@pytest.mark.parametrize("content", CLEAN.values(), ids=CLEAN.keys())
def test_how_lines_end_does_not_matter(tmp_path: Path, content: bytes) -> None:
    result = run(export(tmp_path / "in", Condition=content))
    assert result.counts == (3, 0, 0, 0)
    assert result.answer("E1") == MET


def test_an_empty_file_is_complete(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Condition=b""))
    assert result.answer("E1") == NOT_MET


def test_a_file_of_blank_lines_is_complete(tmp_path: Path) -> None:
    assert run(export(tmp_path / "in", Condition=b"\n\n")).answer("E1") == NOT_MET


def test_a_missing_file_is_not_an_empty_one(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    (source / "Condition.ndjson").unlink()
    assert run(source).answer("E1") == NOT_LOADED


def test_gzip_is_read(tmp_path: Path) -> None:
    source = export(tmp_path / "in", Condition=[cancer()])
    zipped(source / "Condition.ndjson")
    assert run(source).answer("E1") == MET


@pytest.mark.parametrize("cut", [1, 8, 20], ids=lambda n: f"{n} bytes short")
def test_a_truncated_gzip_counts_and_makes_its_type_incomplete(tmp_path: Path, cut: int) -> None:
    source = export(tmp_path / "in", Condition=[cancer(of="q") for _ in range(50)])
    zipped(source / "Condition.ndjson", cut)
    result = run(source)
    assert result.counts[3] == 1
    assert result.rejects[-1]["reason"] == "the gzip data ends early or is damaged"
    assert result.answer("E1") == NOT_LOADED
    assert run(source, accepted=1000).answer("E1") == NOT_LOADED


def test_what_came_before_the_cut_counts(tmp_path: Path) -> None:
    noise = [cancer(str(n), "q", note=[{"text": str(n**9)}]) for n in range(2000)]
    source = export(tmp_path / "in", Condition=[cancer(), *noise])
    zipped(source / "Condition.ndjson", 2000)
    assert run(source).answer("E1") == MET


@pytest.mark.parametrize("content", [b"not gzip", b""], ids=["not gzip", "empty"])
def test_what_is_no_gzip_is_counted(tmp_path: Path, content: bytes) -> None:
    source = export(tmp_path / "in")
    (source / "Condition.ndjson").unlink()
    (source / "Condition.ndjson.gz").write_bytes(content)
    result = run(source)
    assert result.answer("E1") == (NOT_LOADED if content else NOT_MET)
    assert result.counts[3] == bool(content)


NAMES = {
    ("Condition.ndjson",): True,
    ("Condition.000.ndjson",): True,
    ("Condition.0.ndjson", "Condition.1.ndjson"): True,
    ("Condition-1.ndjson", "Condition-2.ndjson"): True,
    ("Condition_001.ndjson", "Condition_002.ndjson", "Condition_003.ndjson"): True,
    ("Condition.000.ndjson", "Condition.002.ndjson"): False,
    ("Condition.001.ndjson", "Condition.003.ndjson"): False,
    ("Condition.002.ndjson",): False,
    ("Condition.0.ndjson", "Condition.0.ndjson.gz"): False,
    ("Condition.20260630.ndjson",): True,  # a date, not a number of a series
    ("Condition.7f3a9.ndjson",): True,
    ("Condition.0000001.ndjson", "Condition.0000002.ndjson"): True,
    ("Condition.0000001.ndjson", "Condition.0000003.ndjson"): False,
    ("Condition.0000000001.ndjson", "Condition.0000000003.ndjson"): False,
    ("Condition-part1.ndjson", "Condition-part2.ndjson"): True,
    ("Condition-part1.ndjson", "Condition-part3.ndjson"): False,
    ("Condition_chunk_0.ndjson", "Condition_chunk_2.ndjson"): False,
    ("Conditions.ndjson",): True,
    ("conditions.ndjson",): False,
    ("MedicationRequest.ndjson",): False,
    ("Condition.json",): False,
}


@pytest.mark.parametrize(
    ("names", "complete"), NAMES.items(), ids=lambda each: " ".join(each) if isinstance(each, tuple) else ""
)
def test_a_type_is_complete_if_its_files_are_numbered_without_a_gap(
    tmp_path: Path, names: tuple[str, ...], complete: bool
) -> None:
    source = export(tmp_path / "in")
    (source / "Condition.ndjson").unlink()
    for name in names:
        content = json.dumps(cancer(of="q")).encode()
        (source / name).write_bytes(b"" if name.endswith("gz") else content)
    assert run(source).answer("E1") == (NOT_MET if complete else NOT_LOADED)


REQUEST = "https://fhir.example.org/$export?_type=Patient,Condition,Observation,Encounter"
FILE = {"type": "Condition", "url": "x"}
MANIFESTS = {
    "asked for, no file, no error": ({"request": REQUEST, "output": []}, NOT_MET),
    "asked for in an encoded list": ({"request": REQUEST.replace(",", "%2C"), "output": []}, NOT_MET),
    "not asked for": ({"request": REQUEST.replace("Condition,", ""), "output": []}, NOT_LOADED),
    "asked for nothing by name": ({"request": "https://fhir.example.org/$export", "output": []}, NOT_LOADED),
    "a file was promised and is not there": ({"request": REQUEST, "output": [FILE]}, NOT_LOADED),
    "an error was reported": ({"request": REQUEST, "output": [], "error": [{"type": "OperationOutcome"}]}, NOT_LOADED),
    "an outcome was reported, as release 4 calls it": (
        {"request": REQUEST, "output": [], "outcome": [{"type": "OperationOutcome", "url": "x"}]},
        NOT_LOADED,
    ),
    "an outcome is counted, and nobody has read it": (
        {"request": REQUEST, "output": [], "outcome": [{"url": "x", "countSeverity": [{"severity": "warning"}]}]},
        NOT_LOADED,
    ),
    "no outcome": ({"request": REQUEST, "output": [], "outcome": []}, NOT_MET),
    "no error": ({"request": REQUEST, "output": [], "error": []}, NOT_MET),
    "only what changed": ({"request": REQUEST + "&_since=2026-01-01", "output": []}, NOT_LOADED),
    "only some elements": ({"request": REQUEST + "&_elements=id", "output": []}, NOT_LOADED),
    "narrowed by a filter": (
        {"request": REQUEST + "&_typeFilter=Condition%3Fcategory%3Dproblem-list-item", "output": []},
        NOT_LOADED,
    ),
}


@pytest.mark.parametrize(("manifest", "answer"), MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_manifest_says_which_types_were_asked_for(
    tmp_path: Path, manifest: dict[str, object], answer: object
) -> None:
    source = export(tmp_path / "in")
    (source / "Condition.ndjson").unlink()
    (source / "manifest.json").write_text(json.dumps({"transactionTime": "2026-06-30T00:00:00Z", **manifest}))
    result = run(source)
    assert result.answer("E1") == answer
    assert result.counts == (2, 0, 0, 0)


def test_a_manifest_that_promised_more_files_makes_the_type_incomplete(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    manifest = {"transactionTime": "2026-06-30T00:00:00Z", "request": REQUEST, "output": [FILE, FILE]}
    (source / "manifest.json").write_text(json.dumps(manifest))
    assert run(source).answer("E1") == NOT_LOADED


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (REQUEST, NOT_MET),
        (REQUEST.replace("Condition,", "Condition, "), NOT_MET),
        (REQUEST.replace("Condition,", ""), NOT_LOADED),
        ("https://fhir.example.org/$export", NOT_MET),
    ],
)
def test_what_came_unasked_is_not_complete(tmp_path: Path, asked: str, answer: object) -> None:
    source = export(tmp_path / "in")
    manifest = {"transactionTime": "2026-06-30T00:00:00Z", "request": asked, "output": [FILE]}
    (source / "manifest.json").write_text(json.dumps(manifest))
    assert run(source).answer("E1") == answer


def test_of_several_manifests_each_type_was_asked_for_by_one(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    for name, types in (("a", "Patient,Observation"), ("b", "Condition,Encounter")):
        manifest = {"transactionTime": "2026-06-30T00:00:00Z", "request": f"https://x/$export?_type={types}"}
        (source / f"{name}.json").write_text(json.dumps({**manifest, "output": []}))
    assert run(source).answer("E1") == NOT_MET


UNREAD = (
    "Condition.001.ndjson.part", "Condition.001.ndjson.crdownload", "Condition.001.ndjson.gz.partial",
    "Condition.001.ndjson.zst", "Condition.001.NDJSON", "Condition.001.ndjson.bz2", "Conditions-2.jsonl",
)  # fmt: skip
BESIDE = (
    "Condition.ndjson.md5", "Condition.ndjson.gz.sha256", "Condition.ndjson.asc", "Condition.ndjson.sig",
    ".Condition.ndjson.part", "Condition.csv", "Condition.parquet", "Condition.log", "log.ndjson", "conditions.txt",
    "README", "_SUCCESS", "Patientenliste.docx", "Binary.00000.ndjson.part",
)  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_named_for_a_type_and_not_read_makes_it_incomplete(tmp_path: Path, name: str) -> None:
    source = export(tmp_path / "in", Condition=[cancer(of="q")])
    (source / name).write_bytes(b"")
    _check_unread(source, name)


def test_so_does_a_link_to_nothing_or_a_directory(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    (source / "Condition.001.ndjson").symlink_to(tmp_path / "nowhere")
    _check_unread(source, "Condition.001.ndjson")
    (source / "Condition.001.ndjson").unlink()
    (source / "Condition.001.ndjson").mkdir()
    _check_unread(source, "Condition.001.ndjson")


def _check_unread(source: Path, name: str) -> None:
    result = run(source)
    assert result.answer("E1") == NOT_LOADED
    assert result.summary["unread_files"] == {name: "Condition"}


def test_even_if_the_manifest_promised_no_such_file(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    manifest = {"transactionTime": "2026-06-30T00:00:00Z", "request": REQUEST, "output": []}
    (source / "manifest.json").write_text(json.dumps(manifest))
    (source / "Condition.ndjson").rename(source / "Condition.ndjson.part")
    _check_unread(source, "Condition.ndjson.part")


@pytest.mark.parametrize("name", BESIDE)
def test_what_holds_no_records_is_harmless(tmp_path: Path, name: str) -> None:
    source = export(tmp_path / "in")
    (source / name).write_bytes(b"")
    result = run(source)
    assert result.answer("E1") == NOT_MET
    assert "unread_files" not in result.summary


def test_what_is_not_read_is_told_with_its_directory(tmp_path: Path) -> None:
    first, second = export(tmp_path / "a"), export(tmp_path / "b", Patient=[patient("q")], Encounter=[])
    (second / "Condition.ndjson.zst").write_bytes(b"")
    assert run(first, second).summary["unread_files"] == {"b/Condition.ndjson.zst": "Condition"}


def test_an_export_that_tells_of_deleted_records_is_not_read_beside_another(tmp_path: Path) -> None:
    first, second = export(tmp_path / "first"), export(tmp_path / "second")
    manifest = {"transactionTime": "2026-06-30T00:00:00Z", "request": REQUEST, "output": [], "deleted": [FILE]}
    (second / "manifest.json").write_text(json.dumps(manifest))
    assert find_sources([second])
    with pytest.raises(InputError, match=r"^second: its manifest tells of records that were deleted .* --state"):
        find_sources([first, second])


def test_a_manifest_whose_request_is_no_url_lets_nothing_be_complete(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    manifest = {"transactionTime": "2026-06-30T00:00:00Z", "request": "https://[fhir/$export", "output": []}
    (source / "manifest.json").write_text(json.dumps(manifest))
    assert run(source).answer("E1") == NOT_LOADED


def test_the_log_of_an_export_is_not_data(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", log=[{"eventId": "kickoff"}]))
    assert result.counts == (2, 0, 0, 0)


def test_one_resource_in_a_json_file(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    (source / "finding.json").write_text(json.dumps(cancer(), indent=2))
    assert run(source).answer("E1") == MET


BAD_DOCUMENTS = {
    "empty": (b"", "the file is empty"),
    "not JSON": (b'{"resourceType":\n"Bundle",,', "not JSON at line 2, column 10"),
    "a list": (b"[]", "a resource is a JSON object, this is an array"),
    "no resourceType": (b"{}", "no resourceType"),
}


@pytest.mark.parametrize(("content", "reason"), BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS.keys())
def test_a_document_that_cannot_be_read_may_hold_anything(tmp_path: Path, content: bytes, reason: str) -> None:
    source = export(tmp_path / "in")
    (source / "everything.json").write_bytes(content)
    result = run(source, accepted=0)
    assert [each["reason"] for each in result.rejects] == [reason]
    assert result.answer("E1") == NOT_LOADED


def test_a_document_larger_than_we_read_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LARGEST_DOCUMENT", 100)
    source = export(tmp_path / "in")
    (source / "everything.json").write_text(json.dumps(cancer()) + " " * 200)
    assert run(source).rejects[0]["reason"] == "longer than this service reads at once"


def test_several_inputs_are_one_population(tmp_path: Path) -> None:
    first = export(tmp_path / "a", Condition=[cancer(of="q")])
    second = export(tmp_path / "b", Patient=[patient("q")], Encounter=[encounter("f", "q")], Condition=[b"{"])
    result = run(first, second)
    assert list(result.assessments) == ["p", "q"]
    assert result.answer("E1", "q") == MET
    assert result.rejects[0]["file"] == "b/Condition.ndjson"


def test_a_person_in_two_inputs_is_complete_only_where_both_are(tmp_path: Path) -> None:
    first, second = export(tmp_path / "a"), export(tmp_path / "b")
    assert run(first, second).answer("E1") == NOT_MET
    (second / "Condition.ndjson").unlink()
    assert run(first, second).answer("E1") == NOT_LOADED


def test_files_given_one_by_one_are_no_whole_export(tmp_path: Path) -> None:
    source = export(tmp_path / "in", Condition=[cancer(of="q")], Observation=[haemoglobin()])
    assert run(*sorted(source.iterdir())).answer("E1") == NOT_LOADED


def test_the_same_input_given_twice_is_read_once(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    assert run(source, source / "Patient.ndjson", source / ".." / "in").counts == (2, 0, 0, 0)
