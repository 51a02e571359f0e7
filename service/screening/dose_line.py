"""The doses of a patient as JSON (schema: mappings/schemas/dose.schema.json)."""

from decimal import Decimal
from fractions import Fraction

from service.eligibility.dates import ALWAYS
from service.eligibility.dose_profile import Curve, DoseProfile, Omitted, Stretch
from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.explain.dose_report import doubts
from service.eligibility.explain.dosing import (
    assumptions_behind,
    exact,
    factors_behind,
    instructions_behind,
    sources_of_factors,
    strengths_behind,
)
from service.eligibility.outcome import Reason


def dose_line(profile: DoseProfile) -> dict[str, object]:
    """One person's doses over the window, with everything that is behind them."""
    window = profile.window
    return {
        "patient": profile.patient,
        "as_of": profile.at.isoformat(),
        "window": {
            "start": None if window.earliest == ALWAYS else window.earliest.isoformat(),
            "end": window.latest.isoformat(),
            "look_back": "all" if profile.look_back is None else str(profile.look_back),
        },
        "ingredients": [
            {"name": each.name, "systemic": each.systemic, "steps": _steps(each, None)} for each in profile.ingredients
        ],
        "equivalent": _equivalent(profile.equivalent, profile.table),
        "not_counted": [_omitted(each) for each in profile.omitted],
        "reasons": [each.code for each in Reason if each in profile.reasons],
        "doubts": list(doubts(profile)),
    }


def _equivalent(curve: Curve | None, table: EquivalenceTable | None) -> dict[str, object] | None:
    if curve is None or table is None:
        return None
    return {
        "to": curve.name,
        "table": table.id,
        "version": table.version,
        "sources": [{"name": name, "source": source} for name, source in sources_of_factors(curve.stretches).items()],
        "steps": _steps(curve, table),
    }


def _steps(curve: Curve, table: EquivalenceTable | None) -> list[dict[str, object]]:
    return [_step(each, table) for each in curve.stretches]


def _step(stretch: Stretch, table: EquivalenceTable | None) -> dict[str, object]:
    value = stretch.value
    return {
        "start": stretch.start.isoformat(),
        "end": stretch.end.isoformat(),
        "least": _number(value.average.low),
        "most": None if value.average.high is None else _number(value.average.high),
        "peak_least": _number(value.peak.low),
        "peak_most": None if value.peak.high is None else _number(value.peak.high),
        "records": list(value.records),
        "marks": list(value.marks),
        "reasons": [each.code for each in Reason if each in stretch.reasons],
        "arithmetic": list(value.words),
        "instructions": list(instructions_behind(stretch)),
        "strengths": list(strengths_behind(stretch)),
        "factors": list(factors_behind(stretch, table)),
        "assumptions": list(assumptions_behind(stretch)),
    }


def _omitted(each: Omitted) -> dict[str, object]:
    return {
        "name": each.name,
        "records": list(each.records),
        "why": each.why,
        "from": "everything" if each.everywhere else "equivalent",
    }


def _number(value: Fraction) -> int | float:
    """A JSON number: the value itself where it is a decimal, else rounded to four places."""
    number: Decimal = exact(value)
    return int(number) if number == number.to_integral_value() else float(number)
