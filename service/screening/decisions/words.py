"""The words for what people decide: for each code of the closed sets the one that pages and histories say."""

from collections.abc import Mapping

from service.screening.corrected import ENTERED_IN_ERROR, NEVER_TAKEN
from service.screening.decisions.kinds import WHYS, Kind, PersonStatus

KINDS: Mapping[Kind, str] = {
    Kind.STATUS: "status set",
    Kind.ANSWER: "answer",
    Kind.OVERRIDE: "answer against the machine",
    Kind.CORRECTION: "correction of a record",
    Kind.SILENCE: "silence",
    Kind.CLAIM: "who looks after the row",
    Kind.SNOOZE: "put off",
    Kind.APPROVAL: "approval of the contact",
    Kind.NOTE: "note",
}
WORDS: Mapping[str, str] = {
    **{each.value: each.value.replace("-", " ") for each in PersonStatus},
    **{each: each.replace("-", " ") for each in WHYS},
    PersonStatus.ELIGIBLE: "eligible (decided by a person)",
    PersonStatus.INELIGIBLE: "ineligible (decided by a person)",
    "met": "met",
    "not_met": "not met",
    "unknown": "not known",
    NEVER_TAKEN: "never taken",
    ENTERED_IN_ERROR: "entered in error",
}
