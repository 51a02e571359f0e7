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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4

import orjson

from service.screening.sample import write_sample
from tests.bench.hooks_app import DAY, KINDS, key_of
from tests.shape.source import ROOT

PATIENTS = 120
SIZE = 100_000  # bytes of a body
REQUESTS = 600
CLIENTS = 4  # at once
ROUNDS = 3
GUNICORN = ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--preload", "--log-level", "info"]
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests per second, and seconds for each."""

    rate: float
    waits: tuple[float, ...]

    @property
    def p99(self) -> float:
        """All but one in a hundred were answered in that time."""
        return quantiles(self.waits, n=100)[98]


def report() -> Iterator[str]:
    """One line per measure."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        bodies = tuple(_bodies(place / "export"))
        with _served("parsing", place) as floor, _served("app", place) as ours:
            shown = [_has_card(ours, each) for each in bodies]
            groups = {
                "all charts of the population": bodies,
                "charts without a card": tuple(each for each, card in zip(bodies, shown, strict=True) if not card),
                "charts with a card": tuple(each for each, card in zip(bodies, shown, strict=True) if card),
            }
            size = sum(map(len, bodies)) // len(bodies) >> 10
            yield f"calls of {size} KB, 20 studies, 2 workers; parsing with orjson is 1.0"
            yield f"  ({sum(shown)} of {len(bodies)} charts get a card)"
            for title, group in groups.items():
                pairs = [(_measured(floor, group), _measured(ours, group)) for _ in range(ROUNDS)]
                ratio = sorted(mine.rate / bare.rate for bare, mine in pairs)[ROUNDS // 2]
                slowest = sorted(mine.p99 for _, mine in pairs)[ROUNDS // 2]
                times = slowest / sorted(bare.p99 for bare, _ in pairs)[ROUNDS // 2]
                kept = "below" if slowest < 0.1 else "NOT below"
                yield f"throughput, {title:<32} {ratio:6.2f}   p99 {times:6.1f} ({kept} 100 ms)"


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
    prefetch: dict[str, Resource] = {"patient": chart["Patient"][0]}
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
def _served(app: str, place: Path) -> Iterator[tuple[str, int]]:
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


def _measured(address: tuple[str, int], bodies: Sequence[bytes]) -> Measured:
    """Some clients at once, each with its own connection, through all bodies in turn."""
    waits: list[list[float]] = [[] for _ in range(CLIENTS)]

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(*address, timeout=60)
        for turn in range(REQUESTS // CLIENTS):
            body = bodies[(turn * CLIENTS + number) % len(bodies)]
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


def _has_card(address: tuple[str, int], body: bytes) -> bool:
    return bool(orjson.loads(_ask(http.client.HTTPConnection(*address, timeout=60), body))["cards"])


def _ask(connection: http.client.HTTPConnection, body: bytes) -> bytes:
    connection.request("POST", "/cds-services/prescreen-chart", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, answer.status
    return content
