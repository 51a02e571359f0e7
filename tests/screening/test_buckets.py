"""In buckets on disk, by one process or several, the answers are those of memory, to the byte.

`world.run` screens everything that any test here screens in buckets, too; these are the cases that only buckets know.
"""

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from service.screening.buckets import processes as buckets
from service.screening.buckets.crew import at_work
from service.screening.buckets.means import Means
from service.screening.buckets.routing import joined
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sifting.blocks import Block, Share, read_blocks
from service.screening.sources import InputFile, find_sources
from tests.screening import shipped
from tests.screening.test_sieve import BODIES, EXPORTS, by_weight, weight
from tests.screening.world import (
    STUDY,
    Json,
    bundle,
    cancer,
    catalog,
    encounter,
    export,
    haemoglobin,
    patient,
    run,
    same_in_buckets,
)

AT = date(2026, 6, 30)
OLDER, NEWER = {"meta": {"versionId": "1"}}, {"meta": {"versionId": "2"}}


def linked(identity: str, kind: str, other: str, **more: object) -> Json:
    """A Patient that is merged with another."""
    return patient(identity, link=[{"type": kind, "other": {"reference": f"Patient/{other}"}}], **more)


@pytest.mark.parametrize("files", EXPORTS.values(), ids=EXPORTS.keys())
def test_every_export_of_the_sieve(files: dict[str, Any], tmp_path: Path) -> None:
    run(export(tmp_path / "in", **files))


@pytest.mark.parametrize("results", BODIES.values(), ids=BODIES.keys())
def test_body_sizes_are_read_of_whom_a_dose_goes_by_them(results: list[Json], tmp_path: Path) -> None:
    source = export(
        tmp_path / "in", Patient=[patient(), patient("q")], Observation=results, MedicationRequest=[by_weight("p")]
    )
    run(source, studies=(shipped.STUDY,), world=shipped.catalog())


def test_lines_keep_their_numbers_in_every_share(tmp_path: Path) -> None:
    good, bad = [haemoglobin(str(each)) for each in range(40)], [haemoglobin(each, value=[]) for each in "xy"]
    source = export(tmp_path / "in", Observation=[*good, bad[0], *good, b"{", bad[1]])
    assert [each["line"] for each in run(source).rejects] == [41, 82, 83]


def test_a_visit_is_found_wherever_its_diagnosis_stands(tmp_path: Path) -> None:
    waiting = {"onsetDateTime": None, "category": [{"coding": [{"code": "encounter-diagnosis"}]}]}
    people = [patient(str(each)) for each in range(9)]
    diagnoses = [
        cancer(f"c{each}", str(each), encounter={"reference": f"Encounter/e{each}"}, **waiting) for each in range(9)
    ]
    visits = [
        encounter(f"{name}{each}", str(each), period={"start": f"{year}-06-01", "end": f"{year}-06-02"})
        for each in range(9)
        for name, year in (("e", 2016), ("f", 1999))
    ]
    result = run(export(tmp_path / "in", Patient=people, Condition=diagnoses, Encounter=visits))
    assert len(result.assessments) == 9
    assert all("2016-06-0" in json.dumps(each["findings"]) for each in result.assessments.values())


def test_a_type_is_there_for_everybody_though_only_one_has_it(tmp_path: Path) -> None:
    people = [patient(str(each)) for each in range(9)]
    result = run(export(tmp_path / "in", mixed=[*people, haemoglobin("o", "3"), encounter("e", "3")]))
    del result.assessments["3"]
    assert {tuple(each["findings"][1]["reasons"]) for each in result.assessments.values()} == {("no-record",)}


def test_one_line_of_nobody_makes_its_type_incomplete_for_everybody(tmp_path: Path) -> None:
    people = [patient(str(each)) for each in range(9)]
    source = export(tmp_path / "in", Patient=people, Condition=[cancer("c", subject=5)], Encounter=[])
    run(source)
    run(source, accepted=1)
    assert run(source).summary["incomplete_for_everybody"] == {"Condition": 1}


