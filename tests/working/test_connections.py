"""Connections: made once, shared, counted; and a server that is away is left alone, longer each time."""

from typing import Any

import pytest

from service.ehr.connect import Connection, Server, connect
from service.errors import EhrError, EhrUnavailable
from service.screening.connections import Connections
from tests.ehr.clock import Watch
from tests.fhir_server import FhirServer
from tests.working.world import FAST


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def connections(watch: Watch) -> Connections:
    return Connections(clock=watch.clock)


def to(connections: Connections, server: FhirServer, tenant: str = "north", use: str = "source") -> Connection:
    return connections.to(tenant, use, Server(server.base, limits=FAST), lambda: True)


def test_a_connection_is_made_once_and_its_requests_are_counted(server: FhirServer, connections: Connections) -> None:
    first = to(connections, server)
    assert to(connections, server) is first
    assert (len(server.log), connections.sent("north", "source")) == (1, 1)
    first.client.search("Patient", {"_id": "p"})
    assert connections.sent("north", "source") == 2


def test_tenants_and_uses_have_their_own(server: FhirServer, connections: Connections) -> None:
    made = [to(connections, server, *each) for each in (("north", "source"), ("north", "target"), ("south", "source"))]
    assert len({id(each) for each in made}) == 3


def test_all_use_one_gate_to_one_server(server: FhirServer, watch: Watch) -> None:
    gates: list[object] = []

    def make(server: Server, **more: Any) -> Connection:
        gates.append(more["gate"])
        return connect(server, **more)

    connections = Connections(clock=watch.clock, make=make)
    for use in ("source", "target"):
        to(connections, server, use=use)
    assert gates[0] is gates[1]


def test_after_half_a_day_a_server_is_asked_anew_what_it_can_do(
    server: FhirServer, connections: Connections, watch: Watch
) -> None:
    first = to(connections, server)
    watch.passed += 12 * 3600 - 1
    assert to(connections, server) is first
    watch.passed += 1
    assert to(connections, server) is not first


def test_a_server_that_is_away_rests_longer_each_time(
    server: FhirServer, connections: Connections, watch: Watch
) -> None:
    server.fail(where="metadata", times=99, status=404)
    rests = []
    for _ in range(9):
        with pytest.raises(EhrError):
            to(connections, server)
        rests.append(connections.rest_left("north", "source").total_seconds())
        seen = len(server.log)
        with pytest.raises(EhrUnavailable):
            to(connections, server)
        assert len(server.log) == seen  # it is not even asked
        watch.passed += rests[-1]
    assert rests == [5, 10, 20, 40, 80, 160, 320, 600, 600]


def test_work_that_succeeds_ends_the_growth_of_rests(
    server: FhirServer, connections: Connections, watch: Watch
) -> None:
    for _ in range(4):
        connections.failed("north", "source", EhrUnavailable("away"))
        watch.passed += 600
    to(connections, server)
    connections.worked("north", "source")
    connections.failed("north", "source", EhrUnavailable("away"))
    assert connections.rest_left("north", "source").total_seconds() == 5


def test_a_server_that_says_how_long_is_left_alone_so_long(connections: Connections) -> None:
    connections.failed("north", "source", EhrUnavailable("away", retry_after=1234.0))
    assert connections.is_resting("north", "source")
    assert connections.rest_left("north", "source").total_seconds() == 1234
    assert not connections.is_resting("south", "source")
