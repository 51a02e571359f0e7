"""A run of `screen` that goes on from the last one: what is kept, an export, a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.errors import InputError, UsageError
from service.screening.buckets.routing import joined
from service.screening.incremental.exports import ANEW, Given, check_follows, given_in
from service.screening.incremental.groups import Groups
from service.screening.incremental.names import NO_PERSON, PERSONS, bytes_of, drug_in, text_of
from service.screening.incremental.results import Part, read_part, together
from service.screening.incremental.taking import Taken, Taking
from service.screening.outputs import Outputs
from service.screening.population import refuse_own_input, summary_of
from service.screening.request import Progress, Request
from service.screening.writing import while_there_is_room
from service.store.kept import Kept, kept_in

if TYPE_CHECKING:
    from service.catalog.load import Catalog

CHANGED, DELETED, DAY, EVERYBODY = "changed", "deleted", "a day that has come", "everybody"
OTHER_BASIS = (
    "the studies, maps, settings or options are not those of the runs before, so that what is kept may lack what is"
    f" needed now; {ANEW}"
)


@dataclass
class Again:
    """How many persons were judged in this run, and why; `kept`: how many stand as they were judged before."""

    exports: int = 0
    people: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    already_in: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As the summary says it."""
        return {
            "exports": self.exports,
            "already_in": self.already_in,
            "screened_again": dict(sorted(self.people.items())),
            "as_before": self.kept,
        }


def screen_on(
    catalog: Catalog, request: Request, out: Path, progress: Progress, state: Path, basis: str
) -> dict[str, Any]:
    """Screen whom it concerns, and write everybody to `out`; the summary is returned and written last.

    `state`: the directory in which is kept what the next run needs. `basis`: recognises all that the answers rest on
    besides the exports. Raises InputError for an export that does not go on from the last one; then the results of the
    run before stay.
    """
    refuse_own_input(out, request)
    given = given_in(request.sources)
    with while_there_is_room(out), Outputs(out, (), request.formats, later=True) as outputs:
        with kept_in(state) as kept:
            run = _Run(catalog, request, kept, given, basis)
            whole = run.done(progress)
            outputs.begin_anew()  # nothing is refused any more
            for name in outputs.names:
                for line in kept.lines(name):
                    outputs.write_line(name, line)
            told = summary_of(catalog, request, whole.counts, whole.completeness(), whole.judged, outputs.lines)
        summary = {**told, "state": run.again.as_dict()}
        outputs.summary(summary)
    return summary


