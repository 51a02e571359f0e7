"""Depots: a dose that was injected acts for longer than its day, where the study says so. SEMANTICS §6.6."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.eligibility.dates import FOREVER, Days, Duration, Span, shift
from service.eligibility.dosing.course import Phase
from service.eligibility.dosing.ranges import ZERO
from service.eligibility.dosing.routes import suggested, way
from service.eligibility.facts import MedicationFact
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Terminology

MARK = "depot"
SWALLOWED_OR_INFUSED = ("oral", "intravenous")  # these are no depots, whatever the product is called


@dataclass(frozen=True, slots=True)
class Acting:
    """For how long each dose acts from its day on. MET: the product is known as a depot; UNKNOWN: by its name alone."""

    lasts: Duration
    known: Outcome

    def after(self, span: Span) -> Span:
        """The exposure with the time for which its last dose acts."""
        end = span.end
        if end.earliest == FOREVER:
            return span
        surely = self.lasts.after(end.earliest) if self.known is Outcome.MET else end.earliest
        return Span(span.start, Days(surely, self.lasts.after(end.latest)))


def acting(fact: MedicationFact, codes: tuple[str, ...], lasts: Duration, terminology: Terminology) -> Acting | None:
    """How long the doses of this record act, if it is a depot of these value sets."""
    known = suggested(fact.concept, terminology, codes)
    return None if known is Outcome.NOT_MET or way(fact) in SWALLOWED_OR_INFUSED else Acting(lasts, known)


def acted(phases: Sequence[Phase], how: Acting | None) -> tuple[Phase, ...]:
    """The phases of a course, each with the days after it on which its last dose still acts: anything up to it."""
    if how is None:
        return tuple(phases)
    return (*phases, *(_rest(each, how) for each in phases if each.span.end.earliest < FOREVER))


def _rest(phase: Phase, how: Acting) -> Phase:
    end = phase.span.end
    span = Span(
        Days(shift(end.earliest, 1), shift(end.latest, 1)),
        Days(how.lasts.after(end.earliest), how.lasts.after(end.latest)),
    )
    dose = phase.daily
    why = Reason.DOSE_IMPRECISE if how.known is Outcome.MET else Reason.NAME_ONLY
    rest = replace(
        dose,
        average=dose.peak.possibly(),
        peak=dose.peak.possibly(),
        trough=ZERO,
        cycle=1,
        words=f"{dose.words}, as a depot acting for {how.lasts}",
        reasons=dose.reasons | {why},
        marks=(*dose.marks, MARK),
    )
    return Phase(span, rest, ZERO, how.known)
