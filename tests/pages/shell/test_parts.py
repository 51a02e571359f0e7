"""The parts that pages are made of."""

import re
from html.parser import HTMLParser

import pytest
from flask import Flask

from service.screening.decisions import PersonStatus
from service.store.engine import Store
from tests.pages.world import world


@pytest.fixture
def app(store: Store) -> Flask:
    return world(store).app


def made(app: Flask, source: str, **given: object) -> str:
    template = app.jinja_env.from_string('{% import "pages/_parts.html" as parts %}' + source)
    with app.test_request_context():
        app.preprocess_request()
        return " ".join(template.render(**given).split())


@pytest.mark.parametrize("code", ["candidate", "needs_review", "ineligible", "something-new"])
def test_a_standing_has_a_mark_and_a_word_and_calls_nobody_eligible(app: Flask, code: str) -> None:
    shown = made(app, "{{ parts.standing(code) }}", code=code)
    mark, word = re.findall(r'aria-hidden="true">(.)</span> ([^<]+)<', shown)[0]
    assert mark and word and "ligible" not in word


@pytest.mark.parametrize("kind", ["inclusion", "exclusion"])
@pytest.mark.parametrize("code", ["met", "not_met", "unknown"])
def test_an_outcome_says_what_it_means_for_taking_part(app: Flask, kind: str, code: str) -> None:
    shown = made(app, "{{ parts.outcome(kind, code) }}", kind=kind, code=code)
    against = (kind, code) in {("inclusion", "not_met"), ("exclusion", "met")}
    assert ('class="badge against"' in shown) == against == ("speaks against" in shown)
    assert ('class="badge open"' in shown) == (code == "unknown")


@pytest.mark.parametrize("code", [*PersonStatus])
def test_every_status_of_people_has_a_word(app: Flask, code: str) -> None:
    assert f"{code}</span>" not in made(app, "{{ parts.status(code) }}", code=code)
    assert "screened" in made(app, "{{ parts.status('screening') }}")


def test_what_is_given_is_escaped_wherever_it_stands(app: Flask) -> None:
    bad = '"><script>x</script>'
    source = """
      {{ parts.badge(bad, bad) }} {{ parts.trail([(bad, bad), (bad, bad)]) }} {{ parts.definitions([(bad, bad)]) }}
      {{ parts.tabs(bad, [{"address": bad, "text": bad, "count": 1, "here": false}]) }}
      {{ parts.field("name", bad, value=bad, hint=bad, error=bad, id="x") }} {{ parts.check("c", bad, value=bad) }}
      {{ parts.field("text", bad, value=bad, rows=3) }} {{ parts.choices("s", bad, [(bad, bad)], value=bad) }}
      {{ parts.pager(1, 2, "", bad) }} {{ parts.empty(bad, bad) }} {{ parts.copy(bad, bad) }}
      {% call parts.table(bad, [bad, {"text": bad, "address": bad}]) %}{% call parts.row() %}
      {% call parts.cell(bad) %}{{ bad }}{% endcall %}{% endcall %}{% endcall %}
      {% call parts.notice(bad) %}{{ bad }}{% endcall %} {% call parts.fold(bad) %}{{ bad }}{% endcall %}
      {{ parts.standing(bad) }} {{ parts.outcome(bad, bad) }} {{ parts.status(bad) }}
    """
    assert "<script" not in made(app, source, bad=bad) and '""' not in made(app, source, bad=bad)


def test_a_field_that_was_refused_says_so_to_whoever_does_not_see_it(app: Flask) -> None:
    shown = made(app, '{{ parts.field("day", "Day", hint="Year first", error="No such day", required=false) }}')
    assert 'aria-describedby="day-hint day-error"' in shown and 'aria-invalid="true"' in shown
    assert 'id="day-error"' in shown and " required" not in shown and "(optional)" in shown
    assert "aria-" not in made(app, '{{ parts.field("day", "Day") }}')


def test_a_sorted_column_says_so(app: Flask) -> None:
    columns = [{"text": "Name", "address": "?sort=name", "sorted": "descending"}, "Born"]
    shown = made(app, '{% call parts.table("People", columns) %}{% endcall %}', columns=columns)
    assert 'aria-sort="descending"' in shown and '<a href="?sort=name">' in shown and "<caption" in shown


@pytest.mark.parametrize(("page", "rels"), [(1, ["next"]), (2, ["prev", "next"]), (3, ["prev"])])
def test_a_pager_leads_to_its_neighbours(app: Flask, page: int, rels: list[str]) -> None:
    shown = made(
        app,
        '{{ parts.pager(page, 3, "/x?page=" ~ (page - 1) if page > 1, "/x?page=" ~ (page + 1) if page < 3) }}',
        page=page,
    )
    assert re.findall(r'rel="(\w+)"', shown) == rels and f"Page {page} of 3" in shown
    assert made(app, '{{ parts.pager(1, 1, "/x", "/y") }}') == ""


def test_parts_are_well_formed(app: Flask) -> None:
    class Stack(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("input", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    stack = Stack()
    stack.feed(
        made(app, '{{ parts.field("a", "A", rows=2) }}{{ parts.choices("b", "B", [("x", "X")]) }}{{ parts.csrf() }}')
    )
    assert stack.open == []
