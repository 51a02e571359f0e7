"""Who is in the population: one chart after the other, each made from the seed and its number alone."""

from collections.abc import Iterator
from datetime import date
from random import Random

from service.screening.sample.chart import Chart
from service.screening.sample.oddities import ODDITIES, Oddity
from service.screening.sample.ordinary import ordinary
from service.screening.sample.people import any_age, begin
from service.screening.sample.stories import STORIES, Story

STORY_EVERY = 6  # persons 1, 7, 13 …: about a sixth
ODDITY_EVERY, FIRST_ODDITY = 24, 10  # persons 10, 34, 58 …: never one with a story, never the first


def story_of(number: int) -> Story | None:
    """The story of the person of this number (from 1), or None for somebody else."""
    turn, rest = divmod(number - 1, STORY_EVERY)
    return STORIES[turn % len(STORIES)] if rest == 0 else None


def oddity_of(number: int) -> Oddity | None:
    """What is odd about the person of this number, or None."""
    turn, rest = divmod(number - FIRST_ODDITY, ODDITY_EVERY)
    return ODDITIES[turn % len(ODDITIES)] if rest == 0 and turn >= 0 else None


def charts(patients: int, seed: int, today: date) -> Iterator[tuple[str | None, Chart]]:
    """The charts of persons 1 to `patients`, each with the name of its story or oddity (None: ordinary)."""
    for number in range(1, patients + 1):
        yield chart_of(number, patients, seed, today)


def chart_of(number: int, patients: int, seed: int, today: date) -> tuple[str | None, Chart]:
    """The chart of one of them, and the name of its story or oddity."""
    story, oddity = story_of(number), oddity_of(number)
    rng = Random(f"{seed}/{number}")
    sex = story.sex if story else None
    ages = story.ages if story else oddity.ages if oddity else any_age(rng)
    chart = begin(_id(number, patients), _id(number - 1, patients) if number > 1 else None, today, rng, sex, ages)
    write = story.tell if story else oddity.write if oddity else ordinary
    write(chart)
    return story.name if story else oddity.name if oddity else None, chart


def _id(number: int, patients: int) -> str:
    return f"sample-{number:0{max(4, len(str(patients)))}}"
