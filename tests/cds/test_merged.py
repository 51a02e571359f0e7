"""Several records of one person: what lies under another number counts, and so does what people said of it."""

import pytest

from service.screening.decisions.kinds import Kind
from service.store import decisions
from service.store.decisions import Decision
from tests.cds.test_orders import WARNING, moved, prednisone
from tests.cds.test_silence import NOW_P, WAS_OLD
from tests.cds.world import CHART, NOON, Desk, Json, Sample, lent_by, prefetched, request, summaries
from tests.fhir_server import FhirServer
from tests.screening.world import cancer, encounter, haemoglobin, patient
from tests.working.world import shipped

ELSEWHERE = {"fhirServer": "https://elsewhere.example/fhir"}
SEE_ALSO = patient(link=[{"other": {"reference": "Patient/old"}, "type": "seealso"}])
OLD_CHART = (patient("old"), haemoglobin(of="old"), encounter(of="old"))


def test_a_code_that_lies_under_the_other_number_alone_is_found(desk: Desk, server: FhirServer) -> None:
    server.seed(WAS_OLD, NOW_P, *OLD_CHART[1:])
    assert len(desk.with_access(server).views(NOW_P, encounter(), **lent_by(server)).cards) == 1
    assert desk.views(NOW_P, encounter()).cards == ()


def test_so_it_is_where_the_patient_that_came_is_another_one(desk: Desk, server: FhirServer) -> None:
    server.seed(WAS_OLD, NOW_P, *OLD_CHART[1:])
    body = request(prefetch=prefetched(desk.tenant, (patient("q"), encounter())), **lent_by(server))
    assert len(desk.with_access(server).answers(body).cards) == 1


def test_an_order_is_looked_at_with_what_lies_under_the_other_number(
    desk: Desk, server: FhirServer, sample: Sample
) -> None:
    ward = Desk(desk.store, shipped())
    was = moved(sample.charts["sample-0031"], "sample-0031", "old")
    server.seed(NOW_P, *(each | {"link": WAS_OLD["link"]} if each["id"] == "old" else each for each in was))
    asking = ward.with_access(server)
    assert ward.orders(prednisone(), chart=(NOW_P,)).cards == ()
    assert summaries(asking.orders(prednisone(), chart=(NOW_P,), **lent_by(server))) == [WARNING]


@pytest.mark.parametrize("now", [NOW_P, SEE_ALSO], ids=["replaces", "see also"])
def test_what_was_told_without_asking_does_not_outlast_a_call_that_asks(
    desk: Desk, server: FhirServer, now: Json
) -> None:
    """The first call names a server that may not be asked. The patient refused under the old number."""
    server.seed(WAS_OLD, now)
    ward = desk.with_access(server)
    (card,) = ward.views(*OLD_CHART, of="old").cards
    ward.responds(card.uuid, reason="patient-refuses")
    for elsewhere in (ELSEWHERE, {}):
        answer = ward.views(now, *CHART[1:], **{**lent_by(server), **elsewhere})
    assert (answer.cards, answer.lacking) == ((), {})


UNREAD: dict[str, str] = {
    "gone": "Patient/gone",
    "refused": "Patient/refused",
    "elsewhere": "https://elsewhere.example/fhir/Patient/old",
    "in another part of the EHR": "{base}/partition-b/Patient/old",
    "on a host without a scheme": "//elsewhere.example/fhir/Patient/old",
    "behind a path": "x/y/Patient/old",
}


@pytest.mark.parametrize("other", UNREAD.values(), ids=UNREAD)
@pytest.mark.parametrize("lends", [True, False])
def test_where_another_record_is_not_read_nothing_is_complete(
    desk: Desk, server: FhirServer, other: str, lends: bool
) -> None:
    """Neither is `Patient/old` of our server, which has a cancer, taken for the one that is meant."""
    server.seed(patient("old"), cancer(of="old"), patient("refused"), encounter(of="old"))
    server.fail(where="/Patient/refused", times=9, status=403)
    link = {"other": {"reference": other.format(base=server.base)}, "type": "replaces"}
    came = prefetched(desk.tenant, (patient(link=[link]), *CHART[1:]))
    body = request(prefetch=came, **(lent_by(server) if lends else {}))
    ward = desk.with_access(server)
    assert set(ward.looks(body).lacking) == {"Condition", "Consent", "Encounter", "Observation"}
    assert ward.outcomes(body)["E1"] == "unknown"
    assert not server.log.of(where="old")


@pytest.mark.parametrize("kind", ["seealso", "refer"])
def test_a_link_that_tells_of_no_merger_takes_nothing_away(desk: Desk, server: FhirServer, kind: str) -> None:
    elsewhere = {"other": {"reference": "https://elsewhere.example/fhir/Patient/old"}, "type": kind}
    body = request(prefetch=prefetched(desk.tenant, (patient(link=[elsewhere]), *CHART[1:])), **lent_by(server))
    assert desk.with_access(server).looks(body).lacking == {}


@pytest.mark.parametrize("how", ["a state in the EHR", "a refusal", "a status"])
def test_what_the_database_knows_of_other_numbers_counts_without_asking(desk: Desk, how: str) -> None:
    """That they are one person was read before, by the worker; nothing of it stands in this Patient."""
    (card,) = desk.views(*OLD_CHART, of="old").cards
    match how:
        case "a state in the EHR":
            desk.decided("withdrawn", of="old")
        case "a refusal":
            desk.responds(card.uuid, reason="patient-refuses")
        case _:
            content = {"status": "declined"}
            told = Decision("north", "demo", "old", Kind.STATUS, None, content, None, "anna", NOON)
            decisions.add(desk.store, told)
    assert len(desk.views().cards) == 1
    decisions.merged(desk.store, "north", "p", ["old"])
    assert desk.views().cards == ()
    decisions.merged(desk.store, "north", "p", [])
    assert len(desk.views().cards) == 1
