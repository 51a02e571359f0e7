"""Of every record of a systemic glucocorticoid in a collection of data: its dose in prednisone, or why there is none.

    python -m tests.census DIRECTORY      the directory of data written by others

Each record is reckoned by itself, linked administrations with their order; what becomes of several together is another
matter. `computed`: one number on every day; `imprecise`: a range; else the reasons.
"""

import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.eligibility.criteria import Bounds, DoseTest
from service.eligibility.dosing.measure import Terms, steps
from service.eligibility.dosing.records import Taken
from service.eligibility.dosing.routes import systemic
from service.eligibility.facts import Certainty, MedicationFact
from service.eligibility.outcome import Outcome
from service.screening.population import gather
from service.screening.request import Progress, Request
from service.screening.sources import find_sources

CODES, EXCLUDING = ("drug-systemic-glucocorticoids",), ("drug-local-glucocorticoids", "drug-mineralocorticoids")
STUDY = "igg4-rd-sirolimus"
ARCHIVES = {
    "hl7-r4": ("official-hl7-examples.tar.gz", "r4/"),
    "hl7-r4b": ("official-hl7-examples.tar.gz", "r4b/"),
    "hl7-r5": ("official-hl7-examples.tar.gz", "r5/"),
    "au": ("au-test-data.tar.gz", ""),
    "inferno": ("inferno-uscore.tar.gz", ""),
}
TODAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Entry:
    """One record: where it is from, what it says of the drug, and what its dose comes to."""

    source: str
    reference: str
    name: str
    kind: str
    verdict: str
    doses: str
    words: tuple[str, ...]


def exports(data: Path) -> Iterator[tuple[str, list[Path], date]]:
    """(name, paths, date up to which it tells) of the bulk exports."""
    yield "synthea-2019", [data / "synthea-2019-r4"], date(2021, 3, 31)
    yield "pysynthea-2026", sorted((data / "pysynthea-2026-r4").glob("seed-*")), TODAY
    yield "smart-bulk", sorted((data / "smart-sample-bulk-partial").glob("*-patients")), TODAY


def examples(data: Path, scratch: Path) -> Iterator[tuple[str, list[Path], date]]:
    """The same of the archives of examples, unpacked into `scratch`."""
    for name, (archive, beginning) in ARCHIVES.items():
        target = scratch / name
        target.mkdir()
        with tarfile.open(data / archive) as files:
            for number, member in enumerate(files):
                if member.isfile() and member.name.startswith(beginning) and member.name.endswith(".json"):
                    content = files.extractfile(member)
                    assert content is not None
                    (target / f"{number:05}.json").write_bytes(content.read())
        yield name, [target], TODAY


def census(found: Iterable[tuple[str, list[Path], date]]) -> Iterator[Entry]:
    """Every record of the data, source by source."""
    catalog = load_catalog(mappings_dir())
    for name, paths, at in found:
        request = Request(find_sources(paths), (catalog.studies[STUDY],), at)
        people = gather(catalog, request, lambda _: None, Progress()).population.people
        for person in people.values():
            facts = [each for each in person.facts if isinstance(each, MedicationFact)]
            for fact in facts:
                if catalog.terminology.membership(CODES, fact.concept).outcome is not Outcome.NOT_MET:
                    yield entry(catalog, name, fact, facts, at)


def entry(catalog: Catalog, source: str, fact: MedicationFact, facts: list[MedicationFact], at: date) -> Entry:
    """What one record's dose comes to on all days up to `at`."""
    verdict, doses, words = reckoned(catalog, fact, facts, at)
    return Entry(source, fact.evidence.reference, fact.concept.name, fact.source.value, verdict, doses, words)


def reckoned(
    catalog: Catalog, fact: MedicationFact, facts: list[MedicationFact], at: date
) -> tuple[str, str, tuple[str, ...]]:
    left_out = catalog.terminology.membership(EXCLUDING, fact.concept).outcome is Outcome.MET
    if left_out or systemic(fact, catalog.terminology)[0] is Outcome.NOT_MET:
        return "local", "", ()
    if fact.certainty is Certainty.DENIED:
        return "not taken", "", ()
    test = DoseTest(Bounds(at_least=0), equivalent_to="prednisone")  # type: ignore[arg-type]
    terms = Terms.of(test, catalog.equivalents["prednisone"], catalog.policy)
    linked = [each for each in facts if each is fact or each.evidence.reference in fact.links]
    found = steps([Taken(each) for each in linked], at, terms)
    mine = [each for each in found if fact.evidence.reference in each.value.records]
    if not mine:
        return "no day of use", "", ()
    reasons = sorted({reason.code for each in mine for reason in each.value.reasons})
    ends = {(each.value.average.low, each.value.average.high) for each in mine}
    doses = ", ".join(sorted({str(each.value.average) for each in mine}))
    words = tuple(sorted({word for each in mine for word in each.value.words}))
    if any(high is None for _, high in ends):
        return "missing: " + ", ".join(reasons), doses, words
    if any(low != high for low, high in ends):
        return "imprecise" + (f": {', '.join(reasons)}" if reasons else ""), doses, words
    return "computed", doses, words


def main(arguments: list[str]) -> None:
    """Print the counts, and every record that has a dose."""
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(arguments[0])
        entries = list(census(chain(exports(data), examples(data, Path(scratch)))))
    for (source, kind, verdict), count in sorted(Counter((e.source, e.kind, e.verdict) for e in entries).items()):
        sys.stdout.write(f"{source:<16}{kind:<26}{count:>5}  {verdict}\n")
    total = Counter(each.verdict.split(":")[0] for each in entries)
    sys.stdout.write(f"{'all':<16}{'':<26}{len(entries):>5}  {dict(total)}\n")
    for each in entries:
        if each.verdict.startswith(("computed", "imprecise")):
            sys.stdout.write(f"{each.source} {each.reference} {each.name}: {each.doses} | {'; '.join(each.words)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
