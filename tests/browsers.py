"""A real browser: the Chromium of this machine, without a window, that reaches this machine alone.

`TEST_BROWSER=required` makes it a failure that there is none.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


def program() -> str | None:
    """Where the browser is; None if it is not installed."""
    return next((found for each in NAMES if (found := shutil.which(each))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser. The test is skipped if there is none on this machine, and fails if there has to be one."""
    found = program()
    if found is None:
        why = "no Chromium is installed here (Debian: apt-get install chromium)"
        if os.environ.get("TEST_BROWSER") == "required":
            pytest.fail(why)
        pytest.skip(why)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=[NOWHERE, *sandbox])
        yield running
        running.close()


@dataclass
class Seen:
    """What a page asked for, and what it complained of."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda each: self.complaints.append(str(each)))

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type != "log":
            self.complaints.append(f"{message.text} ({message.location['url']})")

    @property
    def hosts(self) -> set[str]:
        """Whom it asked: host and port."""
        return {urlsplit(each.url).netloc for each in self.requests}


@contextmanager
def page_of(browser: Browser, width: int = 1100, **more: object) -> Iterator[Seen]:
    """A page in a browser that knows nothing yet; it accepts the certificates of the tests."""
    context = browser.new_context(
        ignore_https_errors=True,
        viewport={"width": width, "height": 900},
        **more,  # type: ignore[arg-type]
    )
    yield Seen(context.new_page())
    context.close()
