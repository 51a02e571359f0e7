"""What the forms need with which a person decides: what stands, what this person may do, and what others decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from service.screening.access import Action, Basis, Viewer, may
from service.screening.access.known import bases_of
from service.screening.decisions.applied import with_decisions
from service.screening.decisions.conflicts import conflicts, state_conflict
from service.screening.decisions.decided import Decided, decided_of
from service.screening.decisions.given import NEVER_CORRECTED
from service.screening.decisions.kinds import CONTACTS, OUTCOMES, WHYS, Kind, PersonStatus
from service.screening.decisions.make import TREATING
from service.screening.patient import screening_date
from service.screening.tenant import Tenant
from service.store import accounts, assessments, decisions
from service.store.decisions import Decision
from service.store.engine import Store

ANOTHER = "another study"  # of which whoever looks may know no more


@dataclass(frozen=True, slots=True)
class Deciding:
    """The context of the templates `_decide_*.html` and `_decisions_history.html`.

    `line`: as it stands with what people answered (None: nothing holds). `records`: the version of each record that may
    be corrected. `may`: by the name of an action. `history`: all decisions, the newest first. `names`: of accounts.
    `conflicts`: other studies beside which this one may not be. `there`: the state that somebody else set in the EHR.
    `needs_approval`: nobody is contacted before the treating clinician agreed.
    """

    study: str
    decided: Decided
    line: Mapping[str, Any] | None
    records: Mapping[str, str]
    may: Mapping[str, bool]
    history: tuple[Decision, ...]
    names: Mapping[str, str]
    conflicts: tuple[str, ...]
    there: str | None
    needs_approval: bool
    outcomes: tuple[str, ...] = tuple(sorted(OUTCOMES))
    whys: tuple[str, ...] = tuple(sorted(WHYS))

    @property
    def statuses(self) -> tuple[PersonStatus, ...]:
        """Those that this person may give."""
        waits = self.needs_approval and self.decided.approved is not True
        return tuple(
            each
            for each in PersonStatus
            if self.may["contact" if each in CONTACTS else "decide"] and not (waits and each is PersonStatus.CONTACTED)
        )

    @property
    def correctable(self) -> frozenset[str]:
        """The records of which this person may say that they are wrong, or see who said it."""
        mine = self.records.keys() if self.may["override"] else frozenset[str]()
        return frozenset(mine) | self.decided.corrections.keys()

    def seen(self, kind: str, about: str | None = None, everywhere: bool = False) -> int:
        """What a form brings back as `seen`."""
        return self.decided.seen(Kind(kind), about, everywhere=everywhere)

    def finding(self, criterion: str) -> Mapping[str, Any] | None:
        """A finding by the id of its criterion."""
        listed = () if self.line is None else self.line["findings"]
        return next((each for each in listed if each["criterion"] == criterion), None)

    def name(self, account: str) -> str:
        """Who that is."""
        return self.names.get(account, account)


def deciding(
    store: Store,
    tenant: Tenant,
    viewer: Viewer,
    patient: str,
    study: str,
    now: datetime,
    read: Callable[[Decision], Decision] = lambda decision: decision,
) -> Deciding:
    """Gather it. That this person may see the patient is for the caller to ask. `read`: how a decision is shown, as
    where names are hidden."""
    every = tuple(read(each) for each in decisions.of_patient(store, tenant.name, patient, study))
    decided = decided_of(every)
    held = assessments.latest(store, tenant.name, study, patient)
    basis_of, today = bases_of(store, tenant), screening_date(tenant, now)
    basis = basis_of[study]
    stands = held is not None and held.withdrawn is None
    records = held.records if held is not None and stands else {}
    found = {each.actor: accounts.find(store, each.actor) for each in every}
    return Deciding(
        study,
        decided,
        with_decisions(held.stored.line, decided) if held is not None and stands else None,
        {each: version for each, version in records.items() if each.partition("/")[0] not in NEVER_CORRECTED},
        {each.value: may(viewer, tenant.name, study, each, basis, today) for each in Action},
        tuple(reversed(every)),
        {account: each.name for account, each in found.items() if each is not None},
        tuple(_named(tenant, viewer, each, basis_of, today) for each in conflicts(store, tenant, patient, study)),
        state_conflict(store, tenant, patient, study),
        tenant.catalog.studies[study].contact_approval == TREATING,
    )


def _named(tenant: Tenant, viewer: Viewer, study: str, basis_of: Mapping[str, Basis | None], today: date) -> str:
    """The title of another study; of one that is not open to whoever looks only that there is one."""
    open_to_them = study in basis_of and may(viewer, tenant.name, study, Action.SEE, basis_of[study], today)
    return tenant.catalog.studies[study].title if open_to_them else ANOTHER
