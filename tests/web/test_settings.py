"""The environment is read in one place, and a slip of the keyboard in it is no default."""

import re
from pathlib import Path

import pytest

from service.errors import UsageError
from service.settings import Settings
from tests.shape.source import modules, name_of


def test_without_an_environment_the_defaults_hold() -> None:
    assert Settings.from_env({"HOME": "/x"}) == Settings(site=None, largest_request=50_000_000)


def test_every_setting_is_read() -> None:
    given = {"PRESCREEN_SITE": "my-site", "PRESCREEN_LARGEST_REQUEST_MB": "3"}
    assert Settings.from_env(given) == Settings(Path("my-site"), 3_000_000)


@pytest.mark.parametrize("size", ["", "0", "-1", "1.5", "ten", "5 MB", "²"])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(UsageError, match="PRESCREEN_LARGEST_REQUEST_MB"):
        Settings.from_env({"PRESCREEN_LARGEST_REQUEST_MB": size})


def test_a_setting_that_is_misspelt_is_refused() -> None:
    with pytest.raises(UsageError, match="PRESCREEN_STIE is no setting"):
        Settings.from_env({"PRESCREEN_STIE": "my-site"})


def test_nobody_else_reads_the_environment() -> None:
    reads = re.compile(r"os\.environ|getenv")
    assert [name_of(each) for each in modules("service") if reads.search(each.read_text(encoding="utf-8"))] == [
        "service/settings/environment.py"
    ]
