"""What may be concluded from each way in which data comes along, or does not. STANDARDS 1.34-1.45 and 9.1, by number.

The one criterion that is asked here is E1, an exclusion by cancer. On the EHR the patient has one, so that "no cancer"
is only ever said where the client itself said that there is nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from service.errors import InsufficientData
from service.fhir.cds.call import Hook
from tests.cds.world import CHART, EHR, Desk, Json, lent_by, outcome, page, prefetched, request, summaries
from tests.fhir_server import FhirServer
from tests.screening.world import cancer, encounter, haemoglobin, patient

COLD: Json = {**cancer("cold"), "code": {"coding": [{"system": "http://snomed.info/sct", "code": "3"}]}}
FOREIGN: Json = cancer("f", of="somebody-else")


def of_(subject: str, **more: Any) -> Json:
    """The cancer of whom a reference names."""
    return {**cancer(**more), "subject": {"reference": subject}}


INCLUDED: Json = {"resourceType": "Practitioner", "id": "x"}
NEXT = [{"relation": "next", "url": "NEXT"}]
ABSENT = "REMOVED"


def of(search: str) -> list[Json]:
    """The own link of a search."""
    return [{"relation": "self", "url": f"{EHR}/{search}"}]


PRESENT, NOT_PRESENT, UNKNOWN = "met", "not_met", "unknown"


@dataclass(frozen=True)
class Way:
    """What came under `condition`; the answer without access, the answer with it, and whether the EHR is asked."""

    value: object
    without: str
    with_access: str
    asked: bool


def whole(value: object, answer: str) -> Way:
    return Way(value, answer, answer, asked=False)


def part(value: object, known: str = UNKNOWN) -> Way:
    return Way(value, known, PRESENT, asked=True)


WAYS = {
    "1.34 missing": part(ABSENT),
    "1.35 null": whole(None, NOT_PRESENT),
    "1.36 an empty Bundle": whole(page(), NOT_PRESENT),
    "1.36 an empty Bundle without entries": whole({"resourceType": "Bundle", "type": "searchset"}, NOT_PRESENT),
    "a Bundle that holds it": whole(page(cancer()), PRESENT),
    "a Bundle that holds others": whole(page(COLD), NOT_PRESENT),
    "1.37 an OperationOutcome": whole(outcome(), UNKNOWN),
    "1.37 an entry that is an outcome": whole(page(COLD, outcome()), UNKNOWN),
    "1.37 an entry that says what was withheld": whole(page(outcome("information", "suppressed")), UNKNOWN),
    "1.37 an entry that says nothing of the kind": whole(
        page(outcome("information", "informational"), total=0), NOT_PRESENT
    ),
    "1.38 there is a next page": part(page(COLD, link=NEXT)),
    "1.38 the first page holds it": part(page(cancer(), link=NEXT), known=PRESENT),
    "1.38 a next page on another host": part(page(COLD, link=[{"relation": "next", "url": "https://evil.example/"}])),
    "1.38 a next page nowhere": part(page(COLD, link=[{"relation": "next", "url": "http://["}])),
    "1.38 a next page without an address": part(page(COLD, link=[{"relation": "next"}])),
    "1.38 a next page whose address is null": part(page(link=[{"relation": "next", "url": None}])),
    "1.38 a next page whose address is empty": part(page(link=[{"relation": "next", "url": " "}])),
    "1.38 links that are no list": part(page(link={"relation": "next", "url": "NEXT"})),
    "1.38 a link that is none": part(page(link=["next"])),
    "1.39 a total that is larger, with a point": part(page(total=5.0)),
    "1.39 a total that is larger, with an exponent": part(page(total=1e2)),
    "1.39 a total that is a text": part(page(total="5")),
    "1.39 a total that is true": part(page(total=True)),
    "1.39 a total with a point": whole(page(COLD, total=1.0), NOT_PRESENT),
    "1.36 records of another type that were found": part(page(haemoglobin(), total=None)),
    "1.36 a searchset in a searchset": part({**page(total=None), "entry": [{"resource": page(COLD)}]}),
    "1.36 a search for somebody else": part(page(link=of("Condition?patient=somebody-else"))),
    "1.36 a search in the compartment of somebody else": part(page(link=of("Patient/somebody-else/Condition"))),
    "1.36 a search for less": part(page(link=of("Condition?patient=p&clinical-status=active"))),
    "1.36 a search for less, by a modifier": part(page(link=of("Condition?patient=p&category:not=x"))),
    "1.36 a search for what is new": part(page(link=of("Condition?patient=p&_lastUpdated=gt2026-01-01"))),
    "1.36 a search for their number": part(page(link=of("Condition?patient=p&_summary=count"))),
    "1.36 a search for something else, for nobody": part(page(link=of("Condition?clinical-status=active"))),
    "1.36 a search as it was asked": whole(page(COLD, link=of("Condition?patient=p&_count=9")), NOT_PRESENT),
    "1.36 the same in other words": whole(page(COLD, link=of("Condition?subject:Patient=Patient/p")), NOT_PRESENT),
    "1.36 a search that is kept": whole(page(COLD, link=of("?_getpages=1&-pageContext=2")), NOT_PRESENT),
    "1.36 in the compartment": whole(page(COLD, link=of("Patient/p/Condition")), NOT_PRESENT),
    "1.39 the total is larger": part(page(COLD, total=2)),
    "1.39 the total is larger than what was found": part(
        page(COLD, total=2) | {"entry": [*page(COLD)["entry"], {"resource": INCLUDED, "search": {"mode": "include"}}]}
    ),
    "1.40 records of somebody else": part(page(FOREIGN)),
    "1.40 records of somebody else besides": part(page(COLD, FOREIGN)),
    **{
        f"1.40 and 3.51 somebody elsewhere with the same id: {of}": part(page(of_(of)))
        for of in (
            "https://elsewhere.example/fhir/Patient/p",
            f"{EHR}/partition-b/Patient/p",
            f"{EHR}2/Patient/p",
            "//elsewhere.example/fhir/Patient/p",
            "http://elsewhere.example/#/Patient/p",
            "x/y/Patient/p",
            "/Patient/p",
        )
    },
    "1.41 a text": part("123"),
    "1.41 a number": part(5),
    "1.41 true": part(True),
    "1.41 a list": part([cancer()]),
    "1.41 an empty object": part({}),
    "1.41 one resource instead of a search": part(cancer()),
    "1.41 a Bundle that is no search": part({**page(), "type": "collection"}),
    "an entry without a resource": part({**page(), "entry": [{"fullUrl": "urn:uuid:1"}]}),
    "a part of a resource": part(page({**COLD, "meta": {"tag": [{"code": "SUBSETTED"}]}})),
}  # fmt: skip
MEANING = {"met": PRESENT, "not-met": NOT_PRESENT, "not_met": NOT_PRESENT, "unknown": UNKNOWN}


def came(desk: Desk, way: Way) -> Json:
    """The chart of somebody who may fit, with Conditions in this way."""
    found = prefetched(desk.tenant, CHART)
    found["condition"] = way.value
    return {key: value for key, value in found.items() if value != ABSENT}


@pytest.fixture
def ehr(server: FhirServer) -> FhirServer:
    server.seed(*CHART, cancer())
    return server


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_without_access(desk: Desk, way: Way) -> None:
    body = request(prefetch=came(desk, way))
    assert MEANING[desk.outcomes(body)["E1"]] == way.without
    lacking = "Condition" in desk.looks(body).lacking
    assert lacking is (way.without == UNKNOWN or way.asked)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_with_access(desk: Desk, ehr: FhirServer, way: Way) -> None:
    body = request(prefetch=came(desk, way), **lent_by(ehr))
    desk = desk.with_access(ehr)
    assert MEANING[desk.outcomes(body)["E1"]] == way.with_access
    asked = [each.path for each in ehr.log.of(where="/fhir/(?!metadata)")]
    assert asked == (["/fhir/Condition"] if way.asked else [])


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_card_never_speaks_for_somebody_of_whom_not_all_is_known(desk: Desk, ehr: FhirServer, way: Way) -> None:
    """With the usual rules: nobody is spoken of who has a cancer; who may have one is said to lack an answer."""
    answer = desk.answers(request(prefetch=came(desk, way)))
    if way.without == PRESENT:
        assert answer.cards == ()
    else:
        (card,) = answer.cards
        assert ("Nothing on record stands against it" in card.detail) is (way.without == NOT_PRESENT)
        assert ("Not all records could be read:\n\n- Condition: " in card.detail) is (way.without == UNKNOWN)
    with_access = desk.with_access(ehr).answers(request(prefetch=came(desk, way), **lent_by(ehr)))
    assert (with_access.cards == ()) is (way.with_access == PRESENT)


OURS = ("Patient/p", "Patient/p/_history/3", f"{EHR}/Patient/p", f"{EHR}/Patient/p/_history/3")


@pytest.mark.parametrize("subject", OURS)
def test_3_51_relative_and_absolute_at_the_server_are_one_patient(desk: Desk, subject: str) -> None:
    came_ = prefetched(desk.tenant, CHART) | {"condition": page(of_(subject))}
    for server in ({}, {"fhirServer": EHR}, {"fhirServer": f"{EHR}/"}):
        assert MEANING[desk.outcomes(request(prefetch=came_, **server))["E1"]] == PRESENT


def test_3_51_absolute_at_the_server_of_the_call(desk: Desk) -> None:
    """Which need not be our source; what is absolute at our source is somebody else's then."""
    other = "https://elsewhere.example/fhir"
    found = {}
    for base in (other, EHR):
        came_ = prefetched(desk.tenant, CHART) | {"condition": page(of_(f"{base}/Patient/p"))}
        found[base] = MEANING[desk.outcomes(request(prefetch=came_, fhirServer=other))["E1"]]
    assert found == {other: PRESENT, EHR: UNKNOWN}


