"""On Spark every output is that of memory, to the byte, whatever is wrong with an export, however its files are cut."""

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch
from venv import create

import pytest

from service.errors import InputError, UsageError
from service.screening.lines import TORN
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sample import write_sample
from service.screening.sources import find_sources
from service.screening.spark import engine as driver
from service.screening.spark.engine import Spark
from service.screening.spark.listing import Listed, find
from service.screening.spark.parts import screen_to
from tests.screening import shipped
from tests.screening.test_buckets import NEWER, OLDER, linked
from tests.screening.test_sieve import LATELY, PULSE, UNSEEN
from tests.screening.world import STUDY, bundle, cancer, catalog, encounter, export, haemoglobin, ndjson, patient

AT = date(2026, 6, 30)
BUCKETS = 7


def traps(directory: Path) -> Path:
    """Everything that has gone wrong in an export, in one."""
    people = [patient(str(each)) for each in range(12)]
    chain = [linked(str(each), "replaced-by", str(each + 1)) for each in range(12, 18)]
    ring = [linked("40", "replaced-by", "41"), linked("41", "replaced-by", "40")]
    merged = [*chain, patient("18"), *ring, linked("30", "replaced-by", "nobody"), patient("1", birthDate="x")]
    moved = [cancer("m", "1", **OLDER), cancer("m", "2", **NEWER), cancer("d", "3", **OLDER), cancer("d", "17")]
    waiting = {"onsetDateTime": None, "category": [{"coding": [{"code": "encounter-diagnosis"}]}]}
    waits = cancer("w", "4", encounter={"reference": "Encounter/old"}, **waiting)
    lost = [cancer("x", subject=5), cancer("y", "nobody"), b"{broken", b'"text"', cancer("z", "5", code=5)]
    within = bundle(patient("b"), cancer("bc", "b"), bundle(patient("n"), haemoglobin("no", "n")))
    cut = bundle(patient("c"), cancer("cc", "c"), link=[{"relation": "next", "url": "http://ehr.example/2"}])
    results = [haemoglobin(f"o{each}", str(each % 18), value=each) for each in range(40)]
    often = [haemoglobin("o1", "1", **PULSE), haemoglobin("l", "6", **LATELY), haemoglobin("l", "6", **LATELY)]
    often += [haemoglobin(each, "9", **LATELY, **more) for each, more in UNSEEN.items()]
    moved += [cancer("b", "10", onsetDateTime="1900"), cancer("bl", "12", onsetDateTime="1900")]
    visits = [encounter("old", "4", period={"start": "1999-01-01", "end": "1999-01-02"}), encounter("e", "4")]
    made = export(
        directory / "an export",
        Patient_000=[*people, within],
        Patient_001=merged,
        Condition=[*moved, waits, *lost, *(cancer(f"k{each}", str(each)) for each in (5, 14, 18, 40))],
        Observation=b"\xef\xbb\xbf" + ndjson([*results, b"", b"\r", *often]).replace(b"}\n", b"}\r\n").rstrip(b"\n"),
        Encounter=visits,
        **{"mixed[1]": [cut, within, haemoglobin("q", "7"), b'{"resourceType":"Condition","id":"\xff"}']},
    )
    (made / "one.json").write_text(json.dumps(bundle(patient("j"), haemoglobin("jo", "j")), indent=1))
    (made / "empty.json").write_bytes(b"")
    for within_it in ("old", "kind=old"):  # what lies in directories within is not part of it
        export(made / within_it, Patient=[patient("gone")])
    (made / "Immunization.ndjson.part").write_bytes(b"{")  # is not read, and told
    packed = gzip.compress(ndjson([encounter(f"g{each}", "8") for each in range(90)]))
    (made / "Procedure.ndjson.gz").write_bytes(gzip.compress(b""))
    (made / "Encounter.ndjson.gz").write_bytes(packed[:-9])
    return made


def cut_at(spark: Any, size: int) -> None:
    """The bytes of a share."""
    for name in ("maxPartitionBytes", "openCostInBytes"):
        spark.conf.set(f"spark.sql.files.{name}", size)


