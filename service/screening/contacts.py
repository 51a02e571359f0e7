"""The days on which a contact with a person can count for an answer. SEMANTICS §4.

An absence needs somebody who was seen, within the site's horizon before the end of the window. Contacts outside of all
such stretches change nothing, so nobody has to look for them.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from service.eligibility.criteria import Anchor, LookBack, Study
from service.eligibility.criteria.walk import parts_of
from service.eligibility.dates import ALWAYS
from service.eligibility.policy import Policy


class ContactDays(NamedTuple):
    """From `since` to `until` (None: without an end)."""

    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Can a contact on this day count?"""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


EVER = ContactDays()


def contacts_that_count(
    studies: Iterable[Study], policy: Policy, at: date, earliest: date | None = None
) -> ContactDays:
    """The days for any answer of these studies on screening date `at` (or any since `earliest`), or later.

    All days where a window hangs on an event: nobody knows beforehand when it ends.
    """
    parts = [part for study in studies for part in parts_of(study)]
    looks = [part for part in parts if isinstance(part, LookBack)]
    until = None if any(look.ahead is not None for look in looks) else at
    if any(isinstance(part, Anchor) for part in parts):
        return ContactDays(None, until)
    first = min(at, earliest or at)
    ends = [first, *(look.gap.before(first) for look in looks if look.gap is not None)]
    since = min(policy.contact_horizon.before(end) for end in ends)
    return ContactDays(None if since == ALWAYS else since, until)
