"""CDS clients in the settings file: what is read, and everything that is refused, with its place."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey

from service.ehr.cds_clients import CdsClient
from service.errors import SettingsError
from service.settings import Settings
from service.settings.cds_clients import CdsCallers

PUBLIC = {**ECKey.generate_key("P-384").as_dict(private=False), "kid": "a", "alg": "ES384"}
ORACLE = "https://cds-hooks.cerner.com"
EPIC = "https://epic.example/api/FHIR/R4"
WHOLE = f"""
public_url: https://prescreen.example
tenants:
  north:
    cds:
      clients:
        - issuer: {EPIC}
          jwks_url: https://epic.example/jwks
          jku: [https://epic.example/other-jwks]
        - {{issuer: {ORACLE}, jwks_file: keys.json, tenant: north-id, algorithms: [ES384]}}
      origins: [https://sandbox.example, "http://localhost:8080"]
  south:
    cds:
      clients: [{{issuer: {ORACLE}, jwks_url: https://oracle.example/jwks, tenant: south-id}}]
      audience: [https://south.example/prescreen/, http://127.0.0.1:8000]
  west: {{}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with sets of keys in it."""
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [PUBLIC]}))
    private = {**ECKey.generate_key("P-384").as_dict(private=True), "kid": "a"}
    (tmp_path / "private.json").write_text(json.dumps({"keys": [private]}))
    (tmp_path / "nameless.json").write_text(json.dumps({"keys": [RSAKey.generate_key(2048).as_dict(private=False)]}))
    (tmp_path / "page.html").write_text("<html>hush</html>")
    return tmp_path


def settings(place: Path, text: str, **environment: str) -> Settings:
    (place / "settings.yaml").write_text(text)
    return Settings.from_env({"PRESCREEN_CONFIG": str(place / "settings.yaml"), **environment})


def test_everything_that_can_be_set_is_read(place: Path) -> None:
    north, south, west = settings(place, WHOLE).tenants
    epic, oracle = north.cds.clients
    assert epic == CdsClient(
        tenant="north",
        issuer=EPIC,
        audience=("https://prescreen.example",),
        keys="https://epic.example/jwks",
        jku=frozenset({"https://epic.example/other-jwks"}),
    )
    assert (oracle.issuer, oracle.claim, oracle.algorithms) == (ORACLE, "north-id", {"ES384"})
    assert not isinstance(oracle.keys, str | None) and [each.kid for each in oracle.keys.keys] == ["a"]
    assert north.cds.origins == {"https://sandbox.example", "http://localhost:8080"}
    (other,) = south.cds.clients
    assert (other.tenant, other.claim) == ("south", "south-id")
    assert other.audience == ("https://south.example/prescreen", "http://127.0.0.1:8000")
    assert west.cds == CdsCallers() and south.cds.origins == frozenset()


def client(text: str, more: str = "") -> str:
    return f"public_url: https://us.example\ntenants: {{n: {{cds: {{clients: [{{{text}}}]{more}}}}}}}"


GOOD = "issuer: a, jwks_url: https://ehr.example/jwks"
WRONG = {
    "no issuer": (client("jwks_url: https://e"), "issuer is missing"),
    "an empty issuer": (client("issuer: '', jwks_url: https://e"), "clients[0].issuer"),
    "no keys": (client("issuer: a"), "jwks_url or jwks_file is missing, and no jku is listed"),
    "keys twice": (client(f"{GOOD}, jwks_file: keys.json"), "both stand here"),
    "keys that anybody between can change": (
        client("issuer: a, jwks_url: http://ehr.example/jwks"),
        "begin with https",
    ),
    "keys that are a file's address": (client("issuer: a, jwks_url: file:///keys.json"), "begin with https"),
    "a host that looks like this one": (
        client("issuer: a, jwks_url: http://127.0.0.1.evil.example/j"),
        "begin with https",
    ),
    "a jku that is not safe": (client(f"{GOOD}, jku: [http://ehr.example]"), "jku[0]): this has to begin with https"),
    "no file": (client("issuer: a, jwks_file: nowhere"), "the file cannot be read (FileNotFoundError)"),
    "a file that is no set": (client("issuer: a, jwks_file: page.html"), "a set of keys is a JSON object"),
    "a file with private keys": (client("issuer: a, jwks_file: private.json"), "no public key in it has an id"),
    "a file with keys without an id": (client("issuer: a, jwks_file: nameless.json"), "no public key in it has an id"),
    "a file with other keys": (client("issuer: a, jwks_file: keys.json, algorithms: [RS384]"), "is for RS384"),
    "a shared secret": (client(f"{GOOD}, algorithms: [HS256]"), "algorithms[0])"),
    "no signature": (client(f"{GOOD}, algorithms: [none]"), "algorithms[0])"),
    "no algorithms": (client(f"{GOOD}, algorithms: []"), "algorithms)"),
    "an empty tenant": (client(f"{GOOD}, tenant: ''"), "tenant)"),
    "an unknown key": (client(f"{GOOD}, secret: hush"), "unknown key 'secret'"),
    "no address of ours": (f"tenants: {{n: {{cds: {{clients: [{{{GOOD}}}]}}}}}}", "set public_url, or audience here"),
    "an address of ours that is none": (
        client(GOOD, ", audience: [here]"),
        "audience[0]): this has to begin with https",
    ),
    "an address of ours that is not safe": (client(GOOD, ", audience: ['http://us.example']"), "begin with https"),
    "an origin with a path": (
        client(GOOD, ", origins: ['https://page.example/x']"),
        "origins[0]): an origin is written",
    ),
    "an origin with a slash": (client(GOOD, ", origins: ['https://page.example/']"), "an origin is written"),
    "an origin in large letters": (client(GOOD, ", origins: ['https://Page.example']"), "an origin is written"),
    "an origin that is not safe": (client(GOOD, ", origins: ['http://page.example']"), "an origin is written"),
    "the origin null": (client(GOOD, ", origins: ['null']"), "an origin is written"),
    "every origin": (client(GOOD, ", origins: ['*']"), "it is for development alone"),
    "two that nothing tells apart": (client(f"{GOOD}}}, {{{GOOD}"), "nothing tells them apart"),
    "two tenants that nothing tells apart": (
        f"public_url: https://us.example\ntenants:\n  n: {{cds: {{clients: [{{{GOOD}, tenant: t}}]}}}}\n"
        f"  m: {{cds: {{clients: [{{{GOOD}, tenant: t}}]}}}}",
        "settings.yaml:4 (tenants.m): a CDS client of this tenant has the issuer of one of n",
    ),
}


@pytest.mark.parametrize(("text", "problem"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(place: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(place, text)
    assert problem in str(refused.value) and "settings.yaml:" in str(refused.value)
    assert "hush" not in str(refused.value) and '"d"' not in str(refused.value)


def test_all_problems_are_named_at_once(place: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(place, client("issuer: a, jwks_url: http://e, jku: [x]}, {issuer: b", ", origins: [x], audience: [y]"))
    assert len(refused.value.issues) == 5


def test_in_development_every_origin_may_be_let_in(place: Path) -> None:
    text = client(GOOD, ", origins: ['*']")
    (tenant,) = settings(place, text, PRESCREEN_ENV="development").tenants
    assert tenant.cds.origins == {"*"}


def test_one_issuer_may_serve_two_tenants_if_one_has_no_claim(place: Path) -> None:
    """A token without a tenant is of the one, a token with that tenant of the other: nothing is mixed up."""
    text = client(f"{GOOD}}}, {{{GOOD}, tenant: t")
    (tenant,) = settings(place, text).tenants
    assert [each.claim for each in tenant.cds.clients] == [None, "t"]
