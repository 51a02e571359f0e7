"""The part `launch` of the settings: what it sets, every problem at once, no word of a secret."""

from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from service.errors import SettingsError
from service.screening.tenant import Tenant
from service.settings import Settings, open_tenants

KEY = ECKey.generate_key("P-384").as_pem(private=True).decode()
WHOLE = """
public_url: https://prescreen.example/research
tenants:
  north:
    studies: [igg4-rd-sirolimus]
    hooks: {labs: {name_env: PRESCREEN_SECRET_NAME, secret_env: PRESCREEN_SECRET_NAME}}
    launch:
      - {iss: https://ehr.example/fhir/, client_id: a, key_file: key.pem, kid: k1, embed: ["https://ehr.example:8443"]}
      - {iss: https://two.example/fhir, client_id: b, client_secret_env: PRESCREEN_SECRET_APP}
      - {iss: http://127.0.0.1:5/fhir, client_id: c, redirect_base: http://localhost:8000}
"""


def tenants(place: Path, text: str) -> tuple[Tenant, ...]:
    (place / "key.pem").write_text(KEY)
    (place / "settings.yaml").write_text(text)
    environment = {
        "PRESCREEN_CONFIG": str(place / "settings.yaml"),
        "PRESCREEN_SECRET_APP": "hush-hush",
        "PRESCREEN_SECRET_NAME": "labs-0123456789abcdef",
    }
    return open_tenants(Settings.from_env(environment))


def test_what_can_be_set_is_read(tmp_path: Path) -> None:
    (north,) = tenants(tmp_path, WHOLE)
    one, two, three = north.launch
    assert (one.iss, one.client_id, one.redirect_uri) == (
        "https://ehr.example/fhir",
        "a",
        "https://prescreen.example/research/launch/callback",
    )
    assert one.key is not None and (one.key.kid, one.secret, one.embed) == ("k1", None, ("https://ehr.example:8443",))
    assert (two.key, two.secret, two.embed, two.encrypted) == (None, "hush-hush", (), True)
    assert (three.key, three.secret, three.redirect_uri) == (None, None, "http://localhost:8000/launch/callback")
    assert not three.encrypted
    assert one.types == two.types and one.types["Observation"] == "rs" and "Subscription" not in one.types
    assert "hush" not in repr(north) and "PRIVATE" not in repr(north)


def test_a_card_links_to_the_launch(tmp_path: Path) -> None:
    (north,) = tenants(tmp_path, WHOLE.replace("    launch:", "    cds: {}\n    launch:"))
    assert north.cards is not None and north.cards.app == "https://prescreen.example/research/launch"
    (south,) = tenants(tmp_path, "public_url: https://us.example\ntenants: {south: {cds: {}}}")
    assert south.cards is not None and south.cards.app is None


@pytest.mark.parametrize(
    ("launch", "said"),
    [
        ("{client_id: a}", "iss"),
        ("{iss: https://ehr.example/fhir}", "client_id"),
        ("{iss: ehr.example, client_id: a}", "begins with https://"),
        ("{iss: http://ehr.example/fhir, client_id: a}", "begins with https://"),
        ("{iss: 'https://ehr.example/fhir?x=1', client_id: a}", "query"),
        ("{iss: https://e.example, client_id: a, redirect_base: http://prescreen.example}", "begins with https://"),
        ("{iss: https://e.example, client_id: a, embed: [https://ehr.example/]}", "an origin is"),
        ("{iss: https://e.example, client_id: a, embed: [http://ehr.example]}", "an origin is"),
        ("{iss: https://e.example, client_id: a, embed: ['*']}", "an origin is"),
        ('{iss: https://e.example, client_id: a, embed: ["https://x; script-src *"]}', "an origin is"),
        ("{iss: https://e.example, client_id: a, key_env: NOT_THERE}", "no variable of this name"),
        ("{iss: https://e.example, client_id: a, key_env: PRESCREEN_SECRET_APP}", "cannot be used"),
        ("{iss: https://e.example, client_id: a, client_secret_env: NOT_THERE}", "no variable of this name"),
        (
            "{iss: https://e.example, client_id: a, key_file: key.pem, client_secret_env: PRESCREEN_SECRET_APP}",
            "keep one, better the key",
        ),
        ("{iss: https://e.example, client_id: a}, {iss: https://e.example/, client_id: b}", "the same iss"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, launch: str, said: str) -> None:
    text = f"public_url: https://us.example\ntenants: {{north: {{launch: [{launch}]}}}}"
    with pytest.raises(SettingsError) as refused:
        tenants(tmp_path, text)
    assert said in str(refused.value) and "settings.yaml:2" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_an_ehr_belongs_to_one_tenant(tmp_path: Path) -> None:
    one = "{launch: [{iss: https://e.example, client_id: a}]}"
    with pytest.raises(SettingsError, match="belongs to one tenant"):
        tenants(tmp_path, f"public_url: https://us.example\ntenants: {{a: {one}, b: {one}}}")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        tenants(tmp_path, "tenants: {a: {launch: [{iss: http://e.example, client_id: a, key_env: X, embed: [x]}]}}")
    assert len(refused.value.issues) == 4
    assert any("set public_url" in each for each in refused.value.issues)
