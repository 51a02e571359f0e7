"""A file that ends in the middle of a line: whatever it held behind that is lost. SEMANTICS §4."""

from dataclasses import replace

import numpy as np

from service.screening.lines import Raw, is_torn
from service.screening.sifting.blocks import NEWLINE, Block


def parted(block: Block) -> tuple[Block, Raw | None]:
    """The lines that are to be sifted, and the last one apart, if the file ends in the middle of it.

    Only of a file without a newline at its end: there that line is looked at, whatever its bytes show.
    """
    if block.room[block.size - 1] == NEWLINE:
        return block, None
    ((number, line),) = block.lines(np.array([len(block.starts) - 1]))
    last = Raw(number, line, ended=False)
    if not is_torn(last):
        return block, None
    start = int(block.starts[-1])
    return replace(block, size=start, starts=block.starts[:-1], ends=block.ends[:-1]), last