def run(spark: Any, listed: Listed, out: Path) -> None:
    """For the study of the small world."""
    request = Request(listed.sources, (STUDY,), AT)
    screen(catalog(), request, out, Progress(), Spark(spark, listed.stored, BUCKETS))  # type: ignore[arg-type]


def same(spark: Any, source: Path, world: Any, studies: Any, out: Path, **more: Any) -> None:
    """Both ways; every file that was written is compared."""
    sources = find_sources([source])
    screen(world, Request(sources, studies, AT, **more), out / "memory", Progress())
    listed = find(spark, [str(source)])
    assert listed.sources == sources
    request = Request(listed.sources, studies, AT, **more)
    screen(world, request, out / "spark", Progress(), Spark(spark, listed.stored, BUCKETS))
    written = {each.name: each.read_bytes() for each in sorted((out / "memory").iterdir())}
    assert {each.name: each.read_bytes() for each in sorted((out / "spark").iterdir())} == written


def test_an_export_with_everything_that_can_be_wrong(spark: Any, tmp_path: Path) -> None:
    more = {"every_subject": True, "versions": True, "formats": ("csv",)}
    same(spark, traps(tmp_path), catalog(), (STUDY,), tmp_path, **more)


def test_what_is_lost_in_one_directory_is_lost_for_everybody(spark: Any, tmp_path: Path) -> None:
    """A file with fewer lines than promised, cut in shares; two resources on a line; a Bundle about another."""
    about_another = [{"relation": "self", "url": "http://ehr.example/Patient/q/$everything"}]
    charts = bundle(patient("q"), encounter("f", "q"), patient("r"), encounter("g", "r"), link=about_another)
    export(tmp_path / "a")
    lines = [haemoglobin(str(each), "q") for each in range(30)]
    second = export(tmp_path / "b", Patient=[], Observation=[*lines, b""], charts=[charts])
    promised = {"transactionTime": "2026-06-30T00:00:00Z", "output": [{"type": "Observation", "url": "1", "count": 31}]}
    (second / "manifest.json").write_text(json.dumps(promised))
    inputs = [str(tmp_path / each) for each in "ab"]
    answers = {}
    for number, more in enumerate((b"", ndjson([cancer("x", "r")])[:-1] + b'{"resourceType":"Condition","id":"y","co')):
        (second / "Condition.ndjson").write_bytes(more)
        places = [tmp_path / f"{way}{number}" for way in ("memory", "spark")]
        screen(catalog(), Request(find_sources(map(Path, inputs)), (STUDY,), AT), places[0], Progress())  # type: ignore[arg-type]
        run(spark, find(spark, inputs), places[1])
        lines_of = [(each / "assessments.ndjson").read_bytes() for each in places]
        assert lines_of[0] == lines_of[1]
        for line in map(json.loads, lines_of[0].splitlines()):
            told = {each["criterion"]: (each["outcome"], *each["reasons"]) for each in line["findings"]}
            answers[number, line["patient"]] = told["I2"], told["E1"]
    lost, absent = ("unknown", "not-loaded"), ("not_met",)
    assert answers[0, "p"] == (lost, absent) and answers[0, "r"] == (lost, lost)
    assert answers[0, "q"][1] == absent and answers[1, "p"] == answers[1, "r"] == (lost, lost)


