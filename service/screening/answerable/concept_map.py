"""The codes that look like a wanted concept as a FHIR R4 ConceptMap, for a person to confirm code by code. Pure.

Each target says, as FHIR has it, that its relation is not known (data-absent-reason): `catalog.code_maps` leaves such a
code out, so that a proposal changes no answer. A person writes `equivalence` in its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from service.eligibility.terms import TEXT_SYSTEM
from service.screening.answerable.shapes import LookAlike, Report

DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UNCONFIRMED = {"extension": [{"url": DATA_ABSENT, "valueCode": "not-asked"}]}
Json = dict[str, Any]


def concept_map(report: Report) -> Json:
    """The map; without groups where nothing looks like a wanted concept. A code without a system cannot be mapped."""
    groups: dict[tuple[str, str], list[LookAlike]] = {}
    for each in report.look_alikes:
        if each.met.coding.system and each.proposal is not None:
            groups.setdefault((each.met.coding.system, each.proposal.system), []).append(each)
    return {
        "resourceType": "ConceptMap",
        "id": "local-codes-to-confirm",
        "name": "LocalCodesToConfirm",
        "title": "Codes and texts that may mean what studies ask for, to be confirmed",
        "status": "draft",
        "description": "Made by prescreen coverage. A target counts once somebody has written its equivalence in the "
        "place of _equivalence: equivalent where it means the same, unmatched (without a code) where it is none.",
        **({"group": [_group(*key, those, report) for key, those in sorted(groups.items())]} if groups else {}),
    }


def _group(source: str, target: str, those: Iterable[LookAlike], report: Report) -> Json:
    codes: dict[str, Json] = {}
    for each in those:  # a code in facts of two kinds is one element
        codes.setdefault(each.met.coding.code, _element(each, report))
    return {"source": source, "target": target, "element": list(codes.values())}


def _element(each: LookAlike, report: Report) -> Json:
    met, proposal = each.met, each.proposal
    target: Json = {"_equivalence": UNCONFIRMED, "comment": _comment(each, report)}
    if proposal is not None and proposal.code is not None:
        target = {"code": proposal.code, "display": proposal.name, **target}
    text = {"display": met.text} if met.text is not None and met.coding.system != TEXT_SYSTEM else {}
    return {"code": met.coding.code, **text, "target": [target]}


def _comment(each: LookAlike, report: Report) -> str:
    sets = "; ".join(f"{report.titles[one.value_set]} ({one.value_set}), by '{one.word}'" for one in each.may_be)
    code = "" if each.proposal is not None and each.proposal.code is not None else " No code is proposed."
    return f"Not confirmed. May be of: {sets}. {each.met.records} records of {each.met.patients} patients.{code}"
