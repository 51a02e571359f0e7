"""`make translations`: take the texts of the pages into the catalogs, and say which of them lack a translation."""

import sys

from tests.translations import TRANSLATED, path_of, read, updated

for each in TRANSLATED:
    path_of(each).write_bytes(updated(each))
    lacking = [message.id for message in read(each) if message.id and not message.string]
    sys.stdout.write(f"{each}: {len(list(read(each))) - 1} texts, {len(lacking)} without a translation\n")
    sys.stdout.writelines(f"  {text}\n" for text in lacking)
