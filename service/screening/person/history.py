"""What changed from one assessment of a patient to the next, and why: told by comparing neighbours in the history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from service.eligibility.explain.recognise import Recogniser
from service.eligibility.explain.wording import ENGLISH, Wording
from service.screening.decisions import Kind
from service.screening.decisions.words import KINDS, WORDS
from service.screening.person.sentence import Sentence
from service.screening.person.spoken import English, Speech, exhibit
from service.screening.person.study_part import ANSWERS
from service.screening.stand import STANDINGS, stand_of
from service.store.assessments import Stored
from service.store.decisions import Decision

Line = Mapping[str, Any]
FIRST = "the first assessment"
VERSION = "the study has another version"
RECORDS = "the records are not the same"
TIME = "time alone: the records are the same, the day is a later one"
EITHER = "the records are not the same, or time alone changed what counts"
READING = "the records read as before, and what they are taken to say is not the same: content or service was updated"
TAKEN_BACK = "taken back"
WHYS = (FIRST, VERSION, RECORDS, TIME, EITHER, READING)
# What a person decided: about all of the patient's place in the study, or about one criterion or record.
DECIDED, DECIDED_OF = "%(kind)s: %(content)s", "%(kind)s (%(about)s): %(content)s"
FOR_ALL, FOR_ALL_OF = "%(kind)s, for all studies: %(content)s", "%(kind)s (%(about)s), for all studies: %(content)s"
UNTIL, FOR_GOOD, WITH_DAY = "until %(day)s", "for good", "%(why)s, %(until)s"
GIVEN, REFUSED, NO_ONE, IN_WORDS = "agreed", "refused", "no one", "words"
SENTENCES = (
    *(TAKEN_BACK, DECIDED, DECIDED_OF, FOR_ALL, FOR_ALL_OF),
    *(UNTIL, FOR_GOOD, WITH_DAY, GIVEN, REFUSED, NO_ONE, IN_WORDS),
)

IN_ENGLISH = Speech(ENGLISH, Recogniser(ENGLISH))


@dataclass(frozen=True, slots=True)
class Changed:
    """One criterion whose answer changed; or (`before` or `after` None) that was not asked about on one side.

    `came`, `went`: evidence that is new, or is not named any more.
    """

    criterion: str
    before: str | None
    after: str | None
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, of the machine (`by` None) or of a person."""

    at: datetime
    what: Sentence
    why: str | None
    by: str | None = None
    date: date | None = None
    version: str | None = None
    standing: str | None = None
    was: str | None = None
    changed: tuple[Changed, ...] = ()


def history(
    stored: Sequence[Stored], decided: Sequence[Decision], zone: tzinfo, wording: Wording = ENGLISH
) -> tuple[Entry, ...]:
    """Everything that happened, the newest first; times are those of the site."""
    entries = [
        *_machine(stored, zone, Speech(wording, Recogniser(wording))),
        *(_person(each, zone) for each in decided),
    ]
    return tuple(sorted(entries, key=lambda each: each.at, reverse=True))


def _machine(stored: Sequence[Stored], zone: tzinfo, speech: Speech) -> Iterator[Entry]:
    before: Stored | None = None
    for each in stored:
        line, earlier = each.line, None if before is None else before.line
        standing, was = _standing(line), None if earlier is None else _standing(earlier)
        yield Entry(
            at=each.made.astimezone(zone),
            what=Sentence("assessed"),
            why=why(before, each),
            date=each.screening_date,
            version=each.version,
            standing=standing,
            was=None if was == standing else was,
            changed=() if earlier is None else changes(earlier, line, speech),
        )
        before = each


def _standing(line: Mapping[str, Any]) -> str:
    return STANDINGS[stand_of(str(line["standing"]), line.get("later"), None)]


