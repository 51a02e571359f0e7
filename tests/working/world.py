"""A tenant whose EHR is the server of the tests, and small charts to put there."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.catalog.site import Site
from service.ehr.connect import Connection, Server, connect
from service.ehr.limits import Limits
from service.eligibility.criteria import Study
from service.eligibility.policy import Policy
from service.screening.patient import Examined, examine
from service.screening.tenant import Tenant
from tests.fhir_server import FhirServer
from tests.screening import world as small
from tests.screening.world import STUDY

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
TODAY = NOON.date()
DAY = timedelta(days=1)
FAST = Limits(per_second=10_000, burst=10_000, tries=2, first_pause=0.01, longest_pause=0.01, failures_to_open=1000)
Json = dict[str, object]


@cache
def shipped() -> Catalog:
    """The catalog that this service ships."""
    return load_catalog(mappings_dir())


def catalog(*studies: Study, policy: Policy | None = None, **site: Any) -> Catalog:
    """The small catalog of the tests of populations, with these studies and settings of the site."""
    made = small.catalog()
    return Catalog(
        studies={each.id: each for each in studies or (STUDY,)},
        terminology=made.terminology,
        units=made.units,
        equivalents={},
        drugs=shipped().drugs,
        policy=policy or Policy(),
        site=Site(**site),
        study_files={},
        value_set_files={},
    )


def tenant(server: FhirServer, content: Catalog | None = None, limits: Limits = FAST, **more: Any) -> Tenant:
    """A tenant that screens for all studies of this catalog on this server."""
    content = content or catalog()
    return Tenant("north", content, tuple(sorted(content.studies)), source=Server(server.base, limits=limits), **more)


def connection(of: Tenant) -> Connection:
    assert of.source is not None
    return connect(of.source)


def examined(of: Tenant, patient: str = "p", **more: Any) -> Examined:
    """What examining a patient today gives."""
    return examine(of, patient, connection(of), TODAY, **more)


def answer(found: Examined, criterion: str) -> tuple[str, tuple[str, ...]]:
    """(outcome, reasons) of one criterion of the only study."""
    (study,) = found.found
    for each in study.line["findings"]:  # type: ignore[attr-defined]
        if each["criterion"] == criterion:
            return each["outcome"], tuple(each["reasons"])
    raise KeyError(criterion)
