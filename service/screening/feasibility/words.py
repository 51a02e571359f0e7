"""Counts of the document in words. Pure."""

from collections.abc import Mapping
from typing import Any

from service.screening.feasibility.report import band_of
from service.screening.studying.suppression import FEWEST

Json = Mapping[str, Any]
SMALL = (
    "EXACT COUNTS (--show-small): they may tell of single people. They are for whoever may see the patients, and not "
    "to be passed on."
)


def reach_words(told: Json) -> str:
    """`surely 30–44, at most 60–74`; one number where the two are the same, and exact."""
    surely, at_most = band_of(told["surely"]), band_of(told["at_most"])
    if surely == at_most and surely.low == surely.high:
        return str(surely)
    return f"surely {surely}, at most {at_most}"


def step_words(step: Json) -> str:
    """What a step of the funnel is called."""
    return step["text"] if step["kind"] is None else f"{step['step']} {step['kind']}"


def short(count: Json) -> str:
    """A count for a table: `17`, `15–29`, `<15`."""
    band = band_of(count)
    return f"<{band.high + 1}" if band.low == 0 < band.high else str(band)


def pair(told: Json) -> str:
    """Surely and at most, for a table: `15–29 / 30–44`."""
    return f"{short(told['surely'])} / {short(told['at_most'])}"


def how_told(document: Json) -> tuple[str, ...]:
    """What the numbers are, and are not: to be said wherever they are shown."""
    said = [SMALL]
    if document["counts"] != "exact":
        band = document["band"]
        said = [
            f"Counts are told in bands of {band} people, so that none below {FEWEST} follows from them; "
            "--show-small tells them exactly."
        ]
    return (
        *said,
        "Surely in: all that the record has to answer lets them in (candidates). At most: nothing on record keeps them "
        "out. What is unknown counts only in the second.",
    )


def checklist_words(study: Json) -> str:
    """Which criteria a person, or the visit, may have to settle."""
    named = ", ".join(study["checklist"])
    open_ = f"What only a person or the screening visit can settle ({named}) stays open, and keeps nobody from being a"
    return f"{open_} candidate." if named else ""


def result_words(document: Json, study: Json) -> str:
    """The result in a sentence."""
    last = study["funnel"][-1]
    surely, at_most = band_of(last["surely"]), band_of(last["at_most"])
    return (
        f"As of {document['as_of']}, {surely} {'is a candidate' if str(surely) == '1' else 'are candidates'}, "
        f"and at most {at_most} {'is' if str(at_most) == '1' else 'are'} not kept out."
    )
