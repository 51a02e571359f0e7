"""From the click in the chart to the page: what is asked, what has to come back, and all that is refused."""

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests
from flask.testing import FlaskClient
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from service.ehr.code_flow import departure
from service.ehr.jwks import KeySets
from service.ehr.keys import SigningKey, load_key
from service.ehr.smart_launch import App, Launching
from service.errors import EhrError, EhrUnavailable
from service.store.engine import Store
from tests.ehr.clock import Watch
from tests.launch.world import CLIENT, EHR_PAGE, OURS, Browser, application, launchable, query
from tests.screening.world import patient
from tests.smart_server import SmartEhr

CALLBACK = f"{OURS}/launch/callback"
PAGE = "Studies for this patient"
REFUSED = "This page cannot be opened"


def key() -> SigningKey:
    return load_key(ECKey.generate_key("P-384").as_pem(private=True).decode())


def back(**parameters: str) -> str:
    return f"{CALLBACK}?{urlencode(parameters)}"


def check_refused(answer: TestResponse, said: str, status: int = 400) -> None:
    """A page for people, which says what to do and leads nowhere."""
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert REFUSED in answer.text and said in answer.text
    assert "Location" not in answer.headers and "Muster" not in answer.text


def test_a_launch_leads_to_the_page_of_the_patient(browser: Browser) -> None:
    page = browser.opened()
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert PAGE in page.text and "Eva Muster" in page.text


def test_no_address_and_no_header_names_the_patient(browser: Browser) -> None:
    browser.ehr.seed(patient("jane-4711", name=[{"text": "Jane"}]))
    page = browser.opened("jane-4711")
    assert "Jane" in page.text
    assert [each for each in browser.visited if "jane-4711" in each] == []
    assert "jane-4711" not in str(page.headers)


def test_4_2_of_an_ehr_that_is_not_known_nothing_is_asked(browser: Browser) -> None:
    with SmartEhr() as other:
        for iss in (other.base, f"{browser.ehr.base}/other", f"{browser.ehr.base}.example", "", "nonsense", "//x"):
            check_refused(browser.launch("code", iss or " "), "not set up for the EHR")
        assert other.log.of() == []
    assert browser.ehr.log.of() == []


def test_4_2_a_slash_at_the_end_makes_no_other_ehr(browser: Browser) -> None:
    assert browser.launch(browser.ehr.open("p"), f"{browser.ehr.base}/").status_code == 302


@pytest.mark.parametrize(
    "asked", ["", "iss=x", "launch=x", "iss=&launch=", "iss={iss}&launch=", "iss={iss}&iss={iss}&launch=x"]
)
def test_4_1_a_launch_needs_iss_and_launch_once_each(browser: Browser, asked: str) -> None:
    check_refused(browser.get(f"{OURS}/launch?{asked.format(iss=browser.ehr.base)}"), "Open it from a chart")
    assert browser.ehr.log.of() == []


def test_4_3_without_pkce_by_s256_nothing_is_asked_for(browser: Browser) -> None:
    for known in (["plain"], [], None):
        browser.ehr.published = lambda content, known=known: {**content, "code_challenge_methods_supported": known}  # type: ignore[misc]
        check_refused(browser.launch(browser.ehr.open("p")), "does not know PKCE with S256", 502)


@pytest.mark.parametrize("lacking", ["authorization_endpoint", "token_endpoint"])
def test_4_3_a_configuration_without_an_endpoint_is_not_used(browser: Browser, lacking: str) -> None:
    browser.ehr.published = lambda content: {name: content[name] for name in content if name != lacking}
    check_refused(browser.launch(browser.ehr.open("p")), f"names no {lacking.replace('_', ' ')}", 502)