def test_a_record_that_moves_from_one_person_to_another(tmp_path: Path) -> None:
    people = [patient(str(each)) for each in range(30)]
    moved = [cancer("c", "1", **OLDER), cancer("c", "2", **NEWER), cancer("d", "3", **OLDER), cancer("d", "17")]
    run(export(tmp_path / "in", Patient=people, Condition=moved, Encounter=[encounter("e", "1"), encounter("f", "2")]))


def test_a_chain_of_merged_records(tmp_path: Path) -> None:
    chain = [linked(str(each), "replaced-by", str(each + 1)) for each in range(12)]
    others = [patient("12"), linked("20", "replaces", "21"), patient("21"), linked("30", "replaced-by", "nobody")]
    ring = [linked("40", "replaced-by", "41"), linked("41", "replaced-by", "40")]
    facts = [cancer(f"c{each}", str(each)) for each in (0, 5, 12, 20, 21, 30, 40, 41)]
    result = run(export(tmp_path / "in", Patient=[*chain, *others, *ring], Condition=facts, Encounter=[]))
    assert result.summary["people"]["merged_into_another"] == 13  # type: ignore[index]


def test_bundles_of_all_shapes(tmp_path: Path) -> None:
    within = bundle(patient("b"), cancer("bc", "b"), bundle(patient("n"), haemoglobin("no", "n")))
    within["entry"][0]["fullUrl"] = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"  # type: ignore[index]
    within["entry"][1]["resource"]["subject"] = {"reference": "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"}  # type: ignore[index]
    broken = bundle(patient("x"), cancer("xc", "x"), link=[{"relation": "next", "url": "http://ehr.example/2"}])
    source = export(tmp_path / "in", bundles=[within, broken], Patient=[patient()], Condition=[within, cancer()])
    result = run(source)
    assert set(result.assessments) == {"b", "n", "x", "p"}


def test_what_is_nested_too_deeply_to_be_written(tmp_path: Path) -> None:
    deep = json.dumps(cancer("deep", extension="DEEP")).replace('"DEEP"', "[" * 400 + "]" * 400)
    within = json.dumps(bundle(patient("b"), cancer("bc", "b", extension="DEEP"))).replace(
        '"DEEP"', "[" * 400 + "]" * 400
    )
    result = run(export(tmp_path / "in", Patient=[patient()], Condition=[deep.encode()], mixed=[within.encode()]))
    assert len(result.rejects) == 2


def test_a_file_that_breaks_off_in_a_share(tmp_path: Path) -> None:
    source = export(tmp_path / "in", Patient=[patient()], Encounter=[])
    lines = (json.dumps(haemoglobin(str(each), note=[{"text": str(each**9)}])) for each in range(999))
    (source / "Observation.ndjson.gz").write_bytes(gzip.compress("\n".join(lines).encode())[:-2000])
    assert [each["file"] for each in run(source).rejects] == ["Observation.ndjson.gz"]


def test_drugs_that_are_referred_to(tmp_path: Path) -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": {"text": "Prednisolone 5 MG Oral Tablet"}}
    twice = [{**drug, "id": "t"}, {**drug, "id": "t", "code": {"text": "Sirolimus 1 MG Oral Tablet"}}]
    orders = []
    for number, name in enumerate(("m", "t", "missing")):
        order = by_weight(str(number))
        order.pop("medicationCodeableConcept", None)
        orders.append({**order, "id": name, "medicationReference": {"reference": f"Medication/{name}"}})
    people = [patient(str(each)) for each in range(3)]
    source = export(
        tmp_path / "in",
        Patient=people,
        Medication=[drug, *twice],
        MedicationRequest=orders,
        Observation=[weight("w", "0")],
    )
    run(source, studies=(shipped.STUDY,), world=shipped.catalog())


