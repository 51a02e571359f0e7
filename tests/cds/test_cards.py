"""What a card may be, and what is in one that is shown. STANDARDS 1E, by number."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.task import Task
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt

from service.errors import InvalidValue
from service.fhir.cds.cards import FITS, OVERRIDE_REASONS, Card, Link, Suggestion, escaped, shortened
from service.fhir.cds.feedback import Response
from service.screening.cds.policy import Show, Shown
from tests.cds.schemas import RESPONSE, empties, violations
from tests.cds.world import CHART, Desk, Json, Sample, new_id, summaries
from tests.screening.world import STUDY, encounter, haemoglobin, patient
from tests.working.world import catalog, shipped

APP, HOME = "https://prescreen.example/launch", "https://prescreen.example"
OURS = {"p", "strong", "ul", "li", "blockquote"}
TALKATIVE = Shown(Show.NEARLY, 99)


def card(summary: str = "May fit", detail: str = "Why", **more: Any) -> Card:
    return Card(new_id(), summary, detail, FITS, **more)


@pytest.mark.parametrize("letter", ["a", "ü", "漢", "🩺"])
@pytest.mark.parametrize(("length", "allowed"), [(1, True), (139, True), (140, False), (141, False)])
def test_1_47_a_summary_is_shorter_than_140_characters(letter: str, length: int, allowed: bool) -> None:
    if allowed:
        assert card(letter * length).as_json()["summary"] == letter * length
    else:
        with pytest.raises(InvalidValue, match="1 to 139 characters"):
            card(letter * length)


@given(st.text(max_size=400), st.integers(20, 200))
def test_1_47_what_is_too_long_is_cut(text: str, most: int) -> None:
    cut = shortened(text, most)
    assert len(cut) <= most
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


def test_1_47_it_is_cut_between_words() -> None:
    assert shortened("a patient, who is old", 15) == "a patient, who…"
    assert shortened("a patient, who is old", 12) == "a patient…"
    assert shortened("Donaudampfschiff", 10) == "Donaudamp…"


WRONG: dict[str, Any] = {
    "no summary": lambda: card(""),
    "a blank summary": lambda: card("  "),
    "no detail": lambda: card(detail=" "),
    "no uuid": lambda: Card("", "May fit", "Why", FITS),
    "no reasons": lambda: card(reasons=()),
    "a link without a label": lambda: Link(" ", APP),
    "a link that is not absolute": lambda: Link("Show", "/launch"),
    "a link that runs": lambda: Link("Show", "javascript:alert(1)"),
    "a suggestion without a uuid": lambda: Suggestion("", "a", "b", {"resourceType": "Task"}),
    "a suggestion without a label": lambda: Suggestion("1", " ", "b", {"resourceType": "Task"}),
    "a suggestion without a description": lambda: Suggestion("1", "a", "", {"resourceType": "Task"}),
    "a suggestion without a resource": lambda: Suggestion("1", "a", "b", {}),
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_a_card_that_is_not_allowed_cannot_be_made(make: Any) -> None:
    with pytest.raises(InvalidValue):
        make()


# ------------------------------------------------------------------------------------------------------------ Markdown
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# What GitHub's Markdown makes a link of in plain text, after all else was read ("Autolinks (extension)").
AUTOLINK = re.compile(r"(?:https?|ftp)://[^\s<]|www\.[^\s<]|[\w.+-]+@[\w-]+\.[\w.-]", re.IGNORECASE)


def tags(markdown: str) -> tuple[set[str], str]:
    """The tags that come out, and all text."""
    found, text = set[str](), list[str]()
    waiting = list(MARKDOWN.parse(markdown))
    while waiting:
        token = waiting.pop(0)
        waiting[:0] = token.children or []
        if token.type in ("html_block", "html_inline", "image", "code_inline", "fence", "code_block"):
            found.add(token.type)
        if token.tag:
            found.add(token.tag)
        text.append(token.content if token.type in ("text", "softbreak") else "")
    return found, "".join(text)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<b>bold</b>",
    "&lt;b&gt; &#60;script&#62; &amp;",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "[x]: https://evil.example",
    "[x][1] [^1]",
    "<https://evil.example>",
    "https://evil.example/?x=1",
    "HTTP://EVIL.EXAMPLE",
    "ftp://evil.example",
    "see www.evil.example now",
    "mail somebody@evil.example",
    "mailto:somebody@evil.example",
    "**bold** __bold__ *em* _em_ ~~gone~~ ~gone~",
    "`code` ```fence``` ~~~",
    "# heading",
    "a | b\n--|--\nc | d",
    "- item\n- item",
    "+ item",
    "* item",
    "1. item",
    "123) item",
    "> quote",
    "---",
    "===",
    "line\n\nparagraph\n    code",
    "a\\",
    "\\<b>\\</b>",
    "\\\\[x](y)",
    "\u2028# heading\u2029- item",
    "<!-- hidden -->",
    "<?php ?> <![CDATA[x]]>",
    "\x00\x1b[31mred",
    "\u202egnp.exe",
    "```\n<b>",
    "$$x$$ :smile: @somebody #1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_1_52_whatever_a_record_says_is_text(text: str) -> None:
    for around in ("{}", "- {}", "**I1** {}", "> E1: {}", "- **I1** {}, 2026"):
        markdown = around.format(escaped(text))
        found, shown = tags(markdown)
        assert found <= OURS, markdown
        assert not AUTOLINK.search(shown)
        visible = shown.replace("\u200b", "")
        assert " ".join(re.sub("[\x00\x1b\u202e]", "", text).split()) in visible


@given(st.text(alphabet=st.sampled_from("ab1 \n\t<>&[]()!*_`~#+-=.|\\:/@w@.$\"'ü\u200b{}"), max_size=60))
def test_1_52_no_text_becomes_markup(text: str) -> None:
    for around in ("- {}", "> E1: {}", "**I1** {}"):
        found, shown = tags(around.format(escaped(text)))
        assert found <= OURS and not AUTOLINK.search(shown)


@pytest.mark.parametrize("text", HOSTILE)
def test_1_52_a_card_about_such_a_record_has_no_tags_but_ours(desk: Desk, text: str) -> None:
    result = haemoglobin(code={"coding": [{"system": "http://loinc.org", "code": "hb", "display": text}], "text": text})
    study = replace(STUDY, title=f"Study {text}", criteria=tuple(replace(e, text=text) for e in STUDY.criteria))
    hostile = Desk(desk.store, catalog(study)).under(usual=TALKATIVE)
    (made,) = hostile.views(patient(), result, encounter()).cards
    found, shown = tags(made.detail)
    assert found == OURS - {"blockquote"} and not AUTOLINK.search(shown)
    assert "\n" not in made.summary or "\n" in text


# ------------------------------------------------------------------------------------------------------ what is shown
def spoken(sample: Sample, desk: Desk) -> list[Json]:
    """Every answer about the invented population, under the most talkative rules."""
    every = Desk(desk.store, shipped()).under(usual=TALKATIVE, tasks=True, app=APP, home=HOME)
    found = [every.views(*chart, of=owner).as_json() for owner, chart in sample.charts.items()]
    assert sum(bool(each["cards"]) for each in found) > 15
    return found


def test_cards_about_the_whole_population(desk: Desk, sample: Sample) -> None:
    """1.46 to 1.67: each has the shape of the standard, holds nothing empty, and calls nobody eligible."""
    for answer in spoken(sample, desk):
        assert violations(RESPONSE, answer) == [] and empties(answer) == []
        for each in answer["cards"]:
            said = json.dumps({**each, "overrideReasons": [one["display"] for one in each["overrideReasons"]]})
            assert not re.search(r"eligib", said, re.IGNORECASE)  # 1.66
            assert re.search(r"\b[Mm]ay fit\b", each["summary"])
            assert each["indicator"] == "info"  # 1.48
            assert tags(each["detail"])[0] <= OURS
            assert set(answer) <= {"cards", "extension"}  # 1.64, 1.67


def test_1_48_to_1_51_and_1_58_a_card(desk: Desk) -> None:
    answer = desk.under(home=HOME).views().as_json()
    assert violations(RESPONSE, answer) == []
    (shown,) = answer["cards"]  # type: ignore[misc]
    assert shown["source"] == {
        "label": "fhir-prescreen",
        "url": HOME,
        "topic": {
            "system": "https://fhir-prescreen.org/fhir/CodeSystem/card-topic",
            "code": "may-fit-a-study",
            "display": "May fit a clinical study",
        },
    }
    assert [each["code"] for each in shown["overrideReasons"]] == list(OVERRIDE_REASONS)
    systems = {each["system"] for each in shown["overrideReasons"]}
    assert systems == {"http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"}  # 1.59
    assert "links" not in shown and "suggestions" not in shown and "systemActions" not in answer


def test_1_60_to_1_65_a_link_opens_our_app_and_says_nothing_of_the_patient(desk: Desk) -> None:
    chart = (patient("secret-4711"), haemoglobin(of="secret-4711"), encounter(of="secret-4711"))
    (shown,) = desk.under(app=APP).views(*chart, of="secret-4711").cards
    (link,) = shown.as_json()["links"]  # type: ignore[misc]
    assert (link["type"], link["url"]) == ("smart", APP)  # no iss, no launch: the client adds them
    assert json.loads(link["appContext"]) == {"study": "demo"}
    assert "secret-4711" not in json.dumps(link) and "autolaunchable" not in link


def test_1_53_to_1_56_a_suggestion_creates_a_whole_task(desk: Desk) -> None:
    (shown,) = desk.under(tasks=True).views().cards
    made = shown.as_json()
    assert made["selectionBehavior"] == "any"
    (suggestion,) = made["suggestions"]  # type: ignore[misc]
    (action,) = suggestion["actions"]
    task = Task.model_validate(action["resource"])
    assert (action["type"], task.status, task.intent) == ("create", "requested", "proposal")
    assert task.for_fhir.reference == "Patient/p"
    assert "id" not in action["resource"] and suggestion["uuid"] != made["uuid"]


def test_1_54_a_suggestion_can_be_told_apart_in_feedback(desk: Desk) -> None:
    answers = [desk.under(tasks=True).views() for _ in range(3)]
    uuids = [each.uuid for answer in answers for card in answer.cards for each in (card, *card.suggestions)]
    assert len(set(uuids)) == 6 and Response.ACCEPTED.value == "accepted"


def test_one_card_speaks_of_several_studies(desk: Desk) -> None:
    others = [replace(STUDY, id=each, title=f"Study {each}", short_name=f"S-{each}") for each in "abc"]
    several = Desk(desk.store, catalog(*others)).under(tasks=True, app=APP)
    (shown,) = several.views().cards
    assert shown.summary == "May fit 3 studies: S-a (3 of 4); S-b (3 of 4); S-c (3 of 4)"
    assert all(f"**Study {each}**" in shown.detail for each in "abc")
    assert [each.label for each in shown.suggestions] == [f"Ask the study nurse: S-{each}" for each in "abc"]
    assert [json.loads(each.context or "") for each in shown.links] == [{"study": each} for each in "abc"]


def test_many_studies_with_long_names_fit_into_a_summary(desk: Desk) -> None:
    others = [replace(STUDY, id=f"s{number}", title="A very long title of a study " * 9) for number in range(20)]
    (shown,) = Desk(desk.store, catalog(*others)).views().cards
    assert shown.summary.startswith("May fit 20 studies: ") and len(shown.summary) <= 139


def test_what_lacks_is_named(desk: Desk) -> None:
    talkative = desk.under(usual=TALKATIVE)
    assert summaries(talkative.views(patient(birthDate=None), *CHART[1:])) == [
        "May fit A demonstration: 2 of 4 criteria fit, age at least 18 years unclear, 1 to be judged"
    ]
