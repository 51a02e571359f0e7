"""Interrupted at any moment, a command ends with 130 and says nothing; and numbers that are too large are refused."""

import subprocess
import sys

import pytest

from service.cli import main

STOPPED = """
import sys
class Stop:
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stop())
from service.cli import main
sys.exit(main(["screen", "nowhere", "--study", "igg4-rd-sirolimus", "--as-of", "2026-06-30", "--out", "out"]))
"""


@pytest.mark.parametrize(
    "module", ["argparse", "service.cli.arguments", "service.errors", "service.cli.screen", "orjson", "numpy"]
)
def test_interrupted_while_it_is_loaded(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", STOPPED, module], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("number", ["99999999999999999999", "9" * 5000, "1000000000", "\u00b2", "-1", "1e3", ""])
@pytest.mark.parametrize("option", ["--accept-rejects", "--memory", "--processes"])
def test_a_number_that_is_none_or_too_large(number: str, option: str) -> None:
    asked = ("--study", "igg4-rd-sirolimus", "--as-of", "2026-06-30", "--out", "out", f"{option}={number}")
    with pytest.raises(SystemExit) as ended:
        main(["screen", "nowhere", *asked])
    assert ended.value.code == 2
