"""Who is not spoken of at all: whom people have decided on, or who answered a card not long ago."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from service.fhir.cds.cards import REFUSES
from service.screening.cds.policy import CardPolicy
from service.screening.decisions.claims import claims_in
from service.screening.decisions.conflicts import ON_STUDY, decided_states, excluding, set_elsewhere, silences_of
from service.screening.decisions.known import in_each
from service.screening.patient import screening_date
from service.screening.tenant import Tenant
from service.store import cards, decisions
from service.store.cards import Answered
from service.store.decisions import Decision
from service.store.engine import Store

# While somebody is being looked at, or was found to fit, an order against the study still matters.
UNDER_WAY = frozenset({"candidate", "potential-candidate", "eligible", "screening", *ON_STUDY})


class Silence:
    """What is known of one patient when a card is considered.

    `patients`: the id of the record, then of those whose place it took, as far as the chart tells; those of which the
    database knows are added. What was decided or answered there counts, too: who refused does so under whatever number.
    Where both have a state, that of the record itself holds; what somebody set in the EHR holds before what was decided
    here. `decided`: by study; `claims`: of single records. `shown`: is the card with this uuid one that was shown of
    this patient, and that nobody answered?
    """

    def __init__(
        self,
        store: Store,
        tenant: Tenant,
        policy: CardPolicy,
        patients: Sequence[str],
        now: datetime,
        card: str | None = None,
    ) -> None:
        self._tenant, self._policy, self._now = tenant, policy, now
        whose = tuple(patients)
        every: tuple[Decision, ...] = ()
        elsewhere, self._answers = dict[str, str](), tuple[Answered, ...]()
        found = [cards.before(store, tenant.name, each, card) for each in whose]
        self.shown = any(each.shown for each in found)
        if any(each.said for each in found):
            with store.snapshot() as now_known:
                whose = decisions.together(now_known, tenant.name, *whose)
                every = decisions.of_patients(now_known, tenant.name, whose)
                elsewhere = set_elsewhere(now_known, tenant, whose)
                self._answers = tuple(one for each in whose for one in cards.answered(now_known, tenant.name, each))
        self.claims = claims_in(every)
        self.decided = in_each(every, tenant.catalog.studies)
        self._states = {**decided_states(self.decided), **elsewhere}
        self._silences = silences_of(self.decided, screening_date(tenant, now)) if every else {}

    def of(self, study: str, about: str) -> str | None:
        """Why nothing is said of this study; None: it may be. `about`: what would be said (as `store.cards`)."""
        return next((reason for reason in self._reasons(study, about)), None)

    def by_orders(self, study: str, about: str) -> str | None:
        """The same for a warning about an order: it matters as long as somebody is on the way into the study."""
        if study in self._silences:
            return "silenced"
        state = self._states.get(study)
        if state is not None and state not in UNDER_WAY:
            return "decided"
        if state is None and self._conflicts(study):
            return "on-another-study"
        return self._answered(study, about)

    def is_watched(self, study: str) -> bool:
        """Has a person put this patient on the way into the study?"""
        return self._states.get(study) in UNDER_WAY

    def is_answered(self, studies: Iterable[str]) -> bool:
        """Has a person answered a criterion of any of these studies?"""
        return any(self.decided[each].answers for each in studies)

    def _reasons(self, study: str, about: str) -> Iterator[str]:
        if study in self._silences:
            yield "silenced"
        if study in self._states:
            yield "decided"
        if self._conflicts(study):
            yield "on-another-study"
        if (answer := self._answered(study, about)) is not None:
            yield answer

    def _conflicts(self, study: str) -> bool:
        """Is the patient on a study beside which this one may not be, by the rule of either?"""
        return bool(excluding(self._tenant, self._states, study))

    def _answered(self, study: str, about: str) -> str | None:
        policy = self._policy
        for each in self._answers:
            if each.study != study:
                continue
            if each.reason == REFUSES:
                if policy.after_refusal is None or self._now - each.at < policy.after_refusal:
                    return "refused"
            elif each.about == about and self._now - each.at < policy.after_response:
                return "answered"
        return None
