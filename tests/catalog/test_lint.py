"""What `study check` finds in a study that loads: contradictions, empty windows, statements without a criterion."""

from pathlib import Path

import pytest

from service.catalog.lint import contradictions, notes, uncovered, unused
from service.catalog.load import Catalog
from service.catalog.studies import StudyFile
from tests.catalog.world import STUDY, loaded, mark, site, value_set

ADULTS, ILL = "age: {at_least: 18}", "condition: {codes: illness}\n"
SOURCE = """\
source: |
  A study.
  Inclusion criteria:
  1. Adults
  Exclusion criteria:
  - Ill.
entry:"""


def written(directory: Path, *changes: tuple[str, str], **sets: object) -> tuple[StudyFile, Catalog]:
    text = STUDY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    catalog = loaded(site(directory, text, **sets))
    return catalog.study_files["demo"], catalog


# instead of "age: {at_least: 18}"    instead of "condition: {codes: illness}"         the criterion that is wrong
CONTRADICTIONS = [
    (ADULTS, ILL, None),
    (ADULTS, "age: {below: 18}\n", None),  # says the same twice, which contradicts nothing
    (ADULTS, "age: {at_least: 18}\n", "E1 contradicts I1"),
    ("condition: {codes: illness}", ILL, "E1 contradicts I1"),
    (ADULTS, "all: [{age: {below: 10}}, {age: {above: 12}}]\n", "E1 asks at once for what excludes each other"),
    (ADULTS, "all: [{age: {below: 11}}, {age: {at_least: 10}}]\n", None),
    (ADULTS, "all: [{age: {below: 11}}, {age: {above: 10}}]\n", "E1 asks at once"),  # nobody is 10 and a half here
    (ADULTS, "all: [{alive: true}, {not: {alive: true}}]\n", "E1 asks at once"),
    (ADULTS, "any: [{alive: true}, {not: {alive: true}}]\n", None),
    (ADULTS, "condition: {codes: illness, look_back: {duration: 1 month, gap: 2 months}}\n", "holds no day"),
    (ADULTS, "condition: {codes: illness, look_back: {duration: 2 months, gap: 1 month}}\n", None),
    (ADULTS, "condition: {codes: illness, look_back: {gap: 1 month}}\n", None),
]


@pytest.mark.parametrize(("included", "excluded", "said"), CONTRADICTIONS)
def test_what_nobody_can_pass_is_a_problem(included: str, excluded: str, said: str | None, tmp_path: Path) -> None:
    file, _ = written(tmp_path, (ADULTS, included), (ILL, excluded))
    found = contradictions(file)
    assert [said in each for each in found] == ([True] if said else [])  # type: ignore[operator]
    assert all("demo/study.yaml:" in each for each in found)


# what stands in the source              instead                         what is said
STATEMENTS = [
    ("1. Adults", "1. Adults", None),
    ("1. Adults", "1) Adults;", None),
    ("1. Adults", "1. Adults\n  2. No smokers", "no criterion says 'No smokers'"),
    ("1. Adults", "1. Grown-ups", "I1 is not in the words of source"),
    ("A study.", "A study of whoever.", None),  # what stands before the criteria is no statement
    ("Inclusion criteria:", "Who can join:", None),  # without a heading nobody knows where they begin
]


@pytest.mark.parametrize(("old", "new", "said"), STATEMENTS)
def test_every_statement_of_the_source_needs_a_criterion(old: str, new: str, said: str | None, tmp_path: Path) -> None:
    file, _ = written(tmp_path, ("entry:", SOURCE.replace(old, new)))
    found = uncovered(file)
    assert bool(found) is bool(said)
    assert said is None or any(said in each for each in found)


def test_a_study_without_a_source_is_not_compared_with_one(tmp_path: Path) -> None:
    assert uncovered(written(tmp_path)[0]) == []


def test_value_sets_that_decide_little_are_noted(tmp_path: Path) -> None:
    doubtful = {"code": "1", "extension": [mark("verification", "JUDGEMENT")]}
    system = {"system": "http://snomed.info/sct", "concept": [doubtful]}
    file, catalog = written(tmp_path, illness=value_set(compose={"include": [system]}))
    assert notes(file, catalog.value_set_files, catalog.half_lives) == [
        "illness: holds no code that decides; nothing can ever surely belong to it",
        "illness: 1 code not verified well enough to decide (code-unmapped)",
    ]


def test_a_set_without_a_licence_and_a_result_without_a_window_are_noted(tmp_path: Path) -> None:
    plain = value_set()
    del plain["copyright"]
    file, catalog = written(tmp_path, (ADULTS, "observation: {codes: hemoglobin}"), illness=plain)
    found = notes(file, catalog.value_set_files, catalog.half_lives)
    assert "illness: says nothing of the licence of its codes (copyright)" in found
    assert any("I1 takes results of that very day" in each for each in found)


# instead of "condition: {codes: illness}"                                              what is said
QUESTIONS = [
    ("manual: Does the person refuse?\n", None),
    ("manual: Does the person agree? Answer yes if not.\n", "it should not have to say how to answer"),
    ("manual: Is the person willing? Please answer with 'no' to exclude.\n", "it should not have to say how to answer"),
    ("manual: Is there no answer yet?\n", None),
    ("not: {manual: Does the person agree?}\n", "it stands within a not"),
    ("not: {all: [{condition: {codes: illness}}, {manual: Is it over?}]}\n", "it stands within a not"),
    ("not: {not: {manual: Does the person refuse?}}\n", None),
]


@pytest.mark.parametrize(("encoded", "said"), QUESTIONS)
def test_a_question_that_goes_the_other_way_than_the_text_is_noted(
    encoded: str, said: str | None, tmp_path: Path
) -> None:
    file, catalog = written(tmp_path, (ILL, encoded))
    found = [each for each in notes(file, catalog.value_set_files, catalog.half_lives) if "should mean" in each]
    assert [said in each for each in found] == ([True] if said else [])  # type: ignore[operator]
    assert all("demo/study.yaml:" in each and "E1: yes to" in each for each in found)


@pytest.mark.parametrize(
    ("code", "asked", "said"),
    [
        (
            "327361",
            ", half_lives: 5",
            ["half-lives.json: the half-life of adalimumab is not verified well enough to decide"],
        ),
        ("327361", "", []),
        ("35302", ", half_lives: 5", []),  # sirolimus
    ],
)
def test_a_half_life_that_is_not_verified_is_noted(code: str, asked: str, said: list[str], tmp_path: Path) -> None:
    drug = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "concept": [{"code": code}]}
    taken = f"medication: {{codes: drug, look_back: {{duration: 3 months{asked}}}}}\n"
    medicine = value_set("drug", "medication", compose={"include": [drug]})
    file, catalog = written(tmp_path, ("    condition: {codes: illness}\n", f"    {taken}"), drug=medicine)
    assert [each for each in notes(file, catalog.value_set_files, catalog.half_lives) if "half-li" in each] == said


def test_a_value_set_that_no_study_names_is_listed(tmp_path: Path) -> None:
    file, catalog = written(tmp_path, ours=value_set("ours"))
    names = unused([file], catalog.value_set_files)
    assert "ours" in names
    assert "illness" not in names
    assert "body-weight" not in names  # doses per kilogram need it, whatever the study says
