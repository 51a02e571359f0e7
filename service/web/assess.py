"""POST /assess?study=ID&as_of=DATE: the assessments of everybody in a FHIR Bundle. Nothing of it is kept."""

from datetime import date

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from service.catalog.load import Catalog
from service.eligibility.criteria import Study
from service.errors import UsageError
from service.screening.asking import screening_day, study_of
from service.screening.one_bundle import screen_bundle
from service.web.answers import plain_json
from service.web.bodies import whole_body

PARAMETERS = "the parameters are study, at least once, and as_of, once"
MEDIA_TYPES = frozenset({"application/fhir+json", "application/json"})


def blueprint(catalog: Catalog) -> Blueprint:
    """/assess."""
    page = Blueprint("assess", __name__)

    @page.post("/assess")
    def assess() -> Response:
        """The same answers as those of `prescreen screen` for a file with this Bundle in it."""
        studies, at = _asked(catalog, request.args)
        _check_media_type()
        return plain_json(screen_bundle(catalog, whole_body(), studies, at))

    return page


def _asked(catalog: Catalog, given: MultiDict[str, str]) -> tuple[tuple[Study, ...], date]:
    """Raises UsageError for a parameter too many or too few: one that is misspelt must not go unheeded."""
    names, days = given.getlist("study"), given.getlist("as_of")
    if not names or len(days) != 1 or set(given) != {"study", "as_of"}:
        raise UsageError(PARAMETERS)
    return tuple(study_of(catalog, each) for each in dict.fromkeys(names)), screening_day(days[0])


def _check_media_type() -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in MEDIA_TYPES or charset != "utf-8" or request.content_encoding not in (None, "identity"):
        abort(415)
