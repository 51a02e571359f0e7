"""How fast notifications are taken and become ResearchSubjects, against gunicorn with one SQLite insert, in one run.

One client sends one request after the other, as an EHR does. The EHR of the test answers on the same machine.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles

import requests

from service.fhir.adapt import SUPPORTED
from service.screening.subscriptions_needed import TOPIC
from service.store.engine import open_store
from service.store.migration import migrate
from tests.fhir_server import FhirServer
from tests.journeys.site import NAME, SECRET, Site, eventually, lab_result, patient, subjects
from tests.notifications.forms import BASE, Told, r4
from tests.shape.source import ROOT

REQUESTS = 400
PEOPLE = 40
HEADERS = {"Content-Type": "application/fhir+json", "X-Prescreen-Secret": SECRET}


def report() -> Iterator[str]:
    """One line per measure."""
    with tempfile.TemporaryDirectory() as name, FhirServer(topics={TOPIC: {*SUPPORTED, "Patient"}}) as server:
        place = Path(name)
        bare = _bare(place)
        site = _site(place, server)
        try:
            taken = _taken(site)
            waits = _subjects(site, server)
        finally:
            site.end()
    cuts = quantiles(waits, n=100)
    yield "gunicorn with one SQLite insert for each request, one client, is 1.0"
    yield f"notifications taken durably in that time  {bare / taken:6.2f}"
    yield f"from the change of a chart to its ResearchSubject: p50 {cuts[49] / bare:.0f}, p99 {cuts[98] / bare:.0f}"
    yield "  (the time in which events of one patient are gathered, and the worker's look twice a second, are in it)"


def _bare(place: Path) -> float:
    """Seconds for one request to the yardstick."""
    environment = {**os.environ, "BARE_DATABASE": str(place / "bare.db"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--log-level", "info", "tests.bench.bare:app"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = next(line for line in process.stderr if "Listening at" in line)
        address = said.split("Listening at: ")[1].split()[0]
        found = _clocked(lambda number: _post(address, number, {}, address))
        process.terminate()
        process.stderr.read()
    return found


def _site(place: Path, server: FhirServer) -> Site:
    url = f"sqlite:///{place}/store.db"
    store = open_store(url)
    migrate(store)
    store.close()
    return Site(place, server, url)


def _taken(site: Site) -> float:
    """Seconds for one notification that is committed, with nobody working on it."""
    site.serve("--no-worker")
    seconds = _clocked(lambda number: _post(f"{site.address}/hooks/{NAME}", number, HEADERS, site.server.base))
    site.kill()
    return seconds


def _subjects(site: Site, server: FhirServer) -> list[float]:
    """Seconds from the change of a chart until its ResearchSubject stands in the server, for each of some people."""
    people = [f"bench-{number}" for number in range(PEOPLE)]
    server.seed(*(patient(each) for each in people))
    site.serve()
    site.give("subscribe", "--at", site.address)
    server.subscriptions.wait()
    eventually(lambda: "0 waiting, 0 claimed" in site.give("inbox", "list"))  # what was sent before
    return [_until_subject(site, server, each) for each in people]


def _until_subject(site: Site, server: FhirServer, person: str) -> float:
    begun = time.perf_counter()
    server.change(lab_result(f"o-{person}", person))
    assert eventually(lambda: person in subjects(server))
    return time.perf_counter() - begun


def _post(address: str, number: int, headers: dict[str, str], base: str) -> None:
    """Send the notification of an event on the server of this base."""
    told = Told("event-notification", number, [(number, f"Observation/{number}", [])])
    body = json.dumps(r4(told)).replace(BASE, base)
    assert requests.post(address, data=body, headers=headers, timeout=30).status_code == 204


def _clocked(work: Callable[[int], None]) -> float:
    """Seconds for one, after a few that do not count."""
    for number in range(1, 11):
        work(number)
    begun = time.perf_counter()
    for number in range(11, 11 + REQUESTS):
        work(number)
    return (time.perf_counter() - begun) / REQUESTS
