"""Dirty data: `adapt` never raises for bad content, and never lets a resource vanish."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from service.eligibility.terms import Concept
from service.errors import UnreadableResource
from service.fhir.adapt import SUPPORTED, Adapted, adapt
from service.fhir.patient import adapt_patient
from tests.adapters.examples import EXAMPLES, READING, coded, make, quantity, read

MODIFIER = [{"url": "http://unknown", "valueBoolean": True}]


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_examples_are_read_whole(kind: str) -> None:
    adapted = read(kind)
    assert adapted.patient == "1" and len(adapted.facts) == 1 and adapted.unreadable == ()


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_entered_in_error_gives_nothing_and_is_not_unreadable(kind: str) -> None:
    status = "verificationStatus" if kind in ("Condition", "AllergyIntolerance") else "status"
    value = coded("entered-in-error") if status == "verificationStatus" else "entered-in-error"
    for more in ({}, {"modifierExtension": MODIFIER}, {"code": 5}):
        assert read(kind, **{status: value, **more}) == Adapted("1")
    nobody = make(kind, subject=None, patient=None, **{status: value})
    assert adapt(nobody, READING) == Adapted(None)


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
@pytest.mark.parametrize(
    "spoiled",
    [
        {"modifierExtension": MODIFIER},
        {"implicitRules": "http://unknown"},
        {"extension": [{"url": "x", "modifierExtension": MODIFIER}]},
        {"id": None},
        {"id": 5},
        {"id": "x" * 3_000_000},
        {"meta": []},
    ],
    ids=lambda spoiled: repr(spoiled)[:40],
)
def test_what_spoils_any_resource(kind: str, spoiled: dict[str, object]) -> None:
    adapted = read(kind, **spoiled)
    assert (adapted.patient, adapted.facts, adapted.contacts) == ("1", (), ()) and adapted.unreadable


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
@pytest.mark.parametrize(
    "subject",
    [None, {}, "Patient/1", [], {"display": "A"}, {"reference": "#p"}, {"reference": 1}, {"reference": "urn:uuid:b"}],
    ids=repr,
)
def test_without_a_legible_subject_it_raises(kind: str, subject: object) -> None:
    name = "patient" if "patient" in make(kind) else "subject"
    if subject == "Patient/1":
        subject = ["Patient/1"]
    with pytest.raises(UnreadableResource):
        adapt(
            make(kind, subject=None, **{name: subject} if name == "patient" else {})
            | ({name: subject} if subject is not None else {}),
            READING,
        )


@pytest.mark.parametrize("reference", ["Patient/1", "https://ehr/Patient/1", "urn:uuid:aaa", "Patient/1/_history/3"])
def test_all_forms_of_the_subject_are_the_same_person(reference: str) -> None:
    assert read("Condition", subject={"reference": reference}) == read("Condition")


@pytest.mark.parametrize("kind", ["Medication", "Patient", "Basic", "", None, 5, ["Condition"]])
def test_other_types_are_refused(kind: object) -> None:
    with pytest.raises(UnreadableResource):
        adapt({"resourceType": kind, "id": "1", "subject": {"reference": "Patient/1"}}, READING)


@pytest.mark.parametrize(
    ("kind", "elements"),
    [
        ("Condition", {"onsetDateTime": "2020-02-31"}),
        ("Condition", {"onsetDateTime": "0000"}),
        ("Condition", {"onsetDateTime": "0001-01-01"}),
        ("Condition", {"onsetDateTime": "9999-12-31"}),
        ("Condition", {"onsetDateTime": 2020}),
        ("Condition", {"onsetAge": {"value": 50}}),  # beside onsetDateTime: two values
        ("Condition", {"abatementDateTime": "1999"}),  # before its onset
        ("Condition", {"clinicalStatus": "active"}),
        ("Condition", {"category": "problem-list-item"}),
        ("Condition", {"onsetDateTime": None, "onsetAge": quantity(5000, "a")}),
        ("Observation", {"valueQuantity": {"value": "1.1", "unit": "mg/dL"}}),
        ("Observation", {"valueQuantity": [{"value": 1.1}]}),
        ("Observation", {"valueQuantity": "1.1"}),
        ("Observation", {"valueString": "x"}),  # beside valueQuantity
        ("Observation", {"valueString": "x" * 3_000_000, "valueQuantity": None}),
        ("Observation", {"status": ["final"]}),
        ("Observation", {"component": {"code": {}}}),
        ("Observation", {"effectiveDateTime": "yesterday"}),
        ("Procedure", {"performedPeriod": {"start": "2020-02-01", "end": "2020-01-01"}}),
        ("Procedure", {"performedPeriod": "2020"}),
        ("Immunization", {"isSubpotent": "true"}),
        ("Encounter", {"period": []}),
        ("AdverseEvent", {"suspectEntity": {"instance": {}}}),
        ("Consent", {"scope": "research"}),
        ("AllergyIntolerance", {"recordedDate": {}}),
    ],
    ids=lambda part: repr(part)[:50],
)
def test_what_decides_and_cannot_be_read_is_unreadable(kind: str, elements: dict[str, object]) -> None:
    adapted = read(kind, **elements)
    assert adapted.facts == () and adapted.unreadable
    for each in adapted.unreadable:
        assert (each.type == kind and each.reason.startswith(f"{kind}.")) or "span" in each.reason


JUNK = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        1.5,
        10**30,
        "",
        " ",
        "x",
        "2020",
        "2020-02-31",
        "Patient/1",
        "#x",
        "urn:uuid:aaa",
        "entered-in-error",
        [],
        [None],
        ["x"],
        [[]],
        {},
        {"coding": [None]},
        {"value": "5"},
        {"reference": []},
        [{}],
        {"start": "2030", "end": "2020"},
    ]
)
NAMES = st.sampled_from(
    [
        "modifierExtension",
        "focus",
        "component",
        "onsetPeriod",
        "abatementString",
        "valueRatio",
        "hasMember",
        "contained",
        "provision",
        "reaction",
        "extension",
        "meta",
        "dosage",
        "dispenseRequest",
        "medicationReference",
        "decision",
        "seriousness",
        "actualPeriod",
    ]
)


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in the tree."""
    found, stack = [], [tree]
    while stack:
        each = stack.pop()
        keys = list(each) if isinstance(each, dict) else range(len(each))
        for key in keys:
            found.append((each, key))
            if isinstance(each[key], dict | list):
                stack.append(each[key])
    return found


