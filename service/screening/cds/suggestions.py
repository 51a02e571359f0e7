"""What a card offers to do: ask the study nurse to look. One Task for each study, which the client makes."""

from collections.abc import Callable, Iterable
from datetime import date

from service import __version__
from service.eligibility.criteria import Study
from service.fhir.cds.call import Call
from service.fhir.cds.cards import Suggestion
from service.fhir.flag_task import review_task


def suggestions(new_id: Callable[[], str], call: Call, at: date, studies: Iterable[Study]) -> tuple[Suggestion, ...]:
    """A suggestion for each study."""
    return tuple(_one(new_id(), call, at, each) for each in studies)


def _one(uuid: str, call: Call, at: date, study: Study) -> Suggestion:
    task = review_task(study, call.patient, at, __version__)
    name = study.short_title
    return Suggestion(uuid, f"Ask the study nurse: {name}", f"Create a Task to review this patient for {name}", task)
