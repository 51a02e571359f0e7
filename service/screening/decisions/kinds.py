"""The kinds of decisions, and the states that people give. A closed set: what is not one of these is refused."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What was decided; in brackets what `content` holds.

    STATUS: where the patient stands for the people of the study (`status`; None takes it back). ANSWER: how a criterion
    is answered that the machine leaves open or to people (`outcome`, None takes it back; `was`: the machine's outcome
    that was seen; `version` of the study). OVERRIDE: the same against the machine's answer. CORRECTION: a record that
    is wrong or was never so, for all studies (`claim`, None takes it back; `version` of the record; `criteria`, by
    study, that rested on it; `said_in`: the study in which it was said). SILENCE: nobody is told of this patient
    (`why`, None takes it back; `until`). CLAIM: who looks after the row (`by`). SNOOZE: put off (`until`). APPROVAL:
    the treating clinician lets the patient be contacted (`approved`). NOTE: words alone.
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
# What follows from a contact, or records one: not while research is only being prepared.
CONTACTS = frozenset(
    {
        PersonStatus.CONTACTED,
        PersonStatus.CONSENTED,
        PersonStatus.DECLINED,
        PersonStatus.ON_STUDY,
        PersonStatus.OFF_STUDY,
        PersonStatus.WITHDRAWN,
    }
)
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
WHYS = frozenset({"declined", "do-not-contact"})
FOR_ALL = frozenset({Kind.CORRECTION})  # a record is wrong for every study
# Kinds that decide the same thing: the newest of them holds.
TOGETHER: Mapping[Kind, frozenset[Kind]] = {
    **{each: frozenset({each}) for each in Kind},
    Kind.ANSWER: frozenset({Kind.ANSWER, Kind.OVERRIDE}),
    Kind.OVERRIDE: frozenset({Kind.ANSWER, Kind.OVERRIDE}),
}
