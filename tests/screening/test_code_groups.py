"""By which codes a type may be subscribed to, and when codes cannot tell enough."""

from collections.abc import Iterable
from typing import Any

import pytest

from service.ehr.capability import Features, OfType
from service.ehr.wanted import token
from service.eligibility.criteria import (
    EVER,
    ConditionPresent,
    Criterion,
    ImmunizationGiven,
    ObservationValue,
    ProcedureDone,
    Study,
)
from service.eligibility.facts import Kind
from service.eligibility.terms import Codes, Coding, Mapped, Terminology, ValueSet
from service.screening.code_groups import codes_of, searches_for
from service.screening.needs import Needs

LOINC, LOCAL, SCT, ICD = "http://loinc.org", "urn:oid:1.2.3", "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10"
NODES: dict[str, type[Any]] = {
    "Observation": ObservationValue,
    "Condition": ConditionPresent,
    "Procedure": ProcedureDone,
    "Immunization": ImmunizationGiven,
}


def codings(system: str, *codes: str) -> frozenset[Coding]:
    return frozenset(Coding(system, each) for each in codes)


HB = ValueSet("hb", "", Codes(codings(LOINC, "718-7")), Codes(codings(LOINC, "20509-6")), Codes(codings(LOINC, "9-9")))
IGG = ValueSet("igg", "", Codes(codings(LOINC, "2465-3")))
PREFIXED = ValueSet("prefixed", "", Codes(codings(SCT, "1"), (Coding(SCT, "2"),)))
PERHAPS = ValueSet("perhaps", "", Codes(codings(SCT, "1")), Codes(prefixes=(Coding(SCT, "2"),)))
DOTTED = ValueSet("dotted", "", Codes(codings(ICD, "C509")))
WORDS = ValueSet("words", "", words=("anaemia",))
SETS = {each.id: each for each in (HB, IGG, PREFIXED, PERHAPS, DOTTED, WORDS)}


def needs(kind: str, *ids: str, whole: Iterable[Kind] = (), maps: Any = None) -> Needs:
    node = NODES[kind](ids, look_back=EVER) if kind == "Observation" else NODES[kind](ids)
    study = Study("s", "1", "A study", (Criterion("I1", "inclusion", "something", node),), (node,))
    return Needs([study], Terminology(SETS, maps or {}), whole)


def features(kind: str, *params: str) -> Features:
    return Features("R4", "", {kind: OfType(params=frozenset(params))})


def test_members_and_those_that_may_be_are_asked_for() -> None:
    assert codes_of("Observation", needs("Observation", "hb", "igg")) == {
        f"{LOINC}|718-7",
        f"{LOINC}|20509-6",
        f"{LOINC}|2465-3",
    }


def test_codes_of_the_site_that_lead_to_one_are_asked_for() -> None:
    maps = {
        Coding(LOCAL, "HB"): (Mapped(Coding(LOINC, "718-7"), True),),
        Coding(LOCAL, "HB?"): (Mapped(Coding(LOINC, "5-5"), True), Mapped(Coding(LOINC, "20509-6"), False)),
        Coding(LOCAL, "NA"): (Mapped(Coding(LOINC, "2951-2"), True),),
        Coding(LOCAL, "NOT"): (Mapped(Coding(LOINC, "9-9"), True),),
    }
    found = codes_of("Observation", needs("Observation", "hb", maps=maps))
    assert found == {f"{LOINC}|718-7", f"{LOINC}|20509-6", f"{LOCAL}|HB", f"{LOCAL}|HB%3F"}


@pytest.mark.parametrize(
    ("kind", "ids", "whole"),
    [
        pytest.param("Condition", ["prefixed"], (), id="a set of all codes that begin alike"),
        pytest.param("Condition", ["perhaps"], (), id="a set of all codes that begin alike and may belong"),
        pytest.param("Condition", ["dotted"], (), id="codes with a dot or without"),
        pytest.param("Observation", ["hb", "prefixed"], (), id="one of two sets"),
        pytest.param("Observation", ["words"], (), id="words alone"),
        pytest.param("Observation", ["hb", "words"], (), id="one of two sets has words alone"),
        pytest.param("Observation", ["hb"], (Kind.OBSERVATION,), id="everything is kept"),
        pytest.param("Procedure", [], (), id="nothing is asked for by code"),
    ],
)
def test_what_codes_cannot_tell_is_asked_for_whole(kind: str, ids: list[str], whole: tuple[Kind, ...]) -> None:
    asked = needs(kind, *ids, whole=whole) if ids else needs("Observation", "hb")
    assert codes_of(kind, asked) is None
    assert searches_for(kind, asked, features(kind, "code")) == (f"{kind}?",)


@pytest.mark.parametrize(
    ("kind", "params", "criteria"),
    [
        ("Observation", ["code", "combo-code"], f"Observation?combo-code={LOINC}|2465-3"),
        ("Observation", ["code"], f"Observation?code={LOINC}|2465-3"),
        ("Observation", ["patient"], "Observation?"),
        ("Immunization", ["code", "vaccine-code"], f"Immunization?vaccine-code={LOINC}|2465-3"),
        ("Immunization", ["code"], "Immunization?"),
    ],
)
def test_by_the_parameter_that_the_server_has(kind: str, params: list[str], criteria: str) -> None:
    assert searches_for(kind, needs(kind, "igg"), features(kind, *params)) == (criteria,)


def test_orders_are_never_narrowed() -> None:
    """They may refer to a Medication that holds the code."""
    assert searches_for("MedicationRequest", needs("Observation", "hb"), features("MedicationRequest", "code")) == (
        "MedicationRequest?",
    )


def test_a_token_keeps_apart_what_belongs_apart() -> None:
    assert token("urn:a b", "x,y|z&1$\\") == "urn:a%20b|x%5C,y%5C|z%261%5C%24%5C%5C"
    assert token(LOINC, "718-7") == f"{LOINC}|718-7"
