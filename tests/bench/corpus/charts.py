"""The lines of one invented person: visits on days of the past years, and at each visit what comes with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from tests.bench.corpus import forms, pools
from tests.bench.corpus.pools import Kind

AS_OF = date(2026, 6, 30)  # everything happened before it
DAYS = 20 * 365  # and not longer ago
ILL, TIMES = 8, 5  # one of so many people has so many times as many lines that studies ask for
LATELY, OFTEN = 90, 0.2  # of whose visits so many were within the last days
RENEWED = 100  # days after which an order is over
FAMILIES = "Adler Brandt Chen Diaz Engel Fischer Gruber Huber Ivanova Jung Koch Li Müller Núñez Okafor Petit Sørensen"
GIVEN = {
    "female": "Ada Berta Clara Dora Élise Frieda Grace Hanna",
    "male": "Adam Bruno Carl David Émile Felix Gil Jürgen",
}


class Drawn(NamedTuple):
    """One of a pool, ready to be drawn: its form, and how its number is made."""

    form: bytes
    number: bytes
    low: float
    spread: float


class Slot(NamedTuple):
    """Lines of one type at each visit: how many in the mean, and what they are drawn from, for men and for women."""

    type_name: str
    mean: float
    usual: tuple[Sequence[Drawn], Sequence[Drawn]]
    asked: tuple[Sequence[Drawn], Sequence[Drawn]]


def _drawn(kinds: Sequence[Kind]) -> tuple[Sequence[Drawn], Sequence[Drawn]]:
    """For men, and for women: each as often as its weight says."""
    every = [
        (Drawn(each.form, b"%%.%df" % each.digits, each.low, each.high - each.low), each.women)
        for each in kinds
        for _ in range(each.weight)
    ]
    return [each for each, women in every if not women], [each for each, _ in every]


SLOTS = tuple(
    Slot(name, mean, _drawn(usual), _drawn(asked))
    for name, mean, usual, asked in (
        ("Observation", 4.3, pools.USUAL_RESULTS, pools.ASKED_RESULTS),
        ("Condition", 0.5, pools.USUAL_ILLNESSES, pools.ASKED_ILLNESSES),
        ("MedicationRequest", 0.5, pools.USUAL_DRUGS, pools.ASKED_DRUGS),
        ("MedicationAdministration", 0.06, pools.USUAL_INFUSIONS, pools.ASKED_INFUSIONS),
        ("Procedure", 0.7, pools.USUAL_PROCEDURES, pools.ASKED_PROCEDURES),
        ("Immunization", 0.35, pools.VACCINES, ()),
        ("AllergyIntolerance", 0.06, pools.ALLERGIES, ()),
        ("DiagnosticReport", 0.35, pools.REPORTS, ()),
        ("Claim", 0.4, pools.CLAIMS, ()),
    )
)
A_VISIT = 1 + sum(each.mean for each in SLOTS)  # lines in the mean
TYPES = ("Patient", "Medication", "Encounter", *(each.type_name for each in SLOTS))
VISIT_KINDS = [each.form for each in pools.VISITS for _ in range(each.weight)]
DAY_NAMES = [(AS_OF - timedelta(days=ago)).isoformat().encode() for ago in range(DAYS + 1)]
PATIENT = forms.patient()


@dataclass(frozen=True, slots=True)
class Chance:
    """What is left to chance. `wanted`: the share of lines, of types that studies read, that one of them asks for;
    `lines`: of a person, in the mean."""

    dice: Random
    wanted: float
    lines: int

    def identities(self, count: int) -> Iterator[bytes]:
        """So many ids in the form of a UUID."""
        digits = self.dice.randbytes(16 * count).hex().encode()
        for at in range(0, 32 * count, 32):
            yield b"%b-%b-4%b-a%b-%b" % (
                digits[at : at + 8],
                digits[at + 8 : at + 12],
                digits[at + 13 : at + 16],
                digits[at + 17 : at + 20],
                digits[at + 20 : at + 32],
            )


def chart(chance: Chance, number: int) -> Iterator[tuple[str, bytes]]:
    """All lines of one person, with their types."""
    dice = chance.dice
    sex = dice.choice(("female", "male"))
    visits = dice.randint(2, round(2 * (chance.lines - 1) / A_VISIT) - 2)
    ill = number % ILL == 0
    share = chance.wanted * (TIMES if ill else (ILL - TIMES) / (ILL - 1))
    filled = _person(dice, sex, number)
    ids = chance.identities(1 + visits * 24)
    filled[b"id"] = filled[b"patient"] = next(ids)
    agos = sorted(1 + dice.randrange(LATELY if ill and dice.random() < OFTEN else DAYS - 1) for _ in range(visits))
    filled[b"when"] = DAY_NAMES[agos[0]] + b"T17:00:00+00:00"
    yield "Patient", PATIENT % filled
    for ago in reversed(agos):
        filled[b"visit"] = filled[b"id"] = next(ids)
        _at(filled, ago, dice)
        yield "Encounter", dice.choice(VISIT_KINDS) % filled
        yield from _visit(dice, filled, ids, sex == "female", share)


def _person(dice: Random, sex: str, number: int) -> dict[bytes, bytes]:
    family, given = dice.choice(FAMILIES.split()), dice.choice(GIVEN[sex].split())
    born = AS_OF - timedelta(days=DAYS + dice.randrange(18 * 365, 78 * 365))
    told = {"sex": sex, "letter": sex[0].upper(), "born": born.isoformat(), "family": family, "given": given}
    told |= {"who": f"{given} {family}", "number": f"MRN{number:08}"}
    return {name.encode(): value.encode() for name, value in told.items()}


def _at(filled: dict[bytes, bytes], ago: int, dice: Random) -> None:
    """A visit of half an hour, so many days ago."""
    day = DAY_NAMES[ago]
    hour, minute = divmod(dice.randrange(8 * 60, 17 * 60), 60)
    filled[b"day"] = day
    filled[b"when"] = b"%bT%02d:%02d:00+00:00" % (day, hour, minute)
    filled[b"until"] = b"%bT%02d:%02d:30+00:00" % (day, hour + minute // 30, (minute + 30) % 60)
    filled[b"later"] = DAY_NAMES[max(ago - dice.randint(5, 40), 0)]
    filled[b"status"] = b"active" if ago < RENEWED else b"completed"


def _visit(
    dice: Random, filled: dict[bytes, bytes], ids: Iterator[bytes], woman: bool, share: float
) -> Iterator[tuple[str, bytes]]:
    chance = dice.random
    for name, mean, usual, asked in SLOTS:
        count = int(2 * mean * chance() + 0.5) if mean > 1 else int(chance() + mean)
        for _ in range(count):
            pool = (asked[woman] if chance() < share else ()) or usual[woman]
            form, number, low, spread = pool[int(chance() * len(pool))]
            filled[b"id"] = next(ids)
            filled[b"value"] = number % (low + spread * chance())
            filled[b"other"] = b"%d" % (55 + 40 * chance())
            yield name, form % filled
