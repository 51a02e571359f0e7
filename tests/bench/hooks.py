"""How fast CDS Hooks are answered: 100 KB of prefetch, 20 open studies, gunicorn with 2 workers. All in one run.

The yardstick is a Flask endpoint under the same gunicorn that parses the same bodies with orjson and does nothing else.
Charts are those of the invented population, made larger by more results of the kind that they hold.
"""

import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from uuid import uuid4

import orjson

from service.screening.sample import write_sample
from tests.bench.hooks_app import DAY, KINDS, PROCESS, key_of, suggested
from tests.bench.table import Table
from tests.shape.source import ROOT

PATIENTS = 120
SIZE = 100_000  # bytes of a body
REQUESTS = 600
CLIENTS = 4  # at once
MOST_CONNECTIONS = 200  # until each process has one
ROUNDS = 3
WORKERS = 2
GUNICORN = [
    "--workers",
    str(WORKERS),
    "--worker-class",
    "gthread",
    "--threads",
    "4",
    "--preload",
    "--log-level",
    "info",
]
ONE_OF = 50  # charts in a hospital, by our guess, hold a code of what one of its twenty studies is for
AIM, LIMIT = 0.6, 0.1  # of the yardstick's throughput; seconds
MARK = b"chart-number"  # stands in each Patient, and is replaced by a number that no other call has
NUMBERS = count()
Resource = dict[str, Any]
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests per second, and seconds for each."""

    rate: float
    waits: tuple[float, ...]

    @property
    def p99(self) -> float:
        """All but one in a hundred were answered in that time."""
        return quantiles(self.waits, n=100)[98]


@dataclass(frozen=True, slots=True)
class Compared:
    """Against the yardstick: throughput, and the 99th of 100 waits; that wait in seconds."""

    throughput: float
    times: float
    slowest: float


@dataclass(frozen=True, slots=True)
class Group:
    """Charts that are measured together. `again`: each process has met each before; otherwise none has met any."""

    title: str
    bodies: tuple[bytes, ...]
    again: bool = False


def report() -> Iterator[Table]:
    """One table."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        bodies = tuple(_bodies(place / "export"))
        with _served("parsing", place) as floor, _served("app", place) as ours:
            read = tuple(each for each in bodies if suggested(each))
            passed = tuple(each for each in bodies if not suggested(each))
            groups = (
                Group("charts without such a code, for the first time", passed),
                Group("charts with one, for the first time", read),
                Group(f"one of {ONE_OF} with one, for the first time", _mixed(passed, read)),
                Group("charts without such a code, opened again", passed, again=True),
                Group("charts with one, opened again", read, again=True),
            )
            found = [_compared(floor, ours, each) for each in groups]
    size = sum(map(len, bodies)) // len(bodies) >> 10
    about = (
        f"Calls of {size} KB, 20 studies, gunicorn with 2 workers. Throughput: parsing the same calls with orjson "
        "under the same gunicorn is 1.0, more is faster. p99: how long all but one of a hundred calls take, against "
        f"the same; less is faster. Median of {ROUNDS} rounds, taken in turns. {len(read)} of these {len(bodies)} "
        "charts hold a code of what a study is for, and are read. Opened again: by the same user on the same day, with "
        "the same prefetch, of which each process has answered a call before."
    )
    limit = f"p99 below {LIMIT * 1000:.0f} ms"
    rows = tuple(
        (group.title, f"{each.throughput:.2f}", f"{each.times:.1f}", "yes" if each.slowest < LIMIT else "no")
        for group, each in zip(groups, found, strict=True)
    )
    share = _share(found[0].throughput, found[1].throughput)
    notes = (f"throughput is {AIM} where {share:.1%} of the charts are read for the first time",)
    yield Table("CDS Hooks", about, ("calls", "throughput", "p99", limit), rows, notes)


def _compared(floor: Place, ours: Place, group: Group) -> Compared:
    if group.again:
        _met(ours, group.bodies)
    pairs = [(_measured(floor, group), _measured(ours, group)) for _ in range(ROUNDS)]
    return Compared(
        median(mine.rate / bare.rate for bare, mine in pairs),
        median(mine.p99 / bare.p99 for bare, mine in pairs),
        median(mine.p99 for _, mine in pairs),
    )


