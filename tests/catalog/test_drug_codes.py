"""How codes of drugs match: what docs/add-a-study.md says has to be listed."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from service.catalog.content import mappings_dir
from service.screening.cases import load_cases, run_case
from tests.catalog.world import STUDY, loaded, site, value_set

RXNORM, ATC = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://www.whocc.no/atc"
GLARGINE, PRODUCT, NAME_ONLY = "274783", "311041", "unknown, reasons: [name-only]"
CLASS = {"system": ATC, "filter": [{"property": "code", "op": "regex", "value": "A10A.*"}]}
CASE = """\
cases:
  - name: insulin
    as_of: 2026-06-30
    records: [{medication_request: {name: insulin glargine, code: [%s], from: 2026-06-01}}]
    expect: {E1: {outcome: %s}}
"""


@pytest.mark.parametrize(
    ("listed", "mapped", "carried", "outcome"),
    [
        ([GLARGINE], False, [f"RxNorm {PRODUCT}"], NAME_ONLY),
        ([GLARGINE], False, [f"RxNorm {GLARGINE}"], "met"),
        ([GLARGINE], False, ["ATC A10AE04"], "met"),
        ([GLARGINE], False, [f"RxNorm {PRODUCT}", "ATC A10AE04"], "met"),
        ([GLARGINE, PRODUCT], False, [f"RxNorm {PRODUCT}"], "met"),
        ([GLARGINE], True, [f"RxNorm {PRODUCT}"], "met"),
    ],
)
def test_which_codes_of_a_drug_have_to_be_listed(
    listed: Sequence[str], mapped: bool, carried: Sequence[str], outcome: str, tmp_path: Path
) -> None:
    codes = {"system": RXNORM, "concept": [{"code": each} for each in listed]}
    drug = value_set("insulin", "medication", compose={"include": [codes, CLASS]})
    root = site(
        tmp_path, STUDY.replace("    condition: {codes: illness}\n", "    medication: {codes: insulin}\n"), insulin=drug
    )
    if mapped:
        own(root)
    (tmp_path / "cases.yaml").write_text(CASE % (", ".join(carried), outcome), encoding="utf-8")
    schema = mappings_dir() / "schemas" / "cases.schema.json"
    catalog = loaded(root)
    (case,) = load_cases(tmp_path / "cases.yaml", schema, frozenset({"I1", "E1"}))
    assert run_case(case, catalog.studies["demo"], catalog).differences == ()


def own(root: Path) -> None:
    """The site says of what the product consists."""
    shipped = json.loads((mappings_dir() / "concept-maps" / "drug-products.json").read_text(encoding="utf-8"))
    group = shipped["group"][0]
    target = {**group["element"][0]["target"][0], "code": GLARGINE}
    element = {"code": PRODUCT, "display": "insulin glargine", "target": [target]}
    (root / "concept-maps").mkdir()
    (root / "concept-maps" / "drug-products-own.json").write_text(
        json.dumps({**shipped, "group": [{**group, "element": [element]}]}), encoding="utf-8"
    )
