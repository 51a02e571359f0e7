"""What is asked for, by whichever way the question comes: a study by its id, in plain words, and a screening date."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from service.eligibility.criteria import Study
from service.eligibility.explain.study_text import render_study
from service.errors import UnknownStudy, UsageError

if TYPE_CHECKING:
    from service.catalog.load import Catalog

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def study_of(catalog: Catalog, identity: str) -> Study:
    """The study of that id. Raises UnknownStudy with the ids there are."""
    if identity not in catalog.studies:
        known = ", ".join(sorted(catalog.studies))
        raise UnknownStudy(f"no study {identity!r}; there are: {known}")
    return catalog.studies[identity]


def study_text(catalog: Catalog, study: Study) -> str:
    """The study in plain words, as its study.txt holds it."""
    return render_study(study, {each.id: each.title for each in catalog.terminology.value_sets.values()})


def screening_day(text: str) -> date:
    """`YYYY-MM-DD` as a day. Raises UsageError for anything else; the message does not repeat it."""
    try:
        if not DAY.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("the screening date is not a day; write it as YYYY-MM-DD, such as 2026-06-30") from None
