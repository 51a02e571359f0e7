"""How a site's ConceptMap is read: what its own codes mean, exactly or nearly, or that they mean none of ours."""

import json
from pathlib import Path

import pytest

from service.catalog.code_maps import load_code_maps
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import TEXT_SYSTEM, Coding, Concept, Membership, Terminology
from service.errors import CatalogError
from tests.builders import CANCER, SCT

LOCAL = "urn:local"


def mapped(directory: Path, *elements: object, **group: object) -> Path:
    path = directory / "ours.json"
    content = {"source": LOCAL, "target": SCT, "element": elements, **group}
    path.write_text(json.dumps({"resourceType": "ConceptMap", "group": [content]}), encoding="utf-8")
    return path


def belongs(path: Path, text: str = "colon cancer") -> Membership:
    """Does local code `x`, with these words, belong to the cancers?"""
    terminology = Terminology({CANCER.id: CANCER}, load_code_maps([path]))
    return terminology.membership((CANCER.id,), Concept((Coding(LOCAL, "x"),), (text,)))


def to(code: str | None, **relation: str) -> dict[str, object]:
    return {"code": "x", "target": [{**({"code": code} if code else {}), **relation}]}


# what the map says of the code                                  does it belong             why not surely
MEANINGS = [
    (to("1", equivalence="equivalent"), Outcome.MET, None),
    (to("1", equivalence="equal"), Outcome.MET, None),
    (to("1", relationship="equivalent"), Outcome.MET, None),
    (to("1", equivalence="wider"), Outcome.UNKNOWN, Reason.CODE_UNMAPPED),
    (to("1", equivalence="narrower"), Outcome.UNKNOWN, Reason.CODE_UNMAPPED),
    (to("1", relationship="source-is-broader-than-target"), Outcome.UNKNOWN, Reason.CODE_UNMAPPED),
    (to("9", equivalence="equivalent"), Outcome.NOT_MET, None),
    (to(None, equivalence="unmatched"), Outcome.NOT_MET, None),
    (to(None, relationship="not-related-to"), Outcome.NOT_MET, None),
    ({"code": "x", "noMap": True}, Outcome.NOT_MET, None),
    ({"code": "y", "noMap": True}, Outcome.UNKNOWN, Reason.NAME_ONLY),  # the map says nothing of this code
]


@pytest.mark.parametrize(("element", "outcome", "reason"), MEANINGS, ids=[json.dumps(each[0]) for each in MEANINGS])
def test_what_a_map_says_of_a_code(element: object, outcome: Outcome, reason: Reason | None, tmp_path: Path) -> None:
    found = belongs(mapped(tmp_path, element))
    assert (found.outcome, found.reason) == (outcome, reason)


UNSAID = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
# proposals that nobody has confirmed: the map says nothing of the code, neither that it is one nor that it is none
PROPOSALS: list[dict[str, object]] = [
    {"code": "x", "target": [{"code": "1", "_equivalence": UNSAID}]},
    {"code": "x", "target": [{"code": "1", "_relationship": UNSAID}]},
    {"code": "x", "target": [{"_equivalence": UNSAID}]},
    {"code": "x", "target": [{"code": "1", "equivalence": "equivalent"}, {"code": "2", "_equivalence": UNSAID}]},
    {"code": "x", "target": [{"equivalence": "unmatched"}, {"code": "2", "_equivalence": UNSAID}]},
]


@pytest.mark.parametrize("element", PROPOSALS, ids=json.dumps)
def test_an_unconfirmed_proposal_changes_nothing(element: object, tmp_path: Path) -> None:
    for text in ("colon cancer", "something else", ""):
        assert belongs(mapped(tmp_path, element), text) == belongs(mapped(tmp_path), text)


