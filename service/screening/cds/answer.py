"""What to answer to a call while somebody looks at a chart: one card for all studies that the patient may fit, or none.

Reads what came along, asks for the rest with the lent token while there is time, and judges as everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from service.eligibility.assess import Standing
from service.eligibility.criteria import Study
from service.fhir.cds.call import Call
from service.fhir.cds.cards import FITS, Card, Link
from service.screening.cds.counter import Counter
from service.screening.cds.entry import NO_STUDY
from service.screening.cds.memory import Shown
from service.screening.cds.opening import Opening
from service.screening.cds.policy import CardPolicy, Show, Shown as Rule
from service.screening.cds.reader import roles_of
from service.screening.cds.silence import Silence
from service.screening.cds.suggestions import suggestions
from service.screening.cds.templates import USER_ROLES
from service.screening.cds.words import Near, Words
from service.store import cards as shown_cards
from service.store.cards import ShownCard


@dataclass(frozen=True, slots=True)
class Answer:
    """The cards, and of which types not all records were there, with a sentence each."""

    cards: tuple[Card, ...] = ()
    lacking: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The answer as the standard wants it; what was lacking stands in an extension."""
        found: dict[str, object] = {"cards": [each.as_json() for each in self.cards]}
        if self.lacking:
            unread = [{"type": kind, "reason": why} for kind, why in sorted(self.lacking.items())]
            found["extension"] = {"org.fhir-prescreen": {"notWhollyRead": unread}}
        return found


NOTHING = Answer()


def answer_view(counter: Counter, call: Call, now: datetime) -> Answer:
    """The answer to patient-view and encounter-start. Raises InsufficientData where nothing can be told at all."""
    if not call.user.is_clinician:
        return NOTHING
    opening = Opening(counter, call, now)
    suggested = opening.suggested()
    if suggested == NO_STUDY:
        return NOTHING
    before = opening.shown_before()
    silence = _silence(counter, call, now, before)
    if suggested is not None and not opening.may_be_merged and not _may_be_told(counter, call, suggested, silence):
        return NOTHING
    glance = opening.glance(suggested, silence.claims)
    if glance is not None and not silence.is_answered(glance.pointed_at):
        found = _shown(counter, call, glance.near, silence)
        words = glance.words.get(_ids(found))
        if words is not None or not found:
            return _told(counter, call, now, opening, silence, Told(found, words, glance.lacking))
    looked = opening.look(suggested, silence.claims)
    if opening.was_read:  # it took its time: what people said meanwhile counts
        silence = _silence(counter, call, now, before, looked.merged)
    fits = {each.study.id: each for each in looked.fits(silence.decided)}
    found = _shown(counter, call, [each.near for each in fits.values()], silence)
    words = looked.said(tuple(fits[each] for each in _ids(found))) if found else None
    if not silence.is_answered(each.id for each in looked.pointed_at):
        opening.remember(looked)
    return _told(counter, call, now, opening, silence, Told(found, words, looked.lacking))


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a chart: of which studies, with which words (None: of none), and what was lacking."""

    studies: tuple[Study, ...]
    words: Words | None
    lacking: Mapping[str, str]


def _told(counter: Counter, call: Call, now: datetime, opening: Opening, silence: Silence, told: Told) -> Answer:
    """The card, if there is one: the one that was shown before, if it says the same, is still known and unanswered."""
    if told.words is None:
        return Answer(lacking=told.lacking)
    before, about = opening.shown_before(), _ids(told.studies)
    if before is not None and silence.shown and before.says(about, told.words):
        return Answer((before.card,), told.lacking)
    card = _card(counter, call, opening.at, told.studies, told.words)
    _keep(counter, call, card, about, now)
    opening.show(Shown(about, card))
    return Answer((card,), told.lacking)


def _silence(
    counter: Counter, call: Call, now: datetime, before: Shown | None, merged: tuple[str, ...] = ()
) -> Silence:
    """What people said of this patient up to now, and whether the card shown before is still known and unanswered."""
    card = None if before is None else before.card.uuid
    return Silence(counter.store, counter.tenant, counter.policy, (call.patient, *merged), now, card)


def _may_be_told(counter: Counter, call: Call, studies: Collection[str], silence: Silence) -> bool:
    """May any of these studies be spoken of to this user, whatever the chart says?"""
    rules = _rules(counter, call)
    return any(rules(each).show is not Show.NEVER and silence.of(each, FITS.code) is None for each in studies)


def _rules(counter: Counter, call: Call) -> Callable[[str], Rule]:
    """How near to fitting a study wants it, by its id, for this user."""
    roles = roles_of(call, USER_ROLES) if counter.policy.roles else ()
    return lambda study: counter.policy.of(study, roles)


def _shown(counter: Counter, call: Call, near: Iterable[Near], silence: Silence) -> tuple[Study, ...]:
    """The studies to speak of to this user, now."""
    rules = _rules(counter, call)
    return tuple(
        each.study
        for each in near
        if is_near(each, rules(each.study.id)) and silence.of(each.study.id, FITS.code) is None
    )


def is_near(near: Near, rule: Rule) -> bool:
    """Are they as near to fitting as the rule wants it?"""
    if rule.show is Show.NEVER:
        return False
    if near.standing is Standing.CANDIDATE:
        return True
    nearly = near.standing is Standing.NEEDS_REVIEW and near.unknown <= rule.most_unknown
    return nearly and rule.show is Show.NEARLY


def _ids(studies: Iterable[Study]) -> tuple[str, ...]:
    return tuple(each.id for each in studies)


def _card(counter: Counter, call: Call, at: date, studies: tuple[Study, ...], words: Words) -> Card:
    policy = counter.policy
    return Card(
        counter.new_id(),
        *words,
        FITS,
        url=policy.home,
        links=links(policy, studies),
        suggestions=suggestions(counter.new_id, call, at, studies) if policy.tasks else (),
    )


def links(policy: CardPolicy, studies: Sequence[Study]) -> tuple[Link, ...]:
    """Links to the pages with the reasons; the client adds for whom. What each is about travels in the context."""
    if policy.app is None:
        return ()
    names = [""] if len(studies) == 1 else [f": {each.short_title}" for each in studies]
    return tuple(
        Link(f"Show the reasons{name}", policy.app, f'{{"study":"{each.id}"}}')
        for name, each in zip(names, studies, strict=True)
    )


def _keep(counter: Counter, call: Call, card: Card, studies: tuple[str, ...], now: datetime) -> None:
    """Keep that it is shown, before it is."""
    rows = [
        ShownCard(card.uuid, counter.tenant.name, each, call.patient, FITS.code, call.hook.value, now)
        for each in studies
    ]
    shown_cards.keep_shown(counter.store, rows)
