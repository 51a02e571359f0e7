"""What people decide about a patient: kept beside the machine's opinion, never overwritten by it."""

from service.screening.decisions.applied import with_decisions
from service.screening.decisions.decided import Answer, Correction, Decided, Status, decided_of
from service.screening.decisions.kinds import CLOSING, STATES, Kind, PersonStatus

__all__ = [
    "CLOSING",
    "STATES",
    "Answer",
    "Correction",
    "Decided",
    "Kind",
    "PersonStatus",
    "Status",
    "decided_of",
    "with_decisions",
]
