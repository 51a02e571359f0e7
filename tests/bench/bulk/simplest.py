"""The three simplest criteria of the first study (a score, a disease, a drug), as DuckDB is asked for them, and whom
screening finds: the same people, or a reason for each who is not.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson

from service.catalog.load import Catalog
from service.eligibility.terms import Coding, ValueSet

VALUE_SETS = {"I2": "igg4-rd-responder-index", "E4": "other-connective-tissue-disease", "E2c": "drug-biologics"}


@dataclass(frozen=True, slots=True)
class Compared:
    """One criterion: of how many people both say that it is true, of how many DuckDB alone, and what screening says of
    these; of how many screening alone."""

    criterion: str
    both: int
    duckdb_alone: Mapping[str, int]
    screening_alone: int


def questions(world: Catalog, day: date) -> bytes:
    """What DuckDB is asked, as JSON: the day, and the codes of each criterion as an expression over `system|code`."""
    patterns = {name: "|".join(_codes(world, value_set)) for name, value_set in VALUE_SETS.items()}
    return orjson.dumps({"day": day.isoformat(), "patterns": patterns})


def _codes(world: Catalog, name: str) -> Iterator[str]:
    found = world.terminology.value_sets[name]
    for coding in found.sure.listed:
        yield _written(coding)
    for coding in found.sure.prefixes:
        yield _written(coding) + ".*"
    for code, product in world.drugs.products.items():
        if any(_holds(found, each) for each in product.ingredients):
            yield _written(code)


def _holds(value_set: ValueSet, coding: Coding) -> bool:
    return value_set.sure.hold(coding.normalized())


def _written(coding: Coding) -> str:
    """Codes of ICD are kept without their dot."""
    icd = "icd-10" in coding.system
    return re.escape(coding.system) + r"\|" + (r"\.?".join(coding.code) if icd else re.escape(coding.code))


def compared(found: Mapping[str, list[str]], assessments: Path) -> Iterator[Compared]:
    """What DuckDB found, beside the assessments that `screen` wrote."""
    outcomes: dict[str, dict[str, str]] = {name: {} for name in found}
    for line in assessments.read_bytes().splitlines():
        assessment = orjson.loads(line)
        for finding in assessment["findings"]:
            if finding["criterion"] in outcomes:
                said = [finding["outcome"], *finding["reasons"]]
                outcomes[finding["criterion"]][assessment["patient"]] = ", ".join(said)
    for name, people in found.items():
        ours = {person for person, said in outcomes[name].items() if said == "met"}
        alone = Counter(outcomes[name].get(each, "not screened") for each in set(people) - ours)
        yield Compared(name, len(ours & set(people)), alone, len(ours - set(people)))
