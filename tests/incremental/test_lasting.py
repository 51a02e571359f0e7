"""Until the day that is told, an assessment of a later day says the same; what may differ is only the day itself."""

from datetime import date, timedelta

from hypothesis import given, settings, strategies as st

from service.eligibility.assess import Assessment, assess, case_of
from service.eligibility.criteria import Criterion, Node, Study
from service.eligibility.dates import FOREVER
from service.eligibility.facts import PatientRecord
from service.eligibility.lasting import lasts_until
from tests.builders import AT, knowledge
from tests.generators import questions

KNOWLEDGE = knowledge()
HORIZON = 500


def compared(found: Assessment) -> object:
    """All of it that an incremental run promises."""
    findings = [(each.outcome, each.judgement.reasons, each.open_item) for each in found.findings]
    return found.standing, found.signal, findings, found.later, found.next_change


def until(record: PatientRecord, study: Study, at: date = AT) -> date:
    return lasts_until(assess(record, study, at, KNOWLEDGE), record, case_of(record, study, at, KNOWLEDGE))


@given(st.lists(questions(), min_size=2, max_size=4), st.sampled_from(("inclusion", "exclusion")), st.data())
@settings(max_examples=60, deadline=None)
def test_nothing_changes_before_that_day(
    asked: list[tuple[Node, PatientRecord]], kind: str, data: st.DataObject
) -> None:
    _, record = asked[0]
    criteria = tuple(Criterion(f"C{place}", kind, "a question", node) for place, (node, _) in enumerate(asked[1:]))  # type: ignore[arg-type]
    study = Study("demo", "1.0", "A demonstration", criteria, entry=(asked[0][0],))
    day = until(record, study)
    assert day > AT
    last = min((day - AT).days if day < FOREVER else HORIZON, HORIZON)
    days = {1, last - 1, *data.draw(st.lists(st.integers(1, max(last - 1, 1)), max_size=12))}
    first = compared(assess(record, study, AT, KNOWLEDGE))
    for number in sorted(each for each in days if 0 < each < last):
        assert compared(assess(record, study, AT + timedelta(number), KNOWLEDGE)) == first
