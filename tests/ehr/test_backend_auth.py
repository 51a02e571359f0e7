"""SMART Backend Services, against an authorization server that checks everything. STANDARDS 3E."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from service.ehr.backend_auth import BackendAuth, Registration
from service.ehr.client import FhirClient
from service.ehr.keys import SigningKey, load_key, public_keys
from service.ehr.scopes import Reach, reach, wanted
from service.ehr.transport import new_session
from service.errors import EhrUnavailable, NotPermitted, UnusableAnswer, UsageError
from tests.ehr.clock import Watch
from tests.ehr.records import observation
from tests.fhir_server import Client, FhirServer

BASE = "https://ehr.example/fhir"
TYPES = {"Observation": "rs", "Condition": "rs"}
Made = Callable[..., BackendAuth]


@pytest.fixture
def guarded(rsa_key: SigningKey, ec_key: SigningKey, watch: Watch) -> Iterator[FhirServer]:
    keys = public_keys([rsa_key, ec_key])
    with FhirServer(clients=(Client("prescreen", keys),), now=watch.now) as running:
        running.seed(observation("1"))
        running.log.clear()
        yield running


@pytest.fixture
def auth_of(watch: Watch, rsa_key: SigningKey) -> Made:
    def made(base: str, key: SigningKey = rsa_key, types: dict[str, str] = TYPES, **more: Any) -> BackendAuth:
        known = {name: more.pop(name) for name in ("token_url", "scopes", "jku") if name in more}
        registration = Registration("prescreen", key, types, **known)
        return BackendAuth(base, registration, new_session(), clock=watch.clock, **more)

    return made


def forms(server: FhirServer) -> list[dict[str, list[str]]]:
    return [parse_qs(each.body.decode()) for each in server.log.of("POST", "/auth/token")]


@pytest.mark.parametrize("name", ["rsa_key", "ec_key"])
def test_3_61_both_algorithms_are_accepted(
    guarded: FhirServer, auth_of: Made, client_of: Callable[..., FhirClient], name: str, request: pytest.FixtureRequest
) -> None:
    key: SigningKey = request.getfixturevalue(name)
    made = client_of(guarded.base, auth=auth_of(guarded.base, key))
    assert made.search("Observation", {"patient": "p1"}).complete
    assert key.algorithm == {"rsa_key": "RS384", "ec_key": "ES384"}[name]


def test_3_62_what_an_assertion_says(guarded: FhirServer, auth_of: Made, rsa_key: SigningKey, watch: Watch) -> None:
    auth_of(guarded.base, jku="https://us.example/jwks").token()
    form = forms(guarded)[0]
    assert {name: form[name] for name in ("grant_type", "client_assertion_type", "scope")} == {  # 3.64
        "grant_type": ["client_credentials"],
        "client_assertion_type": ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
        "scope": ["system/Condition.rs system/Observation.rs"],
    }
    token = jwt.decode(form["client_assertion"][0], rsa_key.key, algorithms=["RS384"])
    assert token.header == {"alg": "RS384", "kid": "rsa-1", "typ": "JWT", "jku": "https://us.example/jwks"}
    claims = token.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("prescreen", "prescreen", guarded.token_endpoint)  # 3.63
    assert 0 < claims["exp"] - watch.now().timestamp() <= 300


def test_3_63_every_try_has_an_assertion_of_its_own(guarded: FhirServer, auth_of: Made, rsa_key: SigningKey) -> None:
    guarded.fail(where="/auth/token", status=503)
    guarded.fail(where="/auth/token", swallow=True)
    auth_of(guarded.base).token()
    sent = [jwt.decode(each["client_assertion"][0], rsa_key.key, algorithms=["RS384"]) for each in forms(guarded)]
    assert len({each.claims["jti"] for each in sent}) == 3


def test_3_68_a_token_is_used_until_shortly_before_its_end(guarded: FhirServer, auth_of: Made, watch: Watch) -> None:
    auth = auth_of(guarded.base)
    first = auth.token()
    watch.passed += 265
    assert auth.token() == first
    watch.passed += 10
    assert auth.token() != first
    assert len(forms(guarded)) == 2


@pytest.mark.parametrize(
    ("stated", "used_for"),
    [(300, 270), (20, 10), ("3600", 3570), (None, 270), ("soon", 270), (0, 270), (True, 270), (1e300, 86370)],
)
def test_3_68_how_long_a_token_is_used(auth_of: Made, watch: Watch, stated: object, used_for: float) -> None:
    auth = auth_of(BASE, token_url="https://login.example/token")
    with responses.RequestsMock() as answers:
        for name in ("a", "b"):
            body = json.dumps({"access_token": name, "token_type": "Bearer", "expires_in": stated})
            answers.post("https://login.example/token", body=body, content_type="application/json")
        assert auth.token() == "a"
        watch.passed += used_for - 1
        assert auth.token() == "a"
        watch.passed += 1
        assert auth.token() == "b"


def test_3_28_a_token_that_was_revoked_is_replaced_once(
    guarded: FhirServer, auth_of: Made, client_of: Callable[..., FhirClient]
) -> None:
    made = client_of(guarded.base, auth=auth_of(guarded.base))
    made.search("Observation", {"patient": "p1"})
    guarded.smart.revoke_all()
    assert made.search("Observation", {"patient": "p1"}).complete
    assert [each.status for each in guarded.log.of("GET", "/Observation")] == [200, 401, 200]


def test_many_threads_ask_for_one_token(guarded: FhirServer, auth_of: Made) -> None:
    auth, tokens = auth_of(guarded.base), []
    threads = [threading.Thread(target=lambda: tokens.append(auth.token())) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (len(tokens), len(set(tokens)), len(forms(guarded))) == (8, 1, 1)


def test_3_59_the_configuration_stands_below_the_base(guarded: FhirServer, auth_of: Made) -> None:
    auth_of(f"{guarded.base}/").token()
    assert [each.path for each in guarded.log.of("GET")] == ["/fhir/.well-known/smart-configuration"]


def test_3_59_a_relative_token_endpoint_is_resolved(auth_of: Made) -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/.well-known/smart-configuration", json={"token_endpoint": "/auth/token"})
        answers.post("https://ehr.example/auth/token", json={"access_token": "a", "token_type": "bearer"})
        assert auth_of(BASE).token() == "a"


@pytest.mark.parametrize(
    ("status", "body"), [(200, "{}"), (200, "<html>"), (404, "{}"), (200, "[]"), (200, '{"token_endpoint": 7}')]
)
def test_3_60_without_a_token_endpoint_nothing_is_sent(auth_of: Made, status: int, body: str) -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/.well-known/smart-configuration", status=status, body=body)
        with pytest.raises(UnusableAnswer):
            auth_of(BASE).token()
        assert len(answers.calls) == 1


def test_3_60_an_assertion_is_not_sent_without_encryption(auth_of: Made) -> None:
    with responses.RequestsMock() as answers:
        published = {"token_endpoint": "http://ehr.example/token"}
        answers.get(f"{BASE}/.well-known/smart-configuration", json=published)
        with pytest.raises(UnusableAnswer, match="not encrypted"):
            auth_of(BASE).token()


def test_3_59_the_configuration_is_read_once(guarded: FhirServer, auth_of: Made, watch: Watch) -> None:
    guarded.smart.capabilities = []
    auth = auth_of(guarded.base)
    for _ in range(3):
        auth.token()
        watch.passed += 1000
    assert (len(guarded.log.of("GET")), len(forms(guarded))) == (1, 3)


def test_a_search_without_any_token_is_an_error(
    guarded: FhirServer, auth_of: Made, client_of: Callable[..., FhirClient]
) -> None:
    guarded.smart.clients.clear()
    guarded.smart.clients["other"] = Client("other", {"keys": []})
    with pytest.raises(NotPermitted, match="invalid_client"):
        client_of(guarded.base, auth=auth_of(guarded.base)).search("Observation", {"patient": "p1"})


@pytest.mark.parametrize(
    ("capabilities", "known", "setting", "asked"),
    [
        pytest.param(["permission-v2"], "rs", None, ["rs"], id="3.65 v2"),
        pytest.param(["permission-v1"], "read", None, ["read"], id="3.65 v1 alone"),
        pytest.param(["permission-v1", "permission-v2"], "rs", None, ["rs"], id="3.65 both"),
        pytest.param([], "rs", None, ["rs"], id="3.65 not said, v2"),
        pytest.param([], "read", None, ["rs", "read"], id="3.65 not said, v1"),
        pytest.param(["permission-v2"], "read", "v1", ["read"], id="3.65 set"),
    ],
)
def test_scopes_fall_back_to_version_1(
    guarded: FhirServer, auth_of: Made, capabilities: list[str], known: str, setting: str | None, asked: list[str]
) -> None:
    guarded.smart.capabilities = capabilities
    guarded.smart.knows = lambda scope: scope.endswith(f".{known}")
    auth = auth_of(guarded.base, scopes=setting)
    assert auth.token()
    assert [each["scope"][0].rpartition(".")[2] for each in forms(guarded)] == asked
    assert auth.reach("Observation", "s") is Reach.ALL


def test_3_65_a_server_that_says_v2_and_knows_neither_is_a_refusal(guarded: FhirServer, auth_of: Made) -> None:
    guarded.smart.knows = lambda scope: False
    with pytest.raises(NotPermitted, match="invalid_scope"):
        auth_of(guarded.base).token()
    assert len(forms(guarded)) == 1


def test_3_66_a_narrower_grant_makes_types_incomplete(
    guarded: FhirServer, auth_of: Made, client_of: Callable[..., FhirClient]
) -> None:
    guarded.smart.grants = lambda asked: "system/Condition.rs"
    auth = auth_of(guarded.base)
    made = client_of(guarded.base, auth=auth)
    assert auth.not_granted() == ("Observation",)
    assert made.search("Condition", {"patient": "p1"}).complete
    assert not made.search("Observation", {"patient": "p1"}).complete
    assert guarded.log.of(where="/Observation") == []


def test_3_66_a_grant_that_is_not_stated_is_what_was_asked(guarded: FhirServer, auth_of: Made) -> None:
    guarded.smart.grants = lambda asked: None
    assert auth_of(guarded.base).not_granted() == ()


@pytest.mark.parametrize(
    ("granted", "letters", "found"),
    [
        pytest.param("system/Observation.rs", "s", Reach.ALL, id="4.22 v2"),
        pytest.param("system/Observation.cruds", "rs", Reach.ALL, id="4.22 more"),
        pytest.param("system/Observation.r", "s", Reach.NONE, id="4.22 read without search"),
        pytest.param("system/Observation.r system/*.s", "rs", Reach.ALL, id="4.22 from two"),
        pytest.param("system/Observation.read", "rs", Reach.ALL, id="4.22 v1 read"),
        pytest.param("system/*.*", "cruds", Reach.ALL, id="4.22 v1 all"),
        pytest.param("system/Observation.write", "s", Reach.NONE, id="4.22 v1 write"),
        pytest.param("system/Observation.write", "cud", Reach.ALL, id="4.22 v1 may write"),
        pytest.param("system/Observation.rs?category=laboratory", "s", Reach.PART, id="4.23 granular"),
        pytest.param("system/Observation.rs?a=b system/Observation.rs", "s", Reach.ALL, id="4.23 granular and all"),
        pytest.param("user/Observation.rs patient/*.rs", "s", Reach.NONE, id="4.22 not as a system"),
        pytest.param("system/Condition.rs", "s", Reach.NONE, id="4.22 another type"),
        pytest.param("system/Observation.banana", "s", Reach.NONE, id="4.22 no letters"),
        pytest.param("", "s", Reach.NONE, id="4.22 nothing"),
    ],
)
def test_how_far_a_scope_reaches(granted: str, letters: str, found: Reach) -> None:
    assert reach(granted.split(), "Observation", letters) is found


def test_scopes_are_written_in_the_order_of_the_standard() -> None:
    types = {"Task": "sduc", "Observation": "sr"}
    assert wanted(types, old=False) == "system/Observation.rs system/Task.cuds"
    assert wanted(types, old=True) == "system/Observation.read system/Task.read system/Task.write"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 400, "body": '{"error": "invalid_client"}'}, NotPermitted),
        ({"status": 401, "body": "<html>", "content_type": "text/html"}, NotPermitted),
        ({"status": 400, "body": '{"error": "for Mrs. Secret"}'}, NotPermitted),
        ({"status": 302, "headers": {"Location": "https://evil.example"}}, NotPermitted),
        ({"status": 200, "body": "{}"}, UnusableAnswer),
        ({"status": 200, "body": '{"access_token": "x", "token_type": "mac"}'}, UnusableAnswer),
        ({"status": 200, "body": '{"access_token": ""}'}, UnusableAnswer),
        ({"status": 503}, EhrUnavailable),
        ({"status": 429, "headers": {"Retry-After": "1782820800000"}}, EhrUnavailable),
        ({"drop": True}, EhrUnavailable),
    ],
    ids=str,
)
def test_no_token_is_an_error_that_names_no_secret(
    guarded: FhirServer, auth_of: Made, fault: dict[str, Any], error: type[Exception]
) -> None:
    guarded.fail(where="/auth/token", times=9, **{"content_type": "application/json", **fault})
    with pytest.raises(error) as refused:
        auth_of(guarded.base).token()
    assert "Secret" not in str(refused.value) and "eyJ" not in str(refused.value)


def _forged(key: Any, alg: str, **claims: Any) -> dict[str, str]:
    header = {"alg": alg, "typ": "JWT", "kid": "rsa-1"}
    signed = jwt.encode(header, claims, key, algorithms=[alg])
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return {
        "grant_type": "client_credentials",
        "scope": "system/Observation.rs",
        "client_assertion_type": kind,
        "client_assertion": signed,
    }


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({}, 200, id="3.63 as it should be"),
        pytest.param({"exp": 301}, 401, id="3.63 too long"),
        pytest.param({"exp": -1}, 401, id="3.63 over"),
        pytest.param({"aud": "https://other.example/token"}, 401, id="3.63 for another server"),
        pytest.param({"sub": "somebody"}, 401, id="3.63 for somebody else"),
        pytest.param({"jti": ""}, 401, id="3.63 without an id"),
    ],
)
def test_the_server_for_tests_is_strict(
    guarded: FhirServer, rsa_key: SigningKey, watch: Watch, change: dict[str, Any], status: int
) -> None:
    claims = {"iss": "prescreen", "sub": "prescreen", "aud": guarded.token_endpoint, "jti": "1", "exp": 300} | change
    form = _forged(rsa_key.key, "RS384", **{**claims, "exp": int(watch.now().timestamp()) + claims["exp"]})
    assert guarded.smart.grant(form, guarded.token_endpoint)[0] == status
    assert guarded.smart.grant(form, guarded.token_endpoint)[0] == 401  # 3.63 replayed


def test_the_server_for_tests_knows_a_forged_signature(guarded: FhirServer, watch: Watch) -> None:
    exp = int(watch.now().timestamp()) + 100
    claims = {"iss": "prescreen", "sub": "prescreen", "aud": guarded.token_endpoint, "jti": "1", "exp": exp}
    for key, alg in ((RSAKey.generate_key(2048), "RS384"), (OctKey.generate_key(256), "HS256")):
        assert guarded.smart.grant(_forged(key, alg, **claims), guarded.token_endpoint)[0] == 401


def test_3_69_the_published_keys_are_public_and_two_may_live(rsa_key: SigningKey, ec_key: SigningKey) -> None:
    published = public_keys([rsa_key, ec_key])["keys"]
    assert [sorted(each) for each in published] == [  # type: ignore[attr-defined]
        ["alg", "e", "kid", "kty", "n", "use"],
        ["alg", "crv", "kid", "kty", "use", "x", "y"],
    ]


def test_a_key_is_read_from_pem_or_jwk() -> None:
    key = ECKey.generate_key("P-384")
    as_jwk = json.dumps(key.as_dict(private=True) | {"kid": "mine"})
    from_pem, from_jwk = load_key(key.as_pem(private=True).decode()), load_key(as_jwk)
    assert (from_jwk.kid, from_pem.kid) == ("mine", key.thumbprint())
    assert from_pem.key.as_dict(private=False)["x"] == from_jwk.key.as_dict(private=False)["x"]


def weak_key() -> str:
    """An RSA key that is too short."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "{broken",
        '{"kty": "oct", "k": "AAAA"}',
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ECKey.generate_key("P-256").as_pem(private=True).decode(),
        ECKey.generate_key("P-384").as_pem(private=False).decode(),
        json.dumps(ECKey.generate_key("P-384").as_dict(private=False)),
        weak_key(),
    ],
    ids=[
        "empty",
        "no key",
        "a list",
        "broken",
        "symmetric",
        "broken PEM",
        "another curve",
        "public",
        "public JWK",
        "weak",
    ],
)
def test_a_key_that_cannot_sign_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="P-384") as refused:
        load_key(text)
    assert text == "" or text not in str(refused.value)
