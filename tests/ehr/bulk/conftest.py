"""The server of these tests, and exporting from it without waiting."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.ehr.bulk import Asked, Job, run
from service.ehr.exchange import Auth
from service.ehr.limits import Limits
from tests.bulk_server import BulkServer
from tests.ehr.bulk.world import ASKED, LIMITS, Export, exchange_to, fill
from tests.ehr.clock import Watch


@pytest.fixture
def server() -> Iterator[BulkServer]:
    with BulkServer() as running:
        fill(running)
        yield running


@pytest.fixture
def export(server: BulkServer, tmp_path: Path, watch: Watch) -> Export:
    """Export from that server into `out`, or a directory of another name."""

    def made(
        asked: Asked = ASKED, auth: Auth | None = None, limits: Limits = LIMITS, out: str = "out", **more: Any
    ) -> Job:
        exchange = exchange_to(server, watch, auth, limits)
        return run(exchange, asked, tmp_path / out, clock=watch.clock, at_once=2, **more)

    return made
