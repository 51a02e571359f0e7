"""`python -m tests.bench.corpus DIRECTORY [--size MEGABYTES] [--seed N] [--wanted SHARE] [--lines N]`: write a
hospital there.
"""

import argparse
import sys
from pathlib import Path

from tests.bench.corpus.write import SEED, THIN, WANTED, write_corpus

FEWEST = 20  # below, there is no visit for everybody


def main(arguments: list[str] | None = None) -> None:
    """Write it, and say what it holds."""
    parser = argparse.ArgumentParser(description="Invent a whole hospital as a bulk export, for measuring.")
    parser.add_argument("directory", type=Path, help="a new directory")
    parser.add_argument("--size", type=int, default=100, help="megabytes; 100 by default")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed gives other people")
    parser.add_argument("--wanted", type=float, default=WANTED, help="share of the lines that studies ask for")
    parser.add_argument("--lines", type=_lines, default=THIN, help=f"of each person, in the mean; {THIN} by default")
    given = parser.parse_args(arguments)
    corpus = write_corpus(given.directory, given.size, given.seed, given.wanted, given.lines)
    sys.stdout.write(f"{corpus.people} people, {corpus.lines} lines, {corpus.bytes} bytes\n")


def _lines(text: str) -> int:
    number = int(text)
    if number < FEWEST:
        raise ValueError
    return number


if __name__ == "__main__":
    main()
