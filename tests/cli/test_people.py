"""people, basis, audit export: what an operator does before anybody can sign in."""

import io
import json
from pathlib import Path

import pytest

from service.screening.access import passwords
from service.store import accounts, audit, bases, sessions
from service.store.audit import Entry, Wanted
from service.store.engine import Store
from tests.cli.conftest import NOW, Prescreen

GOOD, OTHER = "brisk otters sing at noon", "calm herons walk by night"
STUDY = "igg4-rd-sirolimus"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands on standard input."""
    type_in(monkeypatch, GOOD)


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{text}\nnot this line\n"))


def added(prescreen: Prescreen) -> None:
    assert prescreen("people", "add", "anna", "--name", "Anna Berg", "--email", "anna@hospital.example")[0] == 0


def test_an_account_is_added_with_the_password_that_is_typed(prescreen: Prescreen, store: Store, typed: None) -> None:
    added(prescreen)
    kept = accounts.find(store, "anna")
    assert kept is not None and kept.password is not None and kept.password.startswith("$argon2id$")
    assert passwords.fits(kept.password, GOOD) and not passwords.fits(kept.password, OTHER)
    assert prescreen("people", "add", "anna", "--name", "Another")[0] == 2
    assert prescreen("people", "list")[1] == "anna  Anna Berg  password\n"


def test_no_password_is_an_argument(prescreen: Prescreen, store: Store, typed: None) -> None:
    assert prescreen("people", "add", "anna", "--name", "Anna", "--password", GOOD)[0] == 2
    assert accounts.all_of_them(store) == ()


def test_a_bad_password_is_refused_without_a_word_of_it(
    prescreen: Prescreen, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, "hunter2")
    status, _, complaint = prescreen("people", "add", "anna", "--name", "Anna")
    assert status == 2 and "12 to 200" in complaint and "hunter2" not in complaint
    assert accounts.find(store, "anna") is None


@pytest.mark.parametrize("name", ["", "a b", "anna/berg", "ännä", "x" * 300])
def test_a_name_that_cannot_be_one_is_refused(prescreen: Prescreen, store: Store, typed: None, name: str) -> None:
    assert prescreen("people", "add", name, "--name", "Anna")[0] == 2
    assert accounts.all_of_them(store) == ()


def test_an_account_may_be_linked_instead(prescreen: Prescreen, store: Store, typed: None) -> None:
    ehr = ("https://ehr.example/fhir", "Practitioner/7")
    assert prescreen("people", "add", "otto", "--name", "Otto", "--linked", *ehr)[0] == 0
    kept = accounts.linked(store, *ehr)
    assert kept is not None and (kept.id, kept.password) == ("otto", None)
    added(prescreen)
    assert prescreen("people", "link", "anna", *ehr)[0] == 2
    assert prescreen("people", "link", "anna", ehr[0], "Practitioner/8")[0] == 0
    assert prescreen("people", "link", "nobody", ehr[0], "Practitioner/9")[0] == 2


def test_roles_are_given_and_taken(prescreen: Prescreen, store: Store, typed: None) -> None:
    added(prescreen)
    assert prescreen("people", "give", "anna@hospital.example", "admin", "--study", "*")[0] == 0
    assert prescreen("people", "give", "anna", "viewer", "--study", STUDY)[0] == 0
    assert prescreen("people", "list")[1].splitlines()[1:] == [
        "  demo/*: admin, given by command-line",
        f"  demo/{STUDY}: viewer, given by command-line",
    ]
    assert prescreen("people", "give", "anna", "viewer", "--study", "none")[0] == 2
    assert prescreen("people", "give", "nobody", "viewer", "--study", STUDY)[0] == 2
    assert prescreen("people", "take", "anna", "viewer", "--study", STUDY)[0] == 0
    assert prescreen("people", "take", "anna", "viewer", "--study", STUDY)[0] == 2
    assert [each.role for each in accounts.roles_of(store, "anna")] == ["admin"]


def test_another_password_and_disabling_end_the_sessions(
    prescreen: Prescreen, store: Store, typed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    added(prescreen)
    for words in (("password", "anna"), ("disable", "anna")):
        token = sessions.begin(store, "anna", "local", NOW, timedelta(hours=1))
        type_in(monkeypatch, OTHER)
        assert prescreen("people", *words)[0] == 0
        assert sessions.find(store, token, NOW, timedelta(hours=1)) is None
    kept = accounts.find(store, "anna")
    assert kept is not None and kept.disabled is not None and passwords.fits(kept.password, OTHER)
    assert "not let in" in prescreen("people", "list")[1]
    assert prescreen("people", "disable", "anna")[0] == 2
    assert prescreen("people", "enable", "anna")[0] == 0
    assert prescreen("people", "disable", "nobody")[0] == 2


def test_a_basis_is_set_and_its_history_shown(prescreen: Prescreen, store: Store) -> None:
    assert "Nothing was entered" in prescreen("basis", "show", STUDY)[1]
    assert prescreen("basis", "set", STUDY, "waiver")[0] == 2  # without a number
    words = ("--approval", "EC 2026/17", "--expires", "2027-01-31", "--role", "investigator")
    assert prescreen("basis", "set", STUDY, "waiver", *words)[0] == 0
    assert prescreen("basis", "set", STUDY, "none")[0] == 0
    last, first = prescreen("basis", "show", STUDY)[1].splitlines()
    assert "none (nobody), by command-line" in last
    assert first.endswith("waiver EC 2026/17 up to 2027-01-31 (investigator), by command-line")
    assert len(bases.history(store, "demo", STUDY)) == 2
    assert prescreen("basis", "set", "no-study", "preparatory")[0] == 2


def test_the_audit_is_exported_and_that_is_audited(prescreen: Prescreen, store: Store, tmp_path: Path) -> None:
    for account, study in (("anna", STUDY), ("otto", STUDY), ("anna", "other")):
        audit.append(store, Entry(NOW, "demo", account, "view-patient", study, "p", {"purpose": "recruitment"}))
    file = tmp_path / "audit.ndjson"
    words = ("audit", "export", "--study", STUDY, "--account", "anna", "--out", str(file))
    assert prescreen(*words)[:2] == (0, f"1 AuditEvents in {file}\n")
    (event,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert (event["resourceType"], event["agent"][0]["altId"]) == ("AuditEvent", "anna")
    assert prescreen(*words)[0] == 2  # what is there stays
    assert audit.page(store, Wanted("demo"), 1)[0].entry.action == "export-audit"
    day = NOW.date().isoformat()
    for number, (since, count) in enumerate(((day, 3), ("2999-01-01", 0))):
        out = tmp_path / f"{number}.ndjson"
        told = prescreen("audit", "export", "--since", since, "--until", day, "--account", "anna", "--out", str(out))[1]
        assert told.startswith(f"{min(count, 2)} AuditEvents")


def test_the_audit_of_a_study_that_there_never_was_is_refused(
    prescreen: Prescreen, store: Store, tmp_path: Path
) -> None:
    """Of one that is not open any more it is exported."""
    file = tmp_path / "audit.ndjson"
    status, _, complaint = prescreen("audit", "export", "--study", "nope", "--out", str(file))
    assert status == 2 and "there is no open study of that id" in complaint and not file.exists()
    assert not [each for each in audit.entries(store, "demo", 9) if each.action == "export-audit"]
    audit.append(store, Entry(NOW, "demo", "anna", "view-patient", "closed", "p", {}))
    status, told, _ = prescreen("audit", "export", "--study", "closed", "--out", str(file))
    assert (status, told) == (0, f"2 AuditEvents in {file}\n"), "that of this export, too"
