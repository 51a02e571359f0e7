"""Two people, each in a browser of their own, at the demonstration."""

from playwright.sync_api import Browser

from tests.browsers import page_of
from tests.pages.shell.site import Demo


def test_each_signs_in_as_themselves_and_out_for_themselves_alone(chromium: Browser, demo: Demo) -> None:
    with page_of(chromium) as first, page_of(chromium) as second:
        demo.enter(first.page, "demo")
        demo.enter(second.page, "second")
        for seen, name in ((first, "Dana Muster"), (second, "Kim Beispiel")):
            seen.page.goto(f"{demo.address}/sign-in")
            assert name in seen.page.locator(".top .who").inner_text()
        second.page.locator(".top .who form button").click()
        second.page.wait_for_load_state()
        assert second.page.locator(".top .who").count() == 0
        first.page.reload()
        assert "Dana Muster" in first.page.locator(".top .who").inner_text()
        assert first.complaints == [] and {f"http://{each}" for each in first.hosts} == {demo.address}


def test_a_wrong_password_is_refused(chromium: Browser, demo: Demo) -> None:
    with page_of(chromium) as seen:
        seen.page.goto(f"{demo.address}/sign-in")
        seen.page.locator("#account").fill("demo")
        seen.page.locator("#password").fill("not the password")
        seen.page.locator("main form button").click()
        assert seen.page.locator("main [role=alert]").is_visible()
        assert seen.page.locator(".top .who").count() == 0


def test_without_javascript_one_can_sign_in_and_out(chromium: Browser, demo: Demo) -> None:
    with page_of(chromium, java_script_enabled=False) as seen:
        demo.enter(seen.page)
        seen.page.goto(f"{demo.address}/sign-in")
        assert "Dana Muster" in seen.page.locator(".top .who").inner_text()
        seen.page.locator(".top .who form button").click()
        assert seen.page.locator(".top .who").count() == 0