@st.composite
def mutated(draw: st.DrawFn, kinds: tuple[str, ...]) -> dict[str, Any]:
    """A valid example with a few nodes dropped, replaced, doubled, wrapped or added."""
    resource = copy.deepcopy(make(draw(st.sampled_from(kinds))))
    for _ in range(draw(st.integers(1, 4))):
        if not places(resource):
            break
        container, key = draw(st.sampled_from(places(resource)))
        how = draw(st.sampled_from(["drop", "replace", "wrap", "add"]))
        if how == "drop":
            del container[key]
        elif how == "wrap":
            container[key] = [container[key]]
        elif how == "replace":
            container[key] = copy.deepcopy(draw(JUNK))
        else:
            resource[draw(NAMES)] = copy.deepcopy(draw(JUNK))
    return resource


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(mutated(tuple(sorted(EXAMPLES))))
def test_no_mutation_crashes_or_vanishes(resource: dict[str, Any]) -> None:
    before = copy.deepcopy(resource)
    try:
        adapted = adapt(resource, READING)
    except UnreadableResource:
        return
    assert resource == before
    assert adapted.patient is None or all(hash(each) is not None for each in adapted.facts)


@settings(max_examples=100, deadline=None)
@given(mutated(("Patient",)))
def test_no_mutated_patient_crashes(resource: dict[str, Any]) -> None:
    try:
        adapted = adapt_patient(resource, READING)
    except UnreadableResource:
        return
    assert adapted.person.id == str(resource["id"]).strip()


@settings(deadline=None)
@given(
    st.sampled_from(sorted(SUPPORTED)),
    st.recursive(JUNK, lambda inner: st.dictionaries(NAMES, inner) | st.lists(inner), max_leaves=20),
)
def test_arbitrary_content_never_crashes(kind: str, content: Any) -> None:
    body = content if isinstance(content, dict) else {"code": content, "status": content, "dosageInstruction": content}
    adapted = adapt({**body, "resourceType": kind, "id": "x", "subject": {"reference": "Patient/1"}}, READING)
    assert adapted.patient == "1"


@settings(deadline=None)
@given(
    st.permutations([("a", "1"), ("b", "2"), ("", "3"), ("a", "0")]),
    st.sampled_from(["Condition", "Observation", "Procedure"]),
)
def test_the_order_of_codings_means_nothing(codings: list[tuple[str, str]], kind: str) -> None:
    def of(order: list[tuple[str, str]]) -> Adapted:
        return read(kind, code={"coding": [{"system": s, "code": c, "display": f"{s} {c}"} for s, c in order]})

    assert of(codings) == of(sorted(codings))


def test_deep_nesting_does_not_overflow() -> None:
    deep: dict[str, object] = {}
    for _ in range(3000):
        deep = {"extension": [deep]}
    read_well = bool(read("Condition", extension=[deep]).facts)  # not in the assert: pytest would print the nesting
    concept: dict[str, object] = {"text": "x"}
    for _ in range(3000):
        concept = {"concept": concept}
    found = read("Condition", code=concept)
    assert read_well and found.facts[0].concept == Concept()  # legible as nothing: it could be any condition
