"""Texts that a site's map gives a meaning: a result that has such a text, and no code, is never passed over."""

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from service.eligibility.outcome import Outcome
from service.eligibility.terms import Coding, Concept, Mapped, Terminology, text_code
from service.screening.population import gather
from service.screening.request import Progress, Request
from service.screening.sifting.traces import HIDDEN, traces_of
from service.screening.sources import find_sources
from tests.builders import AT, SETS
from tests.screening.world import STUDY, catalog, export, haemoglobin

HB = Mapped(Coding("http://loinc.org", "hb"), True)
OLD = {"effectiveDateTime": "1999-01-01"}


def world(*texts: str) -> SimpleNamespace:
    """A catalog whose map knows these texts as haemoglobin."""
    known = catalog()
    known.terminology = Terminology({each.id: each for each in SETS}, {text_code(each): (HB,) for each in texts})
    return known


WRITTEN = [
    "Roter Farbstoff",
    "roter   FARBSTOFF",
    " Roter\tFarbstoff ",
    'R "o" t',
    "Ä/Ö ß",
    "ÄÖ",
    "\\",
    "a\\b",
    "K\u212a",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_mapped_text_is_read(text: str, tmp_path: Any) -> None:
    source = export(
        tmp_path / "in", Observation=[haemoglobin("a", code={"text": text}, **OLD), haemoglobin("b", **OLD)]
    )
    request = Request(find_sources([source]), (STUDY,), AT)
    found = {}
    for sifted in (True, False):
        population = gather(world(*WRITTEN), request, lambda _: None, Progress(), sifted=sifted).population  # type: ignore[arg-type]
        found[sifted] = {each.evidence.reference for each in population.people["p"].facts}
    assert found[True] == found[False]
    assert {"Observation/a", "Observation/b"} <= found[True]


@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip), st.booleans(), st.booleans()
)
def test_every_way_to_write_a_mapped_text_shows_a_trace(text: str, small: bool, escaped: bool) -> None:
    terminology = Terminology({each.id: each for each in SETS}, {text_code(text): (HB,)})
    written = text.lower() if small else text
    assert terminology.membership(("hb",), Concept(texts=(written.strip(),))).outcome is Outcome.MET
    line = json.dumps({"code": {"text": written}}, ensure_ascii=escaped, separators=(",", ":")).encode()
    traces = traces_of(terminology, ("hb",))
    assert any(re.search(each.expression, line, re.IGNORECASE if each.caseless else 0) for each in (*traces, *HIDDEN))
