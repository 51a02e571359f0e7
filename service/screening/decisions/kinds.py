"""The kinds of decisions, and the states that people give. A closed set: what is not one of these is refused."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What was decided; in brackets what `content` holds.

    STATUS: where the patient stands for the people of the study (`status`; None takes it back). ANSWER: how a criterion
    is answered that the machine leaves open or to people (`outcome`; None takes it back). OVERRIDE: the same against
    the machine's answer; `was` is that answer. CORRECTION: a record that is wrong or was never so (`claim`, `version`
    of the record; None takes it back). SILENCE: nobody is told of this patient (`why`, `until`; `why` None takes it
    back). CLAIM: who looks after the row (`by`). SNOOZE: put off (`until`). APPROVAL: the treating clinician lets the
    patient be contacted (`approved`). NOTE: words alone.
    """

    STATUS = "status"
    ANSWER = "answer"
    OVERRIDE = "override"
    CORRECTION = "correction"
    SILENCE = "silence"
    CLAIM = "claim"
    SNOOZE = "snooze"
    APPROVAL = "approval"
    NOTE = "note"


class PersonStatus(StrEnum):
    """Where a patient stands by what people say."""

    SCREENING = "screening"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    CONTACTED = "contacted"
    CONSENTED = "consented"
    DECLINED = "declined"
    ON_STUDY = "on-study"
    OFF_STUDY = "off-study"
    WITHDRAWN = "withdrawn"


# The state of the ResearchSubject (R4 and R5 share the codes) that says it. There is no state for a contact alone.
STATES: Mapping[PersonStatus, str] = {
    PersonStatus.SCREENING: "screening",
    PersonStatus.ELIGIBLE: "eligible",
    PersonStatus.INELIGIBLE: "ineligible",
    PersonStatus.CONTACTED: "screening",
    PersonStatus.CONSENTED: "pending-on-study",
    PersonStatus.DECLINED: "not-registered",
    PersonStatus.ON_STUDY: "on-study",
    PersonStatus.OFF_STUDY: "off-study",
    PersonStatus.WITHDRAWN: "withdrawn",
}
# With these, nobody looks for the patient any more.
CLOSING = frozenset(
    {
        PersonStatus.INELIGIBLE,
        PersonStatus.DECLINED,
        PersonStatus.ON_STUDY,
        PersonStatus.OFF_STUDY,
        PersonStatus.WITHDRAWN,
    }
)
OUTCOMES = frozenset({"met", "not_met", "unknown"})
CLAIMS = frozenset({"never-taken", "entered-in-error"})
