"""Everything in `mappings/`, and over it what a site brings, as one catalog. All problems are named at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from service.catalog.absence import load_absence
from service.catalog.code_maps import load_code_maps
from service.catalog.drugs import is_drug_map, load_drugs
from service.catalog.equivalents import load_equivalents
from service.catalog.half_lives import load_half_lives
from service.catalog.shelf import Shelf
from service.catalog.site import Site, load_site
from service.catalog.studies import StudyFile, load_study
from service.catalog.studies.reader import Names
from service.catalog.units import load_units
from service.catalog.value_sets import ValueSetFile, load_value_sets
from service.eligibility.criteria import Study
from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.dosing.half_lives import HalfLives
from service.eligibility.dosing.products import DrugCatalog
from service.eligibility.policy import Policy
from service.eligibility.terms import Terminology
from service.eligibility.units import UnitTable
from service.errors import CatalogError

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Catalog:
    """The content of one installation, read and checked.

    `study_files` and `value_set_files` say of each study and value set from which file it came.
    """

    studies: Mapping[str, Study]
    terminology: Terminology
    units: UnitTable
    equivalents: Mapping[str, EquivalenceTable]
    drugs: DrugCatalog
    half_lives: HalfLives
    policy: Policy
    site: Site
    study_files: Mapping[str, StudyFile]
    value_set_files: Mapping[str, ValueSetFile]

    @property
    def names(self) -> Names:
        """What a study may refer to."""
        return _names(self.value_set_files, self.equivalents, self.units)


def load_catalog(mappings: Path, site: Path | None = None) -> Catalog:
    """The shipped content with a site's own over it. Raises CatalogError with every problem found."""
    shelf = Shelf(mappings, site)
    problems: list[str] = []

    def part(load: Callable[[], Part]) -> Part | None:
        try:
            return load()
        except CatalogError as error:
            problems.extend(error.problems)
            return None

    absence = part(lambda: load_absence(shelf.file("absence.yaml"), shelf.schema("absence")))
    settings = part(lambda: load_site(shelf.own_file("site.yaml"), shelf.schema("site"), absence or {}))
    value_sets = part(lambda: load_value_sets(shelf.files("value-sets")))
    maps = part(lambda: load_code_maps(each for each in shelf.files("concept-maps") if not is_drug_map(each)))
    drugs = part(lambda: load_drugs(mappings / "concept-maps", shelf.own("concept-maps")))
    units = part(lambda: load_units(mappings / "units", shelf.own("units")))
    equivalents = part(lambda: load_equivalents(mappings / "dose-equivalents", shelf.own("dose-equivalents")))
    if value_sets is None or equivalents is None or units is None:
        raise CatalogError(problems)
    half_lives = part(lambda: load_half_lives(shelf.file("half-lives.json")))
    problems += _unknown_sets(equivalents, value_sets)
    names = _names(value_sets, equivalents, units)
    schema = shelf.schema("study")
    studies = [part(partial(load_study, path, schema, names)) for path in shelf.files("studies")]
    if problems or settings is None or drugs is None or maps is None or half_lives is None:
        raise CatalogError(problems)
    files = {each.study.id: each for each in studies if each is not None}
    return Catalog(
        studies={identity: each.study for identity, each in files.items()},
        terminology=Terminology({identity: each.value_set for identity, each in value_sets.items()}, maps),
        units=units,
        equivalents=equivalents,
        drugs=drugs,
        half_lives=half_lives,
        policy=settings[1],
        site=settings[0],
        study_files=files,
        value_set_files=value_sets,
    )


def _unknown_sets(equivalents: Mapping[str, EquivalenceTable], known: Mapping[str, ValueSetFile]) -> list[str]:
    found = (
        f"the table of equivalents of {table.id} names the value set {each!r}, which there is not"
        for table in equivalents.values()
        for each in (*table.codes, *table.excluding)
        if each not in known
    )
    return list(dict.fromkeys(found))  # one table stands for several reference drugs


def _names(
    value_sets: Mapping[str, ValueSetFile], equivalents: Mapping[str, EquivalenceTable], units: UnitTable
) -> Names:
    kinds = {identity: each.kind for identity, each in value_sets.items()}
    return Names(kinds, frozenset(equivalents), lambda unit: units.scale(unit) is not None)
