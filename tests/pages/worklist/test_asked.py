"""What a list is asked for: whom a criterion keeps out, and whom a number of today is of; always all of them."""

import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from service.screening.studying import upkeep
from service.store import accounts, decisions, people, published, studying
from service.store.accounts import Account
from service.store.decisions import Decision
from service.store.engine import Store
from service.store.people import Coming, Identity
from service.store.published import Published
from service.store.worklist_news import News
from tests.databases import ON_BOTH
from tests.pages.studying.test_counts import KINDS, line as counted_line, of
from tests.pages.worklist.test_pages import HERE, coordinator, listed, open_world
from tests.pages.worklist.world import DAY, NOON, STUDY, TENANT, decide, found, line, row
from tests.pages.world import Browser

STUDY_PAGE = f"/study/{TENANT}/{STUDY}"


def shown(browser: Browser, query: str) -> list[str]:
    """The handles of the rows of all pages."""
    address: str | None = f"{HERE}?{query}"
    handles: list[str] = []
    while address:
        page = browser.get(address).text
        handles += re.findall(r'<tr role="row" id="row-([^"]+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else None
    return handles


def patients(store: Store, handles: list[str]) -> set[str]:
    known = [people.by_handle(store, each) for each in handles]
    return {each.patient for each in known if each is not None}


def assessed(store: Store, patient: str, standing: str, later: date | None = None, **outcomes: str) -> None:
    """Somebody with these answers, and their row."""
    change = None if later is None else {"date": later.isoformat(), "criterion": "E1", "outcome": "not_met"}
    findings = [{**each, "sentence": "It is so.", "evidence": [], "computed": None} for each in of(**outcomes)]
    told = counted_line(findings, later=None if later is None else later.isoformat())
    more = {"screening_date": "2026-06-30", "next_change": change, "assumptions": [], "settle": []}
    found(store, {**told, **more, "patient": patient, "study": STUDY, "standing": standing, "unresolved": 0})
    row(store, patient)


@pytest.fixture
def kept_out(store: Store) -> dict[str, set[str]]:
    """People in every tab; and whom each criterion keeps out, more than three of them somebody."""
    assessed(store, "fits", "candidate")
    assessed(store, "one", "ineligible", E1="met")
    assessed(store, "two", "ineligible", E1="met", I1="not_met")
    assessed(store, "all", "ineligible", E1="met", E2="met", I1="not_met", I2="not_met")
    assessed(store, "waits", "ineligible", date(2026, 7, 28), E1="met")
    for patient, kind, content in (
        ("checked", "status", {"status": "screening"}),
        ("hidden", "silence", {"why": "asked", "until": None}),
        ("answered", "answer", {"about": "E2", "outcome": "met", "was": "not_met"}),
    ):
        assessed(store, patient, "ineligible" if patient != "answered" else "candidate", **_of(patient))
        decide(store, kind, patient=patient, **content)
        row(store, patient)
    return {
        "I1": {"two", "all"},
        "I2": {"all"},
        "E1": {"one", "two", "all", "waits", "checked", "hidden"},
        "E2": {"all", "answered"},
    }


def _of(patient: str) -> dict[str, str]:
    return {} if patient == "answered" else {"E1": "met"}


@ON_BOTH
def test_a_criterion_leads_to_all_whom_it_keeps_out_and_to_nobody_else(
    store: Store, kept_out: dict[str, set[str]]
) -> None:
    anna = coordinator(open_world(store))
    for criterion, wanted in kept_out.items():
        assert patients(store, shown(anna, f"criterion={criterion}")) == wanted, criterion
    assert shown(anna, "criterion=E9") == []


def test_the_rows_are_those_that_the_study_page_counts_for_every_criterion(
    store: Store, kept_out: dict[str, set[str]]
) -> None:
    made = open_world(store)
    upkeep.keep_versions(store, made.tenant, NOON)
    upkeep.look_after(store, made.tenant, NOON)
    anna = coordinator(made)
    page = anna.get(STUDY_PAGE).text
    (content,) = [each.content for each in studying.counted(store, TENANT, STUDY, NOON.date())]
    assert content is not None
    told = re.findall(r'href="([^"]+criterion=([^"]+))">[^<]+</a>: (\d+)</p>', page)
    assert [name for _, name, _ in told] == [each.id for each in made.tenant.catalog.studies[STUDY].criteria]
    first = Counter[str]()
    for _, name, number in told:
        rows = shown(anna, f"criterion={name}")
        blocking = "not_met" if KINDS[name] == "inclusion" else "met"
        assert len(rows) == int(number) == content["criteria"][name]["outcomes"][blocking], name
        first.update({name: len(patients(store, rows) - set[str]().union(*_before(kept_out, name)))})
    assert {name: first[name] for name, _ in content["criteria"].items() if name in first} == {
        name: each["first"] for name, each in content["criteria"].items() if name in first
    }, "each person falls out at the first criterion that keeps them out"


def _before(kept_out: dict[str, set[str]], name: str) -> list[set[str]]:
    order = list(KINDS)
    return [kept_out[each] for each in order[: order.index(name)]]


def test_what_no_list_knows_is_refused(store: Store) -> None:
    anna = coordinator(open_world(store))
    for query in ("criteria=E1", "criterion=%25", "news=x", "search=Ana", "done=x", "new", "tab=now&x="):
        assert anna.get(f"{HERE}?{query}").status_code == 400, query
        if "done" not in query:
            assert anna.get(f"/api{HERE}?{query}").status_code == 400, query
            assert anna.get(f"{HERE}/table.csv?{query}").status_code == 400, query


@pytest.fixture
def eventful(store: Store) -> None:
    """People in all tabs with news of each kind, and others without any."""
    silent = {"why": "asked", "until": None}
    decided: dict[str, dict[str, Any]] = {"now": {}, "checked": {"status": "screening"}, "hidden": silent}
    times = {"old": -3 * DAY, "fresh": -timedelta(hours=5)}
    for age, since in times.items():
        for where, content in decided.items():
            patient = f"{age}-{where}"
            found(store, line(patient, "needs_review"), NOON + since)
            if content:
                decide(store, "status" if where == "checked" else "silence", NOON + since, patient, **content)
            row(store, patient)
    found(store, line("moved", "needs_review"), NOON - 3 * DAY)
    found(store, line("moved"), NOON - timedelta(hours=2))
    found(store, line("out", "ineligible"), NOON - timedelta(hours=1))
    for patient, later in (("soon", 5), ("far", 30), ("back", -2)):
        found(store, line(patient, "ineligible", later=NOON.date() + later * DAY), NOON - 3 * DAY)
    for patient, day in (("old-now", 0), ("old-checked", 3), ("fresh-hidden", 1), ("moved", 8)):
        row(store, patient)
        people.appoint(store, TENANT, patient, Coming(NOON + day * DAY + timedelta(hours=1), None, None), NOON)
    for patient in ("moved", "out", "soon", "far", "back"):
        row(store, patient)


@ON_BOTH
@pytest.mark.usefixtures("eventful")
def test_a_number_of_today_leads_to_as_many_rows(store: Store) -> None:
    anna = coordinator(open_world(store))
    (told,) = anna.get("/api/today").get_json()["studies"]
    page = anna.get("/today").text
    links = dict(re.findall(r'href="[^"?]+\?news=(\w+)[^"]*">(\d+)</a>', page))
    assert links.keys() == {each.value for each in News}
    for kind, number in links.items():
        rows = shown(anna, f"news={kind}")
        assert len(rows) == len(set(rows)) == int(number) == told[kind], kind
        assert int(number), f"nothing is told of {kind}"
    assert len(shown(anna, "tab=now")) == told["open"]
    assert patients(store, shown(anna, "news=new")) == {"fresh-now"}
    assert patients(store, shown(anna, "news=changed")) == {"moved", "fresh-checked"}


def test_a_list_that_is_narrowed_stays_so_when_it_is_sorted(store: Store) -> None:
    listed(store)
    page = coordinator(open_world(store)).get(f"{HERE}?news=new&changed_days=1").text
    sorted_by = re.findall(r'<th scope="col"[^>]*><a href="([^"]+)"', page)
    assert sorted_by and all("news=new" in each and "changed_days=1" in each for each in sorted_by)
    tabs = re.findall(r'<li><a href="([^"]+tab=[^"]+)"', page)
    assert len(tabs) == 4 and not any("news" in each for each in tabs)


def statuses(page: str) -> dict[str, str]:
    """The choices of the filter by standing."""
    choices = page.partition('name="standing"')[2].partition("</select>")[0]
    return dict(re.findall(r'<option value="([^"]*)"[^>]*>([^<]+)', choices))


def test_every_standing_and_status_can_be_chosen_and_what_people_say_is_no_opinion_of_the_machine(
    store: Store,
) -> None:
    given = ("screening", "eligible", "ineligible", "contacted", "consented", "declined", "off-study", "withdrawn")
    for status in given:
        found(store, line(f"s-{status}"))
        published.record(store, Published(TENANT, STUDY, f"s-{status}", "r", "1", None, None, status, NOON, NOON))
        row(store, f"s-{status}")
    found(store, line("machine", "ineligible"))
    row(store, "machine")
    anna = coordinator(open_world(store))
    offered = statuses(anna.get(HERE).text)
    for status in given:
        code = "ineligible-by-a-person" if status == "ineligible" else status
        assert code in offered
        assert patients(store, shown(anna, f"tab=checked&standing={code}")) == {f"s-{status}"}, status
    assert "on-study" in offered
    assert patients(store, shown(anna, "tab=out&standing=ineligible")) == {"machine"}
    assert shown(anna, "tab=checked&standing=ineligible") == []


def test_what_a_person_answered_is_the_reason_and_not_what_the_machine_says(store: Store) -> None:
    accounts.add(store, Account("bert", "Bert Beispiel", NOON))
    found(store, line("p", "candidate"))
    decide_as(store, "bert", "E1", "met", "seen in a letter")
    row(store)
    people.identify(store, TENANT, "p", Identity("Ana Díaz"), NOON)
    known = people.of(store, TENANT, "p")
    assert known is not None
    made = open_world(store)
    anna = coordinator(made)
    page = " ".join(anna.get(f"{HERE}?tab=out").text.split())
    assert "<strong>E1</strong> Answered by Bert Beispiel: yes (seen in a letter)." in page
    assert "E1 is not_met." not in page and "Does not fit by what people answered" in page
    assert "Does not fit as recorded" not in page
    table = anna.get(f"{HERE}/table.csv?tab=out").text
    assert "E1: Answered by Bert Beispiel: yes (seen in a letter)." in table and "E1 is not_met." not in table
    (told,) = anna.get(f"/api{HERE}?tab=out").get_json()["rows"]
    assert told["against"] == [{"criterion": "E1", "sentence": "Answered by Bert Beispiel: yes (seen in a letter)."}]
    german = anna.get(f"{HERE}?tab=out", headers={"Accept-Language": "de"}).text
    assert "Beantwortet von Bert Beispiel: ja (seen in a letter)." in german
    patient = anna.get(f"/p/{known.handle}/{STUDY}").text
    assert "Does not fit by what people answered" in patient and "as recorded" not in patient
    trials = anna.get(f"/p/{known.handle}").text
    assert "Does not fit by what people answered" in trials and "as recorded" not in trials


def decide_as(store: Store, who: str, criterion: str, outcome: str, reason: str) -> None:

    content = {"outcome": outcome, "was": "not_met", "against": True}
    decisions.add(store, Decision(TENANT, STUDY, "p", "override", criterion, content, reason, who, NOON))


def test_a_reason_names_nobody_where_names_are_hidden(store: Store) -> None:
    listed(store)
    decide_as(store, "bert", "E1", "met", "Ana Díaz said so")
    row(store)
    anna = coordinator(open_world(store))
    accounts.change(store, "anna", preferences={"names": "hidden"})
    for path in (f"{HERE}?tab=out", f"/api{HERE}?tab=out", f"{HERE}/table.csv?tab=out"):
        told = anna.get(path).text
        assert "said so" in told and "Ana" not in told and "Díaz" not in told, path


def test_a_patient_is_called_the_same_in_the_list_on_their_page_and_in_all_trials(store: Store) -> None:
    found(store, line("p", "ineligible", later=date(2026, 7, 28)))
    row(store)
    known = people.of(store, TENANT, "p")
    assert known is not None
    anna = coordinator(open_world(store))
    for path in (f"{HERE}?tab=later", f"/p/{known.handle}", f"/p/{known.handle}/{STUDY}"):
        page = anna.get(path).text.partition("<main")[2]
        badges = re.findall(r'<span class="badge[^"]*"><span class="mark" aria-hidden="true">.</span> ([^<]+)', page)
        assert badges[0] == "Later", path
        assert "Does not fit as recorded" not in badges, path


def test_a_row_can_be_come_back_to_and_says_what_was_done(store: Store) -> None:
    listed(store)
    listed(store, "q", "Bert Meier", "MRN-78")
    anna = coordinator(open_world(store))
    first, second = shown(anna, "")
    wanted = {"handle": first, "seen": "0", "query": "tab=now&order=name", "beside": second}
    claimed = anna.post(f"{HERE}/claim", take="yes", **wanted).headers["Location"]
    assert claimed == f"{HERE}?tab=now&order=name&done=claimed#row-{first}"
    page = anna.get(claimed.partition("#")[0]).text
    assert "You look after this patient now." in page and f'id="row-{first}" tabindex="-1"' in page
    put_off = anna.post(f"{HERE}/snooze", until="2026-07-02", **wanted).headers["Location"]
    assert put_off == f"{HERE}?tab=now&order=name&done=put-off#row-{second}", "the row itself has left the list"
    odd = {**wanted, "seen": "1", "beside": '"><b>'}
    assert "<b>" not in anna.post(f"{HERE}/snooze", until="2026-07-03", **odd).headers.get("Location", "")


def test_the_page_of_a_patient_leads_back_to_the_list_as_it_was(store: Store) -> None:
    listed(store)
    anna = coordinator(open_world(store))
    (handle,) = shown(anna, "")
    anna.get(f"{HERE}?tab=now&order=name&signal=strong&page=1")
    page = anna.get(f"/p/{handle}/{STUDY}").text
    assert f'href="{HERE}?tab=now&amp;order=name&amp;signal=strong#row-{handle}"' in page
    fresh = coordinator(open_world(store), "bert")
    assert f'href="{HERE}#row-{handle}"' in fresh.get(f"/p/{handle}/{STUDY}").text


def test_buttons_of_a_row_name_whom_they_are_about(store: Store) -> None:
    listed(store)
    page = coordinator(open_world(store)).get(HERE).text
    for deed in ("Claim", "Put off"):
        assert f'>{deed}<span class="hidden-text">: Ana Díaz</span>' in page
    assert "<title>Worklist: A demonstration" in page


def test_a_table_has_the_times_of_the_site_and_the_study_and_day_for_its_name(store: Store) -> None:
    listed(store)
    made = open_world(store)
    zone = made.tenant.catalog.site.zone
    people.appoint(store, TENANT, "p", Coming(NOON + DAY, None, None), NOON)
    anna = coordinator(made)
    answer = anna.get(f"{HERE}/table.csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="worklist-{STUDY}-2026-06-30.csv"'
    assert f"{(NOON + DAY).astimezone(zone):%Y-%m-%d %H:%M}" in answer.text and "+00:00" not in answer.text
    assert f"{(NOON + DAY).astimezone(zone):%d %b %Y %H:%M}".lstrip("0") in " ".join(anna.get(HERE).text.split())


@pytest.mark.parametrize(("language", "born"), [("de", "05.05.1970"), ("zh-CN", "1970年5月5日"), ("en", "5 May 1970")])
def test_a_birth_date_is_written_as_the_reader_does(store: Store, language: str, born: str) -> None:
    listed(store)
    anna = coordinator(open_world(store))
    (handle,) = shown(anna, "")
    for path in (HERE, f"/p/{handle}/{STUDY}"):
        assert born in anna.get(path, headers={"Accept-Language": language}).text, path
