"""Passwords: kept as Argon2id hashes alone, and checked at the same cost whether there is an account or not."""

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from service.errors import UsageError

SHORTEST, LONGEST = 12, 200  # characters
LENGTH = f"a password has {SHORTEST} to {LONGEST} characters; a few words in a row are easy to keep"
AT_ONCE = 4  # each check takes 64 MiB: more at once would be a way to use up the memory
_places = threading.BoundedSemaphore(AT_ONCE)
HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def hashed(password: str, account: str = "") -> str:
    """The hash to keep. Raises UsageError for a password that is too easy to guess, without a word of it."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(LENGTH)
    if len(set(password)) < 5 or (account and account.casefold() in password.casefold()):
        raise UsageError("a password that repeats itself, or that holds the name of the account, is easy to guess")
    return rehashed(password)


def fits(kept: str | None, password: str) -> bool:
    """Is it the password of this hash? Without one, no; it takes as long."""
    tried = password if len(password) <= LONGEST else ""
    with _places:
        try:
            found = HASHER.verify(kept if kept is not None else _nobodys(HASHER), tried)
        except (VerificationError, InvalidHashError):
            return False
    return found and kept is not None and bool(tried)


def is_outdated(kept: str) -> bool:
    """Was it hashed at another cost than is usual now?"""
    return HASHER.check_needs_rehash(kept)


def rehashed(password: str) -> str:
    """The hash of a password that was accepted before."""
    with _places:
        return HASHER.hash(password)


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    return hasher.hash("a password that nobody has")
