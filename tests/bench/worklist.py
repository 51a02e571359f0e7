"""What a worklist of 100,000 rows costs to look at, against one of 1,000 rows in the same database, and to count.

Whole answers of the application are clocked, with all that is written down of who saw whom. The rows are made of
assessments of the invented population, each drawn for several people, with dates, names and claims of their own. Views
of the large and the small list take turns, so that a machine that is busy for a while is so for both.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

from sqlalchemy import func, select

from service.catalog.load import Catalog
from service.screening.access import Role
from service.screening.studying.upkeep import Upkeep, keep_versions
from service.store import worklist, worklist_counts
from service.store.engine import Store, open_store
from service.store.migration import migrate
from service.store.tables import worklist as rows
from service.store.worklist_tabs import Tab
from tests.bench.table import NO_POSTGRES, Table
from tests.bench.worklist_rows import AT, NOW, Row, build, drawn_from
from tests.databases import DURABLE, lone_cluster, new_database, server_programs
from tests.pages.world import NORTH, World, world
from tests.screening.shipped import catalog

SIZE = int(os.environ.get("BENCH_ROWS", "100000"))
FEW = min(1000, SIZE)  # enough for a full page of each tab
LARGE, SMALL = "igg4-rd-sirolimus", "igg4-rd-few"
VIEWS, LIMIT = 9, 0.1  # of each; seconds
Ask = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Site:
    """An application with both studies, and somebody who may see their patients."""

    world: World
    get: Callable[[str], str]
    post: Callable[[str, str], str]

    @property
    def store(self) -> Store:
        """Its database."""
        return self.world.store


def report() -> Iterator[Table]:
    """A table for each database."""
    with tempfile.TemporaryDirectory() as name:
        content = _content()
        lines = drawn_from(content, LARGE, Path(name))
        programs = server_programs()
        found = _measured("SQLite", f"sqlite:///{name}/worklist.db", content, lines)
        yield found if programs else replace(found, notes=(*found.notes, NO_POSTGRES))
        if programs is None:
            return
        with lone_cluster(programs, DURABLE) as server, ExitStack() as stack:
            url = stack.enter_context(new_database(server, "worklist"))
            yield _measured("PostgreSQL", url, content, lines)


def _content() -> Catalog:
    """A study, and the same once more, for which there are only a few people."""
    known = catalog()
    study = known.studies[LARGE]
    return replace(known, studies={LARGE: study, SMALL: replace(study, id=SMALL, short_name=None)})


def _measured(database: str, url: str, content: Catalog, lines: list[Row]) -> Table:
    store = open_store(url)
    migrate(store)
    build(store, NORTH, LARGE, lines, SIZE)
    build(store, NORTH, SMALL, lines, FEW, SIZE + 1)
    worklist_counts.put_together(store, NORTH)
    site = _site(store, content)
    steps = _counting(site)
    rows = tuple(_told(title, ask, beside) for title, ask, beside in _views(site))
    view = median(clocked(partial(site.get, f"/worklist/{NORTH}/{SMALL}")) for _ in range(VIEWS))
    notes = (
        _counted(site),
        f"counting the study, against the first page of the small list: {sum(steps) / view:.0f}, in {len(steps)} steps "
        f"between which the worker does other work, the longest {max(steps) / view:.1f}",
    )
    store.close()
    about = (
        f"A worklist of {SIZE} rows; the same view of one of {FEW} rows in the same database is 1.0; less is faster. "
        f"Median of {VIEWS}, taken in turns."
    )
    limit = f"slowest below {LIMIT * 1000:.0f} ms"
    return Table(f"The worklist, {database}", about, ("view", "times", limit), rows, notes)


def _site(store: Store, content: Catalog) -> Site:
    """With the people of both studies counted, and somebody signed in who may see them."""
    made = world(store, content, NOW)
    for study in (LARGE, SMALL):
        made.approve(study)
    keep_versions(store, made.tenant, NOW)
    browser = made.person("anna", *((study, Role.COORDINATOR) for study in (LARGE, SMALL)))

    def get(address: str) -> str:
        answer = browser.get(address)
        assert answer.status_code == 200, answer.status_code
        return str(answer.text)

    def search(address: str, name: str) -> str:
        answer = browser.post(address, search=name)
        assert answer.status_code == 200, answer.status_code
        return str(answer.text)

    return Site(made, get, search)


def _counting(site: Site) -> list[float]:
    """Seconds for each step of counting both studies."""
    upkeep, steps = Upkeep(site.store, lambda: NOW), list[float]()
    upkeep.begin(site.world.tenant)
    while upkeep.goes_on:
        steps.append(clocked(partial(upkeep.step, site.world.tenant)))
    return steps


def _views(site: Site) -> Iterator[tuple[str, Ask, Ask]]:
    """What is looked at, and beside what: the same of the small list."""

    def both(address: str, **more: str) -> tuple[Ask, Ask]:
        large, small = (address.format(study=each) for each in (LARGE, SMALL))
        ask = partial(site.post, **more) if more else site.get
        return partial(ask, large), partial(ask, small)

    here = f"/worklist/{NORTH}/{{study}}"
    few = partial(site.get, here.format(study=SMALL))
    now = worklist.count(site.store, NORTH, LARGE, Tab.NOW, AT, NOW, worklist.EVERYBODY)
    pages = -(-now // FEW)
    middle = site.get(f"{here.format(study=LARGE)}?page={pages // 2}")
    following = middle.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    yield "the first page", *both(here)
    yield "the next page of one in the middle", partial(site.get, following), few
    yield "the last page", both(f"{here}?page={pages}")[0], few
    yield "a page in the middle by its number", both(f"{here}?page={pages // 2}")[0], few
    yield "the tab Later", *both(f"{here}?tab=later")
    yield "sorted by name", *both(f"{here}?order=name")
    yield "sorted by appointment", *both(f"{here}?order=appointment")
    yield "narrowed by standing", *both(f"{here}?standing=candidate")
    yield "narrowed by a missing criterion", *both(f"{here}?missing=E9a")
    yield "narrowed to nobody", *both(f"{here}?missing=E9a&changed_days=1&claimed=me")
    yield "a search by name", *both(here, name="chen 77")
    yield "the list of studies, of both", partial(site.get, "/worklist"), few
    yield "today, of both", partial(site.get, "/today"), few
    yield "the page of the study", *both(f"/study/{NORTH}/{{study}}")


def _told(title: str, ask: Ask, beside: Ask) -> tuple[str, ...]:
    ask(), beside()  # the first one warms up
    pairs = [(clocked(beside), clocked(ask)) for _ in range(VIEWS)]
    times = median(each[1] for each in pairs) / median(each[0] for each in pairs)
    return title, f"{times:.2f}", "yes" if max(each[1] for each in pairs) < LIMIT else "no"


def _counted(site: Site) -> str:
    """The counts of the tabs, against one row by its key."""
    (first,) = worklist.page(site.store, NORTH, LARGE, None, AT, NOW, 1)
    bare = median(clocked(lambda: worklist.find(site.store, NORTH, LARGE, first.patient)) for _ in range(200))
    sums = median(clocked(lambda: worklist_counts.by_stand(site.store, NORTH, LARGE, AT)) for _ in range(50))
    looking = median(clocked(lambda: _by_each_row(site.store)) for _ in range(5))
    by_row = f"by looking at each row it would be {looking / bare:.0f}"
    return f"the numbers of all tabs, against reading one row by its key: {sums / bare:.1f}; {by_row}"


def _by_each_row(store: Store) -> object:
    mine = (rows.c.tenant == NORTH, rows.c.study == LARGE)
    told = func.coalesce(rows.c.status, rows.c.standing)
    alike = (rows.c.place, rows.c.until, rows.c.hidden, told)
    with store.reading() as connection:
        return connection.execute(select(*alike, func.count()).where(*mine).group_by(*alike)).all()


def clocked(work: Ask) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
