"""What a run leaves behind: the same bytes for the same input, nothing after a failure, nobody's data in messages."""

import json
from collections import Counter
from itertools import pairwise
from operator import itemgetter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from service.errors import InvalidOutput
from service.screening import judging, population
from service.screening.buckets.means import Means
from service.screening.buckets.processes import Processes
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import InputFile, find_sources
from tests.builders import AT
from tests.screening.world import (
    STUDY,
    Json,
    Result,
    cancer,
    catalog,
    encounter,
    export,
    haemoglobin,
    ndjson,
    patient,
    run,
    zipped,
)

PEOPLE = [patient(each) for each in "pqrs"]
LINES: list[Json] = [
    *PEOPLE,
    patient("t", link=[{"type": "replaced-by", "other": {"reference": "Patient/p"}}]),
    cancer("c1", "p"), cancer("c2", "q", code=5), cancer("c3", "t"),
    cancer("c4", "r", meta={"lastUpdated": "2026-01-01T00:00:00Z"}),
    cancer("c4", "s", meta={"lastUpdated": "2026-02-01T00:00:00Z"}),
    cancer("c5", "q"), cancer("c5", "r"),
    haemoglobin("o1", "p"), haemoglobin("o2", "q", "text"), haemoglobin("o3", "r", 9), haemoglobin("o3", "r", 9),
    encounter("e1", "p"), encounter("e2", "q"), encounter("e3", "r"), encounter("e4", "s"),
    {"resourceType": "Organization", "id": "x"}, cancer("c6", "nobody"),
]  # fmt: skip
SAME = ("assessments.ndjson", "ResearchSubject.ndjson", "held_back.ndjson")


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    source = export(tmp_path / "in", mixed=[*LINES, b"{broken"])
    assert run(source, out=tmp_path / "one").files() == run(source, out=tmp_path / "two").files()


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """All lines in one file, in their order."""
    where = tmp_path_factory.mktemp("straight")
    return run(export(where / "in", mixed=LINES), out=where / "out")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(order=st.permutations(LINES), cuts=st.lists(st.integers(0, len(LINES)), max_size=3))
def test_the_order_of_files_and_lines_changes_nothing(
    straight: Result, tmp_path_factory: pytest.TempPathFactory, order: list[Json], cuts: list[int]
) -> None:
    where = tmp_path_factory.mktemp("orders")
    parts = [0, *sorted(cuts), len(LINES)]
    pieces = {f"part_{n}": order[low:high] for n, (low, high) in enumerate(pairwise(parts))}
    shuffled = run(export(where / "b", **pieces), out=where / "out-b")  # type: ignore[arg-type]
    assert {name: straight.files()[name] for name in SAME} == {name: shuffled.files()[name] for name in SAME}
    assert straight.summary == shuffled.summary