@pytest.mark.parametrize("code", ["1", None])
def test_without_a_relation_or_its_reason_a_target_is_refused(code: str | None, tmp_path: Path) -> None:
    for said in ({}, {"_equivalence": {}}, {"_equivalence": {"extension": [{"url": "urn:other"}]}}):
        with pytest.raises(CatalogError, match="none that FHIR defines"):
            load_code_maps([mapped(tmp_path, {"code": "x", "target": [{"code": code, **said}]})])


def test_confirmed_once_and_proposed_elsewhere_counts(tmp_path: Path) -> None:
    assert belongs(mapped(tmp_path, to("1", equivalence="equivalent"), PROPOSALS[0])).outcome is Outcome.MET


def of_text(directory: Path, element: object, *texts: str, codes: tuple[Coding, ...] = ()) -> Membership:
    """Does what has these texts belong to the cancers, where the map says this of texts?"""
    terminology = Terminology({CANCER.id: CANCER}, load_code_maps([mapped(directory, element, source=TEXT_SYSTEM)]))
    return terminology.membership((CANCER.id,), Concept(codes, texts))


def test_a_text_without_a_code_can_be_mapped_by_a_person(tmp_path: Path) -> None:
    same = {"code": "Colon  CA", "target": [{"code": "1", "equivalence": "equivalent"}]}
    assert of_text(tmp_path, same, "COLON ca ").outcome is Outcome.MET
    assert of_text(tmp_path, same, "seen", "colon\tca").outcome is Outcome.MET
    none = {"code": "no colon cancer", "target": [{"equivalence": "unmatched"}]}
    assert of_text(tmp_path, none, "No colon cancer").outcome is Outcome.NOT_MET
    near = {"code": "colon ca", "target": [{"code": "1", "equivalence": "narrower"}]}
    assert of_text(tmp_path, near, "Colon CA").reason is Reason.CODE_UNMAPPED


def test_only_the_whole_text_is_mapped_and_only_where_no_code_stands(tmp_path: Path) -> None:
    same = {"code": "colon ca", "target": [{"code": "1", "equivalence": "equivalent"}]}
    assert of_text(tmp_path, same, "colon ca?").outcome is Outcome.NOT_MET
    assert of_text(tmp_path, same, "colon ca", codes=(Coding(LOCAL, "z"),)).outcome is Outcome.NOT_MET


def test_the_version_that_r5_appends_to_a_system_is_left_out(tmp_path: Path) -> None:
    path = mapped(tmp_path, to("1", relationship="equivalent"), source=f"{LOCAL}|1.0", target=f"{SCT}|2026")
    assert belongs(path).outcome is Outcome.MET


# what is wrong                                         what is said
REFUSED = [
    (to("1", equivalence="same"), "ours.json: x: equivalence (R5: relationship) 'same' is none that FHIR defines"),
    (to("1"), "None is none that FHIR defines"),
    (to(None, equivalence="equivalent"), "ours.json: x: a target without a code"),
    ({"target": []}, "an element without a code"),
    ({"code": "x"}, "ours.json: x: no target; where there is none to give, say so"),
]


@pytest.mark.parametrize(("element", "said"), REFUSED, ids=[each[1] for each in REFUSED])
def test_what_a_map_must_not_say(element: object, said: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as raised:
        load_code_maps([mapped(tmp_path, element)])
    assert said in str(raised.value)


def test_a_code_that_is_mapped_twice_differently_is_refused(tmp_path: Path) -> None:
    path = mapped(tmp_path, to("1", equivalence="equal"), to("2", equivalence="equal"))
    with pytest.raises(CatalogError, match="mapped twice, to different targets"):
        load_code_maps([path])


@pytest.mark.parametrize("content", ["{", "[]", '{"resourceType": "ValueSet"}'])
def test_a_file_that_is_no_map_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "ours.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CatalogError, match=r"ours\.json: (cannot be read as JSON|not a FHIR ConceptMap)"):
        load_code_maps([path])


def test_a_group_without_its_systems_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"group\[0\]: source and target"):
        load_code_maps([mapped(tmp_path, to("1", equivalence="equal"), target=None)])