def test_3_51_a_record_that_names_two_people_is_of_neither(desk: Desk) -> None:
    both = {**cancer(), "patient": {"reference": "https://elsewhere.example/fhir/Patient/p"}}
    came_ = prefetched(desk.tenant, CHART) | {"condition": page(both)}
    assert MEANING[desk.outcomes(request(prefetch=came_))["E1"]] == UNKNOWN


def test_1_38_all_pages_are_read(desk: Desk, ehr: FhirServer) -> None:
    ehr.rest.most = 1
    ehr.seed(*({**COLD, "id": f"a{number}"} for number in range(3)))
    body = request(prefetch=came(desk, Way(page(COLD, total=5), "", "", asked=True)), **lent_by(ehr))
    assert MEANING[desk.with_access(ehr).outcomes(body)["E1"]] == PRESENT
    assert len(ehr.log.of("GET", "Condition|_getpages")) >= 4


def test_1_37_a_patient_that_the_client_could_not_read_is_not_asked_for_again(desk: Desk, ehr: FhirServer) -> None:
    body = request(prefetch={**prefetched(desk.tenant, CHART), "patient": outcome()}, **lent_by(ehr))
    with pytest.raises(InsufficientData, match="the key patient"):
        desk.with_access(ehr).answers(body)
    assert ehr.log.of(where="/fhir/Patient") == []


