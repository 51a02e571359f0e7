"""The words for codes of closed sets: what a page says instead of a code, in the reader's language."""

from collections.abc import Mapping
from datetime import date

from flask import Flask
from markupsafe import Markup

from service.screening.access import Role
from service.screening.access.audited import Purpose, Why
from service.screening.access.known import NO_BASIS
from service.screening.access.policy import BasisKind
from service.screening.decisions import words
from service.screening.person.sentence import Sentence
from service.screening.person.spoken import English
from service.screening.person.who import NOT_RECORDED
from service.web.language import day_of, gettext

# What the audit says that somebody did.
DEEDS: Mapping[str, str] = {
    "view-patient": "looked at the patient",
    "view-history": "looked at the history",
    "view-source": "looked at a record",
    "view-trials": "looked at all trials",
    "viewed": "opened the patient from the chart",
    "reveal-patient": "revealed the name",
    "list-patient": "saw the patient in a list",
    "export-patient": "exported the patient in a table",
    "export-worklist": "exported a worklist",
    "export-audit": "exported the audit",
    "signed-in": "signed in",
    "password-changed": "changed the password",
    "password-set": "set a password",
    "account-added": "added an account",
    "account-disabled": "disabled an account",
    "account-enabled": "enabled an account",
    "account-linked": "linked an account",
    "basis-entered": "entered a legal basis",
    "role-given": "gave a role",
    "role-taken": "took a role",
    "appointments-imported": "imported appointments",
    "patient-forgotten": "forgot a patient",
    "screened": "screened the patient",
}
# By code. Where two sets share a code, they share the word.
WORDS: Mapping[str, str] = {
    **{each.value: each.value.replace("-", " ") for kind in (Role, Purpose, Why) for each in kind},
    **{f"decided-{kind.value}": f"decided: {word}" for kind, word in words.KINDS.items()},
    **{kind.value: word for kind, word in words.KINDS.items()},
    **words.WORDS,
    **DEEDS,
    BasisKind.PREPARATORY.value: "preparatory to research",
    BasisKind.WAIVER.value: "waiver of consent",
    BasisKind.CONSENT.value: "consent of the patient",
    BasisKind.LOCAL.value: "local law",
    NO_BASIS: "no basis",
    # What FHIR says of a patient's sex, and what this service does where it is not said.
    "male": "male",
    "female": "female",
    "other": "other",
    NOT_RECORDED: NOT_RECORDED,
    # Whether the treating clinician agreed.
    "True": "agreed",
    "False": "refused",
}


def install(app: Flask) -> None:
    """Let templates say `{{ word(code) }}`, `{{ told(sentence) }}` and `<p{{ tongue(text) }}>`."""
    app.jinja_env.globals.update(word=word, told=told, tongue=tongue)


def word(code: object) -> str:
    """The word for a code; what is none of the closed sets (a day, a name) stays as it is."""
    known = WORDS.get(str(code))
    return str(code) if known is None else gettext(known)


def told(sentence: object) -> str:
    """A sentence in the language of this request, with its values told first; of other text the translation, if any."""
    if not isinstance(sentence, Sentence):
        return gettext(str(sentence)) if sentence else ""
    return gettext(sentence.text, **{name: _value(each) for name, each in sentence.values.items()})


def tongue(*texts: object) -> Markup:
    """The attribute of an element with texts of which one stayed in English on a page in another language."""
    return Markup(' lang="en"') if any(isinstance(each, English) for each in texts) else Markup("")


def _value(value: object) -> object:
    if isinstance(value, date):
        return day_of(value)
    return told(value) if isinstance(value, Sentence) else value
