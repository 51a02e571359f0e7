"""cases.yaml into cases. Every problem is named with file, line and case, all at once."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from service.catalog.documents import Document, read_yaml, violations
from service.eligibility.outcome import Outcome, Reason
from service.errors import CatalogError, UsageError
from service.screening.cases.forms import expand
from service.screening.cases.model import Expected, Json, PatientCase

OUTCOMES = {each.code: each for each in Outcome}
REASONS = frozenset(each.code for each in Reason)
OF_ASSESSMENT = ("standing", "signal", "later", "next_change")
A_VISIT_BEFORE = timedelta(days=14)


def load_cases(path: Path, schema: Path, criteria: frozenset[str]) -> tuple[PatientCase, ...]:
    """The cases of one file; `criteria` are the study's ids. Raises CatalogError with everything that is wrong."""
    document = read_yaml(path)
    problems = violations(document, schema)
    if problems:
        raise CatalogError(problems)
    cases = []
    for index, content in enumerate(document.content["cases"]):
        try:
            cases.append(_case(document, index, content, criteria))
        except (UsageError, ValueError) as error:
            problems.append(f"{document.at(('cases', index))}: case {content['name']!r}: {error}")
    names = [each.name for each in cases]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems += [f"{path.name}: two cases are named {name!r}" for name in twice]
    if problems:
        raise CatalogError(problems)
    return tuple(cases)


def _case(document: Document, index: int, content: Mapping[str, Any], criteria: frozenset[str]) -> PatientCase:
    at = date.fromisoformat(str(content["as_of"]))
    expected = content["expect"]
    unknown = sorted(set(expected) - criteria - set(OF_ASSESSMENT))
    if unknown:
        raise UsageError(f"the study has no criterion {', '.join(unknown)}")
    return PatientCase(
        name=content["name"],
        where=f"{document.path.parent.name}/{document.path.name}:{document.lines[('cases', index)]}",
        at=at,
        patient=_patient(content.get("patient", {})),
        resources=tuple(_resources(content, at)),
        not_loaded=frozenset(content.get("not_loaded", ())),
        expected={key: _expected(value) for key, value in expected.items() if key in criteria},
        assessment={key: expected[key] for key in OF_ASSESSMENT if key in expected},
    )


def _patient(form: Mapping[str, Any]) -> Json:
    made: Json = {"resourceType": "Patient", "id": "case"}
    made |= {"birthDate": str(form.get("born", "1970-05-05"))} if form.get("born", "") is not None else {}
    made |= {"gender": form.get("sex", "male")} if form.get("sex", "") is not None else {}
    return made | ({"deceasedDateTime": str(form["deceased"])} if "deceased" in form else {})


def _resources(content: Mapping[str, Any], at: date) -> Iterator[Json]:
    """The records, after a visit shortly before the screening date, without which silence means nothing."""
    if content.get("seen") != "never":
        yield expand({"encounter": {"on": content.get("seen", (at - A_VISIT_BEFORE).isoformat())}}, 0)
    for number, record in enumerate(content.get("records", ()), 1):
        yield expand(record, number)


def _expected(written: Any) -> Expected:
    if isinstance(written, str):
        return Expected(_outcome(written))
    reasons = frozenset(written.get("reasons", ()))
    if reasons - REASONS:
        raise UsageError(f"no such reason: {', '.join(sorted(reasons - REASONS))}; see the list in docs/semantics.md")
    return Expected(_outcome(written["outcome"]), reasons or None)


def _outcome(written: str) -> Outcome:
    if written not in OUTCOMES:
        raise UsageError(f"{written!r} is no outcome; write met, not_met or unknown")
    return OUTCOMES[written]
