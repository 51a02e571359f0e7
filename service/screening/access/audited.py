"""Who looked at whom, and why: each view of a patient is written down before it is shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from service.screening.access.policy import Viewer
from service.store import audit
from service.store.audit import Entry
from service.store.engine import Store


class Purpose(StrEnum):
    """Why somebody looks: by how they came."""

    RECRUITMENT = "recruitment"
    TREATMENT = "treatment"
    ADMINISTRATION = "administration"


class Why(StrEnum):
    """Why a hidden name is revealed. A choice, as what people write could tell of the patient."""

    CONTACT = "contact"
    VISIT = "visit"
    MIX_UP = "mix-up"
    SAFETY = "safety"
    OTHER = "other"


def note_view(
    store: Store,
    viewer: Viewer,
    tenant: str,
    study: str | None,
    patient: str,
    what: str,
    now: datetime,
    *,
    why: Why | None = None,
) -> None:
    """Write down that somebody sees something of a patient. `what`: a code, such as `view-patient`, `reveal-name`.

    Call it before the answer is made: what cannot be written down is not shown. Raises StoreError.
    """
    purpose = Purpose.TREATMENT if viewer.source == "launch" else Purpose.RECRUITMENT
    detail: dict[str, str | int | bool | None] = {"purpose": purpose}
    if why is not None:
        detail["why"] = why
    audit.append(store, Entry(now, tenant, viewer.account, what, study, patient, detail))


def note_deed(
    store: Store,
    actor: str,
    tenant: str,
    study: str | None,
    what: str,
    now: datetime,
    **codes: str | int | bool | None,
) -> None:
    """Write down what somebody did as an administrator, or with their own account; `codes`: no words of people."""
    audit.append(store, Entry(now, tenant, actor, what, study, None, {"purpose": Purpose.ADMINISTRATION, **codes}))
