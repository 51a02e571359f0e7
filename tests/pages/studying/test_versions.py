"""What changed between versions, line by line; and what counts as a change."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, strategies as st

from service.eligibility.terms import Codes, Coding
from service.screening.studying.versions import ADDED, KEPT, REMOVED, diff, digest_of, steps
from service.screening.tenant import Tenant
from service.store.studying import Version
from tests.working.world import catalog

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
TEXTS = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=12).map(
    lambda each: "".join(f"{x}\n" for x in each)
)


def test_a_change_is_shown_with_the_lines_around_it() -> None:
    told = diff("a\nb\nc\nd\ne\n", "a\nb\nC\nd\ne\n")
    assert [(each.mark, each.text) for each in told] == [
        (" ", "a"),
        (" ", "b"),
        ("−", "c"),
        ("+", "C"),
        (" ", "d"),
        (" ", "e"),
    ]
    assert [(each.before, each.after) for each in told][1:4] == [(2, 2), (3, None), (None, 3)]


@given(TEXTS, TEXTS)
def test_nothing_that_changed_is_left_out_of_a_diff(before: str, after: str) -> None:
    told = diff(before, after)
    old, new = before.splitlines(), after.splitlines()
    assert bool(told) == (old != new)
    for each in told:
        assert each.before is None or old[each.before - 1] == each.text
        assert each.after is None or new[each.after - 1] == each.text
    removed = {each.before for each in told if each.change == REMOVED}
    added = {each.after for each in told if each.change == ADDED}
    rest_old = [text for at, text in enumerate(old, 1) if at not in removed]
    rest_new = [text for at, text in enumerate(new, 1) if at not in added]
    assert rest_old == rest_new
    assert all(each.before and each.after for each in told if each.change == KEPT)


def test_each_version_is_told_with_what_it_changed_and_how_many_were_made_with_it() -> None:
    said = [("1.0", "d1", "a\n"), ("1.0", "d2", "a\n"), ("1.1", "d3", "b\n")]
    kept = [Version("north", "demo", *each, NOON) for each in said]
    newest, unmarked, first = steps(kept, {"1.0": 7})
    assert (newest.unmarked, newest.assessments, len(newest.lines)) == (False, 0, 2)
    assert (unmarked.unmarked, unmarked.only_codes, unmarked.assessments) == (True, True, 7)
    assert (first.first, first.unmarked, first.only_codes) == (True, False, False)


def test_a_code_more_in_a_value_set_is_a_change_and_one_of_another_set_is_none() -> None:
    content = catalog()
    study = content.studies["demo"]
    sets = content.terminology.value_sets

    def digest(name: str | None) -> str:
        changed = dict(sets)
        if name is not None:
            more = Codes(sets[name].sure.listed | {Coding("http://snomed.info/sct", "999")}, sets[name].sure.prefixes)
            changed[name] = replace(sets[name], sure=more)
        terminology = replace(content.terminology, value_sets=changed)
        return digest_of(Tenant("north", replace(content, terminology=terminology), ("demo",)), study, "the text")

    other = next(each for each in sets if each not in ("hb", "cancer"))
    assert digest(None) == digest(None) == digest(other)
    assert len({digest(None), digest("hb"), digest("cancer")}) == 3
