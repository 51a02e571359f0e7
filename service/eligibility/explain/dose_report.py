"""The doses of one person as a text to be checked by hand: tables of days, then how each dose was worked out."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from service.eligibility.criteria import Bounds
from service.eligibility.dates import ALWAYS, shift
from service.eligibility.dose_profile import Curve, DoseProfile, Stretch
from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.explain.dosing import (
    assumptions_behind,
    dose_range,
    dose_words,
    factors_behind,
    instructions_behind,
    sources_of_factors,
    strengths_behind,
)
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.quantity import plain

WIDTH = 100
NO_RECORD = "no record"
ACTS = {
    True: "acts in the whole body",
    False: "acts only where it is put",
    None: "whether it acts in the whole body is not recorded",
}
ONLY_A_RANGE = "a dose is known only as a range"


def dose_report(profile: DoseProfile, limit: Decimal | None = None) -> str:
    """The whole report, ending in a newline. `limit`: in mg/day, of the equivalents if asked for, else of each drug."""
    return "\n".join(line.rstrip() for line in _report(profile, limit)) + "\n"


def _report(profile: DoseProfile, limit: Decimal | None) -> Iterator[str]:
    yield from _wrapped(f"Daily doses of patient {profile.patient}, {window_words(profile)}, both days included.")
    if profile.equivalent is not None and profile.table is not None:
        yield ""
        yield equivalent_title(profile.table)
        yield from _table(profile.equivalent, profile, limit)
    for curve in profile.ingredients:
        yield ""
        yield f"{curve.name}: {ACTS[curve.systemic]}"
        yield from _table(curve, profile, limit if profile.equivalent is None else None)
    if not profile.ingredients:
        yield from ("", "No record of any drug in these days.")
    yield from _worked_out(profile)
    yield from _left_out(profile)
    yield from _uncertain(profile)


def window_words(profile: DoseProfile) -> str:
    """From when to when, and how that came about."""
    first = "the earliest record" if profile.window.earliest == ALWAYS else str(profile.window.earliest)
    length = "all that is recorded" if profile.look_back is None else str(profile.look_back)
    return f"from {first} to {profile.at} ({length})"


def equivalent_title(table: EquivalenceTable) -> str:
    """What the sum is counted in."""
    return f"All that count, as {table.reference_name} (table {table.id} {table.version})"


def _table(curve: Curve, profile: DoseProfile, limit: Decimal | None) -> Iterator[str]:
    rows = [("from", "to", "days", "mg/day", "highest day")]
    rows += list(_rows(curve, profile))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(w) if n == 2 else cell.ljust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  " + "  ".join(cells)
    if limit is not None:
        yield from _wrapped(_against(curve.stretches, limit), "  ")


def _rows(curve: Curve, profile: DoseProfile) -> Iterator[tuple[str, str, str, str, str]]:
    day = profile.window.earliest
    for run in curve.runs:
        value = run[0].value
        if day < run[0].start:
            yield _row(day, shift(run[0].start, -1), NO_RECORD, "")
        yield _row(run[0].start, run[-1].end, dose_range(value.average), dose_range(value.peak))
        day = shift(run[-1].end, 1)
    if day <= profile.window.latest:
        yield _row(day, profile.window.latest, NO_RECORD, "")


def _row(first: date, last: date, average: str, peak: str) -> tuple[str, str, str, str, str]:
    if first == ALWAYS:
        return "…", str(last), "", average, peak
    return str(first), str(last), str((last - first).days + 1), average, peak


def above(stretch: Stretch, limit: Decimal) -> Outcome:
    """Is the dose of these days above the limit: surely, possibly, or not?"""
    return min(stretch.value.average.within(Bounds(above=limit)), stretch.value.taken)


def _against(stretches: Sequence[Stretch], limit: Decimal) -> str:
    said = []
    for outcome, word in ((Outcome.MET, "surely"), (Outcome.UNKNOWN, "possibly")):
        days = _days([each for each in stretches if above(each, limit) is outcome])
        said += [f"{word} {days}"] if days else []
    told = "; ".join(said) if said else "on no day of these records"
    return f"Above {plain(limit)} mg/day: {told}."


def _days(stretches: Iterable[Stretch]) -> str:
    """`2026-05-01 to 2026-05-31, 2026-06-02`: what follows on one another joined."""
    joined: list[tuple[date, date]] = []
    for each in stretches:
        if joined and shift(joined[-1][1], 1) == each.start:
            joined[-1] = joined[-1][0], each.end
        else:
            joined.append((each.start, each.end))
    return ", ".join(_from_to(first, last) for first, last in joined)


def _from_to(first: date, last: date) -> str:
    return str(first) if first == last else f"{'the beginning' if first == ALWAYS else first} to {last}"


def _worked_out(profile: DoseProfile) -> Iterator[str]:
    """Per curve the arithmetic of its days, then the records, instructions, strengths and assumptions behind it."""
    table, total = profile.table, profile.equivalent
    curves = [(each.name, each) for each in profile.ingredients]
    curves += [(f"as {total.name}", total)] if total is not None else []
    told = [(name, curve) for name, curve in curves if curve.stretches]
    yield from ("", "How it was worked out") if told else ()
    for name, curve in told:
        yield f"  {name}"
        for run in curve.runs:
            words = dict.fromkeys(each for stretch in run for each in stretch.value.words)
            yield from _wrapped(f"{_days(run)}, {dose_words(run[0])}: {'; '.join(words)}", "    ")
        yield from _items("record", curve, lambda each: each.value.records)
        if curve is total:
            yield from _items("factor", curve, lambda each: factors_behind(each, table))
        else:
            yield from _items("instruction", curve, instructions_behind)
            yield from _items("strength", curve, strengths_behind)
        yield from _items("assumed", curve, assumptions_behind)
    if total is not None and total.stretches:
        yield "  Sources of the factors"
        for name, source in sources_of_factors(total.stretches).items():
            yield from _wrapped(f"{name}: {source}", "    ")


def _items(name: str, curve: Curve, behind: Callable[[Stretch], Iterable[str]]) -> Iterator[str]:
    """Everything that is behind a curve, once; with the days where it is not behind all of it."""
    where: dict[str, list[Stretch]] = {}
    for stretch in curve.stretches:
        for each in behind(stretch):
            where.setdefault(each, []).append(stretch)
    for said, stretches in where.items():
        days = "" if len(stretches) == len(curve.stretches) else f" ({_days(stretches)})"
        yield from _wrapped(f"{name}{days}: {said}", "    ")


def _left_out(profile: DoseProfile) -> Iterator[str]:
    if not profile.omitted:
        return
    yield from ("", "What is not counted")
    for each in profile.omitted:
        where = "" if each.everywhere or profile.table is None else f", not counted as {profile.table.reference_name}"
        yield from _wrapped(f"{each.name}{where}: {each.why} ({', '.join(each.records)})", "  ")


def _uncertain(profile: DoseProfile) -> Iterator[str]:
    found = doubts(profile)
    yield from ("", "What is not certain" if found else "Nothing is uncertain: all records were loaded and read.")
    for each in found:
        yield from _wrapped(each, "  ")


def doubts(profile: DoseProfile, most: int | None = None) -> tuple[str, ...]:
    """Why anything is not certain, a sentence per reason, with the records (`most` of them) or types it is about."""
    curves = [*profile.ingredients, *([profile.equivalent] if profile.equivalent is not None else [])]
    about: dict[Reason, set[str]] = {}
    for stretch in (stretch for curve in curves for stretch in curve.stretches):
        for reason in stretch.reasons:
            about.setdefault(reason, set()).update(stretch.value.records)
    about.setdefault(Reason.NOT_LOADED, set()).update(profile.lacking)
    about.setdefault(Reason.UNREADABLE, set()).update(profile.unreadable)
    return tuple(
        f"{reason.code}: {_sentence(reason)} ({_some(sorted(about.get(reason, ())), most)})"
        for reason in Reason
        if reason in profile.reasons
    )


def _some(names: Sequence[str], most: int | None) -> str:
    rest = 0 if most is None else len(names) - most
    return f"{', '.join(names[:most])} and {rest} more" if rest > 0 else ", ".join(names)


def _sentence(reason: Reason) -> str:
    return ONLY_A_RANGE if reason is Reason.DOSE_IMPRECISE else reason.sentence


def _wrapped(text: str, indent: str = "") -> list[str]:
    following = indent + "  " if indent else ""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=following,
        break_long_words=False,
        break_on_hyphens=False,
    )