@pytest.mark.parametrize("value", [ABSENT, None, patient("somebody-else"), "p", page(patient())])
def test_1_40_another_patient_is_not_taken_for_this_one(desk: Desk, ehr: FhirServer, value: object) -> None:
    given = {**prefetched(desk.tenant, CHART), "patient": value}
    body = request(prefetch={key: each for key, each in given.items() if each != ABSENT}, **lent_by(ehr))
    with pytest.raises(InsufficientData, match="the key patient"):
        desk.answers(body)
    assert summaries(desk.with_access(ehr).answers(body)) == [
        "May fit A demonstration: 3 of 4 criteria fit, 1 to be judged"
    ]


NOTHING_CAME: dict[str, tuple[Json | None, str]] = {
    "no prefetch": (None, "under the key patient"),
    "an empty prefetch": ({}, "under the key patient"),
    "records without the patient": ({"observation": page(haemoglobin())}, "under the key patient"),
    "the patient alone": ({"patient": patient()}, "at least one of: condition, consent, encounter, observation"),
    "nothing that makes sense": (
        {"patient": patient(), "condition": "1", "observation": 2, "consent": [], "encounter": outcome()},
        "at least one of: condition, consent, encounter, observation",
    ),
}  # fmt: skip


@pytest.mark.parametrize("hook", [Hook.PATIENT_VIEW, Hook.ENCOUNTER_START])
@pytest.mark.parametrize(("prefetch", "named"), NOTHING_CAME.values(), ids=NOTHING_CAME)
def test_1_42_where_nothing_can_be_told_the_call_fails(
    desk: Desk, hook: Hook, prefetch: Json | None, named: str
) -> None:
    with pytest.raises(InsufficientData, match=named):
        desk.answers(request(hook, prefetch=prefetch))


