"""What to answer to a call while somebody looks at a chart: one card for all studies that the patient may fit, or none.

Reads what came along, asks for the rest with the lent token while there is time, and judges as everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.eligibility.assess import Standing
from service.eligibility.criteria import Study
from service.fhir.cds.call import Call
from service.fhir.cds.cards import FITS, Card, Link
from service.screening.cds.counter import Counter
from service.screening.cds.entry import NO_STUDY
from service.screening.cds.looked import Looked
from service.screening.cds.memory import Shown
from service.screening.cds.opening import Opening
from service.screening.cds.policy import CardPolicy, Show, Shown as Rule
from service.screening.cds.reader import roles_of
from service.screening.cds.silence import Silence
from service.screening.cds.suggestions import suggestions
from service.screening.cds.templates import USER_ROLES
from service.screening.cds.words import Fit
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
    looked = opening.look(suggested, silence.claims)
    if opening.was_read:  # it took its time: what people said meanwhile counts
        silence = _silence(counter, call, now, before, looked.merged)
    found = tuple(_shown(counter, call, looked, silence))
    if not found:
        return Answer(lacking=looked.lacking)
    if before is not None and silence.shown and _says_the_same(before, looked, found):
        return Answer((before.card,), looked.lacking)
    card = _card(counter, call, looked, found)
    _keep(counter, call, card, found, now)
    opening.show(Shown(tuple(each.study.id for each in found), card))
    return Answer((card,), looked.lacking)


def _silence(
    counter: Counter, call: Call, now: datetime, before: Shown | None, merged: tuple[str, ...] = ()
) -> Silence:
    """What people said of this patient up to now, and whether the card shown before is still known."""
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


def _shown(counter: Counter, call: Call, looked: Looked, silence: Silence) -> Iterator[Fit]:
    """The studies to speak of to this user, now."""
    rules = _rules(counter, call)
    for each in looked.fits(silence.decided):
        if is_near(each, rules(each.study.id)) and silence.of(each.study.id, FITS.code) is None:
            yield each


def _says_the_same(before: Shown, looked: Looked, found: tuple[Fit, ...]) -> bool:
    """Would another card say of the same studies what that one said?"""
    same = before.studies == tuple(each.study.id for each in found)
    return same and looked.said(found) == (before.card.summary, before.card.detail)


def is_near(fit: Fit, rule: Rule) -> bool:
    """Are they as near to fitting as the rule wants it?"""
    if rule.show is Show.NEVER:
        return False
    if fit.verdict.standing is Standing.CANDIDATE:
        return True
    nearly = fit.verdict.standing is Standing.NEEDS_REVIEW and len(fit.unknown) <= rule.most_unknown
    return nearly and rule.show is Show.NEARLY


def _card(counter: Counter, call: Call, looked: Looked, found: tuple[Fit, ...]) -> Card:
    short, long = looked.said(found)
    policy = counter.policy
    return Card(
        counter.new_id(),
        short,
        long,
        FITS,
        url=policy.home,
        links=links(policy, [each.study for each in found]),
        suggestions=suggestions(counter.new_id, call, looked.at, [each.study for each in found])
        if policy.tasks
        else (),
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


def _keep(counter: Counter, call: Call, card: Card, found: tuple[Fit, ...], now: datetime) -> None:
    """Keep that it is shown, before it is."""
    rows = [
        ShownCard(card.uuid, counter.tenant.name, each.study.id, call.patient, FITS.code, call.hook.value, now)
        for each in found
    ]
    shown_cards.keep_shown(counter.store, rows)
