"""sample: a population that nobody is in."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from service.cli.console import out
from service.cli.inputs import positive
from service.screening.sample import write_sample


def add_sample(command: ArgumentParser) -> None:
    """`prescreen sample`."""
    command.add_argument("--patients", type=positive, default=200, help="how many people (default 200)")
    command.add_argument("--seed", type=int, default=7, help="the same seed gives the same people (default 7)")
    command.add_argument("--out", type=Path, required=True, help="a new or empty directory, or an earlier sample")
    command.set_defaults(run=sample)


def sample(chosen: Namespace) -> int:
    """Invent a population."""
    report = write_sample(chosen.out, chosen.patients, chosen.seed)
    lines = sum(report.counts.values())
    out(f"{chosen.patients} invented patients, {lines} resources of {len(report.counts)} types in {chosen.out}/")
    return 0
