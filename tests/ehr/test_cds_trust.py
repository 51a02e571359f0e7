"""Who may ask for cards: every way in which a token can be wrong. STANDARDS 1.75-1.86 and the JWT matrix of 9.3."""

import base64
import hmac
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from joserfc import jwt
from joserfc.registry import HeaderParameter

from service.ehr.cds_clients import CdsClient, CdsTrust
from service.ehr.jwks import KeySets, read_key_set
from service.ehr.keys import SigningKey, load_key, public_keys
from service.ehr.signed import read_signed
from service.ehr.transport import new_session
from service.errors import InvalidValue, NotTrusted, StoreUnavailable
from service.store import tokens
from service.store.engine import open_store
from service.store.migration import migrate
from tests.ehr.clock import Watch
from tests.ehr.published import Published
from tests.ehr.test_jwks import new_key

EPIC, ORACLE = "https://epic.example/api/FHIR/R4", "https://cds-hooks.cerner.com"
US = "https://prescreen.hospital.example"
PATH = "/cds-services/prescreen-patient-view"
HERE = f"{US}{PATH}"
MINUTE, HOUR = 60, 3600
REMOVED = "<removed>"


@dataclass
class Ehr:
    """An EHR that calls us: `signs` makes the header Authorization of one call."""

    ec_key: SigningKey
    rsa_key: SigningKey
    published: Published
    watch: Watch
    used: set[tuple[str, str]] = field(default_factory=set)
    calls: int = 0

    @property
    def now(self) -> int:
        return int(self.watch.now().timestamp())

    def signs(self, key: SigningKey | None = None, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """Times are given in seconds from now; REMOVED takes a claim or a member of the header away."""
        self.calls += 1
        usual = {"iss": EPIC, "aud": HERE, "iat": 0, "exp": 5 * MINUTE, "jti": f"call-{self.calls}"}
        claims = {name: value for name, value in {**usual, **changed}.items() if value != REMOVED}
        for name in ("iat", "exp", "nbf"):
            if isinstance(claims.get(name), int) and not isinstance(claims[name], bool):
                claims[name] += self.now
        return f"Bearer {signed(key or self.ec_key, header or {}, claims)}"

    def first_use(self, issuer: str, jti: str, until: datetime) -> bool:
        first = (issuer, jti) not in self.used
        self.used.add((issuer, jti))
        return first

    def client(self, **changed: Any) -> CdsClient:
        usual: dict[str, Any] = {"tenant": "north", "issuer": EPIC, "audience": (US,), "keys": self.published.url}
        return CdsClient(**{**usual, **changed})

    def trust(self, *clients: CdsClient, **more: Any) -> CdsTrust:
        sets = KeySets(new_session(), self.watch.clock)
        return CdsTrust(clients or (self.client(),), sets, more.pop("first_use", self.first_use), self.watch.clock)


def signed(key: SigningKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token with this header; the members not given are as they should be."""
    whole = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT", **header}
    whole = {name: value for name, value in whole.items() if value != REMOVED}
    known = {"colour": HeaderParameter("an extension", "str")}
    registry = jwt.JWSRegistry(known, algorithms=[key.algorithm])
    registry.max_header_length = 4096
    return jwt.encode(whole, claims, key.key, registry=registry, default_type=None)


def part(content: object) -> str:
    """One part of a token, as JSON."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@pytest.fixture
def ehr(ec_key: SigningKey, rsa_key: SigningKey, watch: Watch) -> Iterator[Ehr]:
    with Published() as published:
        published.publish(ec_key, rsa_key)
        yield Ehr(ec_key, rsa_key, published, watch)


Call = Callable[[Ehr], str | None]

TRUSTED: dict[str, Call] = {
    "1.77 signed with ES384": lambda ehr: ehr.signs(),
    "1.77 signed with RS384": lambda ehr: ehr.signs(ehr.rsa_key),
    "1.78 Epic adds sub, and nbf five minutes ago": lambda ehr: ehr.signs(sub="somebody", nbf=-5 * MINUTE),
    "1.78 claims that nobody knows": lambda ehr: ehr.signs(colour="red", client_id="x"),
    "1.76 a header that nobody knows": lambda ehr: ehr.signs(header={"colour": "red"}),
    "1.79 the audience is a list": lambda ehr: ehr.signs(aud=["https://other.example", HERE]),
    "1.79 the audience ends with a slash": lambda ehr: ehr.signs(aud=f"{HERE}/"),
    "1.84 over for less than a minute": lambda ehr: ehr.signs(iat=-5 * MINUTE, exp=-59),
    "1.84 issued by a clock a minute ahead": lambda ehr: ehr.signs(iat=60, nbf=60),
    "1.84 fifteen minutes, as Epic does": lambda ehr: ehr.signs(nbf=-5 * MINUTE, exp=15 * MINUTE),
    "1.84 one hour": lambda ehr: ehr.signs(exp=HOUR),
    "1.75 the scheme in small letters": lambda ehr: ehr.signs().replace("Bearer", "bearer"),
    "1.81 a jku that is not listed counts for nothing": lambda ehr: ehr.signs(
        header={"jku": "https://evil.example/jwks"}
    ),
}


@pytest.mark.parametrize("call", TRUSTED.values(), ids=TRUSTED)
def test_who_is_trusted(ehr: Ehr, call: Call) -> None:
    client = ehr.client()
    assert ehr.trust(client).check(call(ehr), (PATH,)) == client
    assert ehr.published.asked == ["/jwks.json"]


def unsigned(ehr: Ehr, algorithm: str) -> str:
    _, claims, _ = ehr.signs().removeprefix("Bearer ").split(".")
    return f"Bearer {part({'alg': algorithm, 'typ': 'JWT', 'kid': 'ec-1'})}.{claims}."


def with_shared_secret(ehr: Ehr) -> str:
    """The old attack: our public key, which everybody has, used as a shared secret."""
    _, claims, _ = ehr.signs().removeprefix("Bearer ").split(".")
    said = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa-1'})}.{claims}"
    signature = hmac.new(ehr.rsa_key.key.as_pem(private=False), said.encode(), "sha256").digest()
    return f"Bearer {said}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_key_inside(ehr: Ehr) -> str:
    """The attacker's own public key in the header."""
    forged = new_key("ec-1")
    return ehr.signs(forged, header={"jwk": forged.public})


REFUSED: dict[str, tuple[str, Call]] = {
    "1.75 nothing": ("token", lambda ehr: None),
    "1.75 an empty header": ("token", lambda ehr: ""),
    "1.75 a scheme without a token": ("token", lambda ehr: "Bearer "),
    "1.75 another scheme": ("token", lambda ehr: ehr.signs().replace("Bearer", "Basic")),
    "1.75 no scheme": ("token", lambda ehr: ehr.signs().removeprefix("Bearer ")),
    "1.75 no JWT": ("token", lambda ehr: "Bearer open-sesame"),
    "1.75 three parts of nothing": ("token", lambda ehr: "Bearer a.b.c"),
    "1.75 two tokens": ("token", lambda ehr: f"{ehr.signs()} {ehr.signs().removeprefix('Bearer ')}"),
    "1.75 two headers": ("token", lambda ehr: f"{ehr.signs()}, {ehr.signs()}"),
    "1.75 the same header twice": ("token", lambda ehr: ",".join([ehr.signs()] * 2)),
    "1.75 a token too long": ("token", lambda ehr: ehr.signs(colour="r" * 9000)),
    "1.75 claims that are a list": ("token", lambda ehr: f"Bearer {part({'alg': 'ES384'})}.{part([])}.AAAA"),
    "1.75 a header that is a list": ("token", lambda ehr: f"Bearer {part(['alg'])}.{part({})}.AAAA"),
    "1.76 no typ": ("header", lambda ehr: ehr.signs(header={"typ": REMOVED})),
    "1.76 another typ": ("header", lambda ehr: ehr.signs(header={"typ": "at+jwt"})),
    "1.76 no kid": ("header", lambda ehr: ehr.signs(header={"kid": REMOVED})),
    "1.76 an empty kid": ("header", lambda ehr: ehr.signs(header={"kid": ""})),
    "1.76 an extension that has to be understood": (
        "token",
        lambda ehr: ehr.signs(header={"crit": ["colour"], "colour": "red"}),
    ),
    "1.77 none": ("token", lambda ehr: unsigned(ehr, "none")),
    "1.77 none with something for a signature": ("alg", lambda ehr: f"{unsigned(ehr, 'none')}AAAA"),
    "1.77 None, in another spelling": ("alg", lambda ehr: f"{unsigned(ehr, 'nOnE')}AAAA"),
    "1.77 HS256 with our public key": ("alg", with_shared_secret),
    "1.77 an algorithm that is not configured": ("alg", lambda ehr: ehr.signs(replace(ehr.rsa_key, algorithm="RS256"))),
    "1.77 no algorithm": ("token", lambda ehr: f"Bearer {part({'typ': 'JWT', 'kid': 'a'})}.{part({})}.AAAA"),
    "1.77 an algorithm that is a list": ("alg", lambda ehr: algorithm_list(ehr)),
    **{
        f"1.78 no {name}": (name, lambda ehr, name=name: ehr.signs(**{name: REMOVED})) for name in ("iss", "aud", "exp")
    },
    **{f"1.78 no {name}": (name, lambda ehr, name=name: ehr.signs(**{name: REMOVED})) for name in ("iat", "jti")},
    **{f"1.78 {name} is null": (name, lambda ehr, name=name: ehr.signs(**{name: None})) for name in ("iss", "aud")},
    **{
        f"1.78 {name} is true": (name, lambda ehr, name=name: ehr.signs(**{name: True}))
        for name in ("exp", "iat", "nbf")
    },
    **{
        f"1.78 {name} is text": (name, lambda ehr, name=name: ehr.signs(**{name: "9999999999"}))
        for name in ("exp", "iat")
    },
    "1.78 exp is far beyond all calendars": ("exp", lambda ehr: ehr.signs(exp=10**18)),
    "1.78 jti is empty": ("jti", lambda ehr: ehr.signs(jti="")),
    "1.78 jti is a number": ("jti", lambda ehr: ehr.signs(jti=7)),
    "1.78 not before two minutes from now": ("nbf", lambda ehr: ehr.signs(nbf=2 * MINUTE)),
    "1.78 issued two minutes from now": ("nbf", lambda ehr: ehr.signs(iat=2 * MINUTE)),
    "1.79 for another host": ("aud", lambda ehr: ehr.signs(aud=f"https://other.example{PATH}")),
    "1.79 for another endpoint of ours": ("aud", lambda ehr: ehr.signs(aud=f"{US}/cds-services/another")),
    "1.79 for the whole of us": ("aud", lambda ehr: ehr.signs(aud=US)),
    "1.79 for more than the endpoint": ("aud", lambda ehr: ehr.signs(aud=f"{HERE}/more")),
    "1.79 without encryption": ("aud", lambda ehr: ehr.signs(aud=HERE.replace("https", "http"))),
    "1.79 a list of others": ("aud", lambda ehr: ehr.signs(aud=["https://other.example", US])),
    "1.79 an empty list": ("aud", lambda ehr: ehr.signs(aud=[])),
    "1.79 a list with something else in it": ("aud", lambda ehr: ehr.signs(aud=[HERE, 7])),
    "1.80 somebody unknown": ("iss", lambda ehr: ehr.signs(iss="https://other.example")),
    "1.80 an issuer with a slash more": ("iss", lambda ehr: ehr.signs(iss=f"{EPIC}/")),
    "1.80 an issuer in other letters": ("iss", lambda ehr: ehr.signs(iss=EPIC.upper())),
    "1.80 a list of issuers": ("iss", lambda ehr: ehr.signs(iss=[EPIC])),
    "1.82 a kid that is not published": ("kid", lambda ehr: ehr.signs(new_key("nobody"))),
    "1.82 the kid of a key of another kind": ("kid", lambda ehr: ehr.signs(replace(ehr.ec_key, kid="rsa-1"))),
    "1.82 the attacker's key in the header": ("signature", with_key_inside),
    "1.84 over for a minute": ("exp", lambda ehr: ehr.signs(iat=-5 * MINUTE, exp=-60)),
    "1.84 over for a day": ("exp", lambda ehr: ehr.signs(iat=-86400 - HOUR, exp=-86400)),
    "1.84 good for more than an hour": ("lifetime", lambda ehr: ehr.signs(exp=HOUR + 1)),
    "1.84 good for ever": ("lifetime", lambda ehr: ehr.signs(exp=10**9)),
    "1.84 over before it was issued": ("lifetime", lambda ehr: ehr.signs(iat=50, exp=-50)),
    "a tenant where there should be none": ("tenant", lambda ehr: ehr.signs(tenant="another hospital")),
    "a tenant that is null": ("tenant", lambda ehr: ehr.signs(tenant=None)),
    "signed by somebody else": ("signature", lambda ehr: ehr.signs(new_key("ec-1"))),
    "a signature of nothing": ("signature", lambda ehr: ehr.signs().rpartition(".")[0] + "." + "A" * 128),
}


def algorithm_list(ehr: Ehr) -> str:
    _, claims, signature = ehr.signs().removeprefix("Bearer ").split(".")
    return f"Bearer {part({'alg': ['ES384'], 'typ': 'JWT', 'kid': 'ec-1'})}.{claims}.{signature}"


@pytest.mark.parametrize(("reason", "call"), REFUSED.values(), ids=REFUSED)
def test_who_is_refused(ehr: Ehr, reason: str, call: Call) -> None:
    with pytest.raises(NotTrusted) as refused:
        ehr.trust().check(call(ehr), (PATH,))
    assert refused.value.reason == reason
    assert str(refused.value) == "not trusted"  # 1.75: the caller is not told what is wrong
    assert ehr.used == set()  # 1.85: nothing is remembered of a token that was not signed by who it says


def test_1_83_a_token_is_used_once(ehr: Ehr) -> None:
    trust, call = ehr.trust(), ehr.signs()
    trust.check(call, (PATH,))
    with pytest.raises(NotTrusted) as refused:
        trust.check(call, (PATH,))
    assert refused.value.reason == "jti"
    with pytest.raises(NotTrusted):  # another token, with the same id
        trust.check(ehr.signs(ehr.rsa_key, jti="call-1"), (PATH,))


def test_1_83_a_token_is_remembered_as_long_as_it_could_be_used(ehr: Ehr) -> None:
    remembered: list[datetime] = []
    trust = ehr.trust(first_use=lambda issuer, jti, until: not remembered.append(until))  # type: ignore[func-returns-value]
    trust.check(ehr.signs(exp=HOUR), (PATH,))
    assert [each.timestamp() - ehr.now for each in remembered] == [HOUR + 60]
    ehr.watch.passed += HOUR + 60
    with pytest.raises(NotTrusted, match="not trusted"):
        trust.check(ehr.signs(iat=-HOUR - 60, exp=-60), (PATH,))


def test_1_83_a_token_is_used_once_by_all_processes(ehr: Ehr, tmp_path: Path) -> None:
    stores = [open_store(f"sqlite:///{tmp_path}/tokens.db") for _ in range(2)]
    migrate(stores[0])

    def first_use(number: int) -> Callable[[str, str, datetime], bool]:
        return lambda issuer, jti, until: tokens.first_use(stores[number], issuer, jti, until)

    one, other = (ehr.trust(first_use=first_use(number)) for number in range(2))
    call = ehr.signs()
    assert one.check(call, (PATH,)) == other.check(ehr.signs(), (PATH,))
    for trust in (one, other):
        with pytest.raises(NotTrusted):
            trust.check(call, (PATH,))
    for each in stores:
        each.close()


def test_1_83_where_it_cannot_be_known_whether_a_token_was_used_nobody_is_trusted(ehr: Ehr) -> None:
    def unavailable(issuer: str, jti: str, until: datetime) -> bool:
        raise StoreUnavailable("the database does not answer")

    with pytest.raises(StoreUnavailable):
        ehr.trust(first_use=unavailable).check(ehr.signs(), (PATH,))


def test_1_85_a_forged_token_does_not_use_up_the_id_of_the_real_one(ehr: Ehr) -> None:
    trust = ehr.trust()
    with pytest.raises(NotTrusted):
        trust.check(ehr.signs(new_key("ec-1"), jti="guessed"), (PATH,))
    assert trust.check(ehr.signs(jti="guessed"), (PATH,))


def test_1_85_no_key_is_asked_for_on_behalf_of_somebody_unknown(ehr: Ehr) -> None:
    other = ehr.client(issuer=ORACLE, claim="t1")
    for call in (
        ehr.signs(iss="https://other.example"),
        ehr.signs(aud="https://other.example"),
        ehr.signs(exp=-HOUR, iat=-HOUR - 60),
        ehr.signs(tenant="x"),
        ehr.signs(iss=ORACLE, tenant="t2"),
        unsigned(ehr, "none") + "AAAA",
    ):
        with pytest.raises(NotTrusted):
            ehr.trust(ehr.client(), other).check(call, (PATH,))
    assert ehr.published.asked == []


def test_1_81_a_jku_that_is_not_listed_is_never_asked(ehr: Ehr) -> None:
    forged = new_key("ec-1")
    with Published() as attacker:
        attacker.publish(forged)
        for client in (ehr.client(), ehr.client(jku=frozenset({ehr.published.url}))):
            with pytest.raises(NotTrusted):
                ehr.trust(client).check(ehr.signs(forged, header={"jku": attacker.url}), (PATH,))
        assert attacker.asked == []


def test_1_81_a_jku_that_is_listed_for_another_issuer_is_not_asked(ehr: Ehr) -> None:
    with Published() as theirs:
        theirs.publish(key := new_key("ec-1"))
        oracle = ehr.client(issuer=ORACLE, jku=frozenset({theirs.url}))
        with pytest.raises(NotTrusted):
            ehr.trust(ehr.client(), oracle).check(ehr.signs(key, header={"jku": theirs.url}), (PATH,))
        assert theirs.asked == []


def test_1_81_a_jku_that_is_listed_is_used(ehr: Ehr) -> None:
    with Published() as second:
        second.publish(key := new_key("second"))
        trust = ehr.trust(ehr.client(jku=frozenset({second.url})))
        assert trust.check(ehr.signs(key, header={"jku": second.url}), (PATH,))
        assert trust.check(ehr.signs(), (PATH,))
        with pytest.raises(NotTrusted):  # its key is not of the other set
            trust.check(ehr.signs(key), (PATH,))


@pytest.mark.parametrize("jku", [REMOVED, "https://evil.example/jwks"])
def test_1_81_without_a_set_of_its_own_a_client_needs_a_listed_jku(ehr: Ehr, jku: object) -> None:
    trust = ehr.trust(ehr.client(keys=None, jku=frozenset({ehr.published.url})))
    assert trust.check(ehr.signs(header={"jku": ehr.published.url}), (PATH,))
    with pytest.raises(NotTrusted):
        trust.check(ehr.signs(header={"jku": jku}), (PATH,))


def test_1_82_an_unknown_kid_asks_for_the_set_once_more(ehr: Ehr) -> None:
    trust = ehr.trust()
    trust.check(ehr.signs(), (PATH,))
    ehr.watch.passed += 2 * MINUTE
    for _ in range(10):
        with pytest.raises(NotTrusted):
            trust.check(ehr.signs(new_key("nobody")), (PATH,))
    assert len(ehr.published.asked) == 2


def test_1_82_a_new_key_is_trusted_as_soon_as_it_is_published(ehr: Ehr) -> None:
    trust, new = ehr.trust(), new_key("new")
    trust.check(ehr.signs(), (PATH,))
    ehr.published.publish(ehr.ec_key, new)
    ehr.watch.passed += 2 * MINUTE
    assert trust.check(ehr.signs(new), (PATH,))


def test_1_82_where_the_keys_cannot_be_had_nobody_is_trusted(ehr: Ehr) -> None:
    ehr.published.status = 500
    with pytest.raises(NotTrusted) as refused:
        ehr.trust().check(ehr.signs(), (PATH,))
    assert refused.value.reason == "keys"


def test_keys_may_be_given_instead_of_an_address(ehr: Ehr) -> None:
    held = read_key_set(json.dumps(public_keys([ehr.ec_key])))
    assert ehr.trust(ehr.client(keys=held)).check(ehr.signs(), (PATH,))
    assert ehr.published.asked == []


def test_1_80_one_issuer_of_several_hospitals(ehr: Ehr) -> None:
    """Oracle signs for all its customers: the claim `tenant` tells them apart."""
    north, south = (ehr.client(issuer=ORACLE, tenant=name, claim=f"{name}-id") for name in ("north", "south"))
    trust = ehr.trust(north, south)
    assert trust.check(ehr.signs(iss=ORACLE, tenant="north-id"), (PATH,)) == north
    assert trust.check(ehr.signs(iss=ORACLE, tenant="south-id"), (PATH,)) == south
    for wrong in ("west-id", "", REMOVED, None, ["north-id"]):
        with pytest.raises(NotTrusted) as refused:
            trust.check(ehr.signs(iss=ORACLE, tenant=wrong), (PATH,))
        assert refused.value.reason == "tenant"


def test_1_79_the_audience_is_that_of_the_tenant(ehr: Ehr) -> None:
    other = "https://inside.example/prescreen"
    north = ehr.client(issuer=ORACLE, claim="n", audience=(US,))
    south = ehr.client(issuer=ORACLE, claim="s", audience=(other, f"{US}:8443/"))
    trust = ehr.trust(north, south)
    for client, base in ((north, US), (south, other), (south, f"{US}:8443")):
        assert trust.check(ehr.signs(iss=ORACLE, tenant=client.claim, aud=base + PATH), (PATH,)) == client
    with pytest.raises(NotTrusted):
        trust.check(ehr.signs(iss=ORACLE, tenant="n", aud=other + PATH), (PATH,))


def test_1_73_feedback_is_accepted_for_the_service_too(ehr: Ehr) -> None:
    trust, paths = ehr.trust(), (f"{PATH}/feedback", PATH)
    assert trust.check(ehr.signs(), paths) and trust.check(ehr.signs(aud=f"{HERE}/feedback/"), paths)
    with pytest.raises(NotTrusted):
        trust.check(ehr.signs(aud=f"{HERE}/feedback"), (PATH,))


def test_1_77_another_asymmetric_algorithm_may_be_configured(ehr: Ehr) -> None:
    with Published() as published:
        key = replace(ehr.rsa_key, algorithm="PS256")
        published.publish(key)
        client = ehr.client(keys=published.url, algorithms=frozenset({"PS256"}))
        assert ehr.trust(client).check(ehr.signs(key), (PATH,))
        with pytest.raises(NotTrusted):
            ehr.trust(client).check(ehr.signs(), (PATH,))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS384", "HS512", "RSA1_5", "", "es384"])
def test_1_77_no_other_algorithm_can_be_configured(ehr: Ehr, algorithm: str) -> None:
    with pytest.raises(InvalidValue, match="ES384"):
        ehr.client(algorithms=frozenset({"ES384", algorithm}))


@pytest.mark.parametrize(
    "wrong", [{"issuer": ""}, {"audience": ()}, {"keys": None}, {"claim": ""}, {"algorithms": frozenset()}]
)
def test_a_client_that_could_trust_too_much_cannot_be_made(ehr: Ehr, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        ehr.client(**wrong)


def test_two_clients_have_to_be_told_apart(ehr: Ehr) -> None:
    with pytest.raises(InvalidValue, match="told apart"):
        ehr.trust(ehr.client(tenant="north"), ehr.client(tenant="south"))


def test_1_86_a_token_is_never_logged(ehr: Ehr, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    calls = [ehr.signs(new_key("ec-1"), sub="Mrs. Secret", tenant=REMOVED), "Bearer open-sesame-1234"]
    for call in calls:
        with pytest.raises(NotTrusted):
            ehr.trust().check(call, (PATH,))
    assert "(signature)" in caplog.text and EPIC in caplog.text and "call-1" in caplog.text
    told = caplog.text + repr(ehr.trust()) + repr(read_signed(calls[0].removeprefix("Bearer ")))
    assert "eyJ" not in told and "Secret" not in told and "sesame" not in told


def test_1_86_a_claim_in_the_log_is_one_line_of_some_length(ehr: Ehr, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NotTrusted):
        ehr.trust().check(ehr.signs(iss="x\nWARNING all is well" + "y" * 3000), (PATH,))
    (record,) = caplog.records
    assert "\n" not in record.getMessage() and len(record.getMessage()) < 500


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.integers(0, 9999), flipped=st.integers(1, 255), name=st.sampled_from(["ec_key", "rsa_key"]))
def test_any_change_of_a_good_token_is_refused(ehr: Ehr, where: int, flipped: int, name: str) -> None:
    call = ehr.signs(getattr(ehr, name)).encode()
    begin = len("Bearer ")
    place = begin + where % (len(call) - begin)
    changed = call[:place] + bytes([call[place] ^ flipped]) + call[place + 1 :]
    trust = ehr.trust(ehr.client(keys=read_key_set(json.dumps(public_keys([ehr.ec_key, ehr.rsa_key])))))
    with pytest.raises(NotTrusted):
        trust.check(changed.decode("latin-1"), (PATH,))
    assert trust.check(call.decode(), (PATH,))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["iss", "aud", "exp", "iat", "jti", "tenant", "nbf", "alg", "kid", "typ", "jku", "crit", "b64"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=JSON | st.dictionaries(NAMES, JSON), claims=JSON | st.dictionaries(NAMES, JSON), end=st.text(max_size=9))
def test_whatever_comes_is_refused_and_nothing_breaks(ehr: Ehr, header: object, claims: object, end: str) -> None:
    for call in (f"Bearer {part(header)}.{part(claims)}.{end}", f"Bearer {end}", end):
        with pytest.raises(NotTrusted):
            ehr.trust().check(call, (PATH,))


@pytest.mark.parametrize("deep", [part(1) + "W" * 1500, base64.urlsafe_b64encode(b"[" * 1500).decode()])
def test_a_header_of_many_brackets_breaks_nothing(ehr: Ehr, deep: str) -> None:
    with pytest.raises(NotTrusted):
        ehr.trust().check(f"Bearer {deep}.{deep}.AAAA", (PATH,))


def test_a_key_of_ours_is_not_theirs(ehr: Ehr) -> None:
    """A token that an EHR would take from us is none that we take."""
    ours = load_key(json.dumps(new_key("ec-1").key.as_dict(private=True)), "ec-1")
    with pytest.raises(NotTrusted):
        ehr.trust().check(ehr.signs(ours), (PATH,))
