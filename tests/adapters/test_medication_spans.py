"""From when to when a drug is taken, by what its record says. SEMANTICS §6.1 and §6.5."""

from typing import Any

import pytest

from tests.adapters.test_medications import (
    BOUNDS,
    PERIOD,
    SUPPLY,
    UPDATED,
    administration,
    daily,
    dispense,
    fact,
    request,
    statement,
)

# which dates the record gives                    resource                                            from, to
SPANS = {
    "an order without an end": (request(), "since 2026-01-05"),
    "an order with bounds": (request(dosageInstruction=daily(**BOUNDS)), "from 2026-01-10 to 2026-02-03"),
    "an order for a week": (
        request(dosageInstruction=daily(boundsDuration={"value": 7, "code": "d"})), "from 2026-01-05 to 2026-01-11",
    ),
    "an order with its period (R5)": (
        request(effectiveDosePeriod={"start": "2026-01-07", "end": "2026-01-09"}), "from 2026-01-07 to 2026-01-09",
    ),
    "an order for 30 days of supply": (
        request(dispenseRequest=SUPPLY), "from 2026-01-05 to between 2026-02-03 and 2026-03-05",
    ),
    "an order with one repeat: one fill or two": (
        request(dispenseRequest={**SUPPLY, "numberOfRepeatsAllowed": 1}),
        "from 2026-01-05 to between 2026-02-03 and 2026-04-04",
    ),
    "30 tablets, 1 a day": (
        request(dispenseRequest={"quantity": SUPPLY["quantity"]}, dosageInstruction=daily()),
        "from 2026-01-05 to between 2026-02-03 and 2026-03-05",
    ),
    "an initial fill of 30 tablets before 30 more: one fill or two": (
        request(
            dispenseRequest={"quantity": SUPPLY["quantity"], "initialFill": {"quantity": SUPPLY["quantity"]}},
            dosageInstruction=daily(),
        ),
        "from 2026-01-05 to between 2026-02-03 and 2026-04-04",
    ),
    "an initial fill of 30 days before 30 days": (
        request(dispenseRequest={**SUPPLY, "initialFill": {"duration": {"value": 30, "code": "d"}}}),
        "from 2026-01-05 to between 2026-02-03 and 2026-04-04",
    ),
    "an initial fill of 7 days before 30: surely no more than the first": (
        request(dispenseRequest={**SUPPLY, "initialFill": {"duration": {"value": 7, "code": "d"}}}),
        "from 2026-01-05 to between 2026-01-11 and 2026-04-04",
    ),
    "an initial fill alone": (
        request(dispenseRequest={"initialFill": {"duration": {"value": 30, "code": "d"}}}),
        "from 2026-01-05 to between 2026-02-03 and 2026-03-05",
    ),
    "validity is not intake": (
        request(dispenseRequest={"validityPeriod": {"end": "2026-01-31"}}), "since 2026-01-05",
    ),
    "stopped, nobody says when": (request(status="stopped"), "from 2026-01-05 to 2026-01-05 or later"),
    "stopped before the last update": (
        request(status="stopped", **UPDATED), "from 2026-01-05 to between 2026-01-05 and 2026-01-20",
    ),
    "stopped: bounds are the plan, not the stop": (
        request(status="stopped", dosageInstruction=daily(**BOUNDS)),
        "from 2026-01-10 to between 2026-01-10 and 2026-02-03",
    ),
    "stopped on a recorded day (R5)": (
        request(status="stopped", statusChanged="2026-01-15"), "from 2026-01-05 to 2026-01-15",
    ),
    "a month of writing": (request(authoredOn="2026-01"), "since 2026-01"),
    "no date at all": (request(authoredOn=None), "since an unknown day"),
    "no date but an update": (request(authoredOn=None, **UPDATED), "since 2026-01-20 or before"),
    "a statement's period": (statement(**PERIOD), "from 2026-01-05 to 2026-02-03"),
    "a period without an end": (statement(effectivePeriod={"start": "2026-01-05"}), "since 2026-01-05"),
    "a period without a start": (
        statement(effectivePeriod={"end": "2026-02-03"}), "from 2026-02-03 or before to 2026-02-03",
    ),
    "a day on which it was taken, still active": (
        statement(effectiveDateTime="2026-01-05"), "from 2026-01-05 to 2026-01-05 or later",
    ),
    "completed, begun that day": (
        statement(status="completed", effectivePeriod={"start": "2026-01-05"}),
        "from 2026-01-05 to between 2026-01-05 and 2026-02-01",
    ),
    "active, asserted, no dates": (statement(), "since 2026-02-01 or before"),
    "a dispense of 30 days": (
        dispense(daysSupply={"value": 30, "code": "d"}), "from 2026-01-05 to between 2026-02-03 and 2026-03-05",
    ),
    "a dispense that says nothing": (dispense(), "from 2026-01-05 to 2026-01-05 or later"),
    "said to be taken after its plan had ended": (
        statement(effectivePeriod={"start": "2025-06-01"}, dosage=daily(boundsDuration={"value": 10, "code": "d"})),
        "from 2025-06-01 to 2025-06-10 or later",
    ),
    "said to be taken while its plan goes on": (
        statement(effectivePeriod={"start": "2026-01-20"}, dosage=daily(boundsDuration={"value": 30, "code": "d"})),
        "from 2026-01-20 to 2026-02-18",
    ),
    "a statement dated by its dosage alone": (
        statement(dosage=daily(boundsPeriod={"start": "2026-01-20"})), "since 2026-01-20",
    ),
    "a statement's timing (R5)": (
        statement(status="recorded", effectiveTiming={"repeat": {"boundsPeriod": {"start": "2020", "end": "2021-03"}}}),
        "from 2020 to 2021-03",
    ),
    "a statement's timing on stated days (R5)": (
        statement(status="recorded", effectiveTiming={"event": ["2026-01-07", "2026-01-09"]}),
        "from 2026-01-07 to 2026-01-09",
    ),
    "9999 is no end": (statement(effectivePeriod={"start": "2026-01-05", "end": "9999-01-01"}), "since 2026-01-05"),
    "a supply of 30, of what is not said": (
        dispense(daysSupply={"value": 30}), "from 2026-01-05 to 2026-01-05 or later",
    ),
    "an administration's timing (R5)": (
        administration(effectiveDateTime=None, occurenceTiming={"event": ["2026-01-06"]}), "2026-01-06",
    ),
    "an administration": (administration(), "2026-01-05"),
    "an administration of R5, as R5 spells it": (
        administration(effectiveDateTime=None, occurenceDateTime="2026-01-06"), "2026-01-06",
    ),
    "an infusion overnight": (
        administration(
            effectiveDateTime=None, effectivePeriod={"start": "2026-01-05T22:00:00Z", "end": "2026-01-06T02:00:00Z"},
        ),
        "from 2026-01-05 to 2026-01-06",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("resource", "span"), SPANS.values(), ids=SPANS.keys())
def test_from_when_to_when(resource: dict[str, Any], span: str) -> None:
    assert str(fact(resource).span) == span
