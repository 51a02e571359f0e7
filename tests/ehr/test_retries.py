"""When a request is made again: STANDARDS 8.30 and 3.23, as tables."""

from datetime import UTC, datetime

import pytest

from service.ehr.limits import Limits
from service.ehr.retries import pause, retry_after, worth_repeating

NOW = datetime(2026, 6, 30, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param(None, None, id="3.23 absent"),
        pytest.param("", None, id="3.23 empty"),
        pytest.param("7", 7.0, id="3.23 seconds"),
        pytest.param(" 7 ", 7.0, id="3.23 blanks"),
        pytest.param("1.5", 1.5, id="3.23 a fraction"),
        pytest.param("0", 0.0, id="3.23 at once"),
        pytest.param("Tue, 30 Jun 2026 12:00:20 GMT", 20.0, id="3.72 an HTTP date"),
        pytest.param("Tue, 30 Jun 2026 14:00:20 +0200", 20.0, id="3.72 a date with another zone"),
        pytest.param("Tue, 30 Jun 2026 11:00:00 GMT", 0.0, id="3.72 a date that has passed"),
        pytest.param("Wed, 01 Jul 2026 12:00:00 GMT", 300.0, id="3.72 a date far away is capped"),
        pytest.param("1782820800", 300.0, id="3.23 seconds since 1970 are capped"),
        pytest.param("1782820800000", 300.0, id="3.23 milliseconds since 1970 are capped"),
        pytest.param("-5", None, id="3.23 a negative number says nothing"),
        pytest.param("NaN", None, id="3.72 no number says nothing"),
        pytest.param("soon", None, id="3.23 a word says nothing"),
        pytest.param("Tue, 99 Jun 2026 99:00:00 GMT", None, id="3.23 an impossible date says nothing"),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW, 300.0) == seconds


@pytest.mark.parametrize(
    ("status", "codes", "again"),
    [
        *(pytest.param(each, (), False, id=f"8.30 {each}") for each in (400, 401, 403, 404, 405, 409, 410, 412, 422)),
        *(pytest.param(each, (), True, id=f"8.30 {each}") for each in (408, 429, 500, 502, 503, 504)),
        *(pytest.param(each, (), False, id=f"8.30 {each}") for each in (501, 505)),
        *(pytest.param(422, (each,), True, id=f"8.30 {each}") for each in ("transient", "timeout", "throttled")),
        pytest.param(400, ("invalid", "throttled"), True, id="8.30 one of several issues is transient"),
        pytest.param(403, ("throttled",), False, id="8.30 a right that is lacking stays lacking"),
        pytest.param(412, ("transient",), False, id="8.30 a conflict is for who wrote it"),
        pytest.param(200, ("transient",), False, id="8.30 a success is one"),
    ],
)
def test_what_is_worth_repeating(status: int, codes: tuple[str, ...], again: bool) -> None:
    assert worth_repeating(status, codes) is again


@pytest.mark.parametrize(
    ("attempt", "asked", "chance", "seconds"),
    [(1, None, 1.0, 0.5), (2, None, 1.0, 1.0), (3, None, 0.0, 1.0), (20, None, 1.0, 30.0), (1, 12.0, 0.3, 12.0)],
)
def test_pauses_double_up_to_a_cap_and_differ_by_chance(
    attempt: int, asked: float | None, chance: float, seconds: float
) -> None:
    assert pause(attempt, asked, Limits(), chance) == seconds
