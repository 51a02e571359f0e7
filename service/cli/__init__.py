"""The command `prescreen`: a composition root. It reads arguments, builds the parts, prints what came out.

Exit status: 0 done, 1 an error of ours, 2 the request or the input was wrong, 3 the output would have been wrong, 130
interrupted.
"""

import sys
from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left; nothing to say to it
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(words: Sequence[str]) -> int:
    # Loaded here, so that whoever interrupts it meanwhile sees no more than later.
    from service.cli.arguments import parser
    from service.cli.console import complain
    from service.errors import PrescreenError

    try:
        chosen = parser(words).parse_args(words)
        return int(chosen.run(chosen))
    except PrescreenError as error:
        complain(error)
        return error.exit_status
