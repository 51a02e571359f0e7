"""Whatever happens between two openings of a chart: who remembers says the same as who has just been started.

And as who looks at every chart for every study, whatever its codes tell.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any, cast

from hypothesis import HealthCheck, given, settings, strategies as st

from service.ehr.medications import MEDICATION
from service.eligibility.criteria import EVER, Criterion, MedicationTaken
from service.fhir.cds.call import Call, Hook
from service.fhir.cds.cards import Card
from service.screening.cds.answer import Answer
from service.screening.cds.entry import Entry
from service.screening.cds.looked import Looked
from service.screening.cds.memory import Memory, Recent
from service.screening.cds.policy import CardPolicy, Show
from service.screening.chart import Chart, Reader
from service.screening.decisions.kinds import Kind
from service.screening.plan import Search
from service.screening.versions import stamp
from service.store import decisions, retention
from service.store.decisions import Decision
from service.store.engine import Store
from tests.builders import RXNORM
from tests.cds.test_silence import CHIEF, NURSE, role
from tests.cds.world import EHR, LENT, NOON, Desk, Json, prefetched, request
from tests.screening.world import STUDY, cancer, encounter, haemoglobin, patient
from tests.working.world import catalog

DRUG = Criterion("E4", "exclusion", "a drug", MedicationTaken(("drug",), look_back=EVER))
OTHER = replace(STUDY, id="other", title="Another study", criteria=(*STUDY.criteria, DRUG))
STUDIES = (STUDY, OTHER)
POLICY = CardPolicy(roles={NURSE: Show.NEVER, CHIEF: Show.NEARLY}, after_response=timedelta(days=1))
NUMBERS = count()
KNOWN = {"meta": {"versionId": "1", "lastUpdated": "2026-06-01T00:00:00Z"}}
PREDNISONE = {"coding": [{"system": RXNORM, "code": "8640"}]}
REFERRING = {"medicationReference": {"reference": "Medication/1"}}
CHARTS = 6
Act = Callable[[Desk, str, list[Card]], object]


def ordered(of: str, **drug: Any) -> Json:
    more = {"status": "active", "intent": "order", "authoredOn": "2026-06-01"}
    return {"resourceType": "MedicationRequest", "id": "m", "subject": {"reference": f"Patient/{of}"}, **more, **drug}


def chart(of: str, which: int) -> tuple[Json, ...]:
    """One of six; what tells them apart decides. Of the last two, the Patient names the record that it replaced."""
    more = {1: (cancer(of=of, **KNOWN),), 2: (ordered(of, **REFERRING),), 3: (haemoglobin("o2", of=of, value=14),)}
    told = () if which == 5 else (haemoglobin(of=of, **KNOWN), *more.get(which, ()))
    link = {"link": [{"type": "seealso", "other": {"reference": f"Patient/{of}-old"}}]} if which > 3 else {}
    return patient(of, **link), encounter(of=of), *told


@dataclass
class Ehr:
    """What is read with a lent token, of the patient's old record alone; `drug`: what the only Medication is."""

    drug: str = "8640"
    found: tuple[Json, ...] = ()

    def patient(self, identity: str) -> Json:
        return patient(identity)

    def merged_into(self, one: Json) -> Iterator[Json]:
        if "link" in one:
            other = {"type": "replaced-by", "other": {"reference": f"Patient/{one['id']}"}}
            yield patient(f"{one['id']}-old", link=[other])

    def search(self, into: Chart, search: Search) -> None:
        theirs = ({**each, "subject": {"reference": f"Patient/{of}"}} for of in into.patients for each in self.found)
        into.add(search.kind, (each for each in theirs if each["resourceType"] == search.kind))
        into.close(search, ())

    def medications(self, into: Chart) -> None:
        into.add(
            MEDICATION,
            [{"resourceType": MEDICATION, "id": "1", "code": {"coding": [{"system": RXNORM, "code": self.drug}]}}],
        )


@dataclass
class Lends:
    """Only the listed server is asked, and only with a token."""

    ehr: Ehr = field(default_factory=Ehr)

    def __call__(self, call: Call) -> Reader | None:
        return cast(Reader, self.ehr) if call.access is not None and call.server == EHR else None


def changes(**what: Any) -> Act:
    return lambda desk, of, cards: vars(cast(Lends, desk.lent).ehr).update(what)


def decide(kind: Kind, study: str | None, about: str | None = None, **content: Any) -> Act:
    def act(desk: Desk, of: str, cards: list[Card]) -> None:
        decisions.add(desk.store, Decision("north", study, of, kind, about, content, "why", "anna", NOON))

    return act


def correct(record: Json, claim: str | None) -> Act:
    about = f"{record['resourceType']}/{record['id']}"

    def act(desk: Desk, of: str, cards: list[Card]) -> None:
        own = {**record, "subject": {"reference": f"Patient/{of}"}}
        decide(Kind.CORRECTION, None, about, claim=claim, version=claim and stamp(own).token, criteria={})(
            desk, of, cards
        )

    return act


def answer(reason: str | None) -> Act:
    return lambda desk, of, cards: desk.responds(cards[-1].uuid, reason=reason) if cards else None


