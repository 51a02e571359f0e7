"""`python -m tests.bench.corpus DIRECTORY [--size MEGABYTES] [--seed N] [--wanted SHARE]`: write a hospital there."""

import argparse
import sys
from pathlib import Path

from tests.bench.corpus.write import SEED, WANTED, write_corpus


def main(arguments: list[str] | None = None) -> None:
    """Write it, and say what it holds."""
    parser = argparse.ArgumentParser(description="Invent a whole hospital as a bulk export, for measuring.")
    parser.add_argument("directory", type=Path, help="a new directory")
    parser.add_argument("--size", type=int, default=100, help="megabytes; 100 by default")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed gives other people")
    parser.add_argument("--wanted", type=float, default=WANTED, help="share of the lines that studies ask for")
    given = parser.parse_args(arguments)
    corpus = write_corpus(given.directory, given.size, given.seed, given.wanted)
    sys.stdout.write(f"{corpus.people} people, {corpus.lines} lines, {corpus.bytes} bytes\n")


if __name__ == "__main__":
    main()
