"""The report as JSON: `mappings/schemas/coverage.schema.json` says what stands in it. Pure.

A count is `{"from": …, "to": …}`, the same twice where it is exact; null where it is of too few people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.screening.answerable.concept_map import concept_map
from service.screening.answerable.shapes import Listed, LookAlike, OfDrug, OfStudy, OfType, Report
from service.screening.studying.suppression import Band

Json = dict[str, Any]


def document(report: Report) -> Json:
    """All of it."""
    return {
        "screening_date": report.at.isoformat(),
        "band": report.band,
        "screened": _band(report.screened),
        "held_back": report.held,
        "studies": [_study(each) for each in report.studies],
        "types": [_type(each) for each in report.types],
        "value_sets": [
            {
                "id": each.id,
                "title": each.title,
                "kind": each.kind,
                "codes": [{**_code(met), "through": through} for met, through in each.codes],
            }
            for each in report.value_sets
        ],
        "look_alikes": [_look_alike(each, report) for each in report.look_alikes],
        "unknown_codes": [{"kind": each.kind, **_code(each)} for each in report.silent],
        "doses": [_dose(each) for each in report.doses],
        "concept_map": concept_map(report),
    }


def _band(band: Band | None) -> Json | None:
    return None if band is None else {"from": band.low, "to": band.high}


def _bands(bands: Mapping[str, Band]) -> Json:
    return {name: _band(each) for name, each in bands.items()}


def _study(study: OfStudy) -> Json:
    criteria = [
        {
            "id": each.criterion,
            "kind": each.kind,
            "text": each.text,
            "by_people_alone": each.manual,
            "people": _band(each.people),
            "decided": _band(each.decided),
            "decided_by_absence": _band(each.by_absence),
            "unknown": _band(each.unknown),
            "why_unknown": _bands(each.why),
            "not_loaded": list(each.lacking),
        }
        for each in study.criteria
    ]
    return {"id": study.id, "version": study.version, "title": study.title, "criteria": criteria}


def _type(each: OfType) -> Json:
    asked = [{"study": study, "criterion": criterion} for study, criterion in each.criteria]
    people = _bands(each.states)
    return {
        "type": each.name,
        "need": each.need,
        "state": each.state,
        "people": people,
        "lines": _band(each.lines),
        "asked_by": asked,
    }


def _code(met: Listed) -> Json:
    coding = met.coding
    return {
        "system": coding.system or None,
        "code": coding.code,
        "text": met.text,
        "patients": _band(met.patients),
        "records": _band(met.records),
    }


def _look_alike(each: LookAlike, report: Report) -> Json:
    may_be = [
        {"value_set": one.value_set, "title": report.titles[one.value_set], "word": one.word} for one in each.may_be
    ]
    proposal = each.proposal
    proposed = None if proposal is None else {"system": proposal.system, "code": proposal.code, "name": proposal.name}
    return {"kind": each.met.kind, **_code(each.met), "may_be": may_be, "proposed": proposed}


def _dose(drug: OfDrug) -> Json:
    texts = [
        {"text": each.text, "why": each.lack, "patients": _band(each.patients), "records": _band(each.records)}
        for each in drug.texts
    ]
    return {
        "study": drug.study,
        "criterion": drug.criterion,
        "value_sets": list(drug.value_sets),
        "unit": drug.unit,
        "equivalent_to": drug.equivalent_to,
        "records": _band(drug.records),
        "computed": _band(drug.computed),
        "computed_as_range": _band(drug.as_range),
        "not_computed": _band(drug.not_computed),
        "why_not_computed": _bands(drug.why),
        "texts": texts,
    }
