"""Durations as people write them in YAML: `3 months`."""

from service.eligibility.dates import Duration, Unit

UNITS = {each.value: each for each in Unit}


def duration(words: str) -> Duration:
    """`90 days`, `1 week`, `13 months`: the schema has let through nothing else."""
    count, unit = words.split()
    return Duration(int(count), UNITS[unit.removesuffix("s")])