def test_4_3_what_is_published_is_read_once_an_hour(ehr: SmartEhr, kept: Store) -> None:
    watch = Watch()
    browser = Browser(application(kept, launchable(ehr), watch=watch), ehr)
    for passed, reads in ((0, 1), (3599, 1), (2, 2)):
        watch.passed += passed
        assert browser.launch(ehr.open("p")).status_code == 302
        assert len([each for each in ehr.log.of() if "smart-configuration" in each.path]) == reads


def configurations(ehr: SmartEhr) -> int:
    return len([each for each in ehr.log.of() if "smart-configuration" in each.path])


def test_an_ehr_that_does_not_answer_is_left_alone_for_a_moment(ehr: SmartEhr, kept: Store) -> None:
    """Whoever likes may open /launch: each time to wait for an EHR that is away would hold up all threads."""
    watch = Watch()
    browser = Browser(application(kept, launchable(ehr), watch=watch), ehr)
    ehr.fail(where="smart-configuration", status=503, times=2)
    check_refused(browser.launch(ehr.open("p")), "does not answer", 503)
    for _ in range(20):
        check_refused(browser.launch(ehr.open("p")), "does not answer", 503)
    assert configurations(ehr) == 2
    watch.passed += 10
    assert (browser.launch(ehr.open("p")).status_code, configurations(ehr)) == (302, 3)


def test_nobody_queues_behind_a_launch_whose_ehr_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.ehr.code_flow.QUEUEING", 0.01)
    asked, answered = threading.Event(), threading.Event()

    class Slow(requests.Session):
        def request(self, *_: Any, **__: Any) -> Any:
            asked.set()
            assert answered.wait(20)
            raise requests.ConnectionError

    app = App("https://ehr.example/fhir", "us", f"{OURS}/launch/callback")
    launching = Launching(app, Slow(), KeySets(Slow()), clock=Watch().clock)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(launching.address, "l", departure())
        try:
            assert asked.wait(20)
            with pytest.raises(EhrUnavailable, match="has not answered yet"):
                launching.address("l", departure())
        finally:
            answered.set()
        with pytest.raises(EhrUnavailable, match="connection failed"):
            first.result()


@pytest.mark.parametrize(("takes", "said"), [(1.0, "too slow"), (0.0, "is longer than 1048576 bytes")])
def test_an_answer_that_does_not_end_is_not_waited_for(takes: float, said: str) -> None:
    watch = Watch()

    class Endless(io.BytesIO):
        def stream(self, size: int, **_: Any) -> Iterator[bytes]:
            for _piece in range(1000):
                watch.passed += takes
                yield bytes(4096)
            pytest.fail("nobody ended it")

    class Session(requests.Session):
        def request(self, *_: Any, **__: Any) -> requests.Response:
            answer = requests.Response()
            answer.status_code, answer.raw = 200, Endless()
            return answer

    app = App("https://ehr.example/fhir", "us", f"{OURS}/launch/callback")
    launching = Launching(app, Session(), KeySets(Session()), clock=watch.clock)
    with pytest.raises(EhrError, match=said):
        launching.address("l", departure())
    assert watch.passed < 30


