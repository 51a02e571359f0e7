"""study list, show, codes, check, test: what a study says, whether it is sound, and whether it answers as expected."""

import shlex
import textwrap
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path

from service.catalog.content import mappings_dir
from service.catalog.lint import contradictions, notes, uncovered, unused
from service.catalog.load import Catalog, load_catalog
from service.catalog.studies import StudyFile, load_study
from service.cli.codes import list_codes
from service.cli.console import out
from service.cli.inputs import add_site, add_tenant
from service.eligibility.criteria import Study
from service.eligibility.outcome import Outcome
from service.errors import UsageError
from service.screening.asking import study_of, study_text
from service.screening.cases import load_cases, reachable, run_case, untested

FAILED = 1


def add_study(command: ArgumentParser) -> None:
    """`prescreen study`."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the studies there are")
    listing.set_defaults(run=list_studies)
    showing = actions.add_parser("show", help="a study in plain words (study.txt)")
    showing.add_argument("id")
    showing.add_argument("--write", action="store_true", help="write it to study.txt beside the study.yaml, too")
    showing.set_defaults(run=show)
    codes = actions.add_parser("codes", help="the value sets that criteria can name, with their systems")
    codes.add_argument("word", nargs="?", metavar="WORD", help="only those with this in their id or title")
    codes.set_defaults(run=list_codes)
    checking = actions.add_parser(
        "check", help="check studies, value sets and maps; with every problem's file and line"
    )
    checking.add_argument(
        "what", nargs="?", metavar="ID|FILE", help="one study, or a study file; everything by default"
    )
    checking.set_defaults(run=check)
    testing = actions.add_parser("test", help="run the cases of one study, or of all")
    testing.add_argument("id", nargs="?")
    testing.set_defaults(run=test)
    history = actions.add_parser("history", help="what each version of an open study said")
    history.add_argument("id", metavar="STUDY", help="the id of an open study")
    add_tenant(history)
    history.set_defaults(run=_history)
    for action in (listing, showing, codes, checking, testing):
        add_site(action)


def _history(chosen: Namespace) -> int:
    from service.cli.counts import show_history  # the one action here for which a database is loaded

    return show_history(chosen)


def list_studies(chosen: Namespace) -> int:
    """One line per study: id, version, title, how many criteria."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    width = max(map(len, catalog.studies), default=0)
    for identity, study in sorted(catalog.studies.items()):
        out(f"{identity:<{width}}  {study.version}  {study.title} ({len(study.criteria)} criteria)")
    return 0


def show(chosen: Namespace) -> int:
    """The study in plain words, as study.txt holds it; `--write` writes that file."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    study = study_of(catalog, chosen.id)
    text = study_text(catalog, study)
    if chosen.write:
        (directory_of(catalog.study_files[study.id]) / "study.txt").write_text(text, encoding="utf-8")
    out(text.removesuffix("\n"))
    return 0


def check(chosen: Namespace) -> int:
    """Everything that loads is well formed (else CatalogError says why not); then what cannot be meant, and drift."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    wrong = 0
    for file in _checked(catalog, chosen):
        problems = [*uncovered(file), *contradictions(file), *drift(file, catalog, chosen.site)]
        wrong += len(problems)
        state = f"{len(problems)} problem{'s' * (len(problems) > 1)}" if problems else "sound"
        out(f"{file.study.id} {file.study.version}: {len(file.study.criteria)} criteria, {state}")
        for each in problems:
            out(f"  problem: {each}")
        for each in notes(file, catalog.value_set_files, catalog.half_lives):
            out(f"  note: {each}")
    if chosen.what is None:
        _print_unused(catalog)
    return FAILED if wrong else 0


def _print_unused(catalog: Catalog) -> None:
    names = unused(catalog.study_files.values(), catalog.value_set_files)
    if names:
        out(textwrap.fill(f"Value sets that no study names: {', '.join(names)}.", 118, break_on_hyphens=False))


def test(chosen: Namespace) -> int:
    """Run the cases of one study, or of all; what failed, and which outcomes no case reaches."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    studies = [study_of(catalog, chosen.id)] if chosen.id else list(catalog.studies.values())
    return max([_tested(study, catalog) for study in sorted(studies, key=lambda each: each.id)], default=0)


def _checked(catalog: Catalog, chosen: Namespace) -> list[StudyFile]:
    """All studies, the one of that id, or that of a file, which may stand anywhere."""
    if chosen.what is None:
        return [catalog.study_files[each] for each in sorted(catalog.study_files)]
    path = Path(chosen.what)
    if path.suffix not in (".yaml", ".yml"):
        return [catalog.study_files[study_of(catalog, chosen.what).id]]
    if not path.is_file():
        raise UsageError(f"{path}: no such file; give the id of a study, or the path of its study.yaml")
    known = {each.document.path.resolve(): each for each in catalog.study_files.values()}
    schema = mappings_dir() / "schemas" / "study.schema.json"
    return [known.get(path.resolve()) or load_study(path, schema, catalog.names)]


def directory_of(file: StudyFile) -> Path:
    """Where a study's files stand."""
    return file.document.path.parent


def drift(file: StudyFile, catalog: Catalog, site: Path | None = None) -> list[str]:
    """What is out of date in study.txt, with how to make it anew; `site`: as it was given to the command."""
    path = directory_of(file) / "study.txt"
    if path.is_file() and path.read_text(encoding="utf-8") == study_text(catalog, file.study):
        return []
    state = "out of date" if path.is_file() else "missing"
    at = f" --site {shlex.quote(str(site))}" if site is not None else ""
    return [f"study.txt is {state}; write it with: prescreen study show {file.study.id}{at} --write"]


def _tested(study: Study, catalog: Catalog) -> int:
    path = directory_of(catalog.study_files[study.id]) / "cases.yaml"
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
