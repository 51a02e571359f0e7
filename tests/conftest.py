"""What every test may use: databases, a browser, the material beside the project; and the Hypothesis profiles."""

import gc
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.browsers import chromium
from tests.contents import read_once
from tests.databases import empty_url, postgres, postgres_url, sqlite_template, store, url
from tests.engines import open_quickly
from tests.hashing import hash_cheaply
from tests.order import Groups, rank_of
from tests.rendering import compile_once
from tests.sparks import pyspark

__all__ = ["chromium", "empty_url", "postgres", "postgres_url", "pyspark", "shared", "sqlite_template", "store", "url"]
SHARED = Path(__file__).resolve().parents[2] / "shared"

# A run in CI can be repeated: the same examples each time. At a desk, each run looks at new ones.
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("desk", deadline=None, max_examples=100)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


# What Python made of the sources is kept, whatever the environment says: every worker of the tests reads all of them,
# and dozens of tests start the program anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


hash_cheaply()
open_quickly()
read_once()
compile_once()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first."""
    items.sort(key=lambda each: rank_of(each.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Modules stay together, and some of them."""
    return Groups(config, log)


def pytest_collection_finish() -> None:
    """What was collected stays to the end, so the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: for a while a worker waits for a server or a process it started. With two for
    each, all together took longer."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def shared() -> Path:
    """The directory of shared material. Tests that ask for it carry the marker `shared`; else skipped."""
    if not SHARED.is_dir():
        pytest.skip("no shared material beside the project")
    return SHARED