def test_4_4_what_the_ehr_is_asked(browser: Browser) -> None:
    launch = browser.ehr.open("p")
    begun = browser.launch(launch)
    where, _, _ = begun.headers["Location"].partition("?")
    asked = query(begun.headers["Location"])
    assert where == f"{browser.ehr.root}/auth/authorize"
    assert set(asked) == {
        *("response_type", "client_id", "redirect_uri", "launch", "scope", "state", "aud", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", CLIENT, CALLBACK)
    assert (asked["launch"], asked["aud"], asked["code_challenge_method"]) == (launch, browser.ehr.base, "S256")


def test_4_5_pkce_is_used_whoever_the_client_is(ehr: SmartEhr, kept: Store) -> None:
    """The server checks the verifier; without one it gives nothing."""
    for more in ({}, {"secret": "hush"}, {"key": key()}):
        browser = Browser(application(kept, launchable(ehr, **more)), ehr)
        assert PAGE in browser.opened().text
        address = browser.permitted(browser.launch(ehr.open("p")))
        ehr.codes[query(address)["code"]].challenge = "another"
        check_refused(browser.get(address), "invalid_grant", 403)


def test_4_6_states_and_nonces_are_made_anew_and_cannot_be_guessed(browser: Browser) -> None:
    asked = [query(browser.launch(browser.ehr.open("p")).headers["Location"]) for _ in range(5)]
    for name in ("state", "nonce", "code_challenge"):
        values = [each[name] for each in asked]
        assert len(set(values)) == 5 and min(map(len, values)) >= 43  # 256 bits in base64url


def test_4_6_a_state_counts_once(browser: Browser) -> None:
    address = browser.permitted(browser.launch(browser.ehr.open("p")))
    assert browser.get(address).status_code == 302
    check_refused(browser.get(address), "Open it again")
    assert len([each for each in browser.ehr.log.of() if each.path == "/auth/token"]) == 1


def test_4_6_a_state_of_another_browser_does_not_count(browser: Browser) -> None:
    address = browser.permitted(browser.launch(browser.ehr.open("p")))
    other = Browser(browser.app, browser.ehr)
    check_refused(other.get(address), "another browser")
    other.launch(browser.ehr.open("p"))  # it has a launch of its own, which is not this one
    check_refused(other.get(address), "another browser")
    assert browser.get(address).status_code == 302  # nothing was taken from the one it belongs to


def test_4_6_a_state_ends_after_five_minutes(ehr: SmartEhr, kept: Store) -> None:
    watch = Watch()
    ehr.now = watch.now
    browser = Browser(application(kept, launchable(ehr), watch=watch), ehr)
    in_time, late = (browser.permitted(browser.launch(ehr.open("p"))) for _ in range(2))
    watch.passed += timedelta(minutes=4, seconds=59).total_seconds()
    assert browser.get(in_time).status_code == 302
    watch.passed += 1
    check_refused(browser.get(late), "too old")


@pytest.mark.parametrize("state", ["", "x", "{id}", "{id}.", "{id}.wrong", "{state}x", "a" * 22 + ".b"])
def test_4_7_without_the_right_state_nothing_is_taken_or_shown(browser: Browser, state: str) -> None:
    asked = query(browser.launch(browser.ehr.open("p")).headers["Location"])["state"]
    wrong = state.format(state=asked, id=asked.partition(".")[0])
    answer = browser.get(back(state=wrong, code="c", error="e", error_description="phishing"))
    check_refused(answer, "Open it again")
    assert "phishing" not in answer.text
    assert [each for each in browser.ehr.log.of() if each.path == "/auth/token"] == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"error": "access_denied"}, "did not permit it"),
        ({"error": "invalid_scope"}, "does not grant"),
        ({"error": "<b>odd</b>", "error_description": '"><script>alert(1)</script>'}, "Tell whoever looks after it"),
        ({}, "Tell whoever looks after it"),
    ],
)
def test_4_7_an_error_of_the_ehr_is_shown_as_text(browser: Browser, error: dict[str, str], said: str) -> None:
    state = query(browser.launch(browser.ehr.open("p")).headers["Location"])["state"]
    answer = browser.get(back(state=state, **error))
    check_refused(answer, said)
    assert "<script>" not in answer.text and "<b>" not in answer.text
    check_refused(browser.get(back(state=state, code="c")), "used before")


def test_4_7_nothing_in_a_request_says_where_to_go(browser: Browser) -> None:
    address = browser.permitted(browser.launch(browser.ehr.open("p")))
    evil = "https://evil.example"
    more = urlencode({"redirect_uri": evil, "next": evil, "aud": evil, "url": evil})
    answer = browser.client.get(
        f"{address.removeprefix(OURS)}&{more}", base_url=OURS, headers={"X-Forwarded-Host": "evil.example"}
    )
    assert answer.headers["Location"].startswith(f"{OURS}/patient/")


