"""When cards are shown, in the settings file: what is read, and everything that is refused, with its place."""

from datetime import timedelta
from pathlib import Path

import pytest

from service.errors import SettingsError
from service.screening.cds.policy import CardPolicy, Show, Shown
from service.settings import Settings, open_tenants

STUDY = "igg4-rd-sirolimus"
WHOLE = f"""
public_url: https://prescreen.example
tenants:
  north:
    source: {{base: https://ehr.example/fhir}}
    cds:
      fhir_servers: [https://proxy.example/fhir/, "http://127.0.0.1:8080/fhir"]
      budget_ms: 300
      show: candidate
      most_unknown: 4
      studies:
        {STUDY}: {{show: nearly, most_unknown: 1}}
        heart-failure-reduced-ef: {{show: never}}
        rheumatoid-arthritis-methotrexate:
      roles:
        - {{system: http://roles.example, code: nurse, show: never}}
        - {{system: http://roles.example, code: chief, show: nearly}}
      after_response_days: 30
      after_refusal_days: 365
      tasks: true
  south:
    source: {{base: https://south.example/fhir}}
    cds: {{}}
  east:
    cds:
      after_refusal_days: null
  west: {{}}
"""


def settings(place: Path, text: str) -> Settings:
    (place / "settings.yaml").write_text(text)
    return Settings.from_env({"PRESCREEN_CONFIG": str(place / "settings.yaml")})


def cards(place: Path, text: str) -> dict[str, CardPolicy | None]:
    return {each.name: each.cards for each in open_tenants(settings(place, text))}


def test_everything_that_can_be_set_is_read(tmp_path: Path) -> None:
    found = cards(tmp_path, WHOLE)
    assert found["north"] == CardPolicy(
        usual=Shown(Show.CANDIDATE, 4),
        studies={
            STUDY: Shown(Show.NEARLY, 1),
            "heart-failure-reduced-ef": Shown(Show.NEVER, 4),
            "rheumatoid-arthritis-methotrexate": Shown(Show.CANDIDATE, 4),
        },
        roles={"http://roles.example|nurse": Show.NEVER, "http://roles.example|chief": Show.NEARLY},
        after_response=timedelta(days=30),
        after_refusal=timedelta(days=365),
        tasks=True,
        budget=0.3,
        servers=("https://proxy.example/fhir", "http://127.0.0.1:8080/fhir"),
        home="https://prescreen.example",
    )


def test_what_is_not_set_is_as_usual(tmp_path: Path) -> None:
    found = cards(tmp_path, WHOLE)
    assert found["south"] == CardPolicy(servers=("https://south.example/fhir",), home="https://prescreen.example")
    assert found["east"] == CardPolicy(home="https://prescreen.example")
    usual = CardPolicy()
    assert (usual.usual, usual.tasks, usual.budget) == (Shown(Show.NEARLY, 2), False, 0.5)
    assert (usual.after_response, usual.after_refusal) == (timedelta(days=180), None)


def test_a_tenant_without_that_part_has_no_cards(tmp_path: Path) -> None:
    assert cards(tmp_path, WHOLE)["west"] is None


def part(text: str) -> str:
    return f"tenants: {{north: {{cds: {{{text}}}}}}}"


WRONG = {
    "another word": (part("show: always"), "cds.show"),
    "a number in words": (part("most_unknown: two"), "cds.most_unknown"),
    "fewer than none": (part("most_unknown: -1"), "cds.most_unknown"),
    "no time": (part("budget_ms: 0"), "cds.budget_ms"),
    "too much time": (part("budget_ms: 60001"), "cds.budget_ms"),
    "half a day": (part("after_response_days: 0.5"), "cds.after_response_days"),
    "a day before": (part("after_refusal_days: -1"), "cds.after_refusal_days"),
    "perhaps": (part("tasks: perhaps"), "cds.tasks"),
    "a server in clear": (part("fhir_servers: ['http://ehr.example/fhir']"), "fhir_servers[0]): tokens go there"),
    "a server without a host": (part("fhir_servers: ['https://']"), "fhir_servers[0]): tokens go there"),
    "no address": (part("fhir_servers: ['http://[']"), "fhir_servers[0]): tokens go there"),
    "a server with a password": (part("fhir_servers: ['https://me:hush@ehr.example']"), "fhir_servers[0])"),
    "a server that is a number": (part("fhir_servers: [1]"), "fhir_servers[0])"),
    "a role without a system": (part("roles: [{code: nurse, show: never}]"), "system is missing"),
    "a role without a rule": (part("roles: [{system: s, code: nurse}]"), "show is missing"),
    "a role with another rule": (part("roles: [{system: s, code: nurse, show: no}]"), "roles[0].show"),
    "studies as a list": (part(f"studies: [{STUDY}]"), "cds.studies"),
    "another rule of a study": (part(f"studies: {{{STUDY}: {{show: yes}}}}"), f"cds.studies.{STUDY}.show"),
    "an unknown key": (part("shown: never"), "unknown key 'shown'"),
    "an unknown key of a study": (part(f"studies: {{{STUDY}: {{budget_ms: 1}}}}"), "unknown key 'budget_ms'"),
}


@pytest.mark.parametrize(("text", "problem"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, text)
    assert problem in str(refused.value) and "settings.yaml:" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    text = part("show: always, most_unknown: -1, budget_ms: 1, tasks: 1, studies: {x: {show: yes}}, roles: [{}]")
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, text)
    assert len(refused.value.issues) >= 6
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, part("fhir_servers: ['http://a.example', 'ftp://b.example', 'https://c.example']"))
    assert len(refused.value.issues) == 2


def test_a_study_that_is_not_open_is_named(tmp_path: Path) -> None:
    closed = f"tenants: {{north: {{studies: [{STUDY}], cds: {{studies: {{heart-failure-reduced-ef: , nothing: }}}}}}}}"
    with pytest.raises(SettingsError) as refused:
        cards(tmp_path, closed)
    said = str(refused.value)
    assert "cds has rules for 'heart-failure-reduced-ef', which is no open study" in said and "'nothing'" in said


def test_1_88_no_lent_token_goes_where_others_can_read_it(tmp_path: Path) -> None:
    """By an address inside the house, too, a server may call itself; what is not encrypted is no place for a token."""
    others = "other_bases: [http://fhir.internal/r4, https://fhir.internal/r4, http://127.0.0.1:8080/fhir]"
    text = WHOLE.replace("{base: https://south.example/fhir}", f"{{base: https://south.example/fhir, {others}}}")
    south = cards(tmp_path, text)["south"]
    assert south is not None
    assert south.servers == ("https://south.example/fhir", "https://fhir.internal/r4", "http://127.0.0.1:8080/fhir")
