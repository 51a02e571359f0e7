"""The page of a patient: the same answers as ever, in careful words; what may not be read is not known, and said so."""

import re
from dataclasses import replace
from datetime import date, datetime
from html import unescape
from typing import Any

import pytest
import requests

from service.eligibility.criteria import ConditionPresent, Criterion, Study
from service.eligibility.outcome import Reason
from service.fhir.banner import Banner, banner_of
from service.screening.patient import Found, examine
from service.screening.person.study_part import ANSWERS, SIGNALS, STANDINGS, study_part
from service.store import audit
from service.store.engine import Store
from service.web.words import told
from tests.ehr.clock import Watch
from tests.launch.world import Browser, application, launchable, query
from tests.screening.world import STUDY, cancer, encounter, haemoglobin, patient
from tests.smart_server import CAPABILITIES, SmartEhr
from tests.working.world import catalog, connection, shipped, tenant

OTHER = Study(
    "other",
    "2.0",
    "Another study",
    (Criterion("A", "inclusion", "<i>cancer</i>", ConditionPresent(("cancer",))),),
    STUDY.entry,
)


def words(text: str) -> str:
    """What a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def item(text: str, criterion: str) -> str:
    """What is said of one criterion."""
    found = re.search(
        rf"<li class=\"item [a-z]+\"[^>]*>(?:(?!</li>).)*<code>{criterion}</code>.*?</li>", text, re.DOTALL
    )
    assert found is not None, criterion
    return words(found[0])


def narrowed(browser: Browser, **scopes: str | None) -> str:
    """The page where the EHR grants these scopes for these types (None: nothing) in place of what was asked for."""

    def granted(asked: str) -> str:
        given = []
        for each in asked.split():
            kind = each.partition("/")[2].partition(".")[0]
            given.append(scopes.get(kind, each))
        return " ".join(each for each in given if each)

    browser.ehr.granted = granted
    return browser.opened().text


def test_4_21_the_scopes_are_those_that_the_open_studies_need(browser: Browser) -> None:
    asked = query(browser.launch(browser.ehr.open("p")).headers["Location"])["scope"].split()
    assert asked[:3] == ["launch", "openid", "fhirUser"]
    needed = ("Condition", "Consent", "Encounter", "Observation", "Patient")
    assert asked[3:] == [f"patient/{each}.rs" for each in needed]


def test_4_20_nothing_is_asked_for_that_outlasts_the_visit(browser: Browser) -> None:
    scope = query(browser.launch(browser.ehr.open("p")).headers["Location"])["scope"]
    assert "offline_access" not in scope and "write" not in scope and "*" not in scope


@pytest.mark.parametrize(
    ("capabilities", "right"),
    [
        (["permission-v1"], "read"),
        (["permission-v1", "permission-v2"], "rs"),
        (["permission-v2"], "rs"),
        ([], "rs"),
    ],
)
def test_4_25_version_1_of_the_scopes_where_the_ehr_knows_no_other(
    browser: Browser, capabilities: list[str], right: str
) -> None:
    others = [each for each in CAPABILITIES if not each.startswith("permission-v")]
    browser.ehr.published = lambda content: {**content, "capabilities": [*others, *capabilities]}
    scope = query(browser.launch(browser.ehr.open("p")).headers["Location"])["scope"]
    assert f"patient/Observation.{right}" in scope.split()
    page = browser.opened().text
    assert "What was not accessible" not in page and item(page, "I2").startswith("✓ Met")


def test_4_12_a_type_that_is_not_granted_is_not_known(browser: Browser) -> None:
    page = narrowed(browser, Condition=None)
    assert "Not read, or not wholly: Condition." in words(page)
    assert "Condition: the right to search for it was not granted" in words(page)
    assert item(page, "E1").startswith("? Not known") and "not-loaded" in item(page, "E1")
    assert item(page, "I2").startswith("✓ Met")
    assert [each for each in browser.ehr.log.of() if each.path == "/fhir/Condition"] == []


@pytest.mark.parametrize(
    "scope", ["patient/Condition.rs?category=problem-list-item", "patient/Condition.r", "system/*.rs"]
)
def test_4_23_outside_of_what_was_granted_nothing_is_absent(browser: Browser, scope: str) -> None:
    page = narrowed(browser, Condition=scope)
    assert item(page, "E1").startswith("? Not known") and "not-loaded" in item(page, "E1")
    assert "What was not accessible" in page


def test_4_23_what_is_found_within_it_counts(browser: Browser) -> None:
    browser.ehr.seed(cancer())
    page = narrowed(browser, Condition="patient/Condition.rs?category=problem-list-item")
    assert item(page, "E1").startswith("✕ Present: speaks against")


@pytest.mark.parametrize("scope", ["user/Condition.rs", "user/*.cruds", "patient/*.read", "patient/Condition.*"])
def test_4_22_other_words_for_the_same_right_count(browser: Browser, scope: str) -> None:
    page = narrowed(browser, Condition=scope)
    assert item(page, "E1").startswith("✓ Not present") and "What was not accessible" not in page


def test_4_24_what_is_refused_or_left_out_is_said(browser: Browser) -> None:
    browser.ehr.fail(where="/fhir/Condition", status=403, times=9)
    page = browser.opened().text
    assert "Not read, or not wholly: Condition." in words(page)
    assert item(page, "E1").startswith("? Not known")
    assert "an EHR may leave out records without saying so" in words(page)


@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": True}, {"cut": True}, {"status": 200, "body": "{}"}])
def test_a_type_that_the_server_fails_to_give_is_not_known(browser: Browser, fault: dict[str, Any]) -> None:
    browser.ehr.fail(where="/fhir/Condition", times=9, **fault)
    page = browser.opened().text
    assert item(page, "E1").startswith("? Not known") and "not-loaded" in item(page, "E1")
    assert item(page, "I2").startswith("✓ Met")


def test_what_a_slow_ehr_does_not_give_within_a_minute_is_not_known(
    ehr: SmartEhr, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many types and pages there are, a page holds up its thread for so long at most."""
    watch = Watch()
    ehr.now = watch.now

    class Slow(requests.Session):
        def request(self, method: str, url: str, **how: Any) -> requests.Response:  # type: ignore[override]
            watch.passed += 25 if "?patient=" in url else 0
            return super().request(method, url, **how)

    monkeypatch.setattr("service.screening.launch.launches.new_session", Slow)
    ehr.seed(*(encounter(f"e{number}") for number in range(200)))
    begun = watch.passed
    browser = Browser(application(kept, launchable(ehr), watch=watch), ehr)
    page = browser.opened().text
    assert watch.passed - begun <= 80
    assert "no time is left to ask for it" in words(page) and "Not known" in item(page, "I2")
    assert browser.get(browser.visited[-1]).status_code == 200  # the server did not fail: it is asked again