@pytest.mark.parametrize("error", ["access_denied", "server_error"])
def test_what_the_ehr_refuses_is_said(browser: Browser, error: str) -> None:
    browser.ehr.refused = {"error": error}
    check_refused(browser.get(browser.permitted(browser.launch(browser.ehr.open("p")))), error)


def issuer(browser: Browser) -> str:
    return str(requests.get(f"{browser.ehr.base}/.well-known/smart-configuration", timeout=10).json()["issuer"])


@pytest.mark.parametrize(
    "more", [{"iss": "https://evil.example"}, {"iss": ["{}", "https://evil.example"]}, {"iss": ""}]
)
def test_the_code_of_another_server_is_sent_nowhere(browser: Browser, more: dict[str, Any]) -> None:
    """An EHR that is known, too, might lead a browser on to another one, to be given its code (RFC 9207)."""
    back = browser.permitted(browser.launch(browser.ehr.open("p")))
    said = urlencode(more, doseq=True).replace(quote("{}"), quote(issuer(browser)))
    check_refused(browser.get(f"{back}&{said}"), "is of another server", 502)
    assert not [each for each in browser.ehr.log.of("POST") if "token" in each.path]
    check_refused(browser.get(back), "was used before")


@pytest.mark.parametrize("always", [True, False])
def test_an_answer_may_say_of_which_server_it_is(browser: Browser, always: bool) -> None:
    said = {"authorization_response_iss_parameter_supported": True} if always else {}
    browser.ehr.published = lambda content: {**content, **said}
    back = browser.permitted(browser.launch(browser.ehr.open("p")))
    assert PAGE in browser.followed(browser.get(f"{back}&{urlencode({'iss': issuer(browser)})}")).text
    silent = browser.get(browser.permitted(browser.launch(browser.ehr.open("p"))))
    assert silent.status_code == (502 if always else 302)


def test_4_8_the_code_is_exchanged_as_it_was_asked_for(browser: Browser) -> None:
    browser.opened()
    (sent,) = [each for each in browser.ehr.log.of() if each.path == "/auth/token"]
    form = query(f"?{sent.body.decode()}")
    assert set(form) == {"grant_type", "code", "redirect_uri", "code_verifier", "client_id"}
    assert (form["grant_type"], form["redirect_uri"]) == ("authorization_code", CALLBACK)
    assert "authorization" not in sent.headers


def test_4_8_a_code_is_sent_once_whatever_becomes_of_it(browser: Browser) -> None:
    for status in (500, 503, 429):
        browser.ehr.fail(where="/auth/token", status=status)
        address = browser.permitted(browser.launch(browser.ehr.open("p")))
        before = len(browser.ehr.log.of())
        check_refused(browser.get(address), "does not answer", 503)
        assert [each.path for each in browser.ehr.log.of()[before:]] == ["/auth/token"]


def test_4_8_a_code_that_was_used_is_worth_nothing(browser: Browser) -> None:
    address = browser.permitted(browser.launch(browser.ehr.open("p")))
    browser.ehr.codes[query(address)["code"]].used = True
    check_refused(browser.get(address), "invalid_grant", 403)


def test_4_9_a_key_is_proved_by_an_assertion_each_time_a_new_one(ehr: SmartEhr, kept: Store) -> None:
    browser = Browser(application(kept, launchable(ehr, key=key(), secret="hush")), ehr)
    assert PAGE in browser.opened().text and PAGE in browser.opened().text
    forms = [query(f"?{each.body.decode()}") for each in ehr.log.of() if each.path == "/auth/token"]
    assert [set(each) & {"client_id", "client_assertion"} for each in forms] == [{"client_assertion"}] * 2
    assert len(ehr.seen) == 2


