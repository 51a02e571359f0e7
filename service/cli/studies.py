"""study list, show, check, test: what a study says, whether it is sound, and whether it answers as expected."""

from argparse import Namespace
from collections import Counter
from pathlib import Path

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.cli.commands import study_of
from service.cli.console import out
from service.eligibility.criteria import Study
from service.eligibility.explain.study_text import render_study
from service.eligibility.outcome import Outcome
from service.errors import UsageError
from service.screening.cases import load_cases, reachable, run_case, untested

FAILED = 1


def list_studies(chosen: Namespace) -> int:
    """One line per study: id, version, title, how many criteria."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    width = max(map(len, catalog.studies), default=0)
    for identity, study in sorted(catalog.studies.items()):
        out(f"{identity:<{width}}  {study.version}  {study.title} ({len(study.criteria)} criteria)")
    return 0


def show(chosen: Namespace) -> int:
    """The study in plain words, as study.txt holds it."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    out(_rendered(catalog, study_of(catalog, chosen.id)).removesuffix("\n"))
    return 0


def check(chosen: Namespace) -> int:
    """Everything that loads is sound (else CatalogError says why not); then drift of study.txt and inexact codes."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    wrong = 0
    for study in _checked(catalog, chosen):
        problems = drift(study, catalog, chosen.site)
        wrong += len(problems)
        out(f"{study.id} {study.version}: {len(study.criteria)} criteria, {'; '.join(problems) or 'sound'}")
        for each in inexact(study, catalog):
            out(f"  note: {each}")
    return FAILED if wrong else 0


def test(chosen: Namespace) -> int:
    """Run the cases of one study, or of all; what failed, and which outcomes no case reaches."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    studies = [study_of(catalog, chosen.id)] if chosen.id else list(catalog.studies.values())
    return max([_tested(study, catalog, chosen.site) for study in sorted(studies, key=lambda each: each.id)], default=0)


def _checked(catalog: Catalog, chosen: Namespace) -> list[Study]:
    if chosen.what is None:
        return [catalog.studies[each] for each in sorted(catalog.studies)]
    path = Path(chosen.what)
    return [study_of(catalog, path.parent.name if path.suffix == ".yaml" else chosen.what)]


def directory_of(study: Study, site: Path | None) -> Path:
    """Where a study's files stand: the site's own directory goes before what is shipped."""
    own = site / "studies" / study.id if site else None
    return own if own is not None and own.is_dir() else mappings_dir() / "studies" / study.id


def drift(study: Study, catalog: Catalog, site: Path | None) -> list[str]:
    """What is out of date in study.txt, with how to make it anew."""
    path = directory_of(study, site) / "study.txt"
    if path.is_file() and path.read_text(encoding="utf-8") == _rendered(catalog, study):
        return []
    state = "out of date" if path.is_file() else "missing"
    return [f"study.txt is {state}: prescreen study show {study.id} > {'/'.join(path.parts[-4:])}"]


def _rendered(catalog: Catalog, study: Study) -> str:
    return render_study(study, {each.id: each.title for each in catalog.terminology.value_sets.values()})


def inexact(study: Study, catalog: Catalog) -> list[str]:
    """The value sets of the study in which some codes match possibly only, and how many those are."""
    notes = []
    for name in sorted(_names(study) & set(catalog.terminology.value_sets)):
        codes = catalog.terminology.value_sets[name].inexact
        count = len(codes.listed) + len(codes.prefixes)
        if count:
            notes.append(f"{name}: {count} code{'s' * (count > 1)} not verified well enough to decide (code-unmapped)")
    return notes


def _names(node: object) -> set[str]:
    """Every text in a study's tree that could name a value set."""
    if isinstance(node, str):
        return {node}
    parts = node if isinstance(node, tuple) else [getattr(node, each) for each in getattr(node, "__slots__", ())]
    return set().union(*(_names(part) for part in parts))


def _tested(study: Study, catalog: Catalog, site: Path | None) -> int:
    path = directory_of(study, site) / "cases.yaml"
    if not path.is_file():
        raise UsageError(f"study {study.id} has no cases.yaml; write one beside its study.yaml")
    schema = mappings_dir() / "schemas" / "cases.schema.json"
    cases = load_cases(path, schema, frozenset(each.id for each in study.criteria))
    results = [run_case(case, study, catalog) for case in cases]
    out(f"\n{study.id} {study.version}: {len(cases)} cases")
    for result in results:
        out(f"  {'FAIL' if result.differences else 'ok  '} {result.case.name}")
        for each in result.differences:
            out(f"         {each} ({result.case.where})")
    tested: dict[str, Counter[Outcome]] = {}
    for case in cases:
        for criterion, expected in case.expected.items():
            tested.setdefault(criterion, Counter())[expected.outcome] += 1
    missing = untested(study, tested)
    _print_reach(study, tested)
    for criterion, outcome in missing:
        out(f"  FAIL no case expects {criterion} to be {outcome.code}, which it can be")
    return FAILED if missing or any(each.differences for each in results) else 0


def _print_reach(study: Study, tested: dict[str, Counter[Outcome]]) -> None:
    """Cases per criterion and outcome; what the criterion's tree can never come to is marked."""
    out(f"  {'cases per outcome':<18}{'met':>12}{'not met':>12}{'unknown':>12}")
    for criterion in study.criteria:
        can = reachable(criterion.node)
        shown = [
            str(tested.get(criterion.id, Counter())[each]) if each in can else "unreachable"
            for each in (Outcome.MET, Outcome.NOT_MET, Outcome.UNKNOWN)
        ]
        out(f"  {criterion.id:<18}" + "".join(f"{each:>12}" for each in shown))
