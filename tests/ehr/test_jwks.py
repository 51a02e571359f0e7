"""Public keys of others: which are taken from a set, and how often a set is asked for. STANDARDS 1.81, 1.82."""

import json
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey

from service.ehr.addresses import is_protected
from service.ehr.jwks import Freshness, KeySet, KeySets, read_key_set
from service.ehr.keys import SigningKey, load_key, public_keys
from service.ehr.transport import new_session
from service.errors import EhrError, EhrUnavailable, UnusableAnswer, UsageError
from tests.ehr.clock import Watch
from tests.ehr.published import Published
from tests.ehr.test_backend_auth import weak_key


@pytest.fixture
def published(ec_key: SigningKey) -> Iterator[Published]:
    with Published() as running:
        running.publish(ec_key)
        yield running


@pytest.fixture
def sets(watch: Watch) -> KeySets:
    return KeySets(new_session(), watch.clock)


def new_key(kid: str) -> SigningKey:
    return load_key(ECKey.generate_key("P-384").as_pem(private=True).decode(), kid)


def jwk(key: Any, **more: object) -> dict[str, Any]:
    """The public half of a key, with these members besides."""
    return {**key.as_dict(private=False), "kid": "a", **more}


def weak_jwk() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwk(RSAKey.import_key(weak_key()))


def given(*keys: dict[str, Any]) -> KeySet:
    return read_key_set(json.dumps({"keys": keys}))


EC, RSA = ECKey.generate_key("P-384"), RSAKey.generate_key(2048)
FOUND = {
    "a key for ES384": (jwk(EC), "ES384"),
    "a key for RS384": (jwk(RSA), "RS384"),
    "an RSA key takes PS384, too": (jwk(RSA), "PS384"),
    "a key that says what it is for": (jwk(EC, alg="ES384", use="sig", key_ops=["verify"]), "ES384"),
    "members that nobody knows": (jwk(EC, x5t="abc", colour="red"), "ES384"),
}
NOT_FOUND = {
    "another kind of key": (jwk(RSA), "ES384"),
    "another curve": (jwk(ECKey.generate_key("P-256")), "ES384"),
    "another algorithm is stated": (jwk(RSA, alg="RS256"), "RS384"),
    "it is for encryption": (jwk(RSA, use="enc"), "RS384"),
    "it is for signing alone": (jwk(RSA, key_ops=["sign"]), "RS384"),
    "a symmetric key": ({**OctKey.generate_key(384).as_dict(private=True), "kid": "a"}, "HS384"),
    "an RSA key for HS384": (jwk(RSA), "HS384"),
    "an RSA key for none": (jwk(RSA), "none"),
    "a private key that was published": ({**EC.as_dict(private=True), "kid": "a"}, "ES384"),
    "an RSA key that is too short": (weak_jwk(), "RS384"),
    "a point that is not on the curve": (jwk(EC, x=EC.as_dict()["y"]), "ES384"),
    "an id that is no text": (jwk(EC, kid=7), "ES384"),
    "no id": ({name: value for name, value in jwk(EC).items() if name != "kid"}, "ES384"),
    "a member that is missing": ({"kty": "EC", "kid": "a", "crv": "P-384"}, "ES384"),
    "a member that is no text": (jwk(EC, x=[1]), "ES384"),
    "operations that are no list": (jwk(EC, key_ops="verify"), "ES384"),
    "a curve that nobody knows": (jwk(EC, crv="P-999"), "ES384"),
}


@pytest.mark.parametrize(("key", "algorithm"), FOUND.values(), ids=FOUND)
def test_a_key_that_can_verify_is_found(key: dict[str, Any], algorithm: str) -> None:
    assert given(key).find("a", algorithm) is not None


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(("key", "algorithm"), NOT_FOUND.values(), ids=NOT_FOUND)
def test_a_key_that_cannot_verify_is_left_out_and_the_others_stay(key: dict[str, Any], algorithm: str) -> None:
    assert given(key, jwk(EC, kid="b")).find("a", algorithm) is None
    assert given(key, jwk(EC, kid="b")).find("b", "ES384") is not None


