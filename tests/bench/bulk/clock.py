"""Run a command, and write what it cost: `python -S -E clock.py RESULT OUTPUT COMMAND...`. Imports next to nothing.

A process of its own, as Linux counts the memory of whoever starts a program as if it had been that program's.
"""

import json
import os
import sys
import time


def main(result: str, output: str, command: list[str]) -> int:
    """Its exit status; `result` becomes JSON: processor seconds of it and its children, wall seconds, peak in KiB."""
    begun = time.perf_counter()
    into = [(os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=into)
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - begun
    with open(result, "w") as file:
        json.dump({"cpu": used.ru_utime + used.ru_stime, "wall": wall, "peak": used.ru_maxrss}, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
