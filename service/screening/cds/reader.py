"""One patient's chart from what came with a call; what is lacking is asked for with the lent token, all at once.

As the worker's reader, it says of which types it has all there is. Whatever is not there in time is not loaded.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import orjson

from service.ehr.medications import MEDICATION
from service.ehr.searching import Resource
from service.errors import EhrError, ResourceGone, UnreadableResource
from service.fhir.cds.call import Call
from service.fhir.elements import nodes
from service.literals import here
from service.screening.cds.prefetched import (
    FAILED_THERE,
    OUTCOME,
    Given,
    State,
    bases_of,
    given,
    parsed,
    single,
)
from service.screening.cds.templates import PATIENT, asked_of, key_of
from service.screening.cds.thinning import thinned
from service.screening.chart import REFERRING, REPLACES, Chart, Reader
from service.screening.needs import Needs
from service.screening.plan import NARROWED, Search
from service.screening.tenant import Tenant
from service.twofold import encode

AT_ONCE = 8
TO_ASK = frozenset({State.MISSING, State.PART})
NO_ACCESS = "it cannot be asked for"
NOT_SENT = "the Patient did not come with the call, and cannot be asked for"

Online = Callable[[], Reader | None]


@dataclass
class CallReader:
    """Reads the chart of the patient of one call. `online`: how to ask the EHR; it is called only if something lacks.

    `sizes` False: body sizes that no criterion asks for are left out (see `thinning`). `lacking`: types of which not
    all is there, with a sentence each.
    """

    tenant: Tenant
    call: Call
    online: Online = field(repr=False)
    sizes: bool = True
    lacking: dict[str, str] = field(default_factory=dict)
    _given: dict[str, Given] = field(default_factory=dict, repr=False)
    _parts: dict[str, Chart] = field(default_factory=dict, repr=False)
    _own: Future[Resource] | None = field(default=None, repr=False)
    _reader: Reader | None = field(default=None, repr=False)
    _asked: bool = False

    def load(self) -> None:
        """Look at what came, and ask for the rest at once."""
        call, bases = self.call, self.bases
        wanted = asked_of(self.tenant)
        for each in wanted:
            self._given[each.kind] = given(each, call.patient, call.prefetch.get(key_of(each.kind)), *bases)
        open_ = [each for each in wanted if self._given[each.kind].state in TO_ASK]
        wants_patient = not self._has_patient(call.patient)
        reader = self._online() if open_ or wants_patient else None
        if reader is not None:
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hook") as threads:
                self._own = threads.submit(reader.patient, call.patient) if wants_patient else None
                self._parts = dict(threads.map(lambda each: (each.kind, self._asked_for(each, reader)), open_))

    @property
    def bases(self) -> tuple[str, ...]:
        """The addresses of the server that the records are of."""
        return bases_of(self.call, self.tenant.own_bases)

    @property
    def is_empty(self) -> bool:
        """Is there nothing at all to go by: no type of record, not even a part of one?"""
        whole = any(each.state is State.WHOLE or each.result.resources for each in self._given.values())
        return not whole and not any(part.complete or part.resources for part in self._parts.values())

    @property
    def asked(self) -> bool:
        """Was the EHR asked for anything, or would it have been?"""
        return self._asked

    @property
    def has_access(self) -> bool:
        """Was the EHR asked, as there was something to ask and a way to do it?"""
        return self._reader is not None

    # ---------------------------------------------------------------------------------------- as `record.Charts` wants
    def patient(self, identity: str) -> Resource:
        """The Patient. Raises ResourceGone."""
        sent = self.call.prefetch.get(PATIENT)
        came = single("Patient", identity, sent)
        if came is not None:
            return came
        if identity == self.call.patient and _is_outcome(sent):
            raise ResourceGone(f"the Patient: {FAILED_THERE}")
        if identity == self.call.patient and self._own is not None:
            return self._own.result()
        reader = self._online()
        if reader is None:
            raise ResourceGone(NOT_SENT)
        return reader.patient(identity)

    def merged_into(self, patient: Resource) -> Iterator[Resource]:
        """The Patients that may have been merged into this one; their records lie apart, and have to be asked for."""
        links = list(nodes(patient.get("link"), "Patient.link"))
        reader = self._online() if links else None
        try:
            found = list(reader.merged_into(patient)) if reader is not None else None
        except EhrError:
            found = None
        came = {patient.get("id"), *(each.get("id") for each in found or ())}
        if any(each.get("type") == REPLACES and self._named(each) not in came for each in links):
            self._lacks_merged()
        yield from found or ()

    def search(self, chart: Chart, search: Search) -> None:
        """Put into the chart what came, or was asked for, and whether that is all."""
        here = self._given[search.kind]
        part = self._parts.get(search.kind)
        if part is None or search.kind not in part.complete:  # what came stays known, though the rest is not
            for kind, found in ((search.kind, here.result.resources), (MEDICATION, here.result.included)):
                chart.add(kind, (each for each in found if each.get("resourceType") == kind))
        if part is not None:
            self._take(chart, part, search)
        else:
            problems = list(here.result.problems)
            if here.state in TO_ASK:
                problems.append(f"{search.kind}: {NO_ACCESS}")
            self._close(chart, search, problems)
        self._merged(chart, search)
        if search.kind == NARROWED and search.kind in chart.resources:
            needs = Needs(self.tenant.open_studies, self.tenant.catalog.terminology)
            chart.resources[search.kind] = thinned(chart.resources[search.kind], needs, sizes=self.sizes)

    def medications(self, chart: Chart) -> None:
        """The Medications that the chart refers to, as far as they can be asked for."""
        referring = [each for kind in REFERRING for each in chart.resources.get(kind, {}).values()]
        reader = self._online() if any(_refers(each) for each in referring) else None
        if reader is None:
            return
        before = len(chart.problems)
        try:
            reader.medications(chart)
        except EhrError as problem:  # then what refers to them cannot be read, and says so
            chart.problems.append(str(problem))
        if chart.problems[before:]:
            self.lacking[MEDICATION] = chart.problems[before].removeprefix(f"{MEDICATION}: ")

    # ----------------------------------------------------------------------------------------------------------- parts
    def _online(self) -> Reader | None:
        if not self._asked:
            self._asked, self._reader = True, self.online()
        return self._reader

    def _named(self, link: Mapping[str, object]) -> str | None:
        """The id of the Patient that a link names on this server."""
        other = link.get("other")
        written = other.get("reference") if isinstance(other, Mapping) else None
        found = here(self.bases, written.strip()) if isinstance(written, str) else None
        return found[1] if found is not None and found[0] == "Patient" else None

    def _has_patient(self, identity: str) -> bool:
        """Did the Patient come, or did the client try in vain to read it?"""
        sent = self.call.prefetch.get(PATIENT)
        return single("Patient", identity, sent) is not None or _is_outcome(sent)

    def _asked_for(self, search: Search, reader: Reader) -> Chart:
        part = Chart((self.call.patient,))
        try:
            reader.search(part, search)
        except EhrError as problem:
            part.close(search, [f"{search.kind}: {problem}"])
        return part

    def _take(self, chart: Chart, part: Chart, search: Search) -> None:
        for kind, found in part.resources.items():
            chart.add(kind, found.values())
        problems = list(part.problems)
        if search.kind not in part.complete and search.tells and not problems:
            problems = [f"{search.kind}: the server has no search for it"]
        self._close(chart, search, problems)

    def _merged(self, chart: Chart, search: Search) -> None:
        """What lies under the other records of the same person, asked for one after the other."""
        others = chart.patients[1:]
        reader = self._online() if others else None
        if reader is not None:
            rest = Chart(others)
            try:
                reader.search(rest, search)
            except EhrError as problem:
                rest.close(search, [f"{search.kind}: {problem}"])
            for kind, found in rest.resources.items():
                chart.add(kind, found.values())
            if rest.problems:
                chart.complete.discard(search.kind)
                self._close(chart, search, rest.problems)

    def _close(self, chart: Chart, search: Search, problems: Iterable[str]) -> None:
        told = list(dict.fromkeys(problems))
        chart.close(search, told)
        if told:
            self.lacking[search.kind] = told[0].removeprefix(f"{search.kind}: ")

    def _lacks_merged(self) -> None:
        """Another record of this person exists whose contents nobody can see here: nothing is complete."""
        for kind, came in self._given.items():
            problem = f"{kind}: another record of this patient was not read"
            told = replace(came.result, problems=(*came.result.problems, problem))
            self._given[kind] = Given(State.FAILED, told)
            if kind in self._parts:
                self._parts[kind].complete.discard(kind)
                self._parts[kind].problems.append(problem)


def _is_outcome(value: bytes | None) -> bool:
    content = parsed(value) if value is not None else None
    return content is not None and content.get("resourceType") == OUTCOME


def _codes_of(role: Mapping[str, object]) -> list[str]:
    """The codes of a PractitionerRole, as `system|code`; none of one that cannot be understood."""
    try:
        concepts = nodes(role.get("code"), "PractitionerRole.code")
        codings = [each for one in concepts for each in nodes(one.get("coding"), "PractitionerRole.code.coding")]
    except UnreadableResource:
        return []
    return [f"{each.get('system')}|{each.get('code')}" for each in codings]


def _refers(resource: Resource) -> bool:
    """May it refer to a Medication that is a record of its own?"""
    try:
        return b"Medication/" in encode(resource)
    except orjson.JSONEncodeError:
        return True


def roles_of(call: Call, keys: Iterable[str]) -> tuple[str, ...]:
    """The user's roles, as `system|code`, as far as they came along under these keys."""
    found = []
    for key in keys:
        value = call.prefetch.get(key)
        content = parsed(value) if value is not None else None
        for role in _resources(content, "PractitionerRole"):
            found += _codes_of(role)
    return tuple(found)


def _resources(content: Mapping[str, object] | None, kind: str) -> Iterator[Mapping[str, object]]:
    if content is None:
        return
    if content.get("resourceType") == kind:
        yield content
    listed = content.get("entry")
    for each in listed if isinstance(listed, list) else ():
        resource = each.get("resource") if isinstance(each, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == kind:
            yield resource