def test_two_keys_of_one_id_are_none_unless_the_algorithm_tells_them_apart() -> None:
    other = jwk(ECKey.generate_key("P-384"))
    assert given(jwk(EC), other).find("a", "ES384") is None
    assert given(jwk(EC), jwk(RSA)).find("a", "RS384") is not None


def test_without_an_id_the_only_key_for_the_algorithm_is_meant() -> None:
    assert given(jwk(EC), jwk(RSA, kid="b")).find(None, "RS384") is not None
    assert given(jwk(RSA), jwk(RSAKey.generate_key(2048), kid="b")).find(None, "RS384") is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"keys": {}}', b"<html>", b'{"keys": [' + b"1," * 100 + b"1]}"]
)
def test_what_is_no_set_of_keys_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError, match="a set of keys is a JSON object"):
        read_key_set(content)


def test_a_set_is_asked_for_once(sets: KeySets, published: Published, watch: Watch) -> None:
    for _ in range(3):
        assert sets.find(published.url, "ec-1", "ES384") is not None
        watch.passed += 1000
    assert published.asked == ["/jwks.json"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 3600),
        ("max-age=1200", 1200),
        ("public, Max-Age=1200, must-revalidate", 1200),
        ("max-age=1", 300),
        ("max-age=999999999999999999999999", 86400),
        ("max-age=-5", 3600),
        ("max-age=soon", 3600),
        ("no-store", 300),
        ("no-cache, max-age=9000", 300),
    ],
)
def test_it_is_kept_as_long_as_its_server_says_within_bounds(
    sets: KeySets, published: Published, watch: Watch, header: str | None, seconds: int
) -> None:
    published.headers = {} if header is None else {"Cache-Control": header}
    for passed, asked in ((0, 1), (seconds - 1, 1), (1, 2)):
        watch.passed += passed
        assert sets.find(published.url, "ec-1", "ES384") is not None
        assert len(published.asked) == asked


def test_1_82_an_unknown_kid_leads_to_one_question_in_a_while(
    sets: KeySets, published: Published, watch: Watch
) -> None:
    sets.find(published.url, "ec-1", "ES384")
    watch.passed += 100
    assert [sets.find(published.url, f"nobody-{each}", "ES384") for each in range(20)] == [None] * 20
    assert len(published.asked) == 2
    watch.passed += 59
    assert sets.find(published.url, "nobody", "ES384") is None
    assert len(published.asked) == 2
    watch.passed += 1
    assert sets.find(published.url, "nobody", "ES384") is None
    assert len(published.asked) == 3


def test_1_82_a_key_that_was_added_is_found(
    sets: KeySets, published: Published, watch: Watch, ec_key: SigningKey
) -> None:
    sets.find(published.url, "ec-1", "ES384")
    published.publish(ec_key, new_key("new"))
    watch.passed += 100
    assert sets.find(published.url, "new", "ES384") is not None
    assert sets.find(published.url, "ec-1", "ES384") is not None
    assert len(published.asked) == 2


def test_a_key_that_was_withdrawn_is_forgotten_with_the_next_answer(
    sets: KeySets, published: Published, watch: Watch
) -> None:
    sets.find(published.url, "ec-1", "ES384")
    published.publish(new_key("new"))
    watch.passed += 3600
    assert sets.find(published.url, "ec-1", "ES384") is None


