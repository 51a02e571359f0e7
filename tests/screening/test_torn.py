"""A file that ends in the middle of a line has lost what stood behind it: its type is incomplete, whatever it shows.

`world.run` compares memory with buckets; `same` compares what is sifted with what is parsed line by line.
"""

import gzip
from pathlib import Path

import pytest

from service.screening.lines import TORN
from tests.screening.test_sieve import PULSE, compact, facts
from tests.screening.world import Result, by_type, cancer, encounter, export, haemoglobin, ndjson, patient, run

NOT_MET, NOT_LOADED, UNREADABLE = ("not_met", ()), ("unknown", ("not-loaded",)), ("unknown", ("unreadable",))
FLU = {"code": {"text": "flu"}}
PEOPLE = [patient("p"), patient("q")]
SEEN = [encounter("e", "p"), encounter("f", "q")]
LAST = compact(cancer("last", "q", **FLU))


def same(source: Path, **more: int) -> Result:
    """What comes out; in buckets, sifted and parsed line by line."""
    assert facts(source, sifted=True) == facts(source, sifted=False)
    return run(source, **more)  # type: ignore[arg-type]


def torn(directory: Path, end: bytes, **first: list[object]) -> Path:
    """Diagnoses of flu; behind them, the export of a cancer of `p` was cut off."""
    name, lines = next(iter(first.items()), ("Condition", [cancer("a", "p", **FLU)]))
    return export(directory, Patient=PEOPLE, Encounter=SEEN, **{name: ndjson([compact(each) for each in lines]) + end})


@pytest.mark.parametrize("cut", [1, 2, 20, 40, 60, 80, 100, len(LAST) - 1])
def test_nobody_is_free_of_what_may_have_stood_behind_a_cut(cut: int, tmp_path: Path) -> None:
    result = same(torn(tmp_path / "in", LAST[:cut]))
    assert all("not-loaded" in result.answer("E1", each)[1] for each in "pq")
    assert [(each["line"], each["disposition"], each["reason"]) for each in result.rejects] == [(2, "rejected", TORN)]
    assert same(tmp_path / "in", accepted=9).answer("E1", "p") == NOT_LOADED


@pytest.mark.parametrize("end", [b"", b"\n", b" ", b"\r\n", b"\n\n  "], ids=repr)
def test_a_whole_last_line_needs_no_newline(end: bytes, tmp_path: Path) -> None:
    result = same(torn(tmp_path / "in", LAST + end))
    assert [result.answer("E1", each) for each in "pq"] == [NOT_MET] * 2
    assert not result.rejects


def test_a_broken_line_with_its_newline_costs_its_person_alone(tmp_path: Path) -> None:
    result = same(torn(tmp_path / "in", LAST[:90] + b"\n"))
    assert [result.answer("E1", each) for each in "pq"] == [NOT_MET, UNREADABLE]


PULSES: list[object] = [haemoglobin(str(each), "p", **PULSE) for each in range(3)]
END = compact(haemoglobin("last", "q", **PULSE))


@pytest.mark.parametrize(
    "cut", [END.index(b"}") + 1, END.index(b"}]}") + 3, END.index(b"}", END.index(b"}]}") + 3) + 1]
)
def test_a_line_cut_behind_a_brace_is_none_that_nobody_needs(cut: int, tmp_path: Path) -> None:
    """Its bytes show nothing that anybody asks for; but behind it, there was more."""
    result = same(torn(tmp_path / "in", END[:cut], Observation=PULSES))
    assert [result.answer("I2", each)[1] for each in "pq"] == [("not-loaded",), ("not-loaded", "unreadable")]
    assert by_type(result, "Observation") == {"read": 4, "not_needed": 3, "rejected": 1}


def test_one_line_alone(tmp_path: Path) -> None:
    result = same(export(tmp_path / "in", Observation=b"\xef\xbb\xbf" + END[:-1]))
    assert result.answer("I2") == NOT_LOADED


@pytest.mark.parametrize("end", [b"\x00" * 9, b"[1]", b"null", LAST + LAST, LAST + b"}"], ids=repr)
def test_what_is_no_object_is_no_end(end: bytes, tmp_path: Path) -> None:
    assert same(torn(tmp_path / "in", end)).answer("E1", "p") == NOT_LOADED


def test_what_was_packed_after_it_was_cut(tmp_path: Path) -> None:
    source = torn(tmp_path / "in", LAST[:90])
    (source / "Condition.ndjson.gz").write_bytes(gzip.compress((source / "Condition.ndjson").read_bytes()))
    (source / "Condition.ndjson").unlink()
    assert same(source).answer("E1", "p") == NOT_LOADED


@pytest.mark.parametrize("end", [b'{"resourceType":"Claim","id":"1","use":{}', b'{"resourceType":"Cla', b"{"])
def test_a_file_of_any_types_may_have_held_any(end: bytes, tmp_path: Path) -> None:
    source = export(tmp_path / "in", mixed=ndjson([cancer("a", "q"), haemoglobin("b")]) + end)
    result = same(source, accepted=9)
    assert [result.answer(each) for each in ("E1", "I2")] == [NOT_LOADED] * 2
    (source / "Claim.ndjson").write_bytes((source / "mixed.ndjson").read_bytes())
    (source / "mixed.ndjson").unlink()
    assert same(source, accepted=9).answer("E1") == NOT_LOADED


def test_a_cut_line_is_unreadable_for_the_person_it_names_in_another_source(tmp_path: Path) -> None:
    """There, the type is complete; but what was behind the cut may have been anybody's."""
    other = export(tmp_path / "other", Patient=[patient("r")], Encounter=[encounter("g", "r")])
    source = torn(tmp_path / "in", LAST.replace(b"Patient/q", b"Patient/r")[:90])
    assert run(source, other).answer("E1", "r") == ("unknown", ("not-loaded", "unreadable"))


def test_a_patient_that_is_cut_off_is_lost(tmp_path: Path) -> None:
    people = ndjson([patient("p")]) + compact(patient("q"))[:-4]
    result = same(export(tmp_path / "in", Patient=people))
    assert list(result.assessments) == ["p"]
    assert [each["reason"] for each in result.rejects] == [TORN]
