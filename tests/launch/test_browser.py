"""A real browser goes through a whole launch, from the EHR's own page to the page of the patient."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import orjson
import pytest
from flask import Flask
from playwright.sync_api import Browser, Frame, Page

from service.app import app_of
from service.screening.invented import invent
from service.settings import Settings
from service.store import accounts, bases
from service.store.accounts import Account, Given
from service.store.bases import Entered
from service.store.engine import Store
from tests.axe import complaints
from tests.browsers import Seen, page_of
from tests.launch.serving import served
from tests.launch.world import application, launchable
from tests.pages.world import NORTH, stand
from tests.screening.world import STUDY, encounter, haemoglobin, patient as small_patient
from tests.smart_server import SmartEhr
from tests.working.world import catalog, shipped

PATIENTS = ("sample-0001", "sample-0002")
PICTURES = os.environ.get("TEST_PICTURES")  # a directory for pictures, for whoever wants to look


@dataclass
class Site:
    """An EHR, and this service beside it."""

    ehr: SmartEhr
    address: str

    def link(self, patient: str | None, **context: object) -> str:
        """The address to which the EHR leads the browser."""
        query = {"iss": self.ehr.base, "launch": self.ehr.open(patient, **context)}
        return f"{self.address}/launch?{urlencode(query)}"

    @property
    def hosts(self) -> set[str]:
        return {each.partition("//")[2] for each in (self.ehr.root, self.address)}


@pytest.fixture
def site(kept: Store, tmp_path: Path) -> Iterator[Site]:
    """The study that this service ships, and people who were invented."""
    invented = tmp_path / "invented"
    invent(invented, 12, 7)
    with SmartEhr() as ehr:
        for path in sorted(invented.glob("*.ndjson")):
            ehr.seed(*(orjson.loads(line) for line in path.read_bytes().splitlines()))
        framing = ehr.root.replace("127.0.0.1", "localhost")  # another site than this service
        with served(
            lambda address: application(
                kept,
                launchable(ehr, shipped(), redirect_uri=f"{address}/launch/callback", embed=(framing,)),
            )
        ) as address:
            yield Site(ehr, address)


def picture(page: Page, name: str) -> None:
    if PICTURES:
        width = page.viewport_size["width"] if page.viewport_size else 1000
        clip = {"x": 0, "y": 0, "width": width, "height": 1800}
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True, clip=clip)


def of(site: Site, patient: str) -> str:
    """The family name of a patient."""
    name: str = site.ehr.storage.read("Patient", patient)["name"][0]["family"]
    return name


def check_shown(shown: Page | Frame, site: Site, patient: str) -> None:
    assert shown.locator("h1").inner_text() == "Studies for this patient"
    assert of(site, patient) in shown.locator(".banner").inner_text()
    assert shown.locator(".item").count() > 10


def check_quiet(seen: Seen, site: Site) -> None:
    """No complaint of the browser nor of axe, and nobody else was asked for anything."""
    assert seen.complaints == []
    assert complaints(seen.page) == []
    assert seen.hosts == site.hosts


def test_a_launch_from_the_page_of_the_ehr(chromium: Browser, site: Site) -> None:
    site.ehr.pages["chart"] = f'<a id="app" href="{site.link(PATIENTS[0]).replace("&", "&amp;")}">Studies</a>'
    with page_of(chromium) as seen:
        seen.page.goto(f"{site.ehr.root}/ehr/chart")
        seen.page.click("#app")
        seen.page.wait_for_url(f"{site.address}/patient/*")
        check_shown(seen.page, site, PATIENTS[0])
        check_quiet(seen, site)
        picture(seen.page, "wide")


def launched(seen: Seen, site: Site, patient: str, **context: object) -> Page:
    """A new page of the same browser, with a launch that was followed to its end."""
    seen.page.goto(site.link(patient, **context))
    seen.page.wait_for_url(f"{site.address}/patient/*")
    return seen.page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_on_a_phone_in_light_and_in_dark(chromium: Browser, site: Site, scheme: str) -> None:
    with page_of(chromium, 360, color_scheme=scheme) as seen:
        page = launched(seen, site, PATIENTS[0])
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert light == (scheme == "light")
        check_quiet(seen, site)
        picture(page, f"narrow-{scheme}")


def test_it_prints_all_that_can_be_opened(chromium: Browser, site: Site) -> None:
    with page_of(chromium) as seen:
        page = launched(seen, site, PATIENTS[0])
        closed = page.locator("details:not([open]) > p").first
        assert not closed.is_visible()
        page.emulate_media(media="print")
        assert closed.is_visible()
        picture(page, "print")


def test_4_1_and_4_11_a_launch_within_a_frame_of_the_ehr(chromium: Browser, site: Site) -> None:
    """The EHR is another site, so only a cookie that was set for frames comes back."""
    chart = site.ehr.root.replace("127.0.0.1", "localhost")
    site.ehr.pages["framed"] = f'<iframe width="900" height="700" src="{site.link(PATIENTS[0])}"></iframe>'
    with page_of(chromium) as seen:
        seen.page.goto(f"{chart}/ehr/framed")
        frame = seen.page.frame_locator("iframe")
        frame.locator(".item").first.wait_for()
        (inner,) = (each for each in seen.page.frames if each.url.startswith(f"{site.address}/patient/"))
        check_shown(inner, site, PATIENTS[0])
        assert seen.complaints == []
        assert seen.hosts == {*site.hosts, chart.partition("//")[2]}
        (cookie,) = seen.page.context.cookies()
        assert cookie["name"].startswith("__Host-launch-")
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "None")
        assert cookie["partitionKey"] == "http://localhost"
        picture(seen.page, "framed")


def test_within_the_frame_one_is_who_the_ehr_says_and_outside_of_it_nobody(
    chromium: Browser, kept: Store, tmp_path: Path
) -> None:
    """The session of a launch is one for the frame; a window of its own knows nothing of it."""
    with SmartEhr() as ehr:
        ehr.seed(small_patient(), encounter(), haemoglobin())
        chart = ehr.root.replace("127.0.0.1", "localhost")

        def made(address: str) -> Flask:
            tenant = launchable(ehr, redirect_uri=f"{address}/launch/callback", embed=(chart,))
            return app_of(catalog(), Settings(public_url=address), (tenant,), kept)

        with served(made) as address, page_of(chromium) as seen:
            given(kept, ehr)
            query = urlencode({"iss": ehr.base, "launch": ehr.open("p")})
            ehr.pages["framed"] = f'<iframe width="900" height="700" src="{address}/launch?{query}"></iframe>'
            seen.page.goto(f"{chart}/ehr/framed")
            frame = seen.page.frame_locator("iframe")
            frame.get_by_role("link", name="Decide about this patient").click()
            frame.locator(".top .who").get_by_text("Nora Nurse").wait_for()
            (inner,) = (each for each in seen.page.frames if each.url.startswith(f"{address}/p/"))
            inner.goto(f"{address}/account")
            assert "Nora Nurse" in inner.locator(".top .who").inner_text()
            window = seen.page.context.new_page()
            window.goto(f"{address}/account")
            assert window.url == f"{address}/sign-in?next=/account"
            inner.locator(".top .who form button").click()
            frame.get_by_role("link", name="Go on in a window of its own").wait_for()
            picture(seen.page, "frame-signed-out")


def given(store: Store, ehr: SmartEhr) -> None:
    """Nora has an account that the EHR knows, and a role in the study in whose worklist the patient stands."""
    now = datetime.now(UTC)
    accounts.add(store, Account("nora", "Nora Nurse", now))
    accounts.link(store, "nora", ehr.base, "Practitioner/7")
    accounts.give(store, Given("nora", NORTH, STUDY.id, "coordinator", "admin", now))
    bases.add(store, Entered(NORTH, STUDY.id, "waiver", "EC 2026/17", None, ("coordinator",), "admin", now))
    stand(store, "p", STUDY.id, handle="unguessable")


def test_another_page_cannot_frame_it(chromium: Browser, site: Site) -> None:
    """The address of the EHR as the browser knows it is not among those that may."""
    site.ehr.pages["framed"] = f'<iframe src="{site.link(PATIENTS[0])}"></iframe>'
    with page_of(chromium) as seen:
        seen.page.goto(f"{site.ehr.root}/ehr/framed", wait_until="networkidle")
        assert any("frame-ancestors" in each for each in seen.complaints)
        assert [each.url for each in seen.page.frames if "/patient/" in each.url] == []


def test_4_10_two_patients_in_two_tabs_are_kept_apart(chromium: Browser, site: Site) -> None:
    """Both are begun before either is ended; then both are looked at again."""
    site.ehr.asks = True
    with page_of(chromium) as seen:
        tabs = dict(zip(PATIENTS, (seen.page, seen.page.context.new_page()), strict=True))
        for patient, tab in tabs.items():
            tab.goto(site.link(patient))
        for patient in reversed(PATIENTS):
            tabs[patient].click("#permit")
        for _ in range(2):
            for patient, tab in tabs.items():
                tab.wait_for_url(f"{site.address}/patient/*")
                check_shown(tab, site, patient)
                tab.reload()
        assert len(seen.page.context.cookies()) == 2


def test_what_is_shown_stays_in_its_browser(chromium: Browser, site: Site) -> None:
    with page_of(chromium) as seen, page_of(chromium) as other:
        address = launched(seen, site, PATIENTS[0]).url
        other.page.goto(address)
        assert other.page.locator("h1").inner_text() == "This page cannot be opened"
        assert of(site, PATIENTS[0]) not in other.page.content()
        assert complaints(other.page) == []
        picture(other.page, "refused")


def test_no_script_of_a_chart_or_an_ehr_is_run(chromium: Browser, site: Site) -> None:
    hostile = '<img src="x" onerror="document.title=1"><script>document.title=1</script>'
    person = site.ehr.storage.read("Patient", PATIENTS[0])
    site.ehr.seed({**person, "name": [{"text": hostile}]})
    with page_of(chromium) as seen:
        page = launched(seen, site, PATIENTS[0])
        assert hostile in page.locator(".banner").inner_text()
        assert page.title() == "Studies for this patient"
        site.ehr.refused = {"error": "access_denied", "error_description": hostile}
        page.goto(site.link(PATIENTS[0]))
        assert hostile in page.locator("main").inner_text()
        assert page.title() == "Not opened" and page.locator("img, script").count() == 0
        assert complaints(page) == []
        picture(page, "denied")