@pytest.mark.parametrize("hook", [Hook.PATIENT_VIEW, Hook.ENCOUNTER_START])
def test_nothing_but_access_is_enough(desk: Desk, server: FhirServer, hook: Hook) -> None:
    server.seed(*CHART)
    answer = desk.with_access(server).answers(request(hook, **lent_by(server)))
    assert (len(answer.cards), answer.lacking) == (1, {})


def test_1_43_what_was_not_wholly_read_stands_in_the_answer(desk: Desk) -> None:
    answer = desk.answers(request(prefetch=came(desk, WAYS["1.37 an OperationOutcome"])))
    assert answer.as_json()["extension"] == {
        "org.fhir-prescreen": {"notWhollyRead": [{"type": "Condition", "reason": "the client could not read it"}]}
    }
    assert "Secret" not in str(answer.as_json())


def test_1_43_also_where_there_is_no_card(desk: Desk) -> None:
    given = {**prefetched(desk.tenant, (patient(), encounter())), "observation": outcome()}
    answer = desk.answers(request(prefetch=given))
    assert answer.cards == () and set(answer.lacking) == {"Observation"}


def test_a_whole_answer_says_nothing_of_it(desk: Desk) -> None:
    assert set(desk.views().as_json()) == {"cards"}


MALFORMED: dict[str, Callable[[Json], Any]] = {
    "links of a Patient": lambda given: given["patient"].update(link=["x"]),
    "a name of a Patient": lambda given: given["patient"].update(name="x"),
    "entries": lambda given: given["condition"].update(entry="x"),
    "an entry": lambda given: given["condition"].update(entry=["x"]),
    "links of a page": lambda given: given["condition"].update(link="x"),
    "a total": lambda given: given["condition"].update(total="many"),
    "a tag": lambda given: given["condition"].update(entry=[{"resource": {**COLD, "meta": {"tag": 1}}}]),
    "a code": lambda given: given["condition"].update(entry=[{"resource": {**COLD, "code": 1}}]),
    "a subject": lambda given: given["condition"].update(entry=[{"resource": {**COLD, "subject": 1}}]),
    "an id": lambda given: given["condition"].update(entry=[{"resource": {**COLD, "id": []}}]),
    "roles": lambda given: given.update(userRole={"resourceType": "PractitionerRole", "code": "x"}),
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_as_it_should_be_is_no_answer(desk: Desk, change: Callable[[Json], Any]) -> None:
    """None of it ends in an error of ours, and none of it makes somebody free of cancer who was not surely said so."""
    given = prefetched(desk.under(roles={"x|y": 0}).tenant, CHART)
    change(given)
    try:
        answer = desk.answers(request(prefetch=given))
    except InsufficientData:
        return
    assert answer.as_json()["cards"] is not None
