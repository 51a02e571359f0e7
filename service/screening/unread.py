"""What lines tell that are passed over, glimpsed at or put off: counts, contacts, and that their type is there."""

from collections import Counter
from collections.abc import Iterator, Sequence

from service.errors import InputError
from service.screening.contacts import ContactDays
from service.screening.lines import damage, found_in, open_file
from service.screening.met import Found, Glimpses, Sizes, Skipped, Spots
from service.screening.needs import Needs
from service.screening.people import Population
from service.screening.sifting.glimpse import sole_subject
from service.screening.sources import InputFile
from service.screening.tally import Tally

USED, NOT_NEEDED = "used", "not_needed"


def note_skipped(skipped: Skipped, needs: Needs, population: Population, tally: Tally) -> None:
    """Lines that no open study can need."""
    tally.count(skipped.type, NOT_NEEDED, skipped.lines)
    if skipped.type in needs.types:
        population.completeness.meet(skipped.origin, skipped.type)


def note_glimpsed(found: Glimpses, counting: ContactDays, population: Population, tally: Tally) -> None:
    """Lines that only show that a person was seen: often several times on one day."""
    population.completeness.meet(found.origin, found.type)
    used = 0
    for (patient, day), times in Counter(glimpse for glimpse, _ in found.seen).items():
        if counting.holds(day):
            population.person(patient).contacts[day.toordinal()] += times
            used += times
    tally.count(found.type, USED, used)
    tally.count(found.type, NOT_NEEDED, len(found.seen) - used)


def wanted_of(
    sizes: Sizes | Spots, files: Sequence[InputFile], population: Population, tally: Tally
) -> Iterator[Found]:
    """Of body sizes, those by which a dose of their person goes, and those of which it is not sure whose they are.

    Raises InputError if they are not any more where they were.
    """
    place = sizes.place
    population.completeness.meet(place.origin, sizes.type)
    sized = population.sized
    if not sized:
        tally.count(sizes.type, NOT_NEEDED, len(sizes.lines if isinstance(sizes, Sizes) else sizes.numbers))
        return
    lines = sizes.lines if isinstance(sizes, Sizes) else _again(files[place.file], sizes)
    whose = ((number, raw, sole_subject(raw)) for number, raw in lines)
    wanted = [(number, raw) for number, raw, patient in whose if patient is None or patient in sized]
    tally.count(sizes.type, NOT_NEEDED, len(lines) - len(wanted))
    for number, raw in wanted:
        yield found_in(place._replace(line=number), raw)


def _again(file: InputFile, spots: Spots) -> list[tuple[int, bytes]]:
    """The lines that stand there, each with its number."""
    first, last = int(spots.starts[0]), int(spots.ends[-1])
    try:
        with open_file(file) as stream:
            stream.seek(first)
            content = stream.read(last - first + 1)
    except OSError as error:
        raise InputError(f"{file.label}: {damage(error)}") from None
    starts, ends = (spots.starts - first).tolist(), (spots.ends - first).tolist()
    lines = [content[start:end] for start, end in zip(starts, ends, strict=True)]
    behind = {content[end : end + 1] for end in ends}
    if len(content) < last - first or not behind <= {b"\n", b""} or not all(each.startswith(b"{") for each in lines):
        raise InputError(f"{file.label}: it was changed while it was read; screen again when nobody writes to it")
    return list(zip(spots.numbers.tolist(), lines, strict=True))