def test_4_9_a_secret_goes_into_the_header_alone(ehr: SmartEhr, kept: Store) -> None:
    browser = Browser(application(kept, launchable(ehr, secret="hu:sh é%")), ehr)
    assert PAGE in browser.opened().text
    (sent,) = [each for each in ehr.log.of() if each.path == "/auth/token"]
    assert sent.headers["authorization"].startswith("Basic ") and b"client" not in sent.body


def test_4_9_a_wrong_secret_is_told_apart(ehr: SmartEhr, kept: Store) -> None:
    browser = Browser(application(kept, launchable(ehr, secret="hush")), ehr)
    assert ehr.registered is not None
    ehr.registered.secret = "another"
    check_refused(browser.get(browser.permitted(browser.launch(ehr.open("p")))), "invalid_client", 403)


def test_4_10_two_patients_in_one_browser_are_kept_apart(browser: Browser) -> None:
    """Begun in one order and ended in the other, and looked at again afterwards."""
    browser.ehr.seed(patient("q", name=[{"text": "Quentin"}]))
    names = {"p": "Eva Muster", "q": "Quentin"}
    waiting = {each: browser.permitted(browser.launch(browser.ehr.open(each))) for each in names}
    pages = {each: browser.get(waiting[each]).headers["Location"] for each in reversed(names)}
    for _ in range(2):
        for each, name in names.items():
            page = browser.get(pages[each]).text
            assert name in page and not any(other in page for other in names.values() if other != name)


def test_4_10_a_launch_goes_on_in_any_process(ehr: SmartEhr, kept: Store) -> None:
    """Each request is answered by another application, with nothing in common but the database."""
    client: FlaskClient | None = None
    browser = Browser(application(kept, launchable(ehr)), ehr)

    def elsewhere() -> None:
        nonlocal client
        client, browser.app = browser.client, application(kept, launchable(ehr))
        browser.client = browser.app.test_client()
        browser.client._cookies = client._cookies

    begun = browser.launch(ehr.open("p"))
    elsewhere()
    arrived = browser.get(browser.permitted(begun))
    elsewhere()
    assert "Eva Muster" in browser.followed(arrived).text


def test_4_10_a_page_is_of_the_browser_that_opened_it(browser: Browser) -> None:
    browser.opened()
    address = browser.visited[-1]
    assert browser.get(address).status_code == 200
    check_refused(Browser(browser.app, browser.ehr).get(address), "another browser")
    for wrong in ("x", "a" * 22, "%00", f"{address.rpartition('/')[2]}x"):
        check_refused(browser.get(f"{OURS}/patient/{wrong}"), "another browser")


def test_4_10_what_waits_for_permission_shows_nobody(browser: Browser) -> None:
    state = query(browser.launch(browser.ehr.open("p")).headers["Location"])["state"]
    check_refused(browser.get(f"{OURS}/patient/{state.partition('.')[0]}"), "another browser")


def test_4_10_an_open_launch_is_no_answer_of_the_ehr(browser: Browser) -> None:
    browser.opened()
    identity = browser.visited[-1].rpartition("/")[2]
    check_refused(browser.get(back(state=f"{identity}.x", code="c")), "another browser")


@pytest.mark.parametrize("embed", [(), (EHR_PAGE,)])
def test_4_11_cookies_are_for_this_host_and_no_script(ehr: SmartEhr, kept: Store, embed: tuple[str, ...]) -> None:
    browser = Browser(application(kept, launchable(ehr, embed=embed)), ehr)
    begun = browser.launch(ehr.open("p"))
    arrived = browser.get(browser.permitted(begun))
    for answer in (begun, arrived):
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, *attributes = cookie.split("; ")
            assert name.startswith("__Host-launch-")
            assert {"Secure", "HttpOnly", "Path=/"} <= set(attributes)
            assert not any(each.startswith("Domain") for each in attributes)
            framed = {"SameSite=None", "Partitioned"} <= set(attributes)
            assert framed == bool(embed) and framed != ("SameSite=Lax" in attributes)
    # What waited is over; what is open lasts as long as its token.
    ages = [cookie.split("Max-Age=")[1].split(";")[0] for cookie in arrived.headers.getlist("Set-Cookie")]
    assert len(ages) == 2 and ages[1] == "0" and 500 < int(ages[0]) <= 600
    assert browser.followed(arrived).status_code == 200


