"""cards: how the cards of CDS Hooks fared, by study and what they were about."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

import orjson

from service.cli.console import out
from service.cli.inputs import add_tenant
from service.cli.installation import check_tenant, database
from service.screening.cds.report import rate_lines
from service.settings import Settings
from service.store import cards
from service.store.cards import Rate


def add_cards(command: ArgumentParser) -> None:
    """`prescreen cards`."""
    add_tenant(command)
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(run=show_cards)


def show_cards(chosen: Namespace) -> int:
    """How many cards were shown, accepted and overridden, and why; those not answered may not have been read."""
    settings = Settings.from_env()
    with database(settings) as store:
        check_tenant(settings, chosen.tenant, cards.tenants(store))
        named = (chosen.tenant,) if chosen.tenant is not None else cards.tenants(store)
        found = {name: cards.rates(store, name) for name in named}
        unknown = {name: cards.unknown_responses(store, name) for name in named}
    if chosen.format == "json":
        told = {name: {"cards": list(rate_lines(each)), "unknown": unknown[name]} for name, each in found.items()}
        out(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
        return 0
    if not any(found.values()):
        out("No card was shown yet.")
    for name, rates in found.items():
        for line in _lines(name, rates, unknown[name]):
            out(line)
    return 0


def _lines(tenant: str, rates: tuple[Rate, ...], unknown: int) -> Iterator[str]:
    for each in rates:
        overridden = sum(each.overridden.values())
        yield (
            f"{tenant}: {each.study}, {each.about}: {each.shown} shown, {each.accepted} accepted, "
            f"{overridden} overridden, {each.unanswered} unanswered"
        )
        yield from (f"    {number} x {reason}" for reason, number in each.overridden.items())
    if unknown:
        yield f"{tenant}: {unknown} reports on cards that are not known"