ANY_LINE = st.one_of(
    st.sampled_from([json.dumps(each).encode() for each in LINES]),
    st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b"")),
    st.builds(
        lambda whole, cut: whole[:cut],
        st.sampled_from([json.dumps(each).encode() for each in LINES]),
        st.integers(1, 90),
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(lines=st.lists(ANY_LINE, max_size=12))
def test_every_line_is_counted_exactly_once(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    where = tmp_path_factory.mktemp("lines")
    (where / "in").mkdir()
    (where / "in" / "mixed.ndjson").write_bytes(ndjson(list(lines)))
    result = run(where / "in", out=where / "out")
    first = lines[0].removeprefix(b"\xef\xbb\xbf") if lines else b""
    expected = [each for each in [first, *lines[1:]] if each.strip()]
    assert result.summary["input"]["read"] == len(expected)  # type: ignore[index]


def test_lines_are_sorted_by_patient_and_study(tmp_path: Path) -> None:
    from dataclasses import replace

    studies = (replace(STUDY, id="zeta"), replace(STUDY, id="alpha"))
    result = run(export(tmp_path / "in", mixed=list(reversed(LINES))), studies=studies)
    written = [json.loads(each) for each in (result.out / "assessments.ndjson").read_bytes().splitlines()]
    keys = [(each["patient"], each["study"]) for each in written]
    assert keys == sorted(keys) and len(keys) == 8


def test_research_subjects_are_written_for_those_with_a_signal(tmp_path: Path) -> None:
    source = export(tmp_path / "in", mixed=LINES)
    some, everyone = run(source, everyone=False, out=tmp_path / "a"), run(source, out=tmp_path / "b")
    telling = [each for each in some.assessments.values() if each["signal"] in ("strong", "weak")]
    assert (len(some.subjects), len(everyone.subjects)) == (len(telling), len(everyone.assessments))
    assert 0 < len(telling) < len(everyone.assessments)


def test_ten_empty_charts_give_nobody_with_a_signal(tmp_path: Path) -> None:
    people = [patient(str(n)) for n in range(10)]
    result = run(export(tmp_path / "in", Patient=people, Encounter=[]), everyone=False)
    assert (len(result.assessments), result.subjects) == (10, [])


def fail(*_: object) -> None:
    raise InvalidOutput("the counts do not add up")


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


FAILING = [(population, "summary_of"), (judging, "render_subject"), (judging, "merge_replaced")]


@pytest.mark.parametrize(("failing", "error"), [(fail, InvalidOutput), (interrupt, KeyboardInterrupt)])
@pytest.mark.parametrize(
    "engine", [None, Processes(Means(1, 3)), Processes(Means(2, 3))], ids=["memory", "buckets", "processes"]
)
@pytest.mark.parametrize("where", FAILING, ids=itemgetter(1))
def test_a_run_that_fails_leaves_nothing_that_looks_like_a_result(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failing: object,
    error: type[BaseException],
    engine: Processes | None,
    where: tuple[object, str],
) -> None:
    source, out = export(tmp_path / "in", mixed=LINES), tmp_path / "out"
    run(source, out=out)
    monkeypatch.setattr(*where, failing)
    with pytest.raises(error):
        screen(catalog(), Request(find_sources([source]), (STUDY,), AT, every_subject=True), out, Progress(), engine)  # type: ignore[arg-type]
    assert list(out.iterdir()) == []


SECRETS = {
    "name": "Zacharias", "id": "mrn-4711", "value": "98.7654", "phone": "555-0199", "date": "1903-09-17", "code":
    "S3CR3T",
}  # fmt: skip


def secretive() -> list[bytes]:
    """Every kind of bad line, each holding what must never be repeated."""
    of = SECRETS["id"]
    person = patient(of, name=[{"family": SECRETS["name"]}], telecom=[{"value": SECRETS["phone"]}])
    bad: list[Json] = [
        person | {"birthDate": SECRETS["date"] + "x"}, person | {"modifierExtension": [{"url": SECRETS["code"]}]},
        cancer("c1", of, onsetDateTime=SECRETS["date"] + "x"), cancer("c2", of, code=SECRETS["code"]),
        haemoglobin("o1", of, SECRETS["value"]), haemoglobin("o2", of, float(SECRETS["value"]), status=SECRETS["name"]),
        cancer("c3", of, code={"text": SECRETS["code"]}), cancer("c3", of), cancer("c4", SECRETS["name"]),
        cancer("c5", of, subject={"display": SECRETS["name"]}), {"resourceType": SECRETS["name"], "id": of},
        {"id": of}, {"resourceType": "Condition", "subject": {"reference": "Patient/" + of}},
    ]  # fmt: skip
    broken = json.dumps(person).encode()
    return [*(json.dumps(each).encode() for each in bad), broken[:-5], b'"' + SECRETS["name"].encode() + b'"']


def test_rejects_and_summary_repeat_nothing_of_anybody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = run(export(tmp_path / "in", Patient=secretive()[:2], other=secretive()[2:], Encounter=[]))
    assert len(result.rejects) >= 10
    told = json.dumps([result.rejects, result.summary]) + "".join(capfd.readouterr())
    assert [name for name, secret in SECRETS.items() if secret in told] == []
    assert {*result.rejects[0]} == {"file", "line", "entry", "disposition", "type", "reason"}


@pytest.mark.parametrize("engine", [None, Processes(Means(1, 1))], ids=["memory", "buckets"])
def test_progress_is_told_in_order(tmp_path: Path, engine: Processes | None) -> None:
    told: list[tuple[int, int, int]] = []
    lines: Counter[str] = Counter()
    sizes: Counter[str] = Counter()

    class Watching(Progress):
        def reading(self, file: InputFile, lines_: int, size: int) -> None:
            lines[file.path.name] += lines_
            sizes[file.path.name] += size

        def screening(self, done: int, of: int, people: int) -> None:
            told.append((done, of, people))

    source = export(tmp_path / "in", mixed=LINES, Observation=[haemoglobin("n", "p")] * 700)
    zipped(source / "Encounter.ndjson")
    screen(catalog(), Request(find_sources([source]), (STUDY,), AT), tmp_path / "out", Watching(), engine)  # type: ignore[arg-type]
    assert told == ([(each, 5, each) for each in range(1, 6)] if engine is None else [(1, 1, 6)])
    assert sizes == Counter({each.name: each.stat().st_size for each in source.iterdir()})
    assert lines["mixed.ndjson"] == len(LINES) and lines["Observation.ndjson"] == 700
