"""Tables of dose equivalents name the value sets of the drugs that count; a set that is not there is named."""

import json
from pathlib import Path

import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.errors import CatalogError
from tests.catalog.world import loaded, shipped_copy, site


def test_a_table_counts_the_drugs_that_the_shipped_study_asks_for() -> None:
    table = load_catalog(mappings_dir()).equivalents["prednisone"]
    assert table.codes == ("drug-systemic-glucocorticoids", "drug-budesonide-oral")
    assert table.excluding == ("drug-local-glucocorticoids", "drug-mineralocorticoids")


@pytest.mark.parametrize("key", ["codes", "excluding"])
def test_a_value_set_that_is_not_there_is_named(key: str, tmp_path: Path) -> None:
    root = site(tmp_path)
    shipped = json.loads((shipped_copy(tmp_path) / "dose-equivalents" / "prednisone.json").read_text())
    (root / "dose-equivalents").mkdir()
    (root / "dose-equivalents" / "prednisone.json").write_text(json.dumps({**shipped, key: ["drug-nothing"]}))
    with pytest.raises(CatalogError, match="equivalents of prednisone names the value set 'drug-nothing'"):
        loaded(root)
