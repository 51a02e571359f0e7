"""Which process runs which tests, and in which order.

The tests of a module stay together, as they share what took long to make; so do all that start a browser, and all that
start Spark, as every process would start its own. What takes long begins first: in the end nobody waits for one process
whose last module is a long one.
"""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

# Where those are that stay together, and modules that take long.
TOGETHER = {
    "Spark": ("tests/spark/",),
    "browser": (
        "tests/pages/shell/test_access.py",
        "tests/pages/shell/test_spoken.py",
        "tests/pages/browser/",
        "tests/launch/test_browser.py",
        "tests/card_page/",
        "tests/screening/test_answerable_page.py",
        "tests/web/test_demo.py",
    ),
}
LONG = (
    "tests/screening/test_real_data.py",
    "tests/docs/test_docs.py",
    "tests/journeys/test_from_lab_to_subject.py",
    "tests/screening/test_going_on.py",
    "tests/store/test_worklist_pages.py",
    "tests/feasibility/test_brute_force.py",
    "tests/web/test_hooks_served.py",
    "tests/screening/test_outputs.py",
    "tests/incremental/test_lasting.py",
    "tests/store/test_crash.py",
    "tests/pages/decisions/test_deciding.py",
    "tests/cds/test_same_facts.py",
    "tests/feasibility/test_attack.py",
    "tests/translations/test_spoken.py",
    "tests/properties/test_assessment.py",
    "tests/publishing/test_crash.py",
    "tests/working/test_same_as_bulk.py",
)
FIRST = (*TOGETHER, *LONG)


def group_of(name: str) -> str:
    """What one process runs together with the test of this name: its module, or all that stay together."""
    path = name.partition("::")[0]
    return next((group for group, places in TOGETHER.items() if path.startswith(places)), path)


def rank_of(name: str) -> int:
    """How early it begins: lower is earlier."""
    group = group_of(name)
    return FIRST.index(group) if group in FIRST else len(FIRST)


class Groups(LoadScopeScheduling):
    """Gives the groups out one by one, in the order in which their first tests were collected."""

    def __init__(self, config: Any, log: Any = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