def test_the_sample_and_results_in_parts(spark: Any, tmp_path: Path) -> None:
    write_sample(tmp_path / "in", 12, 7)
    cut_at(spark, 60_000)
    same(spark, tmp_path / "in", shipped.catalog(), (shipped.STUDY,), tmp_path, with_signal=True)
    counts = json.loads((tmp_path / "memory" / "summary.json").read_bytes())["studies"][shipped.STUDY.id]
    assert 0 < counts["assessed"] < counts["screened"]
    listed, place = find(spark, [str(tmp_path / "in")]), (tmp_path / "parts").as_uri()
    request = Request(listed.sources, (shipped.STUDY,), AT, with_signal=True, formats=("parquet",))
    screen_to(place, spark, shipped.catalog(), request, Progress(), Spark(spark, listed.stored, BUCKETS))
    for whole in sorted((tmp_path / "memory").iterdir()):
        parts = sorted((tmp_path / "parts" / whole.name).glob("part-*"))
        assert b"".join(each.read_bytes() for each in parts) == whole.read_bytes()
    lines = (tmp_path / "memory" / "assessments.ndjson").read_bytes().count(b"\n")
    assert spark.read.parquet(f"{place}/assessments.parquet").count() == lines


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "a byte order mark"])
def test_files_that_end_in_the_middle_of_a_line(spark: Any, mark: bytes, tmp_path: Path) -> None:
    """Spark gives every line with its newline, though there is none; one file has it, one ends with a whole line."""
    pulses = ndjson([haemoglobin(f"o{each}", str(each % 5), **PULSE) for each in range(40)])
    source = export(
        tmp_path / "in",
        Patient=[patient(str(each)) for each in range(5)],
        Observation=mark + pulses[: pulses.rindex(b"}, ") + 1],
        Condition=mark + ndjson([cancer("a", "1"), cancer("b", "2")])[:-1],
        Encounter=mark + ndjson([encounter("v", "1"), encounter("w", "2")])[:-9] + b"\n",
    )
    cut_at(spark, 500)
    same(spark, source, catalog(), (STUDY,), tmp_path, every_subject=True)
    told = (tmp_path / "memory" / "rejects.ndjson").read_text()
    assert told.count(TORN) == 1 and len(told.splitlines()) == 2


def test_what_cannot_be_read_and_who_cannot_help(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no such file or directory"):
        find(spark, [str(tmp_path / "nowhere")])
    with pytest.raises(InputError, match="Spark cannot read it"):
        find(spark, ["unknown://bucket/export"])
    export(tmp_path / "some" / "export", Patient=[patient()])
    with pytest.raises(InputError, match=r"no \.ndjson"):
        find(spark, [str(tmp_path / "some")])
    with pytest.raises(InputError, match="no such file or directory"):
        find(spark, [str(tmp_path / "some" / "export" / "P*.ndjson")])
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.txt").write_text("none")
    with pytest.raises(InputError, match=r"no \.ndjson"):
        find(spark, [str(tmp_path / "notes")])
    source = export(tmp_path / "in", Patient=[patient()])
    listed = find(spark, [str(source / ".." / "in")])
    with patch.object(driver, "__version__", "0.0.1"), pytest.raises(UsageError, match="install this very version"):
        run(spark, listed, tmp_path / "out")
    request = Request(listed.sources, (STUDY,), AT)
    (source / "one.json").write_text("{}")
    other = find(spark, [str(source)])
    with patch.object(driver, "LARGEST_WHOLE", 1), pytest.raises(InputError, match=r"one\.json: too large"):
        run(spark, other, source.parent / "out")
    bare = tmp_path / "bare"
    create(bare)
    monkeypatch.setattr(spark.sparkContext, "pythonExec", str(bare / "bin" / "python"))
    with pytest.raises(UsageError, match="the executors have not fhir-prescreen"):
        run(spark, listed, tmp_path / "out")
    monkeypatch.undo()
    with (source / "Patient.ndjson").open("ab") as file:
        file.write(ndjson([patient("q")]))
    with pytest.raises(InputError, match="did the file change"):
        run(spark, listed, tmp_path / "out")
    with pytest.raises(UsageError, match="cannot be written into the input's own directory"):
        screen_to(source.as_uri(), spark, catalog(), request, Progress(), Spark(spark, {}, BUCKETS))  # type: ignore[arg-type]
    assert not list((tmp_path / "out").iterdir())


MANY = 1_500  # lines of each type: Spark takes its time with each task


@pytest.mark.shared
def test_real_data(spark: Any, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for packed in sorted((shared / "data" / "pysynthea-2026-r4" / "seed-20260001").glob("*.ndjson.gz")):
        lines = gzip.decompress(packed.read_bytes()).splitlines(keepends=True)
        (tmp_path / "in" / packed.name.removesuffix(".gz")).write_bytes(b"".join(lines[:MANY]))
    cut_at(spark, 1 << 20)
    same(spark, tmp_path / "in", shipped.catalog(), (shipped.STUDY,), tmp_path, every_subject=True)
