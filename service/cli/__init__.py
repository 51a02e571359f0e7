"""The command `prescreen`: a composition root. It reads arguments, builds the parts, prints what came out.

Exit status: 0 done, 1 an error of ours, 2 the request or the input was wrong, 3 the output would have been wrong.
"""

import sys
from collections.abc import Sequence

from service.cli.arguments import parser
from service.cli.console import complain
from service.errors import PrescreenError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    chosen = parser(words).parse_args(words)
    try:
        return int(chosen.run(chosen))
    except PrescreenError as error:
        complain(error)
        return error.exit_status
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left; nothing to say to it
        return 0
    except KeyboardInterrupt:
        return 130
