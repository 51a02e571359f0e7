"""Whether a request is made again, and when: pure decisions by status and issue code. STANDARDS 8.29-8.31."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from service.ehr.limits import Limits

AGAIN = frozenset({408, 429, 500, 502, 503, 504})
SETTLED = frozenset({401, 403, 404, 405, 409, 410, 412, 501, 505})  # whatever their issues say
TRANSIENT = frozenset({"transient", "timeout", "throttled"})
SECONDS = re.compile(r"\d{1,20}(?:\.\d+)?$", re.ASCII)


def retry_after(header: str | None, now: datetime, most: float) -> float | None:
    """Seconds that the header `Retry-After` asks for, as a number or an HTTP date, never above `most`.

    Some servers send the time of day in (milli)seconds since 1970: taken as seconds it is absurd, and capped. None if
    the header is absent or says nothing.
    """
    text = (header or "").strip()
    if SECONDS.match(text):
        return min(float(text), most)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), most)


def worth_repeating(status: int, codes: tuple[str, ...]) -> bool:
    """May the same request succeed later?"""
    if status in AGAIN:
        return True
    return status >= 400 and status not in SETTLED and not TRANSIENT.isdisjoint(codes)


def pause(attempt: int, asked: float | None, limits: Limits, chance: float) -> float:
    """Seconds before the try after `attempt` (from 1): what the server asked for, else doubling, from half to whole."""
    if asked is not None:
        return asked
    longest = min(limits.first_pause * 2.0 ** (attempt - 1), limits.longest_pause)
    return float(longest * (0.5 + 0.5 * chance))