ACTS: tuple[Act, ...] = (
    *(
        decide(Kind.STATUS, study, status=status)
        for study in ("demo", "other")
        for status in ("declined", "on-study", None)
    ),
    *(decide(Kind.SILENCE, study, why="declined", until="2026-07-01") for study in ("demo", None)),
    decide(Kind.OVERRIDE, "demo", "E1", outcome="not_met", was="met", version="1.0"),
    decide(Kind.ANSWER, "other", "E2", outcome="met", was="unknown", version="1.0"),
    *(correct(each, claim) for each in (haemoglobin(**KNOWN), cancer(**KNOWN)) for claim in ("entered-in-error", None)),
    lambda desk, of, cards: desk.decided("on-study", "other", of),
    *(answer(each) for each in (None, "patient-refuses")),
    lambda desk, of, cards: retention.delete_patient(desk.store, "north", of),
    lambda desk, of, cards: decide(Kind.STATUS, "demo", status="declined")(desk, f"{of}-old", cards),
    lambda desk, of, cards: desk.decided("withdrawn", "other", f"{of}-old"),
    *(
        lambda desk, of, cards, into=into: decisions.merged(desk.store, "north", of, [f"{of}-old"][:into])
        for into in (0, 1)
    ),
    changes(found=(haemoglobin("of-old"),)),
    changes(found=(haemoglobin("of-old"), cancer("of-old"))),
    changes(drug="1"),
)
USERS: tuple[Json | None, ...] = (None, role("nurse"), role("chief"))
ACCESS: tuple[Json, ...] = (
    {},
    {"fhirServer": EHR, "fhirAuthorization": LENT},
    {"fhirServer": "https://elsewhere.example/fhir", "fhirAuthorization": LENT},
)
views = st.tuples(
    *(st.integers(0, CHARTS - 1), st.integers(0, 1), st.sampled_from(USERS), st.sampled_from([*Hook, *list(Hook)[:2]])),
    *(st.sampled_from(ACCESS), st.sampled_from(["Practitioner/1", "Practitioner/2"])),
)
steps = st.lists(st.one_of(views, views, st.sampled_from(ACTS)), min_size=2, max_size=12)


class Untold(Entry):
    """Nothing is told from codes."""

    def suggested(self, call: Call) -> None:
        """Every chart is read for every study."""


def unhurried(desk: Desk) -> Desk:
    """The same, with neither memory nor short cuts."""
    found = Desk(desk.store, desk.content, desk.policy, desk.lent)
    known = found.counter.entry
    entry = Untold(known.untold, known.told, known.kinds, known.keys, known.own, known.asked, known.terminology)
    found.counter = replace(found.counter, entry=entry)
    return found


def body_of(desk: Desk, of: str, view: tuple[Any, ...]) -> Json:
    which, _, role_of, hook, access, user = view
    came = prefetched(desk.tenant, chart(of, which)) | ({} if role_of is None else {"userRole": role_of})
    draft = {**ordered(of, medicationCodeableConcept=PREDNISONE), "id": "d", "status": "draft"}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": draft}]}
    orders = {"context_draftOrders": bundle, "context_selections": ["MedicationRequest/d"]}
    return request(hook, of, came, context_encounterId="e", context_userId=user, **orders, **access)


def shown(answer: Answer) -> list[Card]:
    """The cards, whatever their ids."""
    return [replace(each, uuid="any") for each in answer.cards]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, few=st.booleans())
def test_of_anything(plain: Store, steps: list[Any], few: bool) -> None:
    """`few`: hardly any chart is kept as it was read, so that what is remembered is mostly what it says."""
    of, seen = f"p{next(NUMBERS)}", list[Card]()
    first = Desk(plain, catalog(*STUDIES), POLICY, Lends())
    desk = first.remembering(Memory(read=Recent[Looked](most=0 if few else 9)))
    for each in steps:
        if not isinstance(each, tuple):
            each(desk, of, seen)
            continue
        body, now = body_of(desk, of, each), NOON + timedelta(days=each[1])
        fresh = Desk(plain, desk.content, POLICY, desk.lent).answers(body, now)
        known = desk.answers(body, now)
        assert (shown(known), known.lacking) == (shown(fresh), fresh.lacking)
        assert shown(known) == shown(unhurried(desk).answers(body, now))
        seen += known.cards


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(views, min_size=2, max_size=8), acts=st.lists(st.sampled_from(ACTS), max_size=3))
def test_of_anything_at_once(plain: Store, asked: list[Any], acts: list[Act]) -> None:
    """Threads share what is remembered."""
    of = f"p{next(NUMBERS)}"
    desk = Desk(plain, catalog(*STUDIES), POLICY, Lends())
    for each in (lambda *_: None, *acts):
        each(desk, of, [])
        calls = [(body_of(desk, of, view), NOON + timedelta(days=view[1])) for view in asked]
        alone = [shown(Desk(plain, desk.content, POLICY, desk.lent).answers(*call)) for call in calls]
        with ThreadPoolExecutor(4) as threads:
            together = list(threads.map(lambda call: shown(desk.answers(*call)), calls * 3))
        assert together == alone * 3
