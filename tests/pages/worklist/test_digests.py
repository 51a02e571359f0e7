"""Who is told of what, and when: the role and the basis when it is sent decide, and nobody is told of nothing."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_string
from email.policy import default as modern
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from service.ehr.transport import new_session
from service.screening.access import Role
from service.screening.exports import Export
from service.screening.invented import invent
from service.screening.nightly import screen_export
from service.screening.outputs import SUMMARY
from service.screening.request import Progress
from service.screening.tenant import Tenant
from service.screening.worklist import digests as use, refresh
from service.screening.worklist.digests import How, Often, Telling
from service.screening.worklist.identity import identity_of
from service.screening.worklist.sending import SIGNATURE, MailServer, Tls, signature
from service.store import accounts, digests, people
from service.store.accounts import Account
from service.store.engine import Store
from service.web.language import told_in
from tests.pages.worklist.mail_server import Hook, Mailbox, mail_server, receiver
from tests.pages.worklist.world import STUDY, TENANT, decide, found, line, row
from tests.pages.world import World, world
from tests.screening.world import export, haemoglobin, patient
from tests.working.world import NOON, catalog

BASE = "https://prescreen.hospital.example"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AT = MINUTE * 20  # what happened by then is settled, and at-once is due


@pytest.fixture
def hook() -> Iterator[Hook]:
    with receiver() as made:
        yield made


@pytest.fixture
def made(store: Store) -> World:
    return world(store)


def telling(mail: MailServer | None = None) -> Telling:
    return Telling(BASE, new_session(), mail)


def coordinator(made: World, hook: Hook, role: Role = Role.COORDINATOR, often: Often = Often.AT_ONCE) -> str:
    """Anna, whom a webhook tells; its key."""
    accounts.add(made.store, Account("anna", "Anna", made.now, "anna@hospital.example"))
    accounts.give(made.store, accounts.Given("anna", TENANT, STUDY, role, "admin", made.now))
    key = use.want(made.store, made.tenant, "anna", STUDY, How.WEBHOOK, often, hook.address, made.now)
    assert key is not None
    return key


def listed(made: World, patient: str = "p", now: datetime = NOON + MINUTE) -> None:
    found(made.store, line(patient), now)
    row(made.store, patient, now)


def tell(made: World, now: datetime, by: Telling | None = None) -> int:
    return use.tell_due(made.store, made.tenant, by or telling(), lambda: now)


def kept(made: World) -> digests.Digest:
    return digests.of_account(made.store, "anna")[TENANT, STUDY]


def test_somebody_is_told_by_numbers_and_a_link_and_it_is_signed(made: World, hook: Hook) -> None:
    made.approve(STUDY)
    key = coordinator(made, hook)
    listed(made)
    listed(made, "q")
    assert tell(made, NOON + AT) == 1
    ((_, headers, body),) = hook.came
    assert headers[SIGNATURE] == signature(key, body)
    told = json.loads(body)
    assert told.pop("id")
    assert told == {
        "kind": "prescreen-digest",
        "tenant": TENANT,
        "study": STUDY,
        "since": NOON.isoformat(),
        "until": (NOON + AT - use.SETTLED).isoformat(),
        "counts": {"new": 2, "changed": 0, "back": 0},
        "link": f"{BASE}/worklist/{TENANT}/{STUDY}",
    }


def test_the_same_is_told_once_and_nothing_when_nothing_changed(made: World, hook: Hook) -> None:
    made.approve(STUDY)
    coordinator(made, hook)
    assert tell(made, NOON + AT) == 0
    listed(made, now=NOON + AT)
    assert [tell(made, NOON + AT * each) for each in (2, 2, 3, 4)] == [1, 0, 0, 0]
    assert len(hook.came) == 1
    found(made.store, line("p", "needs_review"), NOON + AT * 5)
    row(made.store, "p", NOON + AT * 5)
    assert tell(made, NOON + AT * 6) == 1
    assert json.loads(hook.came[1][2])["counts"] == {"new": 0, "changed": 1, "back": 0}


def test_what_is_stored_late_is_not_lost(made: World, hook: Hook) -> None:
    """A screening that began before a digest, and ended after it, bears the time at which it began."""
    made.approve(STUDY)
    coordinator(made, hook)
    tell(made, NOON + AT)
    listed(made, now=NOON + AT - MINUTE)
    assert tell(made, NOON + AT * 2) == 1


def test_who_is_due_again_is_told_once(made: World, hook: Hook) -> None:
    made.approve(STUDY)
    listed(made, now=NOON - HOUR)
    decide(made.store, "snooze", until=(NOON + DAY).date().isoformat(), now=NOON - MINUTE)
    row(made.store)
    coordinator(made, hook)
    assert tell(made, NOON + AT) == 0
    assert tell(made, NOON + DAY) == 1
    assert json.loads(hook.came[0][2])["counts"]["back"] == 1
    assert tell(made, NOON + DAY + HOUR) == 0 == tell(made, NOON + 2 * DAY)


def test_whom_a_silence_covers_is_in_no_number(made: World, hook: Hook) -> None:
    made.approve(STUDY)
    coordinator(made, hook)
    listed(made)
    decide(made.store, "silence", why="asked", until=None, now=NOON + MINUTE)
    refresh(made.store, TENANT, STUDY, "p", NOON + MINUTE)
    assert tell(made, NOON + AT) == 0 and hook.came == []


def expire(made: World) -> None:
    made.approve(STUDY, expires=NOON.date() - DAY)


def disable(made: World) -> None:
    accounts.change(made.store, "anna", disabled=NOON)


def take_role(made: World) -> None:
    accounts.take(made.store, "anna", TENANT, STUDY, Role.COORDINATOR)


def end_basis(made: World) -> None:
    made.approve(STUDY, "none")


def close_study(made: World) -> None:
    made.tenant = replace(made.tenant, studies=())


@pytest.mark.parametrize("change", [expire, disable, take_role, end_basis, close_study])
def test_what_holds_when_it_is_sent_decides(made: World, hook: Hook, change: object) -> None:
    made.approve(STUDY)
    coordinator(made, hook)
    listed(made)
    assert callable(change)
    change(made)
    assert tell(made, NOON + AT) == 0 and hook.came == []
    assert (kept(made).error, kept(made).told) == ("not-open", NOON)


def test_who_may_see_again_is_told_of_all_since(made: World, hook: Hook) -> None:
    coordinator(made, hook)
    listed(made)
    assert tell(made, NOON + AT) == 0
    made.approve(STUDY)
    assert tell(made, NOON + AT * 2) == 1 and kept(made).error is None


def test_who_may_count_alone_is_told_no_small_number(made: World, hook: Hook) -> None:
    made.approve(STUDY, roles=("investigator",))
    coordinator(made, hook)
    for number in range(10):
        listed(made, f"p{number}")
    assert tell(made, NOON + AT) == 0 and hook.came == []
    listed(made, "p10", NOON + AT)
    assert tell(made, NOON + AT * 2) == 1
    assert json.loads(hook.came[0][2])["counts"] == {"new_or_changed": 11, "back": None}


def test_what_fails_is_kept_and_tried_again_later_each_time(made: World, hook: Hook) -> None:
    made.approve(STUDY)
    coordinator(made, hook)
    listed(made)
    hook.status = 500
    now, pauses = NOON + AT, []
    for tries in (1, 2, 3):
        assert tell(made, now) == 0
        assert (kept(made).error, kept(made).tries, kept(made).told) == ("webhook-refused", tries, NOON)
        pauses.append(kept(made).due - now)
        assert tell(made, kept(made).due - MINUTE) == 0 and len(hook.came) == tries
        now = kept(made).due
    assert pauses == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE]
    assert use.retry_at(NOON, 10**6) == NOON + 6 * HOUR
    hook.status = 200
    assert tell(made, now) == 1 and (kept(made).error, kept(made).tries) == (None, 0)
    assert len({json.loads(body)["id"] for _, _, body in hook.came}) == 1


def test_who_ends_it_while_it_is_sent_is_not_brought_back(made: World, hook: Hook) -> None:
    made.approve(STUDY)
    coordinator(made, hook)
    begun = digests.begin(made.store, TENANT, NOON + HOUR, NOON + 2 * HOUR)
    assert begun is not None
    digests.remove(made.store, "anna", TENANT, STUDY)
    assert not digests.end(made.store, begun, NOON + HOUR, NOON + DAY)
    assert digests.of_account(made.store, "anna") == {}


def test_a_mail_goes_to_the_address_of_the_account(made: World) -> None:
    box = Mailbox()
    made.approve(STUDY)
    accounts.add(made.store, Account("anna", "Anna\r\nBcc: eve@evil.example", made.now, "anna@hospital.example"))
    accounts.give(made.store, accounts.Given("anna", TENANT, STUDY, "viewer", "admin", made.now))
    assert use.want(made.store, made.tenant, "anna", STUDY, How.MAIL, Often.AT_ONCE, None, made.now) is None
    listed(made)
    assert tell(made, NOON + AT) == 0 and kept(made).error == "mail-off"
    with mail_server(box) as port:
        by = telling(MailServer("127.0.0.1", port, Tls.NONE, "prescreen@hospital.example"))
        assert tell(made, kept(made).due, by) == 1
    ((_, to, text),) = box.taken
    assert to == ("anna@hospital.example",) and "Bcc" not in text and "New on the list: 1" in text
    assert f"{BASE}/worklist/{TENANT}/{STUDY}" in text and "Standing changed" not in text


SAID = {
    "en": ("Prescreening: demo changed", "New on the list: 1", "This message holds no patient data."),
    "de": ("Vorscreening: Änderungen in demo", "Neu auf der Liste: 1", "Diese Nachricht enthält keine Patientendaten."),
    "zh_Hans": ("预筛选：demo 有变化", "新进入列表：1", "此消息不含患者数据。"),
}


@pytest.mark.parametrize(
    ("preferences", "spoken"),
    [
        *(({"language": each}, each) for each in SAID),
        ({"mail_language": "de"}, "de"),
        ({"language": "zh_Hans", "mail_language": "de"}, "zh_Hans"),
        ({}, "en"),
        ({"language": "tlh"}, "en"),
        ({"language": 7}, "en"),
    ],
)
def test_a_mail_speaks_the_language_of_the_account(made: World, preferences: dict[str, object], spoken: str) -> None:
    box = Mailbox()
    made.approve(STUDY)
    accounts.add(made.store, Account("anna", "Anna", made.now, "anna@hospital.example", preferences=preferences))
    accounts.give(made.store, accounts.Given("anna", TENANT, STUDY, "viewer", "admin", made.now))
    use.want(made.store, made.tenant, "anna", STUDY, How.MAIL, Often.AT_ONCE, None, made.now)
    listed(made)
    with mail_server(box) as port:
        server = MailServer("127.0.0.1", port, Tls.NONE, "prescreen@hospital.example")
        assert tell(made, NOON + AT, Telling(BASE, new_session(), server, told_in)) == 1
    ((_, _, raw),) = box.taken
    assert raw.isascii()  # a server need not take anything else
    message = message_from_string(raw, policy=modern)
    subject, *parts = SAID[spoken]
    assert message["Subject"] == subject
    text = message.get_content()
    assert all(each in text for each in parts) and f"{BASE}/worklist/{TENANT}/{STUDY}" in text


@pytest.mark.parametrize("spoken", ["de", "zh_Hans"])
def test_a_mail_says_in_each_language_the_same_numbers_and_links(spoken: str) -> None:
    changes = use.Changes(TENANT, STUDY, NOON, NOON + DAY, {"new": 12, "changed": 34, "new_or_changed": 56, "back": 78})
    english = use.letter_of(changes, "0", BASE)
    other = use.letter_of(changes, "0", BASE, lambda text: told_in(spoken, text))
    numbers = re.compile(r"[0-9]+|https://\S+")
    assert sorted(numbers.findall(other.text)) == sorted(numbers.findall(english.text))
    assert other.text != english.text and other.subject != english.subject


def test_an_export_that_takes_an_hour_is_told_of_whole(made: World, hook: Hook, tmp_path: Path) -> None:
    """Its rows stand there only after a digest that tells of a time after the screening began."""
    made.approve(STUDY)
    coordinator(made, hook)
    place = export(tmp_path / "night", Patient=[patient(), patient("q")], Observation=[haemoglobin(), HB_OF_Q])
    results = tmp_path / "results"

    def clock() -> datetime:
        """An hour passes until all are judged; whoever looks at the clock before that sees the beginning."""
        return NOON + HOUR if (results / "night" / SUMMARY).is_file() else NOON

    assert tell(made, NOON + HOUR - MINUTE) == 0 and kept(made).told > NOON + HOUR / 2
    screen_export(made.store, made.tenant, Export("night", place, NOON, None), results, clock, Progress())
    assert tell(made, NOON + 2 * HOUR) == 1
    assert json.loads(hook.came[0][2])["counts"] == {"new": 2, "changed": 0, "back": 0}


HB_OF_Q = haemoglobin("o2", of="q")


def place(zone: str) -> Tenant:
    content = catalog(zone=ZoneInfo(zone))
    return Tenant(TENANT, content, tuple(content.studies))


BERLIN = place("Europe/Berlin")


@pytest.mark.parametrize(
    ("often", "now", "due"),
    [
        (Often.AT_ONCE, "2026-06-30T12:00", "2026-06-30T12:05"),
        (Often.DAILY, "2026-06-30T04:59", "2026-06-30T05:00"),
        (Often.DAILY, "2026-06-30T05:00", "2026-07-01T05:00"),
        (Often.DAILY, "2026-10-24T12:00", "2026-10-25T06:00"),  # the night in which summer time ends
        (Often.DAILY, "2026-03-28T12:00", "2026-03-29T05:00"),  # the night in which it begins
        (Often.WEEKLY, "2026-06-30T12:00", "2026-07-06T05:00"),
        (Often.WEEKLY, "2026-07-06T04:59", "2026-07-06T05:00"),
        (Often.WEEKLY, "2026-07-06T05:00", "2026-07-13T05:00"),
        (Often.WEEKLY, "2026-07-05T23:00", "2026-07-06T05:00"),
    ],
)
def test_it_is_due_in_the_morning_of_the_site(often: Often, now: str, due: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert use.next_due(BERLIN, often, at) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@given(st.sampled_from(list(Often)), st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)))
def test_it_is_always_due_later_and_not_too_late(often: Often, now: datetime) -> None:
    at = now.replace(tzinfo=UTC)
    longest = {Often.AT_ONCE: use.SOON, Often.DAILY: DAY + HOUR, Often.WEEKLY: 7 * DAY + HOUR}[often]
    assert timedelta(0) < use.next_due(BERLIN, often, at) - at <= longest


KINDS = st.sampled_from(["new", "changed", "new_or_changed", "back"])


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(KINDS, st.none() | st.integers(0, 10**6), min_size=1))
def test_every_number_is_said_with_its_kind_and_no_other(counts: dict[str, int | None]) -> None:
    changes = use.Changes(TENANT, STUDY, NOON, NOON + DAY, counts)
    said = use.letter_of(changes, "0", BASE).text
    lines = {use.KINDS[kind] % {"number": number} for kind, number in counts.items() if number}
    begun = tuple(one.removesuffix("%(number)s") for one in use.KINDS.values())
    assert {each for each in said.splitlines() if each.startswith(begun)} == lines
    assert changes.are_there == bool(lines)
    assert json.loads(use.body_of(changes, "0", BASE))["counts"] == counts


def test_nothing_of_anybody_is_in_what_is_sent(made: World, hook: Hook, tmp_path: Path) -> None:
    """Of the invented people: neither names, birth dates, numbers, ids nor handles."""
    made.approve(STUDY)
    coordinator(made, hook)
    invent(tmp_path / "export", 60, 7)
    box, words = Mailbox(), set[str]()
    for text in (tmp_path / "export" / "Patient.ndjson").read_text(encoding="utf-8").splitlines():
        person = json.loads(text)
        known = identity_of(person)
        listed(made, person["id"])
        people.identify(made.store, TENANT, person["id"], known, NOON)
        shown = people.of(made.store, TENANT, person["id"])
        assert shown is not None and known.name and known.born
        words |= {person["id"], shown.handle, known.born, *known.name.split(), *known.identifiers}
    assert len(words) > 150 and tell(made, NOON + AT) == 1
    use.want(made.store, made.tenant, "anna", STUDY, How.MAIL, Often.AT_ONCE, None, NOON)
    listed(made, person["id"] + "-again", NOON + AT)
    with mail_server(box) as port:
        by = telling(MailServer("127.0.0.1", port, Tls.NONE, "prescreen@hospital.example"))
        assert tell(made, NOON + AT * 2, by) == 1
    sent = hook.came[0][2].decode() + str(hook.came[0][1]) + box.taken[0][2]
    stands = [each for each in sorted(words) if re.search(rf"(?<!\w){re.escape(each)}(?!\w)", sent)]
    assert stands == [], "as a word of its own: a signature may hold any four digits"


def test_the_day_of_expiry_still_counts(made: World, hook: Hook) -> None:
    made.approve(STUDY, expires=date(2026, 6, 30))
    coordinator(made, hook)
    listed(made)
    assert tell(made, NOON + AT) == 1