def why(before: Stored | None, after: Stored) -> str:
    """Why an entry differs from the one before it, as far as it can be told.

    The digest of one that a nightly export gave is of the answers, so a day that passed may be all that is new there.
    """
    if before is None:
        return FIRST
    if before.version != after.version:
        return VERSION
    later = after.screening_date > before.screening_date
    if before.digest == after.digest:
        return TIME if later else READING
    if later and (before.next_change is None or before.next_change > after.screening_date):
        answered = _answers(before.line) != _answers(after.line)
        return RECORDS if answered else EITHER  # time alone would have changed no answer yet
    return EITHER if later else RECORDS


def _answers(line: Line) -> dict[str, str | None]:
    return {each["criterion"]: _answer(each) for each in line["findings"]}


def changes(before: Line, after: Line, speech: Speech = IN_ENGLISH) -> tuple[Changed, ...]:
    """The criteria whose answer, or evidence, is not the same, in the order of the newer one."""
    old = {each["criterion"]: each for each in before["findings"]}
    new = {each["criterion"]: each for each in after["findings"]}
    found = []
    for name in [*new, *(each for each in old if each not in new)]:
        one, other = old.get(name), new.get(name)
        was, now = _evidence(one), _evidence(other)
        came = tuple(_shown(each, speech) for each in now if each not in was)
        went = tuple(_shown(each, speech) for each in was if each not in now)
        if _answer(one) != _answer(other) or came or went:
            found.append(Changed(name, _answer(one), _answer(other), came, went))
    return tuple(found)


def _answer(finding: Line | None) -> str | None:
    return None if finding is None else ANSWERS[finding["kind"], finding["outcome"]][1]


def _evidence(finding: Line | None) -> tuple[Line, ...]:
    """What is shown of each: an element may move within its record."""
    if finding is None:
        return ()
    return tuple({name: each[name] for name in ("value", "when", "reference")} for each in finding["evidence"])


def _shown(given: Line, speech: Speech) -> str:
    told = exhibit(given, speech)
    if any(isinstance(each, English) for each in told.values()):
        return English(f"{given['value']} ({given['when'] or 'undated'}; {given['reference']})")
    say = speech.wording.say
    return say("{value} ({when}; {reference})", **{**told, "when": told["when"] or say("undated")})


def _person(each: Decision, zone: tzinfo) -> Entry:
    kind = Kind(each.kind)
    alone, about = (FOR_ALL, FOR_ALL_OF) if each.study is None else (DECIDED, DECIDED_OF)
    values = {"kind": Sentence(KINDS[kind]), "content": _content(kind, each.content)}
    what = Sentence(about, {**values, "about": each.about}) if each.about else Sentence(alone, values)
    return Entry(each.at.astimezone(zone), what, each.reason, by=each.actor)


def _content(kind: Kind, content: Mapping[str, Any]) -> Sentence | str:
    """What was decided; a day and an account stay as they are."""
    match kind:
        case Kind.STATUS:
            return Sentence(_worded(content["status"]))
        case Kind.ANSWER | Kind.OVERRIDE:
            return Sentence(_worded(content["outcome"]))
        case Kind.CORRECTION:
            return Sentence(_worded(content["claim"]))
        case Kind.SILENCE:
            return _silence(content)
        case Kind.CLAIM:
            return str(content["by"]) if content["by"] else Sentence(NO_ONE)
        case Kind.SNOOZE:
            return Sentence(UNTIL, {"day": _date(content["until"])}) if content["until"] else Sentence(TAKEN_BACK)
        case Kind.APPROVAL:
            return Sentence({True: GIVEN, False: REFUSED}.get(content["approved"], TAKEN_BACK))
        case Kind.NOTE:
            return Sentence(IN_WORDS)


def _silence(content: Mapping[str, Any]) -> Sentence:
    if content["why"] is None:
        return Sentence(TAKEN_BACK)
    until = content.get("until")
    ends = Sentence(UNTIL, {"day": _date(until)}) if until else Sentence(FOR_GOOD)
    return Sentence(WITH_DAY, {"why": Sentence(_worded(content["why"])), "until": ends})


def _date(written: object) -> date:
    return date.fromisoformat(str(written))


def _worded(code: str | None) -> str:
    """The word for a code of a closed set."""
    return TAKEN_BACK if code is None else WORDS.get(code, code)
