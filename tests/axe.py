"""What axe-core says about a page: whoever sees badly, uses no mouse, or reads on a phone can use it (WCAG 2.2 AA)."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}


def complaints(page: Page) -> list[tuple[str, list[object]]]:
    """(rule, where it is broken) of all rules that this page breaks."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]
