"""What silence means. SEMANTICS §4: no matching record is not an answer by itself."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from service.eligibility.criteria import Absence, LookBack, Node, ValueSetIds
from service.eligibility.dates import FOREVER, Days, Window, shift
from service.eligibility.evaluate.context import RESOURCE_TYPES, Case, Knowledge
from service.eligibility.evaluate.judgement import UNSEEN, Exhibit, Judgement, Negative, unique
from service.eligibility.evaluate.windows import NEVER
from service.eligibility.facts import Kind, Loaded, Unreadable
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.policy import MEDICATION_TYPES


def silence(
    case: Case,
    node: Node,
    kind: Kind,
    ids: ValueSetIds,
    window: Window,
    *,
    look_back: LookBack | None = None,
    absence: Absence | None = None,
    shown: Iterable[Exhibit] = (),
    denied: Sequence[Negative] = (),
) -> Judgement:
    """The judgement when nothing on record makes `node` true.

    `window` (of `look_back`) is what was searched; `denied` are explicit negatives: one that denies all that was asked
    for, and is not older than the horizon of contacts, needs no assumption, and whoever said it saw the person; others
    are shown. `shown` is other evidence worth showing (a history outside the window).
    """
    said = [each for each in denied if each.said.earliest <= case.at]
    shown = tuple(shown)
    exhibits = unique([*shown, *(each.exhibit for each in said)])
    said = [each for each in said if each.of_all]
    spoiled = gaps(case, kind, ids)
    if spoiled:
        return Judgement(node, Outcome.UNKNOWN, spoiled.reasons, exhibits, lacking=spoiled.lacking)
    ends = _ends(window)
    days = frozenset[date]().union(*[_contact_days(case, end, look_back, said) for end in ends])
    outcome = case.policy.absence[kind] if absence is None else absence.outcome
    current = [each for each in said if each.of_window and all(each.said.overlaps(_seen(case, end)) for end in ends)]
    recent = (all(each.said.inside(_seen(case, end)) for end in ends) for each in current)
    if outcome is Outcome.UNKNOWN and not any(recent):
        # only an assumption could make up for a negative of which nobody knows whether it is recent enough
        return Judgement(node, Outcome.UNKNOWN, frozenset({_undated(current)}), exhibits, watch=days)
    unseen = [end for end in ends if last_contact(case, end) is None]
    if any(not any(each.said.inside(_seen(case, end)) for each in current) for end in unseen):
        return Judgement(node, Outcome.UNKNOWN, frozenset({Reason.NO_CONTACT}), exhibits, watch=days)
    if current:
        return Judgement(node, Outcome.NOT_MET, exhibits=exhibits, watch=days)
    assumption = _assumption(case, kind, ids, absence, other=bool(exhibits))
    return Judgement(node, outcome, exhibits=exhibits, assumptions=(assumption,), watch=days)


def _undated(current: Sequence[Negative]) -> Reason:
    """Why these negatives, of which none is surely recent enough, do not decide."""
    if not current:
        return Reason.NO_RECORD
    return Reason.DATE_IMPRECISE if any(each.said.known for each in current) else Reason.DATE_MISSING


def _ends(window: Window) -> tuple[date, ...]:
    """The days on which the window may end: where its anchor is uncertain, the first and the last of them."""
    first = window.sure.latest if window.sure is not None else window.possible.earliest
    last = window.possible.latest
    return (last,) if first == last else (first, last)


def _seen(case: Case, until: date) -> Days:
    """The days on which a contact is recent enough for a window that ends on `until`."""
    return Days(min(case.policy.contact_horizon.before(until), case.at), min(until, case.at))


def _contact_days(
    case: Case, until: date, look_back: LookBack | None, said: Sequence[Negative] = ()
) -> frozenset[date]:
    """Later days on which the person will not have been seen recently enough any more (or, with a gap, will have)."""
    if not case.followed:
        return NEVER
    start = case.policy.contact_horizon.before(until)
    told = [day for each in said if each.said.known for day in (each.said.earliest, each.said.latest) if start <= day]
    days = {day for each in told for day in (each, case.policy.contact_horizon.first_day_without(each))}
    plain = look_back is None or (look_back.gap is None and look_back.ahead is None)
    if plain and until == case.at:
        return frozenset({UNSEEN, *(day for day in days if case.at < day < FOREVER)})
    days |= _days_of_contact(case, start, every=not plain)
    if look_back is not None and look_back.gap is not None:
        days |= {shift(look_back.gap.after(day), extra) for day in days for extra in range(-1, 5)}
    if look_back is not None and look_back.ahead is not None:
        days |= {shift(look_back.ahead.before(day), extra) for day in days for extra in range(-5, 6)}
    return frozenset(day for day in days if case.at < day < FOREVER)


def contact_days(case: Case) -> frozenset[date]:
    """The later days that UNSEEN stands for."""
    days = _days_of_contact(case, case.policy.contact_horizon.before(case.at), every=False)
    return frozenset(day for day in days if case.at < day < FOREVER)


def _days_of_contact(case: Case, start: date, *, every: bool) -> set[date]:
    """The contacts since `start`, and the days on which each of them is no longer recent enough.

    Unless `every` one counts: as long as the last one is recent enough, it does not matter how many others there were.
    """
    contacts: Sequence[date] = case.record.contacts[bisect_left(case.record.contacts, start) :]
    if not every and contacts:
        contacts = [contacts[-1], contacts[max(bisect_right(contacts, case.at) - 1, 0)]]
    return {day for each in contacts for day in (each, case.policy.contact_horizon.first_day_without(each))}


class Gaps:
    """What keeps the loaded records from being all there are: reasons, and the resource types concerned."""

    def __init__(self, reasons: frozenset[Reason], lacking: frozenset[str]) -> None:
        self.reasons = reasons
        self.lacking = lacking

    def __bool__(self) -> bool:
        return bool(self.reasons)


def gaps(case: Case, kind: Kind, ids: ValueSetIds) -> Gaps:
    """Could there be a record of this kind and these codes that we do not know of, or could not read?

    Worked out once in a record, whatever the window.
    """
    key, known = ("gaps", kind, ids), case.record.known
    found = known.get(key)
    if not isinstance(found, _Known) or found.knowledge is not case.knowledge:
        found = known[key] = _Known(case.knowledge, _gaps(case, kind, ids))
    return found.gaps


class _Known(NamedTuple):
    knowledge: Knowledge
    gaps: Gaps


def _gaps(case: Case, kind: Kind, ids: ValueSetIds) -> Gaps:
    lacking = frozenset(
        each for each in _needed_types(case, kind) if case.record.completeness(each) is not Loaded.COMPLETE
    )
    reasons = {Reason.NOT_LOADED} if lacking else set()
    if any(_could_belong(case, kind, ids, each) for each in case.record.unreadable):
        reasons.add(Reason.UNREADABLE)
    return Gaps(frozenset(reasons), lacking)


def last_contact(case: Case, until: date) -> date | None:
    """The latest day up to `until` on which the person was seen, if recent enough for silence to mean anything."""
    seen, contacts = _seen(case, until), case.record.contacts
    last = bisect_right(contacts, seen.latest) - 1
    return contacts[last] if last >= 0 and contacts[last] >= seen.earliest else None


def _needed_types(case: Case, kind: Kind) -> tuple[str, ...]:
    if kind is Kind.MEDICATION:
        partly = (t for t in MEDICATION_TYPES if case.record.completeness(t) is Loaded.INCOMPLETE)
        return tuple(dict.fromkeys((*case.policy.medication_types, *partly)))
    return (RESOURCE_TYPES[kind],)


def resource_types(kind: Kind) -> tuple[str, ...]:
    """The types of resource that tell of this kind of fact."""
    return (*MEDICATION_TYPES, "Medication") if kind is Kind.MEDICATION else (RESOURCE_TYPES[kind],)


def _could_belong(case: Case, kind: Kind, ids: ValueSetIds, unreadable: Unreadable) -> bool:
    if unreadable.type not in resource_types(kind):
        return False
    if unreadable.concept is None or not ids:
        return True
    return case.terminology.membership(ids, unreadable.concept).outcome is not Outcome.NOT_MET


def _assumption(case: Case, kind: Kind, ids: ValueSetIds, absence: Absence | None, *, other: bool) -> str:
    sets = case.terminology.value_sets
    what = " or ".join(sets[each].title for each in ids) or f"such {kind.value.replace('_', ' ')}"
    what = f"further {what}" if other else what
    if absence is not None:
        return f"no {what} on record, taken as {absence.outcome.code.replace('_', ' ')}: {absence.reason}"
    name = kind.value.replace("_", " ")
    unused = [
        each
        for each in resource_types(kind)
        if case.record.completeness(each) is Loaded.ABSENT and each != "Medication"
    ]
    without = f" (not loaded: {', '.join(unused)})" if unused else ""
    return f"no {what} on record for that time, taken as absent because all {name} records were loaded{without}"
