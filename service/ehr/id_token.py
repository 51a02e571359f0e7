"""Who launched: an id_token is believed only when all of it has been checked. STANDARDS 4.16, 4.17.

The cryptography is joserfc's.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from service.ehr.addresses import identity
from service.ehr.jwks import KINDS
from service.errors import UnusableAnswer

LEEWAY = 60  # seconds by which clocks may differ
STAFF = ("Practitioner", "PractitionerRole", "Person", "Device")
LITERAL = re.compile(r"https?://[^\s?#]+/[A-Z][A-Za-z]+/[A-Za-z0-9\-._]{1,64}", re.ASCII)
LONGEST = 200
Find = Callable[[str | None, str], RSAKey | ECKey | None]


@dataclass(frozen=True, slots=True)
class Expected:
    """What an id_token has to say: by whom, for whom, and in answer to which request."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Who launched: a reference (`Practitioner/1`), or where the EHR names no resource, the account (`sub:…`)."""

    name: str

    @property
    def is_patient(self) -> bool:
        """Is it the patient, or somebody related to one, rather than the staff?"""
        return any(f"{each}/" in f"/{self.name}" for each in ("/Patient", "/RelatedPerson"))


def claims_of(token: str, expected: Expected, find: Find) -> Mapping[str, object]:
    """What an id_token says. `find`: the key of that id and algorithm. Raises UnusableAnswer if anything is wrong, and
    EhrUnavailable if the keys cannot be had."""
    claims = _verified(token, find)
    _check(claims, expected)
    return claims


def _verified(token: str, find: Find) -> Mapping[str, object]:
    try:
        header = jws.extract_compact(token.encode()).headers()
        algorithm, kid = str(header.get("alg")), header.get("kid")
        if algorithm not in KINDS or not isinstance(kid, str | None):
            raise _refused("its algorithm is not one that is accepted")
        key = find(kid, algorithm)
        if key is None:
            raise _refused("its key is not one that the server publishes")
        return jwt.decode(token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError):
        # Not chained: these errors may quote the token.
        raise _refused("its signature is not right") from None


def _check(claims: Mapping[str, object], expected: Expected) -> None:
    registry = jwt.JWTClaimsRegistry(
        now=int(expected.now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        nonce={"essential": True, "value": expected.nonce},
    )
    try:
        registry.validate(dict(claims))
    except JoseError as error:
        claim = getattr(error, "claim", None)
        raise _refused(
            f"its {claim} is not right" if claim in ("iss", "aud", "nonce") else "it is out of date"
        ) from None
    audience, party = claims.get("aud"), claims.get("azp")
    of_several = isinstance(audience, list) and len(audience) > 1
    if party != expected.client_id and (of_several or party is not None):
        raise _refused("it was made for somebody else, too")


def person_of(claims: Mapping[str, object], base: str) -> Person:
    """Who launched, by claims that were checked. `fhirUser` may be relative, or absolute here or elsewhere. Raises
    UnusableAnswer."""
    said, subject = claims.get("fhirUser"), claims.get("sub")
    if said is not None:
        here = identity(base, said)
        if here is not None:
            return Person("/".join(here))
        if isinstance(said, str) and LITERAL.fullmatch(said) and len(said) <= LONGEST:
            return Person(said)
        raise _refused("its fhirUser is no reference")
    if not isinstance(subject, str) or not subject or not subject.isprintable() or len(subject) > LONGEST - 4:
        raise _refused("it does not say who it is about")
    return Person(f"sub:{subject}")


def _refused(reason: str) -> UnusableAnswer:
    return UnusableAnswer(f"the id_token is not accepted: {reason}")
