"""What people do all day, in a real browser at the demonstration, whose worker screens anew what changes."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page

from tests.browsers import page_of
from tests.pages.shell.site import STUDY, TENANT, Demo

PATIENCE = 60.0
WORKLIST = f"/worklist/{TENANT}/{STUDY}"
INDEX = "IgG4-RD Responder Index total"


def open_patient(demo: Demo, page: Page, name: str) -> None:
    """By the search of the worklist, as a person who knows the name."""
    page.goto(f"{demo.address}{WORKLIST}")
    page.locator("#search").fill(name)
    page.locator("form[role=search] button").click()
    assert name not in page.url
    page.locator("tbody th a", has_text=name).click()
    page.wait_for_selector(".banner")
    assert name in page.locator(".banner").inner_text() and name not in page.url


def item(page: Page, criterion: str) -> Locator:
    """The part of the page about one criterion, unfolded."""
    found = page.locator(f"#criterion-{criterion}")
    if not found.is_visible():
        page.locator("details.group > summary").click()
    return found


def decide(item: Locator, deed: str, choice: str, reason: str) -> None:
    """Unfold a form, fill it in, send it."""
    item.locator("summary", has_text=deed).click()
    form = item.locator("form:visible")
    form.get_by_label(choice, exact=True).first.check()
    form.locator("input[name=reason]").first.fill(reason)
    form.locator("button").first.click()
    item.page.wait_for_load_state()


def set_status(page: Page, status: str) -> None:
    page.locator("select[name=status]").select_option(status)
    page.get_by_role("button", name="Set status").click()
    page.wait_for_load_state()


def listed(demo: Demo, page: Page, tab: str) -> str:
    page.goto(f"{demo.address}{WORKLIST}?tab={tab}")
    return page.locator("main").inner_text()


def eventually(told: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if told():
            return True
        time.sleep(0.3)
    return False


def shows(page: Page, place: str, text: str) -> bool:
    page.reload()
    return text in (page.locator(place).text_content() or "")


def record(demo: Demo, patient: str, told: str) -> dict[str, Any]:
    """The newest observation of a patient with these words."""
    searched = requests.get(f"{demo.address}/demo/fhir/Observation?patient={patient}", timeout=PATIENCE).json()
    found = [each["resource"] for each in searched["entry"] if told in str(each["resource"]["code"])]
    return max(found, key=lambda each: str(each["effectiveDateTime"]))


def test_an_overruled_answer_survives_a_screening_and_asks_for_a_look_when_the_machine_moved(
    chromium: Browser, demo: Demo
) -> None:
    with page_of(chromium) as seen:
        page = seen.page
        demo.enter(page)
        open_patient(demo, page, "Ejemplo0025")
        assert "nothing on record stands against it" in page.locator(".summary").inner_text()
        assert "sample-0025" in (item(page, "I2").locator("details").first.text_content() or "")
        decide(item(page, "I2"), "Overrule the machine", "No", "no activity at my visit")
        assert "Does not fit by what people answered" in page.locator(".summary").inner_text()
        said = page.locator("#criterion-I2 .said")
        assert "Dana Muster" in said.inner_text() and "no activity at my visit" in said.inner_text()
        assert "Look again" not in said.inner_text()

        changed = record(demo, "sample-0025", INDEX)
        changed["valueQuantity"]["value"] = 1
        address = f"{demo.address}/demo/fhir/Observation/{changed['id']}"
        assert requests.put(address, json=changed, timeout=PATIENCE).status_code == 200
        assert eventually(lambda: shows(page, "#criterion-I2 .said", "Look again"))
        assert "no activity at my visit" in page.locator("#criterion-I2 .said").inner_text()
        assert seen.complaints == [] and {f"http://{each}" for each in seen.hosts} == {demo.address}


def test_a_record_that_was_wrong_counts_no_more_after_the_next_screening(chromium: Browser, demo: Demo) -> None:
    with page_of(chromium) as seen:
        page = seen.page
        demo.enter(page)
        open_patient(demo, page, "Nobody0019")
        before = page.locator(".summary").inner_text()
        assert "May fit" in before
        decide(item(page, "I2"), "A record is wrong", "This was entered in error", "of somebody else")
        assert eventually(lambda: shows(page, ".checklist", "Responder Index"))
        assert "Not known" in page.locator("#criterion-I2 .answer").inner_text()
        page.get_by_role("link", name="History").click()
        assert "of somebody else" in page.locator("main").inner_text()


def test_who_was_put_off_waits_in_later_and_who_said_no_is_in_no_list_of_those_to_look_at(
    chromium: Browser, demo: Demo
) -> None:
    with page_of(chromium) as seen:
        page = seen.page
        demo.enter(page, "second")
        open_patient(demo, page, "Fictional0031")
        page.locator("summary", has_text="Leave alone").click()
        form = page.locator("form:has(input[value=snooze])")
        form.locator("input[name=until]").fill("2026-07-20")
        form.locator("button").click()
        page.wait_for_load_state()
        assert "Fictional0031" not in listed(demo, page, "now") and "Fictional0031" in listed(demo, page, "later")
        open_patient(demo, page, "Fictional0031")
        set_status(page, "declined")
        for tab in ("now", "later"):
            assert "Fictional0031" not in listed(demo, page, tab)
        assert "Fictional0031" in listed(demo, page, "checked")


def test_of_two_who_decide_at_once_the_second_is_told_what_the_first_did(chromium: Browser, demo: Demo) -> None:
    with page_of(chromium) as first, page_of(chromium) as second:
        for seen, account in ((first, "demo"), (second, "second")):
            demo.enter(seen.page, account)
            open_patient(demo, seen.page, "Sample0037")
        set_status(first.page, "screening")
        second.page.locator("select[name=status] >> nth=0").select_option("ineligible")
        second.page.locator("form:has(select[name=status]) input[name=reason]").fill("moves to Rome")
        second.page.get_by_role("button", name="Set status").click()
        second.page.wait_for_selector("[role=alert]")
        told = second.page.locator("main").inner_text()
        assert "Somebody else decided this meanwhile" in told
        assert "Dana Muster" in told and "moves to Rome" in told
        second.page.locator("main a").first.click()
        second.page.wait_for_selector(".summary")
        assert "Being screened" in second.page.locator(".summary").inner_text()


def test_the_worklist_is_used_by_the_keyboard_alone(chromium: Browser, demo: Demo) -> None:
    with page_of(chromium) as seen:
        demo.enter(seen.page)
        seen.page.goto(f"{demo.address}{WORKLIST}?tab=checked")
        names = seen.page.locator("tbody th a").all_inner_texts()
        press, here = seen.page.keyboard.press, "document.activeElement.textContent"
        for key in ("j", "k", "/", "c", "s"):
            press(key)
        assert seen.page.evaluate("document.activeElement.tagName") == "BODY", "keys act within the list alone"
        seen.page.locator("tbody th a").first.focus()
        press("j")
        press("k")
        press("j")
        assert seen.page.evaluate(here) == names[1]
        press("Enter")
        seen.page.wait_for_selector(".banner")
        assert names[1] in seen.page.locator(".banner").inner_text()
        seen.page.get_by_role("link", name="Back to the list").click()
        seen.page.wait_for_selector("tbody")
        assert eventually(lambda: seen.page.evaluate("document.activeElement.tagName") == "TR")
        assert "tab=checked" in seen.page.url and names[1] in seen.page.evaluate(here)
        press("/")
        assert seen.page.evaluate("document.activeElement.id") == "search"
        seen.page.keyboard.type(names[0])
        press("Enter")
        seen.page.wait_for_load_state()
        assert re.search(r"1 found", seen.page.locator("main").inner_text())


@pytest.mark.parametrize("account", ["demo", "second"])
def test_who_may_not_overrule_has_no_form_for_it(chromium: Browser, demo: Demo, account: str) -> None:
    with page_of(chromium) as seen:
        demo.enter(seen.page, account)
        open_patient(demo, seen.page, "Sample0037")
        assert (seen.page.locator("input[value=override]").count() > 0) is (account == "demo")


def test_a_dose_that_was_never_taken_keeps_nobody_out_after_the_next_screening(chromium: Browser, demo: Demo) -> None:
    with page_of(chromium) as seen:
        page = seen.page
        demo.enter(page)
        open_patient(demo, page, "Sample0001")
        assert "E2a" in page.locator(".summary").inner_text() and page.locator("#criterion-E2a svg").is_visible()
        decide(item(page, "E2a"), "A record is wrong", "This was never taken", "the patient says so")
        assert eventually(lambda: not shows(page, ".summary", "Later: time alone"))
        assert "Sample0001" not in listed(demo, page, "later") and "Sample0001" in listed(demo, page, "now")


def test_who_claims_a_row_and_puts_it_off_stays_at_the_row_and_is_told(chromium: Browser, demo: Demo) -> None:
    with page_of(chromium) as seen:
        page = seen.page
        demo.enter(page, "second")
        page.goto(f"{demo.address}{WORKLIST}?order=name")
        row = page.locator("tbody tr").last
        handle = row.get_attribute("id")
        row.locator("button[value=yes]").click()
        page.wait_for_url(lambda address: address.endswith(f"#{handle}"))
        assert page.evaluate("document.activeElement.id") == handle
        assert eventually(lambda: "You look after" in (page.locator("#said").text_content() or ""))
        page.locator(f"#{handle} button[value=no]").click()
        assert eventually(lambda: "do not look after" in (page.locator("#said").text_content() or ""))
        assert page.evaluate("document.activeElement.id") == handle


def test_a_long_name_leaves_the_other_columns_their_room(chromium: Browser, demo: Demo) -> None:
    with page_of(chromium) as seen:
        demo.enter(seen.page)
        seen.page.set_viewport_size({"width": 1280, "height": 900})
        seen.page.goto(f"{demo.address}{WORKLIST}")
        seen.page.locator("tbody th a").first.evaluate("(each) => { each.textContent = 'Hyperlink'.repeat(40); }")
        assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        table, cell = (
            seen.page.locator("table.cards").bounding_box(),
            seen.page.locator("tbody th").first.bounding_box(),
        )
        assert table is not None and cell is not None and cell["width"] < table["width"] / 4
