"""What an EHR sends to our endpoint, read into one form: R4 rest-hooks, the R4 and R4B backport, R5. STANDARDS §2.

`read_notification` never raises: what breaks the standard is told in `problems`, and only what nobody could act upon is
refused. `concerns` says whose data changed, `advance` whether events were lost on the way.
"""

from service.fhir.notifications.concerns import Concerns, concerns
from service.fhir.notifications.counters import (
    Advance,
    Heard,
    Numbers,
    advance,
    events_query,
    is_silent,
    made_good,
)
from service.fhir.notifications.model import Arrival, Carried, Event, Kind, Notification
from service.fhir.notifications.places import Bases
from service.fhir.notifications.read import read_notification, read_statuses
from service.fhir.notifications.standard import Problem, Sentence, problems_outcome

__all__ = [
    "Advance",
    "Arrival",
    "Bases",
    "Carried",
    "Concerns",
    "Event",
    "Heard",
    "Kind",
    "Notification",
    "Numbers",
    "Problem",
    "Sentence",
    "advance",
    "concerns",
    "events_query",
    "is_silent",
    "made_good",
    "problems_outcome",
    "read_notification",
    "read_statuses",
]