PIECES: list[Json | bytes] = [
    patient("p"), patient("q", **NEWER), patient("q", deceasedBoolean=True, **OLDER), patient("r", birthDate="x"),
    linked("s", "replaced-by", "p"), linked("t", "replaces", "q"), linked("u", "replaced-by", "r"),
    cancer("c", "p"), cancer("c", "q", **NEWER), cancer("d", "s"), cancer("d", "t"), cancer("e", "r", code=5),
    cancer("f", "nobody"), cancer("g", "nobody", code=5), cancer("h", "q", subject=None),
    haemoglobin("a", "p"), haemoglobin("a", "p", 9, **NEWER), haemoglobin("b", "q", "text"), haemoglobin("z", "u"),
    encounter("v", "p"), encounter("w", "q", period={"start": "1999-01-01"}), encounter("v", "t", **NEWER),
    bundle(patient("b"), cancer("bc", "b"), encounter("be", "b")), bundle(patient("p"), haemoglobin("bo", "p")),
    b"{broken", b'"text"', b'{"resourceType":"Condition","id":"k","id":"l","subject":{"reference":"Patient/p"}}',
    {"resourceType": "Organization", "id": "o"}, {"resourceType": "Conditoin", "id": "x"}, {"id": "y"},
]  # fmt: skip
NAMES = ("Patient", "Condition", "Observation", "Encounter", "mixed")


@given(
    pieces=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(PIECES)), min_size=1, max_size=14),
    accepted=st.integers(0, 2),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_whatever_is_exported_the_answers_are_the_same(
    pieces: list[tuple[str, Any]], accepted: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files: dict[str, list[Any]] = {}
    for name, piece in pieces:
        files.setdefault(name, []).append(piece)
    run(export(tmp_path_factory.mktemp("any") / "in", **files), accepted=accepted)


def test_several_processes_come_to_the_same(tmp_path: Path) -> None:
    people = [patient(str(each)) for each in range(40)]
    facts = [cancer(f"c{each}", str(each % 40)) for each in range(90)]
    results = [haemoglobin(f"o{each}", str(each % 40), value=each) for each in range(90)]
    source = export(tmp_path / "in", Patient=people, Condition=facts, Observation=results, Encounter=[], mixed=[b"{"])
    request = Request(find_sources([source]), (STUDY,), AT)
    screen(catalog(), request, tmp_path / "out", Progress())  # type: ignore[arg-type]
    with patch.object(buckets, "AT_ONCE", 5000):
        screen(catalog(), request, tmp_path / "two", Progress(), buckets.Processes(Means(2, 5)))  # type: ignore[arg-type]
    same_in_buckets(catalog(), request, tmp_path / "two")  # type: ignore[arg-type]
    assert all(
        each.read_bytes() == (tmp_path / "two" / each.name).read_bytes() for each in (tmp_path / "out").iterdir()
    )


def _die(_: object, __: object) -> None:
    __import__("os")._exit(9)


def test_a_process_that_is_ended_from_outside_is_told() -> None:
    from service.errors import UsageError

    with at_work(list, (), 2) as do, pytest.raises(UsageError, match="use fewer --processes"):
        list(do(_die, [1, 2]))


LINES = st.lists(st.sampled_from([b"", b"a", b"abc", b"x" * 40, b"\r"]), max_size=12)


@given(lines=LINES, size=st.integers(1, 30), ended=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_shares_hold_every_line_once(lines: list[bytes], size: int, ended: bool, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "shares.ndjson"
    content = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    path.write_bytes(content)
    file = InputFile(path, True, "Observation")

    def read(share: Share) -> list[bytes]:
        blocks = [each for each in read_blocks(file, share) if isinstance(each, Block)]
        return [line for each in blocks for _, line in each.lines(np.arange(len(each.starts)))]

    starts = range(0, max(len(content), 1), size)
    parts = [read(Share(start, start + size if start + size < len(content) else None)) for start in starts]
    assert [line for part in parts for line in part] == read(Share())


def test_what_hangs_together_goes_by_one_name() -> None:
    found = joined([("a", {"b"}), ("c", {"d"}), ("b", {"c"}), ("x", {"y"})])
    assert len({found[each] for each in "abcd"}) == 1 and found["x"] == found["y"] != found["a"]
