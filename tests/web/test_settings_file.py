"""The settings file: what it sets, every problem at once with its line, and no word of a secret."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from service.ehr.limits import Limits
from service.eligibility.assess import Signal, Standing
from service.errors import SettingsError
from service.screening.tenant import Hook, Pace, TargetKind
from service.screening.worklist import coming
from service.screening.worklist.digests import How
from service.screening.worklist.sending import MailServer, Tls
from service.settings import Mode, Settings, open_tenants
from service.settings.file import read_settings
from service.store.retention import Keep
from service.web.language import told_in
from tests.docs.markdown import FENCE, table
from tests.shape.source import ROOT

TEXT = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "mappings" / "schemas" / "settings.schema.json").read_text(encoding="utf-8"))
NAME, SECRET = "labs-0123456789abcdef", "open-sesame-0123456789"
KEY = json.dumps(ECKey.generate_key("P-384").as_dict(private=True))
WHOLE = """
environment: development
database_env: PRESCREEN_SECRET_DATABASE
site: my-site
largest_request_mb: 5
allow_remote: false
public_url: https://prescreen.example/
writes: false
keep_days: {deliveries: 30, audit: 900}
tenants:
  north:
    studies: [igg4-rd-sirolimus]
    source:
      base: https://ehr.example/fhir/
      other_bases: [http://inside.example/fhir]
      dialect: hapi
      accepted_outcomes: ["4119"]
      registration: {client_id: us, key_file: key.json, kid: k1, scopes: v2}
      limits: {per_second: 2.5, per_hour: 1000}
    target:
      kind: source
      resources: [ResearchSubject, Flag]
      written: [candidate/strong, needs_review/any]
    hooks:
      labs:
        name_env: PRESCREEN_SECRET_NAME
        secret_file: secret
        subscription: s1
        trusted: true
        heartbeat_seconds: 600
        topic: https://ehr.example/topic
        narrowed: [Procedure, Observation]
    pace:
      coalesce_seconds: 0
      grace_seconds: 5
      notifications_per_minute: 10
      reconcile_days: null
      reread_hours: 3
      subscriptions_minutes: 15
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with the secrets in it."""
    (tmp_path / "key.json").write_text(KEY)
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    return tmp_path


def settings(place: Path, text: str) -> Settings:
    """What this file sets."""
    (place / "settings.yaml").write_text(text)
    return Settings.from_env(
        {
            "PRESCREEN_CONFIG": str(place / "settings.yaml"),
            "PRESCREEN_SECRET_NAME": NAME,
            "PRESCREEN_SECRET_DATABASE": "postgresql://me:hush@db/prescreen",
        }
    )


def test_everything_that_can_be_set_is_read(place: Path) -> None:
    found = settings(place, WHOLE)
    assert (found.mode, found.database) == (Mode.DEVELOPMENT, "postgresql://me:hush@db/prescreen")
    assert (found.site, found.largest_request, found.allow_remote) == (place / "my-site", 5_000_000, False)
    assert (found.public_url, found.writes) == ("https://prescreen.example", False)
    assert found.keep == Keep(deliveries=timedelta(days=30), audit=timedelta(days=900))
    (north,) = found.tenants
    minute, second = timedelta(minutes=1), timedelta(seconds=1)
    hook = Hook("labs", NAME, "s1", secret=SECRET, trusted=True, heartbeat=10 * minute)
    assert north.hooks == (replace(hook, topic="https://ehr.example/topic", narrowed=("Observation", "Procedure")),)
    pace = Pace(0 * second, 5 * second, per_minute=10, reconcile=None, reread=timedelta(hours=3), upkeep=15 * minute)
    assert north.pace == pace


def test_how_subscriptions_are_kept_alive_may_be_left_to_the_service(place: Path) -> None:
    (north,) = settings(place, "tenants: {north: {}}").tenants
    assert (north.pace.upkeep, Hook("labs", NAME).narrowed) == (timedelta(hours=1), ("Observation",))
    never = "tenants: {north: {pace: {subscriptions_minutes: null}}}"
    assert settings(place, never).tenants[0].pace.upkeep is None


def test_tenants_are_put_together(place: Path) -> None:
    without_site = WHOLE.replace("site: my-site\n", "")
    north, demo = open_tenants(settings(place, without_site))
    assert (north.name, north.studies, north.own_bases) == (
        "north",
        ("igg4-rd-sirolimus",),
        ("https://ehr.example/fhir", "http://inside.example/fhir"),
    )
    assert north.source is not None and north.source.registration is not None
    assert (north.source.dialect, north.source.limits) == ("hapi", Limits(per_second=2.5, per_hour=1000))
    types = north.source.registration.types
    assert (types["Observation"], types["Subscription"], types["Flag"]) == ("rs", "crus", "crus")
    assert (north.target.kind, north.target.server, north.target.enabled) == (TargetKind.FHIR, north.source, False)
    assert north.target.written == {
        (Standing.CANDIDATE, Signal.STRONG),
        *((Standing.NEEDS_REVIEW, each) for each in Signal),
    }
    assert (demo.name, demo.source, [each.name for each in demo.hooks]) == ("demo", None, ["demo"])
    assert demo.studies == tuple(sorted(demo.catalog.studies))


def test_appointments_are_asked_for_with_a_right_of_their_own_unless_a_site_does_not_want_it(place: Path) -> None:
    text = "tenants: {{north: {{studies: [igg4-rd-sirolimus], source: {{base: https://ehr.example/fhir, {more}"
    registered = "registration: {client_id: us, key_file: key.json}}"
    (usual,) = open_tenants(settings(place, text.format(more=registered) + "}}"))
    assert usual.appointments and usual.source is not None and usual.source.registration is not None
    assert "Appointment" not in usual.source.registration.types
    asked = coming.server_for(usual.source)
    assert asked.registration is not None and dict(asked.registration.types) == {"Appointment": "s"}
    (without,) = open_tenants(settings(place, text.format(more=registered) + ", appointments: false}}"))
    assert not without.appointments


def test_in_production_there_is_no_demo(place: Path) -> None:
    assert open_tenants(settings(place, "{}")) == ()


def test_in_development_the_tenant_demo_may_be_set_up(place: Path) -> None:
    found = settings(place, "environment: development\ntenants: {demo: {source: {base: 'http://127.0.0.1:5/fhir'}}}")
    (demo,) = open_tenants(found)
    assert demo.source is not None and [each.name for each in demo.hooks] == ["demo"]


def test_the_environment_goes_first(place: Path) -> None:
    (place / "settings.yaml").write_text("environment: development\nsite: theirs\ndatabase: sqlite:///theirs.db\n")
    found = Settings.from_env(
        {
            "PRESCREEN_CONFIG": str(place / "settings.yaml"),
            "PRESCREEN_ENV": "production",
            "PRESCREEN_SITE": "ours",
            "PRESCREEN_DATABASE": "sqlite:///ours.db",
        }
    )
    assert (found.mode, found.site, found.database) == (Mode.PRODUCTION, Path("ours"), "sqlite:///ours.db")


WRONG = {
    "an unknown key": ("tenant: {}", ":1 (tenant): unknown key 'tenant'; did you mean 'tenants'"),
    "an address that is none": ("tenants:\n  n:\n    source: {base: ehr}", ":3 (tenants.n.source.base): the base"),
    "an address that is not safe": ("tenants: {n: {source: {base: 'http://ehr.example'}}}", "begins with https://"),
    "a public address that is not safe": ("public_url: http://us.example", "begins with https://"),
    "no key": (
        "tenants: {n: {source: {base: 'https://e', registration: {client_id: a}}}}",
        "key_env or key_file is missing",
    ),
    "a key that is none": (
        "tenants: {n: {source: {base: 'https://e', registration: {client_id: a, key_file: secret}}}}",
        "the key of this service cannot be used",
    ),
    "no variable": ("database_env: NOBODY", ":1 (database_env): there is no variable of this name"),
    "no file": ("database_file: nowhere", "settings.yaml:1 (database_file): there is no such file"),
    "a secret twice": ("database_env: A\ndatabase_file: b", "both stand here"),
    "no name": ("tenants: {n: {hooks: {labs: {secret_file: secret}}}}", "name_env or name_file is missing"),
    "a topic that is no canonical": ("tenants: {n: {hooks: {a: {topic: our topic}}}}", "topic"),
    "a type that has no codes": ("tenants: {n: {hooks: {a: {narrowed: [Patient]}}}}", "narrowed[0]"),
    "a type whose codes stand elsewhere": (
        "tenants: {n: {hooks: {a: {narrowed: [MedicationRequest]}}}}",
        "narrowed[0]",
    ),
    "Subscriptions without rest": ("tenants: {n: {pace: {subscriptions_minutes: 0}}}", "subscriptions_minutes"),
    "no secret": ("tenants: {n: {hooks: {labs: {name_file: secret}}}}", "secret_env or secret_file is missing"),
    "a short secret": ("tenants: {n: {hooks: {a: {name_file: secret, secret_file: short}}}}", "at least 16"),
    "a name for no address": ("tenants: {n: {hooks: {a: {name_file: slash, secret_file: secret}}}}", "letters, digits"),
    "one address for two": (
        "tenants: {n: {hooks: {a: {name_file: secret, secret_file: secret}}},"
        " m: {hooks: {b: {name_file: secret, secret_file: secret}}}}",
        "the hook b has the same address as a of n",
    ),
    "a target without a server": ("tenants: {n: {target: {kind: fhir}}}", "the kind fhir needs a server"),
    "a target with too much": ("tenants: {n: {target: {kind: none, directory: x}}}", "the kind none has no directory"),
    "a target that is no source": ("tenants: {n: {target: {kind: source}}}", "no source to write to"),
    "a name of a tenant": ("tenants: {North: {}}", ":1"),
    "mail that is not protected": (
        "public_url: https://us.example\nmail:\n  host: mail.example\n  from: us@example.org\n  tls: none",
        "settings.yaml:5 (mail.tls): none is for a server on this machine",
    ),
    "mail from two": (
        "public_url: https://us.example\nmail: {host: localhost, from: 'us@example.org, them@example.org'}",
        "this is one address alone",
    ),
    "mail from a header": (
        'public_url: https://us.example\nmail: {host: localhost, from: "us@example.org\\r\\nBcc: them@example.org"}',
        "this is one address alone",
    ),
    "a user of mail without a password": (
        "public_url: https://us.example\nmail: {host: localhost, from: us@example.org, user: us}",
        "(mail): user and password_env or password_file belong together",
    ),
    "a password of mail without a user": (
        "public_url: https://us.example\nmail: {host: localhost, from: us@example.org, password_file: secret}",
        "(mail): user and password_env or password_file belong together",
    ),
    "mail that links nowhere": ("mail: {host: localhost, from: us@example.org}", "(mail): mails hold a link"),
    "a mail server that is none": ("mail: {host: 'a b', from: us@example.org}", "(mail.host)"),
    "no YAML": ("a: [", "not YAML"),
}


@pytest.mark.parametrize(("text", "problem"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(place: Path, text: str, problem: str) -> None:
    (place / "short").write_text("short")
    (place / "slash").write_text("0123456789/0123456789")
    with pytest.raises(SettingsError) as refused:
        settings(place, text)
    assert problem in str(refused.value) and "settings.yaml:" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_the_mail_server_is_read(place: Path) -> None:
    public = "public_url: https://us.example\n"
    without = settings(place, public).telling(told_in)
    assert without is not None and without.ways == (How.WEBHOOK,)
    plain = settings(place, f"{public}mail: {{host: mail.example, from: us@example.org}}").mail
    assert plain == MailServer("mail.example", 587, Tls.STARTTLS, "us@example.org")
    text = f"{public}mail: {{host: m, from: a@b.c, tls: implicit, user: us, password_file: secret}}"
    whole = settings(place, text)
    assert whole.mail == MailServer("m", 465, Tls.IMPLICIT, "a@b.c", "us", SECRET)
    telling = whole.telling(told_in)
    assert telling is not None and (telling.base, telling.ways) == ("https://us.example", (How.MAIL, How.WEBHOOK))
    assert SECRET not in repr(whole) + repr(telling)
    local = settings(place, f"{public}mail: {{host: 127.0.0.1, from: a@b.c, tls: none, port: 2525}}").mail
    assert local == MailServer("127.0.0.1", 2525, Tls.NONE, "a@b.c")


def test_without_an_address_for_people_nothing_is_told(place: Path) -> None:
    assert settings(place, "{}").telling(told_in) is None


def test_all_problems_are_named_at_once(place: Path) -> None:
    (place / "settings.yaml").write_text("database_env: NOBODY\npublic_url: nowhere\n")
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"PRESCREEN_CONFIG": str(place / "settings.yaml"), "PRESCREEN_ENV": "x", "PRESCREEN_X": ""})
    assert len(refused.value.issues) == 4


@pytest.mark.parametrize("text", ["database: [hush]", "database: {a: hush}", "tenants: {n: {hooks: {a: hush}}}"])
def test_what_stands_in_a_wrong_place_is_not_repeated(place: Path, text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(place, text)
    assert "hush" not in str(refused.value)


def test_no_setting_shows_a_secret(place: Path) -> None:
    shown = repr(settings(place, WHOLE))
    assert SECRET not in shown and NAME not in shown and "hush" not in shown and '"d"' not in shown


def test_a_file_that_is_not_there_is_named_with_what_names_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml: there is no such file; PRESCREEN_CONFIG names it"):
        read_settings(tmp_path / "nowhere.yaml", {})


def test_a_study_that_there_is_not_is_said(place: Path) -> None:
    with pytest.raises(SettingsError, match="there is no study 'x'"):
        open_tenants(settings(place, "tenants: {n: {studies: [x]}}"))


def test_content_that_is_not_sound_is_said(place: Path) -> None:
    (place / "site").mkdir()
    (place / "site" / "site.yaml").write_text("time_zone: Atlantis/Centre\n")
    with pytest.raises(SettingsError, match="Atlantis"):
        open_tenants(settings(place, "tenants: {n: {site: site}}"))


DESCRIBED = {
    "file": SCHEMA["properties"],
    "keep_days": SCHEMA["properties"]["keep_days"]["properties"],
    **{name: SCHEMA["$defs"][name]["properties"] for name in SCHEMA["$defs"] if name != "server"},
}


@pytest.mark.parametrize("part", DESCRIBED)
def test_every_key_is_documented(part: str) -> None:
    properties = DESCRIBED[part]
    described = [each if "$ref" not in each else SCHEMA["$defs"][each["$ref"][8:]] for each in properties.values()]
    rows = [[f"`{key}`", each["description"]] for key, each in zip(properties, described, strict=True)]
    assert table(TEXT, f"{part} keys:") == rows


def test_the_file_that_is_shown_can_be_used(tmp_path: Path) -> None:
    (shown,) = (content for language, name, content in FENCE.findall(TEXT) if name == "settings.yaml")
    (tmp_path / "secrets").mkdir()
    for name, content in (
        ("database", "sqlite:///x.db"),
        ("north.pem", KEY),
        ("labs-name", NAME),
        ("labs-secret", SECRET),
    ):
        (tmp_path / "secrets" / name).write_text(content)
    (tenant,) = open_tenants(settings(tmp_path, shown))
    assert (tenant.name, tenant.target.dry_run, tenant.target.may_write) == ("north", True, False)