def _mixed(passed: tuple[bytes, ...], read: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """As many charts as there are requests; one of so many is to be read."""
    mostly, rarely = cycle(passed), cycle(read)
    return tuple(next(mostly if number % ONE_OF else rarely) for number in range(REQUESTS))


def _share(without: float, first: float) -> float:
    """Which share of the charts may be read for the first time, for the throughput of all to be that of the aim."""
    return max(0.0, (1 / AIM - 1 / without) / (1 / first - 1 / without))


def _bodies(directory: Path) -> Iterator[bytes]:
    write_sample(directory, PATIENTS, 7)
    charts: dict[str, dict[str, list[Resource]]] = {}
    for path in sorted(directory.glob("*.ndjson")):
        for line in path.read_bytes().splitlines():
            try:
                resource = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            kind = resource.get("resourceType")
            subject = resource.get("subject") or resource.get("patient") or {}
            person = resource.get("id") if kind == "Patient" else str(subject.get("reference")).rpartition("/")[2]
            charts.setdefault(str(person), {}).setdefault(str(kind), []).append(resource)
    for person, chart in sorted(charts.items()):
        if chart.get("Patient"):
            yield _body(person, _larger(chart))


def _larger(chart: dict[str, list[Resource]]) -> dict[str, list[Resource]]:
    """The same chart with more results of its own, until it is as large as it should be."""
    own = chart.get("Observation", [])
    results, size, round_ = list(own), len(orjson.dumps(chart)), 0
    while own and size < SIZE:
        round_ += 1
        for each in own:
            copy = {**each, "id": f"{each['id']}-{round_}"}
            results.append(copy)
            size += len(orjson.dumps(copy)) + 40
            if size >= SIZE:
                break
    return {**chart, "Observation": results}


def _body(person: str, chart: dict[str, list[Resource]]) -> bytes:
    own = {**chart["Patient"][0], "language": MARK.decode()}
    prefetch: dict[str, Resource] = {"patient": own}
    for kind in KINDS:
        entries = [{"resource": each, "search": {"mode": "match"}} for each in chart.get(kind, [])]
        found = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
        prefetch[key_of(kind)] = found
    return orjson.dumps(
        {
            "hook": "patient-view",
            "hookInstance": str(uuid4()),
            "context": {"userId": "Practitioner/1", "patientId": person},
            "prefetch": prefetch,
        }
    )


@contextmanager
def _served(app: str, place: Path) -> Iterator[Place]:
    """An application of `hooks_app` under gunicorn; where it listens."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BENCH_PLACE": str(place), "BENCH_DAY": DAY}
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", *GUNICORN, f"tests.bench.hooks_app:{app}"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = next(line for line in process.stderr if "Listening at" in line)
        host, port = said.split("http://")[1].split()[0].split(":")
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield host, int(port)
        process.terminate()


def _measured(address: Place, group: Group) -> Measured:
    """Some clients at once, each with its own connection, through all bodies in turn."""
    bodies = group.bodies
    waits: list[list[float]] = [[] for _ in range(CLIENTS)]

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(*address, timeout=60)
        for turn in range(REQUESTS // CLIENTS):
            body = bodies[(turn * CLIENTS + number) % len(bodies)]
            if not group.again:
                body = body.replace(MARK, b"%012d" % next(NUMBERS))
            begun = time.perf_counter()
            _ask(connection, body)
            waits[number].append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    begun = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    took = time.perf_counter() - begun
    told = tuple(wait for each in waits for wait in each)
    return Measured(len(told) / took, told)


def _met(address: Place, bodies: tuple[bytes, ...]) -> None:
    """Have each process answer all of these: a connection stays with the process that took it."""
    connections: dict[str, http.client.HTTPConnection] = {}
    for _ in range(MOST_CONNECTIONS):
        new = http.client.HTTPConnection(*address, timeout=60)
        connections.setdefault(_ask(new, bodies[0]), new)
        if len(connections) == WORKERS:
            break
    for body in bodies:
        for process, connection in connections.items():
            assert _ask(connection, body) == process, "a connection that was lost"


def _ask(connection: http.client.HTTPConnection, body: bytes) -> str:
    """Which process answered."""
    connection.request("POST", "/cds-services/prescreen-chart", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return answer.headers[PROCESS]
