"""Who joined a group since an earlier export, and who left it. STANDARDS 3.13, 3.40, 3.41.

A server tells changes of the records of those who are members. Of somebody who joined it need not give what was there
before, and of somebody who left it says nothing. So the members are listed again, and who is new is fetched whole.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import orjson

from service.ehr.bulk.asking import Asked
from service.ehr.bulk.came import Membership
from service.ehr.bulk.lines import lines_of
from service.ehr.bulk.one import completed
from service.ehr.bulk.work import Stage, Work
from service.errors import EhrRefused, UnusableAnswer

MEMBERS, JOINED, CHANGES = "members", "joined", "members.ndjson"
PATIENT = "Patient"


def follow(work: Work, asked: Asked, before: Collection[str]) -> Membership:
    """How the group changed since it had these members. Raises EhrError where nobody knows who is in it now.

    Lists them in `members/`, tells in `members.ndjson` who joined and left, and fetches who joined into `joined/`.
    """
    listing = replace(asked, types=(PATIENT,), filters={}, since=None, elements=("id",))
    if not completed(work.below(MEMBERS), listing).whole:
        work.below(MEMBERS).place.forget()  # the next run asks for it anew
        raise UnusableAnswer("the members of the group: their list is not whole; run it again, or export everything")
    now = patients_in(work.place.path / MEMBERS)
    joined, left = sorted(now - set(before)), sorted(set(before) - now)
    told = [{"patient": each, "change": "joined"} for each in joined]
    told += [{"patient": each, "change": "left"} for each in left]
    lines = b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in told)
    (work.place.path / CHANGES).write_bytes(lines)
    return Membership(len(joined), len(left), _fetched(work, asked, joined) if joined else None)


def _fetched(work: Work, asked: Asked, joined: list[str]) -> str | None:
    """Fetch all that there is of who joined; returns why it is not all there."""
    question = replace(asked, since=None, patients=tuple(joined))
    try:
        job = completed(work.below(JOINED), question)
    except EhrRefused as problem:
        lacking = f"the server does not give the records of single members: {problem}"
    else:
        missing = set(joined) - patients_in(job.directory)
        if job.whole and not missing:
            return None
        lacking = f"of {len(missing)} the Patient is not there" if missing else "not everything could be had"
    work.told(Stage.LACKING, f"who joined the group: {lacking}")
    return lacking


def patients_in(directory: Path) -> frozenset[str]:
    """The ids of the Patients in an export. Raises UnusableAnswer where a line does not tell one."""
    found = set()
    for path in sorted(each for end in ("", ".gz") for each in directory.glob(f"{PATIENT}*.ndjson{end}")):
        for line in lines_of(path):
            try:
                content = orjson.loads(line)
            except orjson.JSONDecodeError:
                content = None
            id = content.get("id") if isinstance(content, dict) else None
            if not isinstance(id, str) or not id.strip():
                raise UnusableAnswer("the members of the group: a Patient has no id that can be read")
            found.add(id.strip())
    return frozenset(found)
