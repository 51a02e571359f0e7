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
TOGETHER = 64  # people whose lines stand between one another in a file, as a server sorts them by its own numbers
EMPTY = ("AdverseEvent", "Consent", "MedicationDispense", "MedicationStatement")  # asked for, and there were none
NOTE = "CORPUS.txt"
MEGABYTE = 1_000_000
MADE_OF = (*Path(__file__).parent.glob("*.py"), *Path(sample.__file__).parent.glob("*.py"))
FORM = sha256(b"".join(path.read_bytes() for path in sorted(MADE_OF))).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was written: from which seed, how large it was to be, which share of the lines a study asks for; and how
    much it became. `form`: the digest of what it was made by, so that one made otherwise is not used again."""

    form: str
    seed: int
    megabytes: int
    wanted: float
    bytes: int = 0
    lines: int = 0
    people: int = 0


def write_corpus(directory: Path, megabytes: int, seed: int = SEED, wanted: float = WANTED) -> Corpus:
    """Write as many people as fill so many megabytes into a new directory."""
    chance = Chance(random.Random(seed), wanted)
    directory.mkdir(parents=True)
    with ExitStack() as stack:
        files = {each: stack.enter_context((directory / f"{each}.ndjson").open("wb")) for each in (*TYPES, *EMPTY)}
        drugs = [*formulary(pools.FORMULARY)]
        written, lines, people = files["Medication"].write(b"".join(drugs)), len(drugs), 0
        while written < megabytes * MEGABYTE:
            some = _together(chance, people)
            people += TOGETHER
            for each, found in some.items():
                lines += len(found)
                written += files[each].write(b"".join(found))
    corpus = Corpus(FORM, seed, megabytes, wanted, written, lines, people)
    (directory / NOTE).write_bytes(orjson.dumps(asdict(corpus)))
    return corpus


def _together(chance: Chance, first: int) -> dict[str, list[bytes]]:
    """The lines of some people, those of each type mixed."""
    found: dict[str, list[bytes]] = {each: [] for each in TYPES}
    for number in range(first, first + TOGETHER):
        for type_name, line in chart(chance, number):
            found[type_name].append(line)
    for each in found.values():
        chance.dice.shuffle(each)
    return found


def kept_corpus(place: Path, megabytes: int, seed: int = SEED, wanted: float = WANTED) -> tuple[Path, Corpus]:
    """The same, or what an earlier call left there of the same seed and size."""
    directory = place / f"hospital-{megabytes}mb-{seed}-{wanted:g}"
    known = directory / NOTE
    if known.is_file():
        corpus = Corpus(**orjson.loads(known.read_bytes()))
        if corpus.form == FORM:
            return directory, corpus
    shutil.rmtree(directory, ignore_errors=True)
    return directory, write_corpus(directory, megabytes, seed, wanted)
