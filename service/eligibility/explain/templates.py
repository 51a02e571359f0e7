"""The templates of what is composed of a finding, by the kind of what they say: how English is taken apart again.

`{day_2}` is filled by something of the kind `day`. Kinds that are not here are what is recorded (`recognise.py`), or
given with the criteria: `asked` (a criterion's phrase), `title` (of a value set), `mark` (what is assumed of
a dose). `content` is anything that has a
translation of its own. Properties in tests hold these to what is composed.
"""

from collections.abc import Mapping

from service.eligibility.explain.dose_templates import DOSES
from service.eligibility.explain.missing import ALL
from service.eligibility.explain.sentences import ANSWERS, NOTES, VERDICTS
from service.eligibility.explain.settle import WANTED
from service.eligibility.facts import Kind
from service.eligibility.outcome import Reason

Templates = Mapping[str, tuple[str, ...]]

SENTENCES: Templates = {
    "sentence": ("{answer}. {leaves}", "{answer}, {tier}. {leaves}"),
    "answer": tuple(ANSWERS.values()),
    "tier": ("{content}", "at least {content}"),
    "leaves": ("{leaf}", "{leaf} {leaves}"),
    "leaf": ("{asked}: {verdict}.", "{asked}: {verdict} ({notes}).", "A person has to judge: {content}"),
    "verdict": tuple(VERDICTS.values()),
    "notes": ("{note}", "{note}; {notes}"),
    "note": (
        "{reason}",
        "{dose}",
        "{calculated}",
        "{exhibit}",
        "and {number} more",
        "{assumption}",
        "{mark}",
        *NOTES.values(),
        "within the limit on {interval} days",
        "within the limit on {interval} days in a row",
        "{interval} such course",
        "{interval} such courses",
        "surely in use {periods}",
        "surely in use on no day that is known",
        "no half-life of {name} is listed, so that the window may reach back further",
        "the half-life of {name} that is listed is not verified, so that the window may reach back further",
        "{number} half-lives of {name} are {interval} days ({name_2})",
    ),
    "reason": (
        *dict.fromkeys((*(each.sentence for each in Reason), *(each.sentence for each in ALL))),
        f"{Reason.NOT_LOADED.sentence}: {{types}}",
    ),
    "periods": ("{day} to {day_2}", "{day} to {day_2}, {periods}"),
    "exhibit": ("{seen}", "{value}, {when} [{reference}]"),
    "seen": ("{value} [{reference}]",),
}
ASSUMPTIONS: Templates = {
    "assumed": ("{assumption}", "{assumption}."),
    "assumption": (
        "no {missing} on record, taken as met: {content}",
        "no {missing} on record, taken as not met: {content}",
        "no {missing} on record, taken as unknown: {content}",
        "no {missing} on record for that time, taken as absent because all {kind} records were loaded",
        "no {missing} on record for that time, taken as absent because all {kind} records were loaded"
        " (not loaded: {types})",
        "Recorded as male; taken as not breast feeding",
        "Recorded as male; taken as not pregnant",
        "Aged {number} or more; taken as not pregnant",
        "A hysterectomy is on record; taken as not pregnant",
    ),
    "missing": ("{what}", "further {what}"),
    "what": ("{titles}", "such {kind}"),
    "titles": ("{title}", "{title} or {titles}"),
    "kind": tuple(each.value.replace("_", " ") for each in Kind),
}
WISHES: Templates = {
    "wanted": (
        *(
            each.replace("{question}", "{content}").replace("{shown}", "{subject}")
            for each in dict.fromkeys((*WANTED.values(), *(each.wanted for each in ALL)))
        ),
        "all {types} records, completely loaded",
        "all such records, completely loaded",
    ),
    "subject": ("{asked}", "{shown}"),
    "shown": ("{seen}", "{seen}; {shown}"),
}
EVIDENCE: Templates = {
    "value": (
        "{name}",
        "{name} ({state})",
        "{name} (no longer active)",
        "{name} ({state}) (no longer active)",
        "{name}: {result}",
        "{name}: {result} (preliminary)",
        "{age} years",
        "{age} to {age_2} years",
        "not recorded as deceased",
        "deceased",
        "not recorded",
        "unknown",
        "male",
        "female",
        "other",
    ),
    "state": ("unconfirmed", "refuted", "resolved", "not done", "not taken", "not certain"),
    "result": ("{name}", "{quantity}", "no value", "permitted", "refused", "not clear"),
    "when": (
        "{days}",
        "since {days}",
        "from {days} to {days_2}",
        "on an unknown day",
        "recorded {days}",
        "not dated",
    ),
    "days": (
        "an unknown day",
        "{day}",
        "{month}",
        "{year}",
        "{day} or before",
        "{day} or later",
        "between {day} and {day_2}",
    ),
}
TEMPLATES: Templates = {**SENTENCES, **ASSUMPTIONS, **WISHES, **EVIDENCE, **DOSES}