def test_a_patient_that_must_not_be_read_is_not_shown(browser: Browser) -> None:
    browser.ehr.fail(where="/fhir/Patient/p", status=403, times=9)
    page = browser.opened()
    assert page.status_code == 403 and "does not let this page read" in page.text


def test_another_record_of_the_person_that_must_not_be_read_makes_all_unknown(browser: Browser) -> None:
    """The token is for one record; what stands in the one that was merged into it cannot be seen."""
    link = [{"type": "replaces", "other": {"reference": "Patient/old"}}]
    old = [{"type": "replaced-by", "other": {"reference": "Patient/p"}}]
    browser.ehr.seed(patient(link=link), patient("old", link=old), cancer(of="old"))
    browser.ehr.without.add("Patient.?link")
    page = browser.opened().text
    assert item(page, "E1").startswith("? Not known") and "not-loaded" in item(page, "E1")
    assert "another record of this person must not be read" in words(page)


def test_another_record_of_the_person_that_lies_elsewhere_makes_all_unknown(browser: Browser) -> None:
    link = [{"type": "replaces", "other": {"reference": "https://elsewhere.example/fhir/Patient/old"}}]
    browser.ehr.seed(patient(link=link), patient("old"), cancer(of="old"))
    page = browser.opened().text
    assert item(page, "E1").startswith("? Not known") and "not-loaded" in item(page, "E1")
    assert "another record of this person lies elsewhere" in words(page)


