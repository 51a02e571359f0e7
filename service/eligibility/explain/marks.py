"""What the marks of records and doses mean, in sentences: what was assumed or inferred."""

from service.eligibility.explain.wording import ENGLISH, Wording

MARKS = {
    "alternating": "Doses alternate; their average is exact, on which day which is taken is not known.",
    "as-needed": "It is taken as needed: anything from nothing to the most that is allowed.",
    "assumption-once-a-day": "A dose for so many days, without how often a day, is taken once a day.",
    "assumption-meals-per-day": "A dose with meals is taken at three meals a day.",
    "depot": "A depot acts beyond the day of its injection; on the days after anything up to its dose counts.",
    "derived-from-supply": "What was supplied, over the days of supply, gives an average; single days may differ.",
    "dose-from-order": "The administration states no dose; it takes that of its order.",
    "end-from-statement": "The order does not say when it ended; a statement says until when the drug was taken.",
    "end-from-status": "Its status says that it is over, but not since when; it ended by its plan or last update.",
    "end-from-supply": "No end is recorded; it follows from what was supplied.",
    "given-in-part": "The administration was stopped or is in progress: anything up to the whole dose was given.",
    "mass-of-salt": "The stated mass may be that of the drug or of its salt; the range spans both.",
    "no-dose": "The record states no dose for these days.",
    "not-as-directed": "It is taken, but not as directed; how much is not said.",
    "not-taken-contradicts": "A statement says, or may say, that it was not taken then: it counts from nothing.",
    "replaced": "Another order replaces it, from that one's beginning on.",
    "stop-contradicts": "A statement says that it was stopped while the order goes on: after that it counts possibly.",
    "strength-conflict": "Record, map and name give different strengths; the range spans them.",
    "surface-based": "The dose follows from a body weight and height near these days.",
    "text-disagrees": "The text of the instruction gives another dose than its structure; the range spans both.",
    "text-not-understood": "The text of the instruction could not be read; no dose was taken from it.",
    "text-sig": "The dose, or a part of it, was read from the text of the instruction.",
    "text-says-then": "Words say then, and no sequence does: the doses stand side by side or follow one another.",
    "timing-code-not-read": "The code of the timing is not known; the rest of the timing is used.",
    "unreadable-dosage": "A part of the dosage could not be read.",
    "weight-based": "The dose follows from a body weight near these days.",
}


def mark_words(mark: str, wording: Wording = ENGLISH) -> str:
    """The sentence of a mark."""
    return wording.say(MARKS[mark]) if mark in MARKS else wording.say("The record is marked {mark}.", mark=mark)


def marks_within(wording: Wording) -> dict[str, str]:
    """How each sentence is said within another, where it ends with no stop: by its English."""
    return {each.rstrip("."): wording.say(each).rstrip(".。") for each in MARKS.values()}
