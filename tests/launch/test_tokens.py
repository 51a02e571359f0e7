"""What comes with a token: the patient in context, who it was, how long it lasts; and what is believed of it."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from service.ehr.granted import Granted, granted
from service.ehr.id_token import Expected, claims_of as believed
from service.errors import UnusableAnswer
from service.store import audit
from service.store.engine import Store
from tests.ehr.clock import Watch
from tests.launch.test_launch import PAGE, check_refused
from tests.launch.world import CLIENT, Browser, application, launchable
from tests.smart_server import Permission, SmartEhr
from tests.working.world import NOON

Json = dict[str, Any]
AT = "the request for a token"


def asked(browser: Browser, **context: Any) -> Any:
    """What this service answers to the code of a launch."""
    return browser.get(browser.permitted(browser.launch(browser.ehr.open("p", **context))))


@pytest.mark.parametrize(
    "change",
    [
        {"token_type": "Bearer"},
        {"token_type": "BEARER"},
        {"expires_in": "600"},
        {"expires_in": None},
        {"expires_in": -5},
        {"encounter": "e1", "intent": "x", "tenant": "t", "smart_style_url": "https://evil.example/style.json"},
        {"fhirContext": [{"reference": "ImagingStudy/1", "role": "launch"}]},
        {"fhirContext": "nonsense", "appContext": "{broken", "need_patient_banner": "yes", "refresh_token": 5},
        {"unknown": {"member": 1}},
    ],
)
def test_4_12_what_comes_with_a_token_is_understood_or_left(browser: Browser, change: Json) -> None:
    browser.ehr.answered = lambda content: {**content, **change}
    page = browser.opened()
    assert page.status_code == 200 and "Eva Muster" in page.text and "evil" not in page.text


@pytest.mark.parametrize("name", ["expires_in", "scope", "token_type"])
def test_4_12_what_may_be_absent_is_not_missed(browser: Browser, name: str) -> None:
    browser.ehr.answered = lambda content: {each: content[each] for each in content if each != name}
    assert "Eva Muster" in browser.opened().text


@pytest.mark.parametrize(
    "change", [{"access_token": None}, {"access_token": ""}, {"access_token": 5}, {"token_type": "mac"}]
)
def test_4_12_without_a_bearer_token_nothing_is_opened(browser: Browser, change: Json) -> None:
    browser.ehr.answered = lambda content: {**content, **change}
    check_refused(asked(browser), "no bearer token", 502)


@pytest.mark.parametrize("patient", ["../Patient", "a b", "p?x=1", "", 5, ["p"], "x" * 65])
def test_4_12_a_patient_has_an_id_that_can_be_one(browser: Browser, patient: object) -> None:
    browser.ehr.answered = lambda content: {**content, "patient": patient}
    check_refused(asked(browser), "no usable id", 502)


def test_4_12_a_patient_who_is_named_twice_is_not_taken(browser: Browser) -> None:
    body = '{"access_token": "t", "token_type": "bearer", "scope": "launch", "patient": "p", "patient": "q"}'
    browser.ehr.fail(where="/auth/token", status=200, body=body, content_type="application/json")
    check_refused(asked(browser), "in a way that this service does not accept", 502)


def test_4_13_without_a_patient_the_page_says_so(browser: Browser, kept: Store) -> None:
    page = browser.opened(None)
    assert page.status_code == 200
    assert "No patient in context" in page.text and "Open the chart of a patient first" in page.text
    assert [each for each in browser.ehr.log.of() if each.path.startswith("/fhir/Patient")] == []
    assert audit.entries(kept, "north", 10) == ()


@pytest.mark.parametrize(("needed", "shown"), [(True, True), (None, True), (False, False)])
def test_4_14_the_banner_is_there_unless_the_ehr_has_one(browser: Browser, needed: bool | None, shown: bool) -> None:
    text = browser.opened(need_patient_banner=needed).text
    assert [each in text for each in ("Eva Muster", "MRN-4711", 'class="banner"')] == [shown] * 3
    assert PAGE in text


def test_4_15_the_page_is_of_the_patient_it_was_opened_for(browser: Browser) -> None:
    text = " ".join(browser.opened().text.split())
    assert "for the patient this page was opened for. It does not follow when another chart is opened." in text


def test_4_17_who_looked_is_known_from_the_id_token_alone(browser: Browser, kept: Store) -> None:
    browser.opened(user="Practitioner/9")
    browser.get(f"{browser.visited[-1]}?user=Practitioner/1&fhirUser=Practitioner/1")
    entries = audit.entries(kept, "north", 10, "p")
    assert [(each.actor, each.action, each.patient) for each in entries] == [("Practitioner/9", "viewed", "p")] * 2


def test_4_17_nothing_is_shown_that_could_not_be_noted(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.errors import StoreUnavailable

    def away(*_: object) -> None:
        raise StoreUnavailable("the database does not answer")

    monkeypatch.setattr("service.store.audit.append", away)
    check_refused(browser.opened(), "cannot do it at the moment", 503)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Practitioner/7", "Practitioner/7"),
        ("{base}/Practitioner/7", "Practitioner/7"),
        ("{base}/PractitionerRole/r-1", "PractitionerRole/r-1"),
        ("https://staff.example/fhir/Practitioner/7", "https://staff.example/fhir/Practitioner/7"),
        ("{base}/partition-b/Practitioner/7", "{base}/partition-b/Practitioner/7"),
        (None, "sub:account-7"),
    ],
)
def test_4_16_fhir_user_may_be_relative_absolute_or_absent(
    browser: Browser, kept: Store, said: str | None, name: str
) -> None:
    base = browser.ehr.base

    def claimed(claims: Json) -> Json:
        written = {} if said is None else {"fhirUser": said.format(base=base)}
        return {**{each: claims[each] for each in claims if each != "fhirUser"}, **written}

    browser.ehr.claimed = claimed
    assert f"Opened by {name.format(base=base)}." in browser.opened().text
    assert audit.entries(kept, "north", 1)[0].actor == name.format(base=base)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nonce": "another"}, "its nonce is not right"),
        ({"nonce": None}, "its nonce is not right"),
        ({"aud": "another"}, "its aud is not right"),
        ({"aud": ["another"]}, "its aud is not right"),
        ({"aud": [CLIENT, "another"]}, "for somebody else, too"),
        ({"azp": "another"}, "for somebody else, too"),
        ({"aud": [CLIENT], "azp": "another"}, "for somebody else, too"),
        ({"azp": 7}, "for somebody else, too"),
        ({"iss": "https://evil.example"}, "its iss is not right"),
        ({"iss": None}, "its iss is not right"),
        ({"exp": 1}, "out of date"),
        ({"exp": None}, "out of date"),
        ({"exp": "soon"}, "out of date"),
        ({"iat": 99999999999}, "out of date"),
        ({"nbf": 99999999999}, "out of date"),
        ({"fhirUser": "javascript:alert(1)"}, "its fhirUser is no reference"),
        ({"fhirUser": "//evil.example/Practitioner/7"}, "its fhirUser is no reference"),
        ({"fhirUser": "a/b/Practitioner/7"}, "its fhirUser is no reference"),
        ({"fhirUser": "/Practitioner/7"}, "its fhirUser is no reference"),
        ({"fhirUser": 7}, "its fhirUser is no reference"),
        ({"fhirUser": None, "sub": None}, "does not say who"),
    ],
)
def test_4_16_an_id_token_that_is_not_right_opens_nothing(
    browser: Browser, kept: Store, caplog: pytest.LogCaptureFixture, change: Json, said: str
) -> None:
    def claimed(claims: Json) -> Json:
        return {name: value for name, value in {**claims, **change}.items() if value is not None}

    browser.ehr.claimed = claimed
    check_refused(asked(browser), said, 502)
    assert said in caplog.text and "eyJ" not in caplog.text
    assert audit.entries(kept, "north", 1) == ()


def test_4_16_several_audiences_need_one_that_it_was_made_for(browser: Browser) -> None:
    browser.ehr.claimed = lambda claims: {**claims, "aud": [CLIENT, "another"], "azp": CLIENT}
    assert "Opened by Practitioner/7." in browser.opened().text


@pytest.mark.parametrize("seconds", [-50, -70])
def test_4_16_clocks_may_differ_by_a_minute(browser: Browser, seconds: int) -> None:
    browser.ehr.claimed = lambda claims: {**claims, "iat": int(time.time()) - 300, "exp": int(time.time()) + seconds}
    assert asked(browser).status_code == (302 if seconds > -60 else 502)


def test_4_16_a_key_that_is_not_published_signs_nothing(browser: Browser) -> None:
    published = browser.ehr.key
    browser.ehr.published = lambda content: {**content, "jwks_uri": f"{browser.ehr.root}/ehr/keys"}
    browser.ehr.pages["keys"] = json.dumps({"keys": [published.as_dict(private=False)]})
    browser.ehr.key = ECKey.generate_key("P-256", {"kid": "ehr-1", "use": "sig"})
    check_refused(asked(browser), "its signature is not right", 502)
    browser.ehr.key = ECKey.generate_key("P-256", {"kid": "ehr-2", "use": "sig"})
    check_refused(asked(browser), "its key is not one that the server publishes", 502)


@pytest.mark.parametrize(("algorithm", "kind"), [("RS256", "rsa"), ("RS384", "rsa"), ("PS256", "rsa"), ("ES384", "ec")])
def test_4_16_asymmetric_algorithms_are_accepted(browser: Browser, algorithm: str, kind: str) -> None:
    made: Any = RSAKey.generate_key(2048, {"kid": "k"}) if kind == "rsa" else ECKey.generate_key("P-384", {"kid": "k"})
    browser.ehr.key, browser.ehr.algorithm = made, algorithm
    assert "Opened by Practitioner/7." in browser.opened().text


def none_of(browser: Browser) -> Callable[..., str]:
    """A token without a signature."""
    import base64

    def part(content: Json) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    return lambda app, permission: f"{part({'alg': 'none'})}.{part(claims_of(browser, permission))}."


def hs_of(browser: Browser) -> Callable[..., str]:
    """A token that is signed with what everybody knows: the public key."""
    public = json.dumps(browser.ehr.key.as_dict(private=False))
    key = OctKey.import_key(public)
    header = {"alg": "HS256", "kid": "ehr-1"}
    return lambda app, permission: jwt.encode(header, claims_of(browser, permission), key, algorithms=["HS256"])


def claims_of(browser: Browser, permission: Permission) -> Json:
    now = int(time.time())
    return {
        "iss": browser.ehr.base,
        "aud": CLIENT,
        "sub": "s",
        "exp": now + 60,
        "nonce": permission.nonce,
        "fhirUser": "Practitioner/7",
    }


@pytest.mark.parametrize("forged", [none_of, hs_of])
def test_4_16_no_other_algorithm_is_accepted(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, forged: Callable[[Browser], Callable[..., str]]
) -> None:
    monkeypatch.setattr(browser.ehr, "id_token", forged(browser))
    answer = asked(browser)
    assert answer.status_code == 502 and "the id_token is not accepted" in answer.text


def test_4_16_openid_that_is_granted_comes_with_an_id_token(browser: Browser) -> None:
    browser.ehr.answered = lambda content: {name: content[name] for name in content if name != "id_token"}
    check_refused(asked(browser), "without an id_token", 502)


def test_4_16_who_is_not_named_is_said_not_to_be(browser: Browser, kept: Store) -> None:
    browser.ehr.granted = lambda scope: " ".join(each for each in scope.split() if each not in ("openid", "fhirUser"))
    assert "The EHR did not say who opened it." in browser.opened().text
    assert audit.entries(kept, "north", 1)[0].actor == "unnamed"


def test_4_16_without_an_address_of_keys_nobody_is_recognised(browser: Browser) -> None:
    browser.ehr.published = lambda content: {name: content[name] for name in content if name != "jwks_uri"}
    check_refused(asked(browser), "no jwks_uri", 502)


@pytest.mark.parametrize("user", ["Patient/p", "RelatedPerson/r", "https://ehr.example/fhir/Patient/p"])
def test_a_patient_does_not_see_it(browser: Browser, user: str) -> None:
    check_refused(asked(browser, user=user), "for those who care for the patient")


@given(st.text() | st.binary().map(lambda each: each.decode("latin-1")) | st.just("e30.e30.e30"))
def test_4_16_whatever_is_no_token_is_refused(text: str) -> None:
    expected = Expected("https://ehr.example", CLIENT, "nonce", NOON)
    with pytest.raises(UnusableAnswer):
        believed(text, expected, lambda kid, algorithm: None)


def test_4_18_no_token_reaches_the_browser_or_a_log(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    address = browser.permitted(browser.launch(browser.ehr.open("p", refresh=True)))
    arrived = browser.get(address)
    page = browser.followed(arrived)
    given_out = "".join(
        [str(arrived.headers), arrived.text, str(page.headers), page.text, *browser.visited, caplog.text]
    )
    tokens = [*browser.ehr.smart.tokens, *browser.ehr.refreshes]
    assert len(tokens) == 2 and [each for each in tokens if each in given_out] == []


def test_a_page_ends_with_its_token(ehr: SmartEhr, kept: Store) -> None:
    watch = Watch()
    ehr.now = watch.now
    browser = Browser(application(kept, launchable(ehr), watch=watch), ehr)
    browser.opened()
    address = browser.visited[-1]
    watch.passed += 580
    assert browser.get(address).status_code == 200
    watch.passed += 20
    check_refused(browser.get(address), "too long ago")


def test_4_19_a_token_is_renewed_for_the_same_patient(ehr: SmartEhr, kept: Store) -> None:
    watch = Watch()
    ehr.now = watch.now
    browser = Browser(application(kept, launchable(ehr), watch=watch), ehr)
    browser.opened(refresh=True)
    address = browser.visited[-1]
    for _ in range(2):
        watch.passed += 700
        assert "Eva Muster" in browser.get(address).text
    forms = [each.body.decode() for each in ehr.log.of() if each.path == "/auth/token"][1:]
    assert len(forms) == 2 and all("grant_type=refresh_token" in each and "scope=" not in each for each in forms)
    assert len(set(forms)) == 2  # the new refresh token takes the place of the old one
    ehr.refreshes.clear()
    watch.passed += 700
    check_refused(browser.get(address), "invalid_grant", 403)


def test_4_19_a_token_for_another_patient_is_not_taken(ehr: SmartEhr, kept: Store) -> None:
    watch = Watch()
    ehr.now = watch.now
    browser = Browser(application(kept, launchable(ehr), watch=watch), ehr)
    browser.opened(refresh=True)
    ehr.answered = lambda content: {**content, "patient": "q"}
    watch.passed += 700
    check_refused(browser.get(browser.visited[-1]), "for another patient", 502)


def test_a_token_that_the_server_ends_shows_nothing(browser: Browser) -> None:
    browser.opened()
    browser.ehr.smart.tokens.clear()
    check_refused(browser.get(browser.visited[-1]), "or no longer", 403)


def test_an_ehr_that_is_away_shows_nothing(browser: Browser) -> None:
    browser.opened()
    browser.ehr.fail(where="/fhir/Patient/p", drop=True, times=10)
    check_refused(browser.get(browser.visited[-1]), "does not answer", 503)


def test_what_was_granted_is_kept_whole() -> None:
    content = {"scope": "a b", "patient": "p", "refresh_token": "r", "need_patient_banner": False, "expires_in": 60}
    whole = granted("t", {**content, "appContext": '{"study": "x"}'}, "", NOON)
    assert Granted.of_json(json.loads(json.dumps(whole.as_json()))) == whole
    assert (whole.scopes, whole.banner, whole.app_context) == (("a", "b"), False, {"study": "x"})
    assert "'t'" not in repr(whole) and "'r'" not in repr(whole) and "'p'" not in repr(whole)
