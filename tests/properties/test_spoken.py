"""Whatever is composed is recognised: taken apart by its templates and put together again, it is what it was.

So no template of the evaluation, of doses or of explanations is missing from those that are translated.
"""

from functools import cache

from hypothesis import given, settings, strategies as st

from service.eligibility.assess import Finding, as_of
from service.eligibility.criteria import Absence, Criterion, Manual, Node, SexIs, Study, Tier
from service.eligibility.criteria.walk import within
from service.eligibility.evaluate import Case, evaluate
from service.eligibility.explain import Phrases, finding_sentence, wanted
from service.eligibility.explain.recognise import Recogniser
from service.eligibility.explain.wording import Wording
from service.eligibility.facts import PatientRecord
from service.screening.person.spoken import closed_of
from service.screening.render import finding_line
from tests.builders import AT, knowledge
from tests.generators import denied_drugs, questions
from tests.translations.composed import composed, content

KNOWLEDGE = knowledge()
TITLES = {each.id: each.title for each in KNOWLEDGE.terminology.value_sets.values()}
DRUGS = sorted({row.name for table in KNOWLEDGE.equivalents.values() for row in table.rows.values()})


@cache
def texts() -> frozenset[str]:
    """All that is said anywhere; to collect it takes seconds."""
    return frozenset([*composed(), *content()])


def same(node: Node) -> Recogniser:
    """Says everything as it is, as long as it has a template, or is content of the shipped studies or of this one."""
    own = {part.question for part in within(node) if isinstance(part, Manual)}
    own |= {part.reason for part in within(node) if isinstance(part, Absence)}
    own |= {part.name for part in within(node) if isinstance(part, Tier)}
    known = texts() | own
    wording = Wording(lambda text: text if text in known else None, month=lambda day: f"{day:%Y-%m}")
    return Recogniser(wording, closed_of(study(node), TITLES, DRUGS, wording))


def study(node: Node) -> Study:
    return Study("s", "1", "S", (Criterion("C", "exclusion", "c", node),), (SexIs(("male",)),))


def told(node: Node, person: PatientRecord) -> list[tuple[str, str]]:
    """All that a line tells of one criterion, with its kind."""
    (criterion,) = study(node).criteria
    judged = evaluate(node, Case(as_of(person, AT, study(node)), AT, KNOWLEDGE, followed=False))
    finding = Finding(criterion, judged, open_item=False)
    phrases = Phrases(TITLES)
    line = finding_line(finding, phrases)
    texts = [("sentence", finding_sentence(finding, phrases)), *(("wanted", each) for each in wanted(finding, phrases))]
    texts += [("assumed", each) for each in finding.judgement.assumptions]
    for each in finding.judgement.exhibits:
        texts += [("value", each.value), ("when", each.when)]
    if finding.judgement.dose is not None:
        texts += [("arithmetic", each) for each in finding.judgement.dose.factors]
        texts += [("arithmetic", word) for step in finding.judgement.dose.steps for word in step.value.words]
    assert line["sentence"] == texts[0][1]
    return [(kind, text) for kind, text in texts if text]


@given(st.one_of(questions(), denied_drugs()))
@settings(max_examples=300, deadline=None)
def test_what_is_composed_is_recognised(question: tuple[Node, PatientRecord]) -> None:
    node, person = question
    recogniser = same(node)
    for kind, text in told(node, person):
        assert recogniser.said(kind, text) == text, (kind, text)
