"""Passwords at the least cost there is: what a hash of the service costs is meant to be slow, and tests make hundreds.

What it costs in the service is `SHIPPED`; tests/pages/access/test_local.py says what that is.
"""

from argon2 import Parameters, PasswordHasher
from argon2.profiles import CHEAPEST

from service.screening.access import passwords


def _parameters(of: PasswordHasher) -> Parameters:
    return Parameters(of.type, 19, of.salt_len, of.hash_len, of.time_cost, of.memory_cost, of.parallelism)


SHIPPED = _parameters(passwords.HASHER)
CHEAP = CHEAPEST


def hash_cheaply() -> None:
    """From now on, in this process."""
    passwords.HASHER = PasswordHasher.from_parameters(CHEAP)
