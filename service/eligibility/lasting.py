"""Until when an assessment holds with no new data, in all that is compared: not only in its outcomes (`next_change`),
but in the reasons for what is unknown, in the signal, and with what is on record for later days. SEMANTICS §3.6.
"""

from collections.abc import Iterator
from datetime import date

from service.eligibility.as_of import BEGINS
from service.eligibility.assess import Assessment
from service.eligibility.dates import FOREVER
from service.eligibility.evaluate import Case, Judgement, evaluate
from service.eligibility.evaluate.existence import ILLEGIBLE_ONLY
from service.eligibility.facts import PatientRecord
from service.eligibility.followed import Followed, first_change


def lasts_until(assessment: Assessment, record: PatientRecord, case: Case) -> date:
    """The first later day on which the person has to be judged again; FOREVER: none.

    `record`: all that is known, also of later days. `case`: with which the assessment was made.
    """
    asked = [(each.criterion.node, each.judgement) for each in assessment.findings]
    asked += [(node, evaluate(node, case)) for node in assessment.study.entry]
    changed = first_change([Followed(node, judgement, case, _compared) for node, judgement in asked])
    begins = (day for day in _begins(record) if day > case.at)
    return min(FOREVER if changed is None else changed[0], min(begins, default=FOREVER))


def _compared(judgement: Judgement) -> object:
    """On what standing and signal rest, too."""
    return judgement.outcome, judgement.reasons, judgement.lacking, ILLEGIBLE_ONLY in judgement.notes


def _begins(record: PatientRecord) -> Iterator[date]:
    """The days from which something on record counts: until then the record is judged without it."""
    yield from record.contacts
    for fact in record.facts:
        yield BEGINS[type(fact)](fact)
