"""Writing the hospital: person by person, with as much memory for a gigabyte as for a megabyte."""

import random
import shutil
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import orjson

from service.screening import sample
from tests.bench.corpus import pools
from tests.bench.corpus.charts import TYPES, Chance, chart
from tests.bench.corpus.treatments import formulary

SEED, WANTED = 7, 0.05
THIN, DENSE = 85, 1_000  # lines of a person: in a small export, and in that of a hospital that has all of a life
TOGETHER, FEWEST = 5_440, 16  # lines, but not fewer people, that stand between one another, as a server numbers them
EMPTY = ("AdverseEvent", "Consent", "MedicationDispense", "MedicationStatement")  # asked for, and there were none
NOTE = "CORPUS.txt"
MEGABYTE = 1_000_000
MADE_OF = (*Path(__file__).parent.glob("*.py"), *Path(sample.__file__).parent.glob("*.py"))
FORM = sha256(b"".join(path.read_bytes() for path in sorted(MADE_OF))).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was written: from which seed, how large it was to be, which share of the lines a study asks for, how many
    lines a person has in the mean; and how much it became. `form`: the digest of what it was made by, so that one made
    otherwise is not used again."""

    form: str
    seed: int
    megabytes: int
    wanted: float
    each: int
    bytes: int = 0
    lines: int = 0
    people: int = 0


def write_corpus(directory: Path, megabytes: int, seed: int = SEED, wanted: float = WANTED, each: int = THIN) -> Corpus:
    """Write as many people as fill so many megabytes into a new directory. `each`: lines of a person, in the mean."""
    chance = Chance(random.Random(seed), wanted, each)
    directory.mkdir(parents=True)
    with ExitStack() as stack:
        files = {name: stack.enter_context((directory / f"{name}.ndjson").open("wb")) for name in (*TYPES, *EMPTY)}
        drugs = [*formulary(pools.FORMULARY)]
        written, lines, people = files["Medication"].write(b"".join(drugs)), len(drugs), 0
        while written < megabytes * MEGABYTE:
            some = _together(chance, range(people, people + max(TOGETHER // each, FEWEST)))
            people += len(some["Patient"])
            for name, found in some.items():
                lines += len(found)
                written += files[name].write(b"".join(found))
    corpus = Corpus(FORM, seed, megabytes, wanted, each, written, lines, people)
    (directory / NOTE).write_bytes(orjson.dumps(asdict(corpus)))
    return corpus


def _together(chance: Chance, people: range) -> dict[str, list[bytes]]:
    """The lines of some people, those of each type mixed."""
    found: dict[str, list[bytes]] = {each: [] for each in TYPES}
    for number in people:
        for type_name, line in chart(chance, number):
            found[type_name].append(line)
    for each in found.values():
        chance.dice.shuffle(each)
    return found


def kept_corpus(
    place: Path, megabytes: int, seed: int = SEED, wanted: float = WANTED, each: int = THIN
) -> tuple[Path, Corpus]:
    """The same, or what an earlier call left there of the same seed and size."""
    directory = place / f"hospital-{megabytes}mb-{seed}-{wanted:g}-{each}"
    known = directory / NOTE
    if known.is_file():
        corpus = Corpus(**orjson.loads(known.read_bytes()))
        if corpus.form == FORM:
            return directory, corpus
    shutil.rmtree(directory, ignore_errors=True)
    return directory, write_corpus(directory, megabytes, seed, wanted, each)