def test_3_51_who_has_the_same_id_elsewhere_is_not_shown(browser: Browser) -> None:
    theirs = {**cancer("x"), "subject": {"reference": "https://elsewhere.example/fhir/Patient/p"}}

    def more(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "entry": [{"resource": theirs, "search": {"mode": "match"}}], "total": 1}

    browser.ehr.fail(where="/Condition", times=9, change=more)
    page = browser.opened().text
    assert item(page, "E1").startswith("? Not known") and "Condition/x" not in page


def test_the_answers_are_those_of_the_service_itself(ehr: SmartEhr, kept: Store) -> None:
    """Read with the right of a person or of this service, the same chart gives the same sentences."""
    of = launchable(ehr)
    page = Browser(application(kept, of), ehr).opened().text
    with_all = SmartEhr()
    with_all.smart.is_on = False
    with with_all as other:
        other.seed(patient(), encounter(), haemoglobin())
        plain = tenant(other)
        (found,) = examine(plain, "p", connection(plain), _day(page)).found
    for each in found.line["findings"]:  # type: ignore[attr-defined]
        assert each["sentence"] in item(page, each["criterion"])


def _day(page: str) -> date:
    told = re.search(r"As of (\d+ \w+ \d{4}), read", page)
    assert told is not None
    return datetime.strptime(told[1], "%d %b %Y").date()


def test_whom_nothing_may_be_said_of_is_not_judged(browser: Browser, kept: Store) -> None:
    for identity, more in {
        "dead": {"deceasedBoolean": True},
        "secret": {"meta": {"security": [{"code": "R"}]}},
        "test": {"meta": {"security": [{"code": "HTEST"}]}},
        "odd": {"modifierExtension": [{"url": "http://odd.example", "valueBoolean": True}]},
    }.items():
        browser.ehr.seed(patient(identity, name=[{"text": "Somebody"}], **more), haemoglobin(f"o-{identity}", identity))
        page = browser.opened(identity)
        assert page.status_code == 200 and "not screened for studies, so nothing is shown" in words(page.text)
        assert 'class="item' not in page.text and "A demonstration" not in page.text
        assert not any(each in page.text for each in ("deceased", "restricted", "test-patient"))
        entry = audit.entries(kept, "north", 1)[0]
        assert (entry.patient, entry.action, (entry.detail or {})["studies"]) == (identity, "viewed", 0)


def test_who_refused_research_is_not_judged(browser: Browser) -> None:
    refusal = {
        "resourceType": "Consent",
        "id": "no",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]},
        "patient": {"reference": "Patient/p"},
        "dateTime": "2024-01-01",
        "provision": {"type": "deny"},
    }
    browser.ehr.seed(refusal)
    assert "not screened for studies" in words(browser.opened().text)


def test_a_patient_who_is_not_there_is_not_shown(browser: Browser) -> None:
    page = browser.opened("nobody")
    assert page.status_code == 200 and "not screened for studies" in words(page.text)


@pytest.mark.parametrize(
    ("context", "first"),
    [
        ({}, "Another study"),
        ({"appContext": '{"study": "demo"}'}, "A demonstration"),
        ({"appContext": {"study": "demo"}}, "A demonstration"),
        ({"appContext": '{"study": "unknown"}'}, "Another study"),
        ({"appContext": '{"study": ["demo"]}'}, "Another study"),
        ({"appContext": "demo"}, "Another study"),
        ({"appContext": "[]"}, "Another study"),
    ],
)
def test_the_study_of_the_link_comes_first(ehr: SmartEhr, kept: Store, context: dict[str, Any], first: str) -> None:
    ehr.seed(cancer())
    browser = Browser(application(kept, launchable(ehr, catalog(STUDY, OTHER))), ehr)
    headings = re.findall(r'<h2 id="study-\d" lang="en">([^<]+)</h2>', browser.opened(**context).text)
    assert headings[0] == first and sorted(headings) == ["A demonstration", "Another study"]


