"""What became of cards: kept as it is reported, and added up."""

from collections.abc import Iterator
from datetime import datetime

from service.fhir.cds.feedback import Reported
from service.store import cards
from service.store.cards import CardResponse, Rate
from service.store.engine import Store


def keep_feedback(store: Store, tenant: str, reported: Reported, now: datetime) -> tuple[int, int]:
    """Keep the items; how many were about cards that we know, and how many about others."""
    rows = [
        CardResponse(
            tenant=tenant,
            card=each.card,
            response=each.response.value,
            at=min(each.at, now),  # by a clock that is ahead, nothing would be said for as long as it is
            received=now,
            reason_system=each.reason_system,
            reason=each.reason,
            suggestions=each.suggestions,
            comment=each.comment,
        )
        for each in reported.items
    ]
    return cards.keep_responses(store, rows)


def rate_lines(rates: tuple[Rate, ...]) -> Iterator[dict[str, object]]:
    """How cards fared, as JSON lines of our own."""
    for each in rates:
        yield {
            "study": each.study,
            "about": each.about,
            "shown": each.shown,
            "accepted": each.accepted,
            "overridden": sum(each.overridden.values()),
            "unanswered": each.unanswered,
            "reasons": dict(each.overridden),
        }
