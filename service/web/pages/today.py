"""/today: what is new in all studies of whoever is signed in. Numbers alone."""

from flask import Blueprint, Response

from service.screening.worklist.news import News, Trouble, news_of, trouble_of
from service.web.pages.desk import Desk, page
from service.web.pages.worklist import own_studies

NAME = "today"


def blueprint(desk: Desk) -> Blueprint:
    """The page of the day."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/today")
    def today() -> Response:
        """What is new."""
        news, trouble = gathered(desk)
        titles = {
            (name, study): tenant.catalog.studies[study].title
            for name, tenant in desk.tenants.items()
            for study in tenant.studies
        }
        zones = {name: tenant.catalog.site.zone for name, tenant in desk.tenants.items()}
        return page("today.html", news=news, trouble=trouble, titles=titles, zones=zones)

    return desk.guard(pages)


def gathered(desk: Desk) -> tuple[tuple[News, ...], tuple[Trouble, ...]]:
    """The numbers of the studies of whoever is looking, and what does not work where they have one."""
    news: list[News] = []
    trouble: list[Trouble] = []
    for tenant in desk.tenants.values():
        news += news_of(desk.store, tenant, desk.visible(tenant), desk.clock.now())
        if own := own_studies(desk, tenant):
            trouble.append(trouble_of(desk.store, tenant, own))
    return tuple(news), tuple(trouble)