@pytest.mark.parametrize("embed", [(), (EHR_PAGE, "https://other.example:8443")])
def test_4_11_only_the_pages_of_the_ehr_may_frame_it(ehr: SmartEhr, kept: Store, embed: tuple[str, ...]) -> None:
    browser = Browser(application(kept, launchable(ehr, embed=embed)), ehr)
    headers = browser.opened().headers
    allowed = " ".join(embed) or "'none'"
    assert headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {allowed}"
    )
    assert ("X-Frame-Options" in headers) == (not embed)
    assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in browser.client.get("/health").headers["Content-Security-Policy"]
    unknown = browser.launch("x", "https://evil.example").headers
    assert "frame-ancestors 'none'" in unknown["Content-Security-Policy"]


def test_a_browser_keeps_thirty_launches(browser: Browser) -> None:
    for _ in range(32):
        browser.launch(browser.ehr.open("p"))
    names = [each for each in browser.client._cookies or () if "launch-" in str(each)]
    assert len(names) == 30
    assert "Eva Muster" in browser.opened().text


def test_on_a_machine_of_a_developer_it_works_without_tls(ehr: SmartEhr, kept: Store) -> None:
    there = launchable(ehr, redirect_uri="http://127.0.0.1:5/launch/callback", embed=(EHR_PAGE,))
    browser = Browser(application(kept, there), ehr)
    begun = browser.launch(ehr.open("p"))
    (cookie,) = begun.headers.getlist("Set-Cookie")
    assert cookie.startswith("launch-") and "Secure" not in cookie and "SameSite=Lax" in cookie
    assert PAGE in browser.followed(browser.get(browser.permitted(begun))).text


def test_a_cookie_without_the_prefix_does_not_count_with_tls(browser: Browser) -> None:
    """Another host of the same domain could have set it."""
    browser.opened()
    identity = browser.visited[-1].rpartition("/")[2]
    cookie = browser.client.get_cookie(f"__Host-launch-{identity}", "prescreen.example")
    assert cookie is not None
    other = Browser(browser.app, browser.ehr)
    other.client.set_cookie(f"launch-{identity}", cookie.value, domain="prescreen.example")
    check_refused(other.get(browser.visited[-1]), "another browser")


def test_behind_a_path_of_a_proxy_the_page_is_found(ehr: SmartEhr, kept: Store) -> None:
    there = launchable(ehr, redirect_uri=f"{OURS}/research/launch/callback")
    browser = Browser(application(kept, there), ehr)
    arrived = browser.get(browser.permitted(browser.launch(ehr.open("p"))).replace("/research", ""))
    address = arrived.headers["Location"]
    assert address.startswith(f"{OURS}/research/patient/")
    assert 'href="../static/pages.css?v=' in browser.get(address.replace("/research", "")).text


def test_the_stylesheet_is_there_for_other_machines(browser: Browser) -> None:
    answer = browser.get(f"{OURS}/static/pages.css")
    assert (answer.status_code, answer.mimetype) == (200, "text/css")


def test_more_launches_than_people_can_make_are_refused(
    ehr: SmartEhr, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.web.launch.PER_MINUTE", 2)
    watch = Watch()
    browser = Browser(application(kept, launchable(ehr), watch=watch), ehr)
    told = [browser.launch(ehr.open("p")).status_code for _ in range(3)]
    watch.passed += 60
    assert (told, browser.launch(ehr.open("p")).status_code) == ([302, 302, 429], 302)
