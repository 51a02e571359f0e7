"""How fast notifications are taken and become ResearchSubjects, against gunicorn with one insert, in one run.

One client sends one request after the other, as an EHR does. The EHR of the test answers on the same machine. What is
compared takes turns, so that a machine that is busy for a while is so for both. PostgreSQL keeps to the disk here.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

from service.fhir.adapt import SUPPORTED
from service.screening.subscriptions_needed import TOPIC
from service.store.engine import open_store
from service.store.migration import migrate
from tests.bench.table import NO_POSTGRES, Table
from tests.databases import DURABLE, lone_cluster, new_database, server_programs
from tests.fhir_server import FhirServer
from tests.journeys.site import NAME, SECRET, Site, lab_result, patient, subjects
from tests.notifications.forms import BASE, Told, r4
from tests.shape.source import ROOT

ROUNDS = 3
DATABASES = ("bare", "taking", "working")
REQUESTS = 200  # in one round
PEOPLE = 15
PATIENCE = 60.0  # seconds
REST = 2.0
HEADERS = {"Content-Type": "application/fhir+json", "X-Prescreen-Secret": SECRET}


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds in each round: for a request to the yardstick, for a notification, for each person."""

    bare: list[float]
    taken: list[float]
    waits: list[list[float]]


def report() -> Iterator[Table]:
    """A table for each database."""
    programs = server_programs()
    with tempfile.TemporaryDirectory() as name:
        urls = [f"sqlite:///{name}/{each}.db" for each in DATABASES]
        yield _told("SQLite", _measured(Path(name), *urls), () if programs else (NO_POSTGRES,))
    if programs is None:
        if os.environ.get("TEST_POSTGRES") == "required":
            raise SystemExit("TEST_POSTGRES=required, but no PostgreSQL server is installed here")
        return
    with tempfile.TemporaryDirectory() as name, lone_cluster(programs, DURABLE) as server, ExitStack() as stack:
        urls = [stack.enter_context(new_database(server, each)) for each in DATABASES]
        yield _told("PostgreSQL", _measured(Path(name), *urls))


def _told(database: str, found: Measured, notes: tuple[str, ...] = ()) -> Table:
    at = [quantiles(each, n=100) for each in found.waits]
    measures = [("notifications taken durably in that time", found.bare, found.taken)]
    for name, cut in (("p50", 49), ("p99", 98)):
        waits = [each[cut] for each in at]
        measures.append((f"from the change of a chart to its ResearchSubject, {name}", waits, found.bare))
    rows = []
    for name, above, below in measures:
        ratios = [one / other for one, other in zip(above, below, strict=True)]
        rows.append((name, f"{median(ratios):.2f}", " ".join(f"{each:.2f}" for each in ratios)))
    about = (
        "One client sends one request after the other; what gunicorn takes to make one insert into the same database "
        f"for a request is 1.0. Median of {ROUNDS} rounds, and each round. Of notifications more is faster, of waits "
        "less."
    )
    note = "in the waits is an eighth of a second of waiting for further events of the patient"
    return Table(f"Notifications, {database}", about, ("what", "median", "rounds"), tuple(rows), (note, *notes))


def _measured(place: Path, bare: str, taking: str, working: str) -> Measured:
    """With three databases: that of the yardstick, one to take notifications into, and one to work on."""
    with FhirServer(topics={TOPIC: {*SUPPORTED, "Patient"}}) as server:
        with _site(place / "taking", server, taking) as site:
            found = _taken(bare, site)
        with _site(place / "working", server, working) as site:
            return Measured(*found, _subjects(site, server))


@contextmanager
def _site(place: Path, server: FhirServer, url: str) -> Iterator[Site]:
    """An installation with an empty database."""
    place.mkdir()
    store = open_store(url)
    migrate(store)
    store.close()
    site = Site(place, server, url)
    try:
        yield site
    finally:
        site.end()


def _taken(bare: str, site: Site) -> tuple[list[float], list[float]]:
    """Seconds for one request to the yardstick, and for one notification that is kept while nobody works on it."""
    site.serve("--no-worker")
    hook, numbers = f"{site.address}/hooks/{NAME}", itertools.count(1)
    with _yardstick(bare) as address:
        rounds = [
            (_clocked(address, site.server.base, numbers), _clocked(hook, site.server.base, numbers))
            for _ in range(ROUNDS + 1)
        ]
    return [each[0] for each in rounds[1:]], [each[1] for each in rounds[1:]]  # the first one warms up


@contextmanager
def _yardstick(database: str) -> Iterator[str]:
    """The address of the yardstick, while it runs."""
    environment = {**os.environ, "BARE_DATABASE": database, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--log-level", "info", "tests.bench.bare:app"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = next(line for line in process.stderr if "Listening at" in line)
        yield said.split("Listening at: ")[1].split()[0]
        process.terminate()
        process.stderr.read()


def _clocked(address: str, base: str, numbers: Iterator[int]) -> float:
    """Seconds for one notification to this address, each on a connection of its own."""
    where = urlsplit(address)
    bodies = [_body(next(numbers), base) for _ in range(REQUESTS)]
    begun = time.perf_counter()
    for body in bodies:
        client = HTTPConnection(where.netloc, timeout=PATIENCE)
        client.request("POST", where.path or "/", body, HEADERS)
        assert client.getresponse().status == 204
        client.close()
    return (time.perf_counter() - begun) / REQUESTS


def _body(number: int, base: str) -> bytes:
    """The notification of an event on the server of this base."""
    told = Told("event-notification", number, [(number, f"Observation/{number}", [])])
    return json.dumps(r4(told)).replace(BASE, base).encode()


def _subjects(site: Site, server: FhirServer) -> list[list[float]]:
    """Seconds from the change of a chart until its ResearchSubject stands in the server, in rounds of some people."""
    rounds = [[f"bench-{number}-{person}" for person in range(PEOPLE)] for number in range(ROUNDS)]
    server.seed(*(patient(each) for people in rounds for each in people))
    site.serve()
    site.give("subscribe", "--at", site.address)
    server.subscriptions.wait()
    return [[_until_subject(site, server, each) for each in people] for people in rounds]


def _until_subject(site: Site, server: FhirServer, person: str) -> float:
    """One result comes after a rest, in which the limit of requests per second is forgotten."""
    time.sleep(REST)
    begun = time.perf_counter()
    server.change(lab_result(f"o-{person}", person))
    while person not in subjects(server):
        assert time.perf_counter() - begun < PATIENCE
        time.sleep(0.005)
    return time.perf_counter() - begun
