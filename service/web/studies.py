"""GET /studies, /studies/{id}: the studies that the service screens for."""

from flask import Blueprint, Response

from service.catalog.load import Catalog
from service.screening.asking import study_of, study_text
from service.web.answers import plain_json


def blueprint(catalog: Catalog) -> Blueprint:
    """The pages about this catalog's studies."""
    page = Blueprint("studies", __name__)
    listed = [catalog.studies[each] for each in sorted(catalog.studies)]

    @page.get("/studies")
    def studies() -> Response:
        """One entry per study, by id."""
        return plain_json(
            [
                {"id": each.id, "version": each.version, "title": each.title, "criteria": len(each.criteria)}
                for each in listed
            ]
        )

    @page.get("/studies/<identity>")
    def study(identity: str) -> Response:
        """The study in plain words, as `prescreen study show` prints it."""
        return Response(study_text(catalog, study_of(catalog, identity)), mimetype="text/plain")

    return page