def test_the_words_of_the_protocol_are_text_and_nothing_else(ehr: SmartEhr, kept: Store) -> None:
    browser = Browser(application(kept, launchable(ehr, catalog(OTHER))), ehr)
    page = browser.opened().text
    assert "&lt;i&gt;cancer&lt;/i&gt;" in page and "<i>" not in page


def test_an_outcome_is_told_by_words_and_marks_not_by_colour_alone(browser: Browser) -> None:
    browser.ehr.seed(cancer())
    page = browser.opened().text
    assert item(page, "I1").startswith("✓ Met") and item(page, "E1").startswith("✕ Present: speaks against")
    assert item(page, "E2").startswith("? Not known E2 for the checklist")
    assert "Does not fit as the record stands" in page
    assert "Condition/c" in item(page, "E1")


def test_none_of_our_words_says_who_may_take_part() -> None:
    ours = [*STANDINGS.values(), *SIGNALS.values(), *(word for _, word, _ in ANSWERS.values())]
    ours += [each.sentence for each in Reason]
    assert [each for each in ours if re.search(r"\b(in)?eligib|enrol|recruit", each, re.IGNORECASE)] == []


def test_everything_of_an_assessment_is_on_the_page(ehr: SmartEhr, kept: Store) -> None:
    """The study that is shipped, with doses, readings and assumptions."""
    content = shipped()
    only = replace(content, studies={"igg4-rd-sirolimus": content.studies["igg4-rd-sirolimus"]})
    order: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": "r",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "authoredOn": "2026-11-01",
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "312617"}],
            "text": "prednisone 5 MG Oral Tablet",
        },
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 20, "unit": "mg", "code": "mg"}}],
                "route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]},
            }
        ],
    }
    ehr.seed(order)
    of = launchable(ehr, only)
    page = Browser(application(kept, of), ehr).opened().text
    ehr.smart.is_on = False
    (found,) = examine(of, "p", connection(tenant(ehr, only)), _day(page)).found
    check_complete(page, found, only)
    assert "Arithmetic 20 mg/d" in item(page, "E2a")


def check_complete(page: str, found: Found, content: Any) -> None:
    """Each criterion in its own words, with all that its finding says."""
    line: Any = found.line
    for criterion in content.studies[found.study].criteria:
        (finding,) = (each for each in line["findings"] if each["criterion"] == criterion.id)
        shown = item(page, criterion.id)
        expected = [" ".join(criterion.text.split()), finding["sentence"], *finding["reasons"]]
        expected += [each["reference"] for each in finding["evidence"]]
        expected += [each["assumption"] for each in line["assumptions"] if each["criterion"] == criterion.id]
        expected += [each["data"] for each in line["settle"] if each["criterion"] == criterion.id]
        assert [each for each in expected if " ".join(each.split()) not in shown] == []
    part = study_part(content, found.line)
    assert (
        part.standing in page
        and part.signal_words in page
        and all(told(each) in unescape(page) for each in part.change)
    )


@pytest.mark.parametrize(
    ("resource", "banner"),
    [
        ({}, Banner()),
        ({"name": "Eva", "identifier": [5, {"value": 5}], "birthDate": 1970}, Banner()),
        ({"name": [{"text": " "}, {"given": ["A", None, "B"], "family": "C"}]}, Banner("A B C")),
        ({"name": [{"use": "maiden", "text": "Old"}, {"use": "official", "text": "New"}]}, Banner("New")),
        ({"name": [{"use": "official", "text": "A"}, {"use": "usual", "text": "B"}]}, Banner("B")),
        ({"name": [{"text": "Was", "period": {"end": "2020"}}, {"text": "Is"}]}, Banner("Is")),
        (
            {"identifier": [{"value": "1"}, {"value": "2", "type": {"coding": [{"code": "MR"}]}}]},
            Banner(identifier="2"),
        ),
        ({"birthDate": "1970-05"}, Banner(birth="1970-05")),
    ],
)
def test_4_14_the_banner_shows_what_there_is(resource: dict[str, Any], banner: Banner) -> None:
    assert banner_of(resource) == banner
