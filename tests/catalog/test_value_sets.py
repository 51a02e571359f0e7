"""How a FHIR ValueSet is read: codes that decide, codes that suggest, beginnings, words; and what is refused."""

import json
from pathlib import Path

import pytest

from service.catalog.value_sets import load_value_sets
from service.eligibility.outcome import Outcome
from service.eligibility.terms import Codes, Coding, ValueSet
from service.errors import CatalogError
from tests.catalog.world import SYSTEM, mark, value_set

ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def load(directory: Path, content: object, name: str = "illness") -> ValueSet:
    path = directory / f"{name}.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return load_value_sets([path])[name].value_set


def include(*groups: object, exclude: object = ()) -> dict[str, object]:
    return value_set(compose={"include": list(groups), "exclude": list(exclude)})  # type: ignore[call-overload]


def concept(code: str, state: str | None = None) -> dict[str, object]:
    return {"code": code} | ({"extension": [mark("verification", state)]} if state else {})


def beginning(value: str, **more: object) -> dict[str, object]:
    return {"property": "code", "op": "regex", "value": value, **more}


# state of a code                how it counts
STATES = {
    None: Outcome.MET,
    "VERIFIED": Outcome.MET,
    "LOCAL": Outcome.MET,
    "COMPONENT_ONLY": Outcome.UNKNOWN,
    "WEAK_SINGLE_SOURCE": Outcome.UNKNOWN,
    "JUDGEMENT": Outcome.UNKNOWN,
    "UNVERIFIED": Outcome.NOT_MET,
}


@pytest.mark.parametrize(("state", "outcome"), STATES.items(), ids=str)
def test_how_sure_a_code_is_decides_how_it_counts(state: str | None, outcome: Outcome, tmp_path: Path) -> None:
    listed = load(tmp_path, include({"system": SYSTEM, "concept": [concept("7", state)]}))
    assert listed.holds(Coding(SYSTEM, "7")).outcome is outcome
    states = {"extension": [mark("verification", state)]} if state else {}
    begun = load(tmp_path, include({"system": SYSTEM, "filter": [beginning("7.*")], **states}))
    assert begun.holds(Coding(SYSTEM, "71")).outcome is outcome


# the filter       a code      is in
BEGINNINGS = [
    ("C50.*", "C509", True),
    ("C50.*", "C51", False),
    ("M35\\.5.*", "M355", True),
    ("M35\\.5.*", "M354", False),
]


@pytest.mark.parametrize(("literal", "code", "held"), BEGINNINGS)
def test_a_beginning_takes_all_codes_that_begin_so(literal: str, code: str, held: bool, tmp_path: Path) -> None:
    found = load(tmp_path, include({"system": ICD, "filter": [beginning(literal)]}))
    assert (found.holds(Coding(ICD, code)).outcome is Outcome.MET) is held


def test_what_is_excluded_is_out_although_a_beginning_takes_it(tmp_path: Path) -> None:
    takes = {"system": ICD, "filter": [beginning("C.*")]}
    leaves = [{"system": ICD, "filter": [beginning("C44.*")]}, {"system": ICD, "concept": [concept("C61")]}]
    found = load(tmp_path, include(takes, exclude=leaves))
    outcomes = [found.holds(Coding(ICD, each)).outcome for each in ("C509", "C449", "C61")]
    assert outcomes == [Outcome.MET, Outcome.NOT_MET, Outcome.NOT_MET]


def test_words_and_the_rest_are_read_as_they_stand(tmp_path: Path) -> None:
    marks = [mark("kind", "condition"), mark("word", "flu"), mark("not-word", "flu shot"), mark("not-word", "flu")]
    marks += [mark("exhaustive-system", ICD), mark("self-limited-days", 60)]
    found = load(tmp_path, value_set(extension=marks))
    assert (found.words, found.not_words) == (("flu",), ("flu shot", "flu"))
    assert (found.exhaustive, found.self_limited_days) == (frozenset({ICD}), 60)


def test_an_expanded_set_is_taken_as_the_server_gave_it(tmp_path: Path) -> None:
    inner = {"abstract": True, "code": "x", "system": SYSTEM, "contains": [{"code": "2", "system": SYSTEM}]}
    content = value_set(expansion={"contains": [{"code": "1", "system": SYSTEM}, inner]})
    del content["compose"]
    assert load(tmp_path, content).sure == Codes(frozenset({Coding(SYSTEM, "1"), Coding(SYSTEM, "2")}))


# what is wrong                                                              what is said
REFUSED = [
    ("{", "illness.json: cannot be read as JSON"),
    ([], "not a FHIR ValueSet"),
    ({"resourceType": "ConceptMap"}, "not a FHIR ValueSet"),
    (value_set("other"), "its id is 'other'; it has to be the name of the file, 'illness'"),
    (value_set(title=" "), "title is missing"),
    (value_set(extension=[mark("word", "x")]), "extension kind has to say once"),
    (value_set(kind="disease"), "extension kind has to say once"),
    (value_set(extension=[mark("kind", "condition")]), "no extension word"),
    (value_set(extension=[mark("kind", "condition"), mark("word", "Flu")]), "the word 'Flu' has to be in lower case"),
    (value_set(extension=[mark("kind", "condition"), mark("word", "x"), mark("self-limited-days", 0)]), "self-limited"),
    (include({"concept": [concept("1")]}), "compose.include[0]: system is missing"),
    (include({"system": SYSTEM}), "takes a whole code system"),
    (include({"system": SYSTEM, "concept": [{"display": "x"}]}), "a concept without a proper code"),
    (include({"system": SYSTEM, "concept": [concept(" 1")]}), "a concept without a proper code"),
    (include({"system": SYSTEM, "concept": [concept("1", "SURE")]}), "verification 'SURE' is none of"),
    (include({"valueSet": ["http://x/ValueSet/y"]}), "takes codes of another value set"),
    (
        include({"system": SYSTEM, "filter": [{"property": "concept", "op": "is-a", "value": "1"}]}),
        "terminology server",
    ),
    (include({"system": ICD, "filter": [beginning("C[0-9].*")]}), "needs a terminology server"),
    (include({"system": ICD, "filter": [beginning("C5.*"), beginning("C.*")]}), "write one include for each"),
    (include({"system": ICD, "filter": [beginning("C5.*")], "concept": [concept("1")]}), "write one include for each"),
]


@pytest.mark.parametrize(("content", "said"), REFUSED, ids=[each[1] for each in REFUSED])
def test_what_cannot_be_meant_is_refused(content: object, said: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as raised:
        load(tmp_path, content)
    assert said in str(raised.value)
    assert f"{tmp_path.name}/illness.json" in str(raised.value)


def test_the_problems_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text("{", encoding="utf-8")
    with pytest.raises(CatalogError) as raised:
        load_value_sets(sorted(tmp_path.glob("*.json")))
    assert len(raised.value.problems) == 2
