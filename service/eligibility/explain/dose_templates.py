"""The templates of the arithmetic of doses: amounts, how often, by which factor, and why something is not known."""

from collections.abc import Mapping

from service.eligibility.dosing.measure import HIGHEST, MEAN, TOTAL
from service.eligibility.dosing.rhythm import DAY_NAMES, PLAIN_PERIODS
from service.eligibility.explain.wording import DURATIONS

AMOUNTS: Mapping[str, tuple[str, ...]] = {
    "interval": (
        "{number}",
        "{number} to {number_2}",
        "more than {number}",
        "at least {number}",
        "less than {number}",
        "at most {number}",
        "any number",
    ),
    "amount": ("{number}", "{number} to {number_2}", "at least {number}", "an unknown amount"),
    "quantity": ("{interval}", "{interval} {unit}"),
    "duration": DURATIONS,
}
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "dose": ("{highest}", "{highest}: {calculated}"),
    "highest": ("{measure} {reached} {per_time}", "{measure} {reached} {per_time} on {day}"),
    "measure": (HIGHEST, MEAN, TOTAL),
    "reached": ("{number}", "between {number} and {number_2}", "between {number} and an unknown amount"),
    "per_time": ("{unit}", "{unit}/day", "{unit}/week"),
}
CALCULATED: Mapping[str, tuple[str, ...]] = {
    "arithmetic": ("{calculated}", "{calculated}; {arithmetic}"),
    "calculated": (
        "{sum}",
        "as needed, up to {calculated}",
        "its text was not understood: {unread}",
        "its text was not understood: {unread}{steps}",
        "{name}: {unequal}",
        "{unit} is not {unit_2}",
        "{stretches}",
        "{name}: {stretches}",
    ),
    "sum": ("{start}", "{start}{steps}"),
    "start": (
        "{quantity}",
        "{interval} of no stated unit",
        "no amount is stated",
        "no dose is stated",
        "no instruction covers these days",
    ),
    "steps": ("{step}", "{step}{steps}"),
    "step": (
        " x {amount} {unit}",
        " x {often}",
        " x {size}",
        " x {number}",
        " x {amount} ({drug} to {drug_2})",
        " x {amount} (the mass may be that of the salt)",
        " = {amount} {unit}",
        " = {amount} {unit}/day",
        " = {amount} {unit} once",
        " = {amount}",
        " / {interval} days = {amount} {unit}/day (from the supply)",
        " per {interval} {unit}",
        " for {interval} {unit}",
        " on stated days",
        " needs {need}",
        " needs {need}: {unmeasured}",
        " of unknown strength",
        " of a product of several ingredients",
        " is an amount per something else, not one dose",
        " cannot be converted",
        ", at most {amount} {unit}/day",
        ", at most {amount} {unit} at a time",
        ", {interval} doses in all: {amount} {unit}",
        ", in full: shorter than its cycle",
        ", as a depot acting for {duration}",
        ", how often is not stated",
        ", for how long is not stated",
        ", or by its text {calculated}",
        ", or as it also states {calculated}",
        ": {obscure}",
    ),
    "drug": ("{name}",),
    "counted": ("daily dose", "{drug} or what equals it"),
    "unequal": (
        "{content}",
        "no sourced equivalence",
        "its codes and its name are those of different drugs",
        "its equivalence is known for {routes} use, and the route is not stated",
        "its equivalence is known for {routes} use, not for {name}",
    ),
    "routes": ("{content}", "{content} or {routes}"),
    "unread": (
        "{content}",
        "a length of time is more than nothing: {number} {unit}",
        "the word '{word}' is not known here",
        "'{word}' is not understood here",
        "'{word}': {content}",
        "'{word}' may be a misspelt word of the dose",
        "'{word}' stands in what looks like an indication",
        "the sign '{word}' has no sure meaning here",
        "'{word}' may be thousands or decimals",
        "'{word}' may be two numbers",
        "'{word}' is no usual number",
    ),
    "stretches": ("{stretch}", "{stretch}, {stretches}", "{stretch}, then {stretches}"),
    "stretch": (
        "{amount} {per_time} on {number} day from {day} to {day_2}",
        "{amount} {per_time} on {number} days from {day} to {day_2}",
    ),
}
RHYTHMS: Mapping[str, tuple[str, ...]] = {
    "often": ("{beat}", "{beat} or {often}"),
    "beat": ("{times}/{period}", "{times} every {times_2} {periods_of}", "{times}/day on {weekdays}"),
    "times": (
        "{number}",
        "{several}",
        "more than {number}",
        "at least {number}",
        "less than {number}",
        "at most {number}",
    ),
    "period": tuple(PLAIN_PERIODS.values()),
    "periods_of": tuple(f"{each}s" for each in PLAIN_PERIODS.values()),
    "weekdays": ("{weekday}", "{weekday}, {weekdays}"),
    "weekday": DAY_NAMES,
    "obscure": ("{content}", "no frequency", "a frequency without a period", "the period may be nothing"),
}
BODIES: Mapping[str, tuple[str, ...]] = {
    "size": (
        "{measured} {interval} {unit} [{measurements}]",
        "surface {interval} m2 (Mosteller: {size}, {size_2})",
    ),
    "measured": ("body weight", "height"),
    "need": ("a body weight", "a body weight and a height"),
    "unmeasured": (
        "no {measured} was measured within {duration} of {days}",
        "the {measured} nearest to {days} cannot be read ({references})",
    ),
    "measurements": ("{reference}, {days}", "{reference}, {days}; {measurements}"),
    "references": ("{reference}", "{reference}, {references}"),
}
DOSES: Mapping[str, tuple[str, ...]] = {**AMOUNTS, **ANSWERS, **CALCULATED, **RHYTHMS, **BODIES}