class _Run:
    """One run."""

    def __init__(self, catalog: Catalog, request: Request, kept: Kept, given: Given, basis: str) -> None:
        self._catalog, self._request, self._kept = catalog, request, kept
        self._given, self._basis = given, basis
        self.again = Again()
        self._reasons: dict[bytes, str] = {}  # why a group was judged in this run
        self._gone, self._everybody = 0, False

    def done(self, progress: Progress) -> Part:
        """Take the export, judge whom it concerns, and keep it all; everybody together."""
        before = self._kept.noted("chain") or {}
        taken = self._taken(before, progress)
        chain = self._chain(before, taken)
        spoiled = frozenset(before.get("spoiled", ()))
        everybody = not before.get("marks") or _partly(before) != _partly(chain)
        self._judge(chain, spoiled, taken, progress, everybody=everybody)
        whole = together(self._kept.abouts())
        told = whole.completeness().spoiled(self._request.accepted_rejects)
        if told != spoiled:
            self._judge(chain, told, Taken(), progress, everybody=True)
            whole = together(self._kept.abouts())
        self._kept.note("chain", {**chain, "spoiled": sorted(told)})
        self._count(whole)
        return whole

    def _taken(self, before: dict[str, Any], progress: Progress) -> Taken:
        """What the export told. Raises InputError for one that does not go on from the last."""
        given, request = self._given, self._request
        same = before.get("basis") == self._basis
        marks = before.get("marks") or []
        if given.mark in marks and same:
            self._check_day(before)
            self.again.already_in = True
            return Taken()
        if given.change is None:
            before.clear()
            return Taking(self._catalog, request, self._kept, 0).first(given, progress)
        if not marks:
            raise InputError(f"{given.label}: it holds only what changed; give the export of everything first")
        if not same:
            raise UsageError(OTHER_BASIS)
        self._check_day(before)
        check_follows(given, before["request"], before["taken"])
        return Taking(self._catalog, request, self._kept, len(marks)).next(given, progress)

    def _check_day(self, before: Mapping[str, Any]) -> None:
        if self._request.at < date.fromisoformat(str(before["day"])):
            raise UsageError(f"--as-of: there was a run as of {before['day']} with this --state; give no earlier day")

    def _chain(self, before: Mapping[str, Any], taken: Taken) -> dict[str, Any]:
        """What has to be known of the exports so far."""
        given, marks = self._given, list(before.get("marks") or ())
        new = not self.again.already_in
        self.again.exports = len(marks) + new
        if new and (taken.lost or taken.skipped):
            groups = self._groups(taken.complete, taken.present, frozenset())
            groups.rest(NO_PERSON + f"rest {len(marks)}".encode(), taken.lost, taken.skipped)
        present = taken.present | set(before.get("present") or ())
        return {
            "basis": self._basis,
            "day": self._request.at.isoformat(),
            "marks": [*marks, given.mark] if new else marks,
            "request": before.get("request", given.request),
            "taken": given.taken if new else before["taken"],
            "complete": before.get("complete") or sorted(taken.complete),
            "present": sorted(present),
        }

    def _groups(self, complete: Iterable[str], present: Iterable[str], spoiled: frozenset[str]) -> Groups:
        return Groups(self._catalog, self._request, self._kept, complete, present, spoiled)

    def _judge(
        self, chain: Mapping[str, Any], spoiled: frozenset[str], taken: Taken, progress: Progress, *, everybody: bool
    ) -> None:
        """Judge the groups that it concerns."""
        complete, present = chain["complete"], chain["present"]
        groups = self._groups(complete, present, spoiled)
        if everybody:
            self._everybody = True
            self._judge_all(groups, progress)
            return
        touched = dict(taken.touched)
        self._read_drugs(groups, touched)
        listed = self._regrouped(touched)
        for root in self._kept.due(str(chain["day"])):
            listed.setdefault(root, DAY)
        joint = self._kept.groups()
        members = _members(joint)
        for done, (root, why) in enumerate(sorted(listed.items()), 1):
            old = self._kept.about(root)
            self._kept.forget(root)
            alone = joint.get(root, root) == root  # else it is judged with others by now
            new = groups.judge(root, members.get(root, [root])) if alone else None
            self._reasons[root] = why
            self._gone += read_part(old).judged.read if old is not None and new is None and alone else 0
            progress.screening(done, len(listed), done)

    def _judge_all(self, groups: Groups, progress: Progress) -> None:
        """Judge everybody, the drugs first. Nobody is held in memory but those who hang together with others."""
        self._kept.forget_judged()
        for unit in self._kept.units(NO_PERSON, PERSONS):
            if (reference := drug_in(unit)) is not None:
                groups.drug(unit, reference)
        self._regrouped({})
        joint = self._kept.groups()
        for root, units in _members(joint).items():
            groups.judge(root, units)
        of = self._kept.count_units()
        for done, unit in enumerate(self._kept.units(PERSONS), 1):
            if unit not in joint:
                groups.judge(unit, [unit])
            progress.screening(min(done, of), of, done)

    def _read_drugs(self, groups: Groups, touched: dict[bytes, str]) -> None:
        """Read the drugs that changed; whoever has something that refers to one is touched, too."""
        for unit, why in list(touched.items()):
            reference = drug_in(unit)
            if reference is not None:
                groups.drug(unit, reference)
                del touched[unit]
                for user in self._kept.users(reference):
                    if drug_in(user) is None:
                        touched.setdefault(user, why)

    def _regrouped(self, touched: Mapping[bytes, str]) -> dict[bytes, str]:
        """Which groups to judge, and why. Of those that hang together otherwise than before, all; what was judged of
        groups that there are no longer is forgotten."""
        old = self._kept.groups()
        links = [(text_of(name), [text_of(other)]) for name, other in self._kept.links()]
        new = {bytes_of(name): bytes_of(root) for name, root in joined(links).items()}
        self._kept.set_groups(new)
        before, after = _members(old), _members(new)
        listed: dict[bytes, str] = {}
        joint = sorted(old.keys() | new.keys())
        others = (each for each in joint if before.get(old.get(each, each)) != after.get(new.get(each, each)))
        for unit in (*touched, *others):
            why = touched.get(unit, CHANGED)
            listed.setdefault(new.get(unit, unit), why)
            if (earlier := old.get(unit, unit)) != new.get(unit, unit):
                listed.setdefault(earlier, why)
        return listed

    def _count(self, whole: Part) -> None:
        everybody = whole.judged.read
        if self._everybody:
            self.again.people[EVERYBODY] = everybody
            return
        for root, why in self._reasons.items():
            found = self._kept.about(root)
            self.again.people[why] += 0 if found is None else read_part(found).judged.read
        self.again.people[DELETED] += self._gone
        self.again.kept = everybody - self.again.people.total() + self._gone


def _partly(chain: Mapping[str, Any]) -> set[str]:
    """The types of which the exports hold something, but not everything."""
    present, complete = set[str](chain["present"]), set[str](chain["complete"])
    return present - complete


def _members(groups: Mapping[bytes, bytes]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = defaultdict(list)
    for unit in sorted(groups):
        found[groups[unit]].append(unit)
    return found
