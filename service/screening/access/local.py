"""Signing in with a password: one answer for every reason why not, and not too often in vain."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from service.screening.access import passwords
from service.store import accounts, attempts, sessions
from service.store.accounts import Account
from service.store.engine import Store

# In a quarter of an hour. A whole hospital may come from one address, so what is tried from there counts little; and
# somebody who tries an account from elsewhere does not lock out its owner, until it is very many.
FROM_ONE_PLACE, OF_ONE_ACCOUNT, OF_ONE_ADDRESS = 10, 60, 300
LONGEST = 200


class Refused(StrEnum):
    """Why nobody is signed in. Which of account and password was wrong is not said."""

    WRONG = "wrong"
    TOO_OFTEN = "too-often"


def limits(account: str, address: str) -> dict[str, int]:
    """How often it may be tried in vain, by what is counted."""
    return {
        attempts.digest_of("account", account, "address", address): FROM_ONE_PLACE,
        attempts.digest_of("account", account): OF_ONE_ACCOUNT,
        attempts.digest_of("address", address): OF_ONE_ADDRESS,
    }


def checked(store: Store, name: str, password: str, address: str, now: datetime) -> Account | Refused:
    """The account of this id or e-mail address, if this is its password."""
    # Who is unknown is looked up, counted and checked as all others are.
    found = accounts.named(store, name) if 0 < len(name) <= LONGEST and name.isprintable() else None
    counted = limits(found.id if found is not None else name, address)
    if not attempts.take(store, counted, now):
        return Refused.TOO_OFTEN
    right = passwords.fits(found.password if found is not None else None, password)
    if not right or found is None or found.disabled is not None:
        return Refused.WRONG
    attempts.give_back(store, counted)
    if found.password is not None and passwords.is_outdated(found.password):
        accounts.change(store, found.id, password=passwords.rehashed(password))
    return found


def wait(store: Store, name: str, address: str, now: datetime) -> timedelta:
    """How long whoever tried too often has to wait."""
    found = accounts.named(store, name) if 0 < len(name) <= LONGEST and name.isprintable() else None
    return attempts.wait(store, limits(found.id if found is not None else name, address), now)


def set_password(store: Store, account: str, password: str, keeps: str | None = None) -> bool:
    """Set a password, and end every session of the account (but that of the token `keeps`). False: no such account.

    Raises UsageError for a password that is too easy to guess.
    """
    kept = passwords.hashed(password, account)
    with store.transaction() as whole:
        changed = accounts.change(whole, account, password=kept)
        sessions.end_all(whole, account, but=keeps)
    return changed


def change_password(store: Store, account: str, old: str, new: str, address: str, token: str, now: datetime) -> bool:
    """Set another password for whoever is signed in with `token`; False if the old one is not right.

    Raises UsageError for a password that is too easy to guess.
    """
    if not isinstance(checked(store, account, old, address, now), Account):
        return False
    return set_password(store, account, new, keeps=token)
