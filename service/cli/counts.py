"""counts, study history: what a study's assessments add up to, and what its versions said."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict

import orjson

from service.cli.console import out
from service.cli.inputs import add_tenant
from service.cli.installation import installation, now
from service.errors import UnknownStudy
from service.screening.patient import screening_date
from service.screening.studying import upkeep
from service.screening.studying.versions import Step
from service.screening.studying.view import StudyView, study_view, version_steps
from service.screening.tenant import Tenant


def add_counts(command: ArgumentParser) -> None:
    """`prescreen counts`."""
    command.add_argument("id", metavar="STUDY", help="the id of an open study")
    add_tenant(command)
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument("--suppressed", action="store_true", help="leave out what could tell of fewer than 11 people")
    command.set_defaults(run=show_counts)


def show_counts(chosen: Namespace) -> int:
    """Count the assessments of a study now, keep that for its page, and print it."""
    with installation() as there:
        tenant, moment = there.tenant(chosen.tenant), now()
        study, today = _open(tenant, chosen.id), screening_date(tenant, moment)
        upkeep.count_now(there.store, tenant, tenant.catalog.studies[study], moment)
        view = study_view(there.store, tenant, study, today, seen=not chosen.suppressed)
    if chosen.format == "json":
        out(orjson.dumps(asdict(view), option=orjson.OPT_INDENT_2).decode())
        return 0
    for line in _told(view):
        out(line)
    return 0


def show_history(chosen: Namespace) -> int:
    """Keep what a study says now, and print what each version said that the one before did not."""
    with installation() as there:
        tenant = there.tenant(chosen.tenant)
        study = _open(tenant, chosen.id)
        upkeep.keep_versions(there.store, tenant, now())
        found = version_steps(there.store, tenant, study, seen=True)
    for step in found:
        for line in _step(step):
            out(line)
    return 0


def _open(tenant: Tenant, study: str) -> str:
    if study not in tenant.studies:
        raise UnknownStudy(f"{study!r} is no open study of this tenant; there are: {', '.join(tenant.studies)}")
    return study


def _told(view: StudyView) -> Iterator[str]:
    funnel = view.funnel
    if funnel is None:
        yield "It is being counted by somebody else; ask again in a while."
        return
    yield f"{view.plain.id} {view.plain.version}, counted for {view.day}"
    yield f"  assessed {_number(funnel.assessed)}, with a signal {_number(funnel.signal)}"
    yield from (
        f"  {each.criterion:<8}{_number(each.out):>10} out{_number(each.left):>10} left" for each in funnel.falls
    )
    yield f"  needs review {_number(funnel.needs_review)}, candidates {_number(funnel.candidate)}"
    for each in view.costs:
        if each.total or each.undecided:
            yield (
                f"  {each.criterion} alone costs {each.candidate} candidates and {each.needs_review} to review; "
                f"unknown, it alone holds up {each.undecided}"
            )


def _step(step: Step) -> Iterator[str]:
    yield f"{step.version}, from {step.seen.date()} on, {step.assessments} assessments"
    if step.unmarked:
        yield "  CHANGED WITHOUT A NEW VERSION"
    if step.only_codes:
        yield "  the text is the same; codes of value sets changed, or what else stands in the file"
    yield from (f"  {each.mark} {each.text}".rstrip() for each in step.lines)


def _number(value: int | None) -> str:
    return "not shown" if value is None else str(value)
