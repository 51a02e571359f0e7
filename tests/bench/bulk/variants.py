"""Studies by the dozen: the shipped ones with other bounds, other windows and other value sets."""

from itertools import cycle, islice
from pathlib import Path
from typing import Any

import yaml

from service.catalog.content import mappings_dir

DISEASES = (
    "malignancy active-infection heart-failure copd type-2-diabetes lung-cancer multiple-myeloma pregnancy".split()
)
DRUGS = (
    "drug-beta-blockers drug-opioids drug-metformin drug-raas-inhibitors drug-antineoplastics drug-biologics".split()
)
RESULTS = (
    ("hemoglobin", 9, "g/dL"),
    ("platelets", 100, "10*3/uL"),
    ("creatinine", 1.1, "mg/dL"),
    ("potassium", 3.5, "mmol/L"),
    ("alt", 20, "U/L"),
    ("hba1c-ngsp", 5, "%"),
    ("serum-igg4", 30, "mg/dL"),
)
BOUNDS = ("above", "at_least", "below", "at_most")
Node = dict[str, Any]


def write_variants(site: Path, count: int) -> list[str]:
    """A site's directory with so many studies; their ids."""
    shipped = [yaml.safe_load(path.read_text()) for path in sorted((mappings_dir() / "studies").glob("*/study.yaml"))]
    ids = []
    for number, study in enumerate(islice(cycle(shipped), count)):
        own = _varied(study, number)
        own["id"] = f"{study['id']}-{number:02}"
        own["criteria"] += _more(number)
        del own["source"]
        ids.append(own["id"])
        place = site / "studies" / own["id"]
        place.mkdir(parents=True)
        (place / "study.yaml").write_text(yaml.safe_dump(own, allow_unicode=True, sort_keys=False))
    return ids


def _varied(node: Any, number: int) -> Any:
    """The same with each bound moved by some percent, and each window longer."""
    if isinstance(node, list):
        return [_varied(each, number) for each in node]
    if not isinstance(node, dict):
        return node
    found = {}
    for name, value in node.items():
        if name in BOUNDS and "unit" in node:
            found[name] = round(value * (1 + number / 100), 4)
        elif name == "look_back" and value != "ever":
            length, unit = value.split()
            found[name] = f"{int(length) + number % 5} {unit}"
        else:
            found[name] = _varied(value, number)
    return found


def _more(number: int) -> list[Node]:
    """Three criteria more, of value sets that change from study to study."""
    result, least, unit = RESULTS[number % len(RESULTS)]
    disease, drug = DISEASES[number % len(DISEASES)], DRUGS[number % len(DRUGS)]
    asked: list[tuple[str, str, Node]] = [
        ("I99", "inclusion", {"observation": {"codes": result, "value": {"at_least": least, "unit": unit}}}),
        ("E98", "exclusion", {"condition": {"codes": disease, "look_back": f"{number + 1} months"}}),
        ("E99", "exclusion", {"medication": {"codes": drug, "look_back": f"{number + 20} days"}}),
    ]
    return [{"id": name, "kind": kind, "text": f"variant {name}", **node} for name, kind, node in asked]
