"""Cards that were shown, and what became of them: two records that only grow, until a patient is forgotten."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, and_, bindparam, exists, func, insert, not_, or_, select

from service.store.engine import Question, Store
from service.store.tables import card_responses, cards, decisions, merges, published


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One study on one card. `about`: what the card said of it (a topic's code, or a criterion's id)."""

    card: str
    tenant: str
    study: str
    patient: str
    about: str
    hook: str
    shown: datetime


@dataclass(frozen=True, slots=True)
class CardResponse:
    """What a client reported of a card: it was accepted or overridden. `comment` may say anything of the patient."""

    tenant: str
    card: str
    response: str
    at: datetime
    received: datetime
    reason_system: str | None = None
    reason: str | None = None
    suggestions: tuple[str, ...] = ()
    comment: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """A response to a card about this study and patient: for what, with which reason, when.

    `at`: by the client's clock, but not before the card was shown.
    """

    study: str
    about: str
    response: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Rate:
    """How cards about one thing of one study fared: how many were shown, accepted, and overridden by reason.

    A card that was answered more than once counts with its newest answer.
    """

    study: str
    about: str
    shown: int = 0
    accepted: int = 0
    overridden: Mapping[str, int] = field(default_factory=dict)

    @property
    def unanswered(self) -> int:
        """Those of which nothing was reported: nobody knows whether they were read."""
        return self.shown - self.accepted - sum(self.overridden.values())


NO_REASON = "none given"


def keep_shown(store: Store, shown: Iterable[ShownCard]) -> None:
    """Keep what is about to be shown."""
    rows = [{name: getattr(each, name) for name in ShownCard.__slots__} for each in shown]
    if rows:
        with store.writing() as connection:
            connection.execute(insert(cards), rows)


def keep_responses(store: Store, responses: Iterable[CardResponse]) -> tuple[int, int]:
    """Keep what was reported; how many were about cards that we know, and how many about others."""
    listed = tuple(responses)
    with store.writing() as connection:
        wanted = {each.card for each in listed}
        tenant = {each.tenant for each in listed}
        known = set(
            connection.scalars(select(cards.c.card).where(cards.c.tenant.in_(tenant), cards.c.card.in_(wanted)))
        )
        for each in listed:
            values = {name: getattr(each, name) for name in CardResponse.__slots__}
            values["suggestions"] = list(each.suggestions)
            if each.card not in known:
                values["comment"] = None  # nobody could ever find it to delete it with its patient
            connection.execute(insert(card_responses).values(**values))
    found = sum(each.card in known for each in listed)
    return found, len(listed) - found


def answered(store: Store, tenant: str, patient: str) -> tuple[Answered, ...]:
    """Every response to a card about this patient, the newest first."""
    columns = (cards.c.study, cards.c.about, card_responses.c.response, card_responses.c.reason, card_responses.c.at)
    with store.reading() as connection:
        rows = connection.execute(
            select(*columns, cards.c.shown)
            .join(card_responses, _same_card())
            .where(cards.c.tenant == tenant, cards.c.patient == patient)
            .order_by(card_responses.c.at.desc(), card_responses.c.id.desc())
        ).all()
    return tuple(Answered(row.study, row.about, row.response, row.reason, max(row.at, row.shown)) for row in rows)


def _same_card() -> ColumnElement[bool]:
    return and_(card_responses.c.tenant == cards.c.tenant, card_responses.c.card == cards.c.card)


@dataclass(frozen=True, slots=True)
class Before:
    """What there is about a patient that bears on a card. `said`: somebody decided, answered or set anything; who
    wants to know what has to ask. `shown`: that card was shown of this patient, is still known and unanswered."""

    said: bool
    shown: bool


def before(store: Store, tenant: str, patient: str, card: str | None = None) -> Before:
    """Whether there is anything to ask for about a patient: of most there is nothing. One question to the database."""
    said, shown = store.ask(BEFORE, {"tenant": tenant, "patient": patient, "card": card})
    return Before(bool(said), bool(shown))


def _before() -> Question:
    """With each call of a CDS client, this is asked."""
    tenant, patient, card = (bindparam(each, type_=Text) for each in ("tenant", "patient", "card"))
    said = or_(
        exists().where(decisions.c.tenant == tenant, decisions.c.patient == patient),
        exists().where(merges.c.tenant == tenant, merges.c.survivor == patient),
        exists().where(
            published.c.tenant == tenant, published.c.patient == patient, published.c.human_state.is_not(None)
        ),
        exists(
            select(card_responses.c.id)
            .join(cards, _same_card())
            .where(cards.c.tenant == tenant, cards.c.patient == patient)
        ),
    )
    shown = exists().where(cards.c.tenant == tenant, cards.c.card == card, cards.c.patient == patient)
    told = exists().where(card_responses.c.tenant == tenant, card_responses.c.card == card)
    return Question(select(said, and_(shown, not_(told))))


BEFORE = _before()


def rates(store: Store, tenant: str, study: str | None = None) -> tuple[Rate, ...]:
    """How cards fared, by study (None: of all) and what they were about."""
    of = (cards.c.tenant == tenant, *(() if study is None else (cards.c.study == study,)))
    with store.reading() as connection:
        shown = connection.execute(
            select(cards.c.study, cards.c.about, func.count().label("shown"))
            .where(*of)
            .group_by(cards.c.study, cards.c.about)
            .order_by(cards.c.study, cards.c.about)
        ).all()
        newest = (
            select(card_responses.c.card, func.max(card_responses.c.id).label("id"))
            .where(card_responses.c.tenant == tenant)
            .group_by(card_responses.c.card)
            .subquery()
        )
        number = func.count().label("number")
        answers = connection.execute(
            select(cards.c.study, cards.c.about, card_responses.c.response, card_responses.c.reason, number)
            .join(newest, newest.c.card == cards.c.card)
            .join(card_responses, card_responses.c.id == newest.c.id)
            .where(*of)
            .group_by(cards.c.study, cards.c.about, card_responses.c.response, card_responses.c.reason)
        ).all()
    return tuple(_rate(each, answers) for each in shown)


def tenants(store: Store) -> tuple[str, ...]:
    """Those of whom cards were shown, or reported on."""
    with store.reading() as connection:
        found = set(connection.scalars(select(cards.c.tenant).distinct()))
        found |= set(connection.scalars(select(card_responses.c.tenant).distinct()))
    return tuple(sorted(found))


def unknown_responses(store: Store, tenant: str) -> int:
    """How many reports were about cards that are not, or no longer, known."""
    known = select(cards.c.card).where(cards.c.tenant == tenant)
    with store.reading() as connection:
        asked = select(func.count()).select_from(card_responses)
        return int(
            connection.scalar(asked.where(card_responses.c.tenant == tenant, card_responses.c.card.not_in(known))) or 0
        )


def _rate(shown: Row[Any], answers: Sequence[Row[Any]]) -> Rate:
    accepted, overridden = 0, dict[str, int]()
    for each in answers:
        if (each.study, each.about) != (shown.study, shown.about):
            continue
        if each.response == "accepted":
            accepted += each.number
        else:
            reason = each.reason or NO_REASON
            overridden[reason] = overridden.get(reason, 0) + each.number
    return Rate(shown.study, shown.about, shown.shown, accepted, dict(sorted(overridden.items())))
