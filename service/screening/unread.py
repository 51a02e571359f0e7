"""What lines tell that are passed over, glimpsed at or put off: counts, contacts, and that their type is there."""

from collections import Counter
from collections.abc import Iterator

from service.screening.contacts import ContactDays
from service.screening.lines import found_in
from service.screening.met import Found, Glimpses, Sizes, Skipped
from service.screening.needs import Needs
from service.screening.people import Population
from service.screening.salvage import sole_subject
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


def wanted_of(sizes: Sizes, population: Population, tally: Tally) -> Iterator[Found]:
    """Of body sizes, those by which a dose of their person goes, and those of which it is not sure whose they are."""
    population.completeness.meet(sizes.place.origin, sizes.type)
    sized = population.sized
    whose = ((number, raw, sole_subject(raw)) for number, raw in (sizes.lines if sized else ()))
    wanted = [(number, raw) for number, raw, patient in whose if patient is None or patient in sized]
    tally.count(sizes.type, NOT_NEEDED, len(sizes.lines) - len(wanted))
    for number, raw in wanted:
        yield found_in(sizes.place._replace(line=number), raw)
