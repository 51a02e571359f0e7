"""What is measured for CDS Hooks, and its yardstick, as gunicorn loads them."""

import gc
import os
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

import orjson
from flask import Flask, Response, request

from service.app import app_of
from service.ehr.clock import Clock
from service.eligibility.criteria import EVER, ConditionPresent, Study
from service.fhir.cds.call import Hook, read_call
from service.screening.cds.entry import entry_of
from service.screening.cds.policy import CardPolicy
from service.screening.cds.templates import asked_of, key_of
from service.screening.tenant import Tenant
from service.settings import Mode, Settings
from service.store.engine import open_store
from service.store.migration import migrate
from tests.screening.shipped import catalog

DAY = "2026-06-30"
PROCESS = "Bench-Process"  # the header that tells which process answers
# What the other studies are for: conditions of which some are common in the population, and most are not.
DISEASES = (
    "carcinoma-in-situ",
    "copd",
    "copd-exacerbation",
    "hepatitis-b-infection",
    "hepatitis-c-infection",
    "igg4-lymphoplasmacytic-fibrosis",
    "igg4-rd-organ",
    "lung-cancer",
    "malignancy-secondary",
    "multiple-myeloma",
    "non-melanoma-skin-cancer",
    "other-connective-tissue-disease",
    "refusal-or-nonadherence",
    "tuberculosis-active",
    "tuberculosis-latent",
    "type-2-diabetes",
    "pregnancy",
)
SHIPPED = ("heart-failure-reduced-ef", "igg4-rd-sirolimus", "rheumatoid-arthritis-methotrexate")
__all__ = ["DAY", "KINDS", "PROCESS", "app", "key_of", "parsing", "suggested"]

parsing = Flask("parsing")


def named(response: Response) -> Response:
    """By whom it was answered."""
    response.headers[PROCESS] = str(os.getpid())
    return response


parsing.after_request(named)


@parsing.post("/cds-services/prescreen-chart")
def parse() -> Response:
    """The yardstick: parse, and say nothing."""
    orjson.loads(request.get_data(cache=False))
    return Response(b'{"cards":[]}', mimetype="application/json")


def studies() -> tuple[Study, ...]:
    """Those that are shipped, and others for diseases of their own, with the criteria of one that is shipped."""
    known = catalog().studies
    shipped = [known[each] for each in SHIPPED]
    others = [
        replace(
            shipped[number % len(shipped)],
            id=f"study-{number}",
            short_name=None,
            entry=(ConditionPresent((disease,), look_back=EVER),),
        )
        for number, disease in enumerate(DISEASES)
    ]
    return (*shipped, *others)


def suggested(body: bytes) -> bool:
    """Does the chart in this call hold a code of what one of the studies is for?"""
    return bool(entry_of(tenant()).suggested(read_call(body, (Hook.PATIENT_VIEW,))))


@cache
def tenant() -> Tenant:
    """The site, with its open studies."""
    open_ = studies()
    world = replace(catalog(), studies={each.id: each for each in open_})
    return Tenant("demo", world, tuple(sorted(world.studies)), cards=CardPolicy())


def _app() -> Flask:
    place = Path(os.environ["BENCH_PLACE"])
    store = open_store(f"sqlite:///{place}/hooks.db")
    migrate(store)
    store.close()
    noon = datetime.combine(date.fromisoformat(os.environ["BENCH_DAY"]), time(12), UTC)
    site = tenant()
    app = app_of(site.catalog, Settings(mode=Mode.DEVELOPMENT), (site,), store, clock=Clock(now=lambda: noon))
    app.after_request(named)
    return app


KINDS = tuple(each.kind for each in asked_of(Tenant("demo", catalog(), SHIPPED)))
app = _app() if "BENCH_PLACE" in os.environ else None
gc.collect()
gc.freeze()  # as `prescreen serve` does, before its workers are made
