"""Half-lives as data: each an interval of days with its source, and every mistake of a file named at once."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.catalog.content import mappings_dir
from service.catalog.half_lives import load_half_lives
from service.errors import CatalogError

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def row(code: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "name": f"d{code}",
        "codings": [{"system": RXNORM, "code": code}],
        "low": 1,
        "high": 2,
        "source": "S",
        "verification": "VERIFIED",
        **more,
    }


def problems(path: Path, content: Any) -> list[str]:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with pytest.raises(CatalogError) as raised:
        load_half_lives(path)
    return list(raised.value.problems)


def test_the_shipped_half_lives_are_intervals_with_their_sources() -> None:
    found = load_half_lives(mappings_dir() / "half-lives.json")
    assert found.names["adalimumab"].days.low == 10
    assert found.names["adalimumab"].days.high == 20
    assert not found.names["adalimumab"].verified and found.names["sirolimus"].verified
    assert all(re.search(r"[0-9]", each.source) for each in found.rows.values())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("{", "cannot be read as JSON", id="no JSON"),
        pytest.param({"rows": []}, "`rows` has to be a list with at least one row", id="no rows"),
        pytest.param({"rows": [row(low=0)]}, "rows[0]: a half-life is more than nothing", id="nothing"),
        pytest.param({"rows": [row(source=" ")]}, "has its source", id="no source"),
        pytest.param({"rows": [row(verification="LOCAL")]}, "`verification` is one of VERIFIED, WEAK", id="no level"),
        pytest.param({"rows": [{"name": "d"}]}, "rows[0]: 'low' is missing", id="no days"),
        pytest.param({"rows": [row(), row()]}, "rows[1]: the code 1 stands in two rows", id="one code twice"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, content: Any, said: str) -> None:
    assert said in "\n".join(problems(tmp_path / "half-lives.json", content))


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path / "half-lives.json", {"rows": [row(low=0), row("2", high=0), row("3")]})) == 2
