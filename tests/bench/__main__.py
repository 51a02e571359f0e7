"""How fast, as ratios within one run: `python -m tests.bench [DIRECTORY AS_OF]`. No bare times: machines differ.

Each part has its own yardstick, which it names. Without a directory, a population is invented.
"""

import sys
import tempfile
from datetime import date
from pathlib import Path

from tests.bench import bulk, hooks, service, worklist


def main(arguments: list[str]) -> None:
    """Measure and print."""
    given = (Path(arguments[0]), date.fromisoformat(arguments[1])) if arguments else None
    with tempfile.TemporaryDirectory() as scratch:
        for part in (bulk.report(Path(scratch), given), hooks.report(), service.report(), worklist.report()):
            for line in part:
                sys.stdout.write(line + "\n")
            sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