BROKEN: dict[str, dict[str, Any]] = {
    "an error": {"status": 500},
    "not there": {"status": 404},
    "a page": {"content": b"<html>"},
    "no set": {"content": b'{"error": "x"}'},
    "no answer": {"drop": True},
    "a redirection to another host": {"status": 302, "headers": {"Location": "http://localhost:1/jwks.json"}},
    "too long": {"content": b" " * (1 << 20) + b'{"keys": []}'},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_set_that_cannot_be_had_is_used_a_while_longer(
    sets: KeySets, published: Published, watch: Watch, broken: dict[str, Any]
) -> None:
    sets.find(published.url, "ec-1", "ES384")
    for name, value in broken.items():
        setattr(published, name, value)
    watch.passed += 3600 + 3599
    assert sets.find(published.url, "ec-1", "ES384") is not None
    watch.passed += 1
    with pytest.raises(EhrUnavailable):
        sets.find(published.url, "ec-1", "ES384")


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_set_that_was_never_had_is_an_error_and_asked_for_again_in_a_while(
    sets: KeySets, published: Published, watch: Watch, broken: dict[str, Any]
) -> None:
    for name, value in broken.items():
        setattr(published, name, value)
    for _ in range(5):
        with pytest.raises(EhrUnavailable):
            sets.find(published.url, "ec-1", "ES384")
    assert len(published.asked) == 1
    watch.passed += 60
    with pytest.raises(EhrUnavailable):
        sets.find(published.url, "ec-1", "ES384")
    assert len(published.asked) == 2


def test_many_threads_ask_once(sets: KeySets, published: Published) -> None:
    published.delay = 0.1
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(sets.find(published.url, "ec-1", "ES384"))) for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (len(found), None in found, len(published.asked)) == (8, False, 1)


def test_one_address_that_hangs_does_not_hold_up_another(watch: Watch, ec_key: SigningKey) -> None:
    sets = KeySets(new_session(), watch.clock, Freshness())
    with Published(delay=1.0) as slow, Published() as quick:
        quick.publish(ec_key)
        waiting = threading.Thread(target=lambda: sets.find(slow.url, None, "ES384"))
        waiting.start()
        assert sets.find(quick.url, "ec-1", "ES384") is not None
        assert waiting.is_alive()
        waiting.join()


@pytest.mark.parametrize(
    ("url", "protected"),
    [
        ("https://ehr.example/jwks", True),
        ("https://ehr.example/jwks?tenant=7", True),
        ("http://127.0.0.1:8000/jwks", True),
        ("http://[::1]/jwks", True),
        ("http://localhost/jwks", True),
        ("http://ehr.example/jwks", False),
        ("http://127.0.0.1.evil.example/jwks", False),
        ("http://localhost.evil.example/jwks", False),
        ("http://127.0.0.1@evil.example/jwks", False),
        ("https://user:word@ehr.example/jwks", False),
        ("https://ehr.example/jwks#part", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_only_what_nobody_between_can_change_is_asked(url: str, protected: bool) -> None:
    assert is_protected(url) is protected


@pytest.mark.parametrize("url", ["http://ehr.example/jwks", "file:///jwks.json", "jwks.json", ""])
def test_no_other_address_is_asked(watch: Watch, url: str) -> None:
    class NoTransport:
        def request(self, *_: object, **__: object) -> Any:
            raise AssertionError("something was asked")

    with pytest.raises(UnusableAnswer, match="https"):
        KeySets(NoTransport(), watch.clock).find(url, "a", "ES384")


def test_no_error_and_no_log_holds_what_a_server_said(
    sets: KeySets, published: Published, caplog: pytest.LogCaptureFixture
) -> None:
    published.content = b'{"oops": "Mrs. Secret"}'
    with pytest.raises(EhrError) as refused:
        sets.find(published.url, "ec-1", "ES384")
    assert "127.0.0.1" in caplog.text
    assert "Secret" not in str(refused.value) + caplog.text


def test_our_own_published_keys_can_be_read(ec_key: SigningKey, rsa_key: SigningKey) -> None:
    read = read_key_set(json.dumps(public_keys([ec_key, rsa_key])))
    assert [each.kid for each in read.keys] == ["ec-1", "rsa-1"]
