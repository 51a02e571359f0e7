"""PySpark and Java, wherever both are installed. `TEST_SPARK=required` makes it a failure that there is none."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest


def java() -> bool:
    """Is there one?"""
    home = os.environ.get("JAVA_HOME")
    return (Path(home) / "bin" / "java").exists() if home else shutil.which("java") is not None


@pytest.fixture(scope="session")
def pyspark() -> None:
    """They are there. The test is skipped if not, and fails if they have to be."""
    if find_spec("pyspark") is not None and find_spec("pandas") is not None and java():
        return
    why = "no PySpark or no Java is installed here (.ci/spark installs both)"
    if os.environ.get("TEST_SPARK") == "required":
        pytest.fail(why)
    pytest.skip(why)
