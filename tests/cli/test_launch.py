"""launch: what to register in an EHR, and what an EHR does not declare."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.cli.conftest import Prescreen
from tests.smart_server import SmartEhr

KEY = ECKey.generate_key("P-384", {"kid": "ours"})


@pytest.fixture
def ehr() -> Iterator[SmartEhr]:
    with SmartEhr() as running:
        yield running


@pytest.fixture
def settings(place: Path, ehr: SmartEhr, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """One app, with a key."""
    monkeypatch.setenv("PRESCREEN_CONFIG", "settings.json")
    monkeypatch.setenv("PRESCREEN_ENV", "production")
    monkeypatch.setenv("PRESCREEN_SECRET_KEY", json.dumps(KEY.as_dict(private=True)))
    app = {"iss": ehr.base, "client_id": "us", "key_env": "PRESCREEN_SECRET_KEY"}
    content = {"public_url": "https://prescreen.example", "tenants": {"north": {"studies": [], "launch": [app]}}}
    save(content)
    return content


def save(content: dict[str, Any]) -> None:
    Path("settings.json").write_text(json.dumps(content))


def test_what_to_register_is_printed(prescreen: Prescreen, settings: dict[str, Any], ehr: SmartEhr) -> None:
    status, said, _ = prescreen("launch")
    lines = {name.strip(): value.strip() for name, _, value in (each.partition(": ") for each in said.splitlines())}
    assert status == 0 and said.splitlines()[0] == ehr.base
    assert (lines["launch URL"], lines["redirect URI"], lines["client id"], lines["kind of client"]) == (
        "https://prescreen.example/launch",
        "https://prescreen.example/launch/callback",
        "us",
        "client-confidential-asymmetric",
    )
    assert lines["scopes"].startswith("launch openid fhirUser patient/Consent.rs patient/Encounter.rs")
    (published,) = json.loads(lines["public keys"])["keys"]
    assert published["kid"] == "ours" and "d" not in published
    assert ehr.log.of() == []


@pytest.mark.parametrize(
    ("more", "kind"),
    [({}, "client-public"), ({"client_secret_env": "PRESCREEN_SECRET_KEY"}, "client-confidential-symmetric")],
)
def test_the_kind_of_client_follows_from_what_proves_it(
    prescreen: Prescreen, settings: dict[str, Any], ehr: SmartEhr, more: dict[str, str], kind: str
) -> None:
    settings["tenants"]["north"]["launch"] = [{"iss": ehr.base, "client_id": "us", **more}]
    save(settings)
    status, said, _ = prescreen("launch", "--check")
    assert (
        status == 0
        and f"  kind of client: {kind}\n" in said
        and "public keys" not in said
        and KEY.as_dict(private=True)["d"] not in said
    )


def test_4_26_an_ehr_that_declares_all_is_fine(prescreen: Prescreen, settings: dict[str, Any]) -> None:
    status, said, _ = prescreen("launch", "--check")
    assert status == 0 and said.endswith("  - the EHR declares all that is needed\n")


def test_4_26_what_an_ehr_does_not_declare_is_said(
    prescreen: Prescreen, settings: dict[str, Any], ehr: SmartEhr
) -> None:
    ehr.published = lambda content: {
        **{name: content[name] for name in content if name != "jwks_uri"},
        "capabilities": ["launch-ehr", "context-ehr-patient", 5],
        "code_challenge_methods_supported": "S256",
        "token_endpoint_auth_signing_alg_values_supported": ["RS384"],
    }
    status, said, _ = prescreen("launch", "--check")
    told = [each.removeprefix("  - ") for each in said.splitlines() if each.startswith("  - ")]
    lacking = [each.rpartition(" ")[2] for each in told if "capability" in each]
    assert status == 1
    assert lacking == [
        "context-ehr-encounter",
        "permission-user",
        "permission-patient",
        "sso-openid-connect",
        "client-confidential-asymmetric",
    ]
    assert told[len(lacking) :] == [
        "it does not declare which version of scopes it knows; version 2 is used",
        "it names no jwks_uri",
        "it does not declare PKCE with S256; without it this service cannot be launched",
        "it does not take assertions that are signed with ES384, as ours are",
    ]


def test_an_ehr_that_does_not_answer_is_said(prescreen: Prescreen, settings: dict[str, Any], ehr: SmartEhr) -> None:
    ehr.fail(where="smart-configuration", status=404)
    status, _, complained = prescreen("launch", "--check")
    assert status == 1 and "GET smart-configuration: HTTP 404" in complained


def test_a_tenant_without_a_launch_is_told_what_to_do(prescreen: Prescreen, settings: dict[str, Any]) -> None:
    settings["tenants"]["north"] = {}
    save(settings)
    status, _, complained = prescreen("launch")
    assert status == 2 and "has no launch" in complained
