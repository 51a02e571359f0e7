"""A client of CDS Hooks in a real browser: a page of ours in another place asks, shows the card, and dismisses it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import orjson
import pytest
from flask import Flask, Response, request
from markdown_it import MarkdownIt
from playwright.sync_api import Browser

from service.app import app_of
from service.ehr.clock import Clock
from service.screening.cds.policy import CardPolicy
from service.screening.invented import Invented, invent
from service.settings import Mode, Settings, open_tenants
from service.settings.cds_clients import CdsCallers
from service.settings.file import TenantSettings
from service.store.engine import Store
from tests.browsers import Seen, page_of
from tests.card_page.served import served
from tests.working.world import shipped

HERE = Path(__file__).parent
PICTURES = os.environ.get("TEST_PICTURES")  # a directory for pictures, for whoever wants to look
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
FITS = "sample-0007"
EVIL = "<img src=x onerror=alert(1)> [here](javascript:alert(1)) **bold** https://evil.example"
DRAFT = {
    "resourceType": "MedicationRequest",
    "id": "draft-1",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": f"Patient/{FITS}"},
    "medicationCodeableConcept": {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "312615"}],
        "text": "prednisone 20 mg tablet",
    },
    "dosageInstruction": [
        {
            "timing": {
                "repeat": {
                    "boundsPeriod": {"start": "2026-06-30", "end": "2026-07-13"},
                    "frequency": 1,
                    "period": 1,
                    "periodUnit": "d",
                }
            },
            "doseAndRate": [{"doseQuantity": {"value": 40, "unit": "mg", "code": "mg"}}],
        }
    ],
}


@dataclass
class Chart:
    """The page of an EHR, and this service elsewhere on the machine."""

    page: str
    service: str
    invented: Invented

    def of(self, patient: str, hook: str = "patient-view") -> str:
        asked = {"service": self.service, "patient": patient, "hook": hook, "now": "2026-06-30T12:00:00Z"}
        return f"{self.page}/page.html?{urlencode(asked)}"


def application(store: Store) -> Flask:
    cards = CardPolicy(app="https://prescreen.example.org/launch")
    callers = CdsCallers(origins=frozenset({"*"}))
    settings = Settings(mode=Mode.DEVELOPMENT, tenants=(TenantSettings("demo", "demo", cds=callers, cards=cards),))
    world = shipped()
    return app_of(world, settings, open_tenants(settings, world), store, clock=Clock(now=lambda: NOON))


def client(invented: Invented) -> Flask:
    """The EHR: the page, its own FHIR data, and Markdown made into HTML as clients do."""
    app = Flask("client", static_folder=str(HERE), static_url_path="")

    @app.get("/fhir/<kind>")
    def search(kind: str) -> Response:
        return Response(orjson.dumps(invented.bundle(kind, request.args)), mimetype="application/fhir+json")

    @app.get("/fhir/<kind>/<identity>")
    def read(kind: str, identity: str) -> Response:
        found = invented.read(kind, identity)
        return Response(orjson.dumps(found), 200 if found else 404, mimetype="application/fhir+json")

    @app.get("/draft")
    def draft() -> Response:
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": DRAFT}]}
        return Response(orjson.dumps(bundle), mimetype="application/json")

    @app.post("/markdown")
    def markdown() -> str:
        return MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(request.get_data(as_text=True))

    return app


@pytest.fixture
def chart(store: Store, tmp_path: Path) -> Iterator[Chart]:
    invented = invent(tmp_path / "export", 12, 7)
    with served(application(store)) as service, served(client(invented)) as page:
        yield Chart(page, service, invented)


def opened(browser: Browser, address: str, name: str = "", width: int = 900) -> Iterator[Seen]:
    with page_of(browser, width) as seen:
        seen.page.goto(address)
        seen.page.wait_for_function("document.getElementById('state').textContent")
        if PICTURES and name:
            seen.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
        yield seen


def test_a_card_is_shown_and_dismissed_and_does_not_come_back(chart: Chart, chromium: Browser) -> None:
    for seen in opened(chromium, chart.of(FITS), "card"):
        assert seen.page.locator("#state").inner_text() == "1 cards"
        summary = seen.page.locator(".card h2").inner_text()
        assert summary == "May fit SIROLIMUS-IgG4RD: 14 of 20 criteria fit, breast feeding not recorded, 5 to be judged"
        assert "IgG4-related disease, since 2023-06-26" in seen.page.locator(".detail").inner_text()
        seen.page.get_by_label("Reason").select_option("action-completed")
        seen.page.get_by_role("button", name="Dismiss").click()
        seen.page.wait_for_function("document.getElementById('state').textContent == 'dismissed'")
        assert seen.complaints == []
    for seen in opened(chromium, chart.of(FITS)):
        assert seen.page.locator("#state").inner_text() == "0 cards"


def test_most_charts_show_nothing(chart: Chart, chromium: Browser) -> None:
    for seen in opened(chromium, chart.of("sample-0002")):
        assert (seen.page.locator(".card").count(), seen.page.locator("#state").inner_text()) == (0, "0 cards")


def test_what_a_record_says_is_text_and_nothing_else(chart: Chart, chromium: Browser) -> None:
    condition = next(
        each
        for each in chart.invented.search("Condition", {"patient": FITS})
        if "IgG4" in each["code"].get("text", "") + str(each["code"].get("coding"))
    )
    condition["code"] = {**condition["code"], "text": EVIL, "coding": [
        {name: value for name, value in each.items() if name != "display"} for each in condition["code"]["coding"]
    ]}  # fmt: skip
    chart.invented.put(condition)
    for seen in opened(chromium, chart.of(FITS), "evil"):
        detail = seen.page.locator(".detail")
        assert "<img src=x onerror=alert(1)>" in detail.inner_text()
        assert detail.locator("img, a, script").count() == 0
        assert detail.locator("strong", has_text="bold").count() == 0
        assert seen.complaints == []


def test_an_order_that_would_cost_the_study_is_warned_of(chart: Chart, chromium: Browser) -> None:
    for seen in opened(chromium, chart.of(FITS, "order-sign"), "order"):
        card = seen.page.locator(".card.warning")
        assert card.locator("h2").inner_text() == (
            "This order would keep the patient out of SIROLIMUS-IgG4RD until 2026-10-14 (E2a: 40 mg/day)"
        )
        assert "By time alone it would end on 2026-10-14." in card.locator(".detail").inner_text()
        assert seen.complaints == []
