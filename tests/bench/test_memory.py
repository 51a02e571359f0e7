"""The table of what a larger export needs: of both exports, with a limit and with none."""

from pathlib import Path

from tests.bench.bulk.memory import LIMIT, memory
from tests.bench.corpus import AS_OF


def test_each_export_is_screened_with_a_limit_and_with_none(tmp_path: Path) -> None:
    table = memory(tmp_path / "kept", tmp_path, 20, "igg4-rd-sirolimus", AS_OF)
    sizes = [int(row[0].split()[0]) for row in table.rows]
    assert sizes[0] < sizes[1]
    assert table.columns[1] == f"--memory {LIMIT}"
    assert all(int(each) > 20 for row in table.rows for each in row[1:]), "no Python is smaller than that"
    assert (tmp_path / f"memory{LIMIT}" / "summary.json").exists(), "it came to its end"
