"""From a sentence to its steps: which doses stand side by side, which follow one another, and for how long."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from service.eligibility.dosing.model import Lapse, Timing
from service.eligibility.dosing.sigs.grouping import Group, groups, one_day
from service.eligibility.dosing.sigs.parts import (
    Alternating,
    Amount,
    Change,
    Divided,
    Equal,
    Most,
    Needed,
    Numbered,
    Once,
    Scheme,
    Sentence,
    Single,
    Starting,
    Strong,
    Twofold,
    Why,
)  # fmt: skip
from service.eligibility.dosing.sigs.quantities import MOST_PIECES, Known, dose_of
from service.eligibility.dosing.sigs.rhythms import ASSUMED, DAY, ONE, TEXT, daily, said, timing_of
from service.eligibility.dosing.sigs.steps import Dose, Step, cap, first_day, levels, possible
from service.eligibility.dosing.sigs.tokens import NotUnderstood
from service.eligibility.quantity import Interval

TWO_DAYS = Lapse(Interval.exactly(2), "d")
DOSES = (Amount, Scheme, Alternating, Strong, Equal)


class Planner:
    """Builds the steps of a sig one by one; each dose may lean on the one before it."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.steps: list[Step] = []
        self.carried: Amount | None = None
        self.heading: Strong | None = None  # the strength that the sig stated last
        self.day = 1  # the next numbered day
        self.numbered = 0
        self.open = False  # a change of dose ended on a level that goes on

    def plan(self, sentence: Sentence) -> tuple[Step, ...]:
        """All steps. Raises NotUnderstood where anything about them is not clear."""
        together = [groups(segments) for segments in sentence.steps]
        everything = [part for step in together for group in step for part in group.parts]
        if any(isinstance(each, Why) and each.episode for each in everything):
            if not any(isinstance(each, Needed) for each in everything):
                raise NotUnderstood("it is for episodes, and not said to be daily")
        for found in one_day(together):
            self._step(found)
        self._check(sentence.stops)
        return tuple(self.steps)

    def _step(self, found: list[Group]) -> None:
        while found and found[-1].change is None and any(each.change for each in found):
            raise NotUnderstood("a dose after a change of dose needs a `then`")
        plain = [each for each in found if each.change is None]
        changes = [each for each in found if each.change is not None]
        if plain:
            self._doses(plain)
        for each in changes:
            if each.change is not None:
                self._change(each.change)

    def _doses(self, found: list[Group]) -> None:
        if len(found) == 1:
            self._add([found[0]], found[0].lasting)
        elif all(each.lasting is not None for each in found[:-1]):
            self._one_after_another(found)
        else:
            self._side_by_side(found)

    def _one_after_another(self, found: list[Group]) -> None:
        if any(each.joined in ("and", "plus", "(") for each in found[1:]) and not all(e.of(Numbered) for e in found):
            raise NotUnderstood("doses with their own lengths of time may be at the same time or in turn")
        if len({each.when for each in found}) > 1:
            raise NotUnderstood("doses at different times of the day, each with its own length of time")
        needed = any(each.of(Needed) for each in found)
        for each in found:
            if needed and not each.of(Needed):
                each.parts.append(Needed())
            self._add([each], each.lasting)

    def _side_by_side(self, found: list[Group]) -> None:
        lengths = [each.lasting for each in found]
        if any(lengths[:-1]):
            raise NotUnderstood("it is not clear which of the doses ends when")
        named = [each.when for each in found]
        apart = all(named) and len({each for when in named for each in when}) == sum(len(when) for when in named)
        joined = {each.joined for each in found[1:]}
        summed = joined <= {"plus"} or (joined <= {"plus", "and"} and any(named))
        if not apart and not summed:
            raise NotUnderstood("two doses, but not whether at the same time or in turn")
        if any(each.of(Needed) for each in found):
            for each in found:
                each.parts.append(Needed())
        if any(each.of(Single, Once) for each in found):
            raise NotUnderstood("a single dose beside others")
        self._add(found, lengths[-1])

    def _add(self, found: list[Group], lasts: Lapse | None) -> None:
        self._count_days(found)
        doses = tuple(dose for each in found for dose in self._dose(each, lasts, alone=len(found) == 1))
        starts = [each for group in found for each in group.of(Starting)]
        start = first_day(starts[0], lasts) if starts and isinstance(starts[0], Starting) else None
        if len(starts) > 1:
            raise NotUnderstood("two first days")
        self.steps.append(Step(doses, None if start is not None else lasts, start))

    def _count_days(self, found: list[Group]) -> None:
        for each in (part for group in found for part in group.of(Numbered)):
            if not isinstance(each, Numbered) or each.first != self.day or len(found) > 1:
                raise NotUnderstood("the numbered days do not follow one another from day 1")
            if len(found[0].of(Numbered)) > 1:
                raise NotUnderstood("two numbered days for one dose")
            self.day = each.last + 1
            self.numbered += 1

    def _dose(self, group: Group, lasts: Lapse | None, *, alone: bool) -> Iterator[Dose]:
        needed = bool(group.of(Needed))
        if group.of(Scheme):
            yield self._of_scheme(group, needed)
            return
        if group.of(Alternating):
            yield from self._in_turn(group, needed)
            return
        amount = dose_of(group.parts, self.carried, self.known, self.heading)
        self.heading = next((each for each in group.of(Strong) if isinstance(each, Strong)), self.heading)
        if amount is None:
            raise NotUnderstood("no amount is stated")
        caps = tuple(cap(each, amount) for each in group.of(Most) if isinstance(each, Most))
        timing = timing_of(group.parts) or self._implied(lasts, alone=alone)
        dose = Dose(amount, timing, needed, caps)
        if amount.product and (dose.often is None or dose.often != ONE) and timing is not None:
            raise NotUnderstood("so many times an amount, and how often besides")
        if lasts is not None and timing is not None and timing.count == ONE:
            raise NotUnderstood("a single dose, and for how long")
        for limit in caps:
            possible(dose, limit)
        self.carried = amount if amount.mass or amount.unit is not None else self.carried
        yield dose

    def _implied(self, lasts: Lapse | None, *, alone: bool) -> Timing | None:
        """How often where it is not said: as the step before, or once a day in a course of days."""
        if not alone:
            raise NotUnderstood("how often one of the doses is taken is not stated")
        if self.steps:
            before = self.steps[-1].doses
            often = before[0].often if len(before) == 1 else None
            if often is None or often.high is None:
                raise NotUnderstood("how often the next dose is taken is not stated")
            return daily(Interval(min(Decimal(1), often.low or Decimal(1)), often.high), ASSUMED)
        return daily(ONE, ASSUMED) if lasts is not None else None

    def _of_scheme(self, group: Group, needed: bool) -> Dose:
        """`1-0-1` is the sum of the day; without a unit it is pieces."""
        scheme = group.of(Scheme)[0]
        told = said(group.parts)
        if not isinstance(scheme, Scheme) or len(group.of(*DOSES, Most, Twofold, Once, Divided)) > 1 or told.names:
            raise NotUnderstood("a scheme of the day, and another dose or time beside it")
        often = (told.often.frequency, told.often.period) if told.often is not None else (ONE, DAY)
        if often != (ONE, DAY) or told.weekdays or told.single is not None:
            raise NotUnderstood("a scheme of the day, and another rhythm beside it")
        amounts = scheme.amounts
        falls = list(amounts) == sorted(set(amounts), reverse=True)
        rises = list(amounts) == sorted(set(amounts))
        if falls or rises or not (0 in amounts or len(set(amounts)) == 1) or not any(amounts):
            raise NotUnderstood("the numbers may be those of one day or of several")
        if scheme.unit is None and max(amounts) > MOST_PIECES:
            raise NotUnderstood("a scheme of the day without a unit")
        amount = Amount(Interval.exactly(sum(amounts, Decimal(0))), scheme.unit or "{each}")
        self.carried = amount
        return Dose(amount, daily(ONE), needed)

    def _in_turn(self, group: Group, needed: bool) -> Iterator[Dose]:
        turn = group.of(Alternating)[0]
        told = said(group.parts)
        alone = (
            len(group.of(*DOSES, Most, Twofold)) == 1
            and not told.weekdays
            and told.single is None
            and len(told.names) < 2
        )
        if not isinstance(turn, Alternating) or not alone or told.divided or told.once or told.single:
            raise NotUnderstood("doses in turn, and another dose or time beside them")
        if told.often is not None and told.often.period not in (DAY, TWO_DAYS):
            raise NotUnderstood("doses in turn are read day by day only")
        for each in (turn.first, turn.second):
            yield Dose(each, Timing(ONE, TWO_DAYS, marks=(TEXT, "alternating")), needed)

    def _change(self, change: Change) -> None:
        """Expands a taper into its steps."""
        before = self.steps[-1] if self.steps else None
        dose = before.doses[0] if before is not None and len(before.doses) == 1 else None
        if before is None or dose is None or dose.amount is None or dose.often != ONE or not dose.amount.value.exact:
            raise NotUnderstood("a change needs one dose a day to begin with")
        if dose.amount.unit != change.amount.unit or change.every.unit not in ("d", "wk", "mo") or before.start:
            raise NotUnderstood("the change is in another unit than the dose")
        self.steps[-1] = replace(before, lasts=before.lasts or change.every)
        for level in levels(dose.amount.value.low or Decimal(0), change):
            amount = Amount(Interval.exactly(level), dose.amount.unit)
            self.steps.append(Step((replace(dose, amount=amount),), change.every))
        self.open = change.to is not None
        if self.open:
            self.steps[-1] = replace(self.steps[-1], lasts=None)

    def _check(self, stops: bool) -> None:
        if not self.steps:
            raise NotUnderstood("no amount is stated")
        if any(not each.ends for each in self.steps[:-1]):
            raise NotUnderstood("for how long before the next step is not stated")
        if stops and not self.steps[-1].ends:
            raise NotUnderstood("it says to stop, but not when")
        if self.numbered and len(self.steps) == 1:
            raise NotUnderstood("numbered days may come round again")
        if len(self.steps) > 1 and any(each.start for each in self.steps):
            raise NotUnderstood("a first day of a sequence")
