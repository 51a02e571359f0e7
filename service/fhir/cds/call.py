"""The call of a CDS Hooks client: which hook, for whom, by whom, with which data and which access. STANDARDS 1B, 1C.

Only the envelope is read here; what was prefetched stays in its bytes until somebody needs it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from service.errors import MalformedContent, UnsuitableContent
from service.twofold import Twofold, decode

T = TypeVar("T", bound=msgspec.Struct)
NULL = b"null"
WHOLE = frozenset({"context", "prefetch", "draftOrders"})  # members that are left in their bytes

IDENTITY = re.compile(r"[A-Za-z0-9\-._]{1,128}")
REFERENCE = re.compile(r"(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-._]{1,128})")
TOKEN = re.compile(r"[!-~]+")  # what a header can hold
LONGEST_INSTANCE = 200


class Hook(StrEnum):
    """The hooks that are answered."""

    PATIENT_VIEW = "patient-view"
    ENCOUNTER_START = "encounter-start"
    ORDER_SELECT = "order-select"
    ORDER_SIGN = "order-sign"


ORDERS = frozenset({Hook.ORDER_SELECT, Hook.ORDER_SIGN})
CLINICIANS = frozenset({"Practitioner", "PractitionerRole"})
USERS = CLINICIANS | {"Patient", "RelatedPerson"}
# What each context has to hold besides userId and patientId.
NEEDED: Mapping[Hook, tuple[str, ...]] = {
    Hook.PATIENT_VIEW: (),
    Hook.ENCOUNTER_START: ("encounter_id",),
    Hook.ORDER_SELECT: ("draft_orders", "selections"),
    Hook.ORDER_SIGN: ("draft_orders",),
}


@dataclass(frozen=True, slots=True)
class User:
    """Who looks at the chart: `Practitioner/1`."""

    kind: str
    id: str

    @property
    def is_clinician(self) -> bool:
        """Is it somebody who treats, rather than the patient or their family?"""
        return self.kind in CLINICIANS


@dataclass(frozen=True, slots=True)
class Access:
    """A token that the client lends for this one call, and how far it reaches."""

    token: str = field(repr=False)
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `prefetch`: key -> the JSON that came, in its bytes. `drafts`: the Bundle of draft orders, likewise.

    `selections`: references (`Type/id`) into the drafts. `access` None: no token, or none that may be used; `notes` say
    why, in words without anything of the patient's.
    """

    hook: Hook
    instance: str
    patient: str
    user: User
    encounter: str | None = None
    server: str | None = None
    access: Access | None = field(default=None, repr=False)
    prefetch: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    drafts: bytes | None = field(default=None, repr=False)
    selections: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Envelope(msgspec.Struct, rename="camel"):
    """The members that are read; whatever else there is (extensions) is passed over."""

    hook: Any = None
    hook_instance: Any = None
    context: msgspec.Raw = msgspec.Raw(NULL)
    fhir_server: Any = None
    fhir_authorization: Any = None
    prefetch: msgspec.Raw = msgspec.Raw(NULL)


class _Context(msgspec.Struct, rename="camel"):
    user_id: Any = None
    patient_id: Any = None
    encounter_id: Any = None
    selections: Any = None
    draft_orders: msgspec.Raw = msgspec.Raw(NULL)


OPENING = frozenset({b"{", b"["})
TWICE = "a member of the call stands twice, so that nobody can tell which one is meant"
MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
NO_CALL = "the content is no call of CDS Hooks: an object in JSON, whose context is an object, and prefetch too"


def read_call(body: bytes, hooks: Collection[Hook]) -> Call:
    """The call in this body, to a service that answers these hooks.

    Raises MalformedContent for what is not JSON of that shape, UnsuitableContent with everything that is missing.
    """
    try:
        envelope = _read(body, _Envelope)
        context = _read(envelope.context, _Context) if bytes(envelope.context) != NULL else None
        prefetch = _members(envelope.prefetch) if bytes(envelope.prefetch) != NULL else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedContent(NO_CALL) from None
    problems = list(_problems(envelope, context, hooks))
    if problems:
        raise UnsuitableContent(problems)
    assert context is not None, "a call without a context has a problem"
    return _call(envelope, context, {key: bytes(value) for key, value in prefetch.items()})


def _read(raw: bytes | msgspec.Raw, wanted: type[T]) -> T:
    """The members of an object that are read. What they are not is passed over, but no member stands twice, nor does
    any within one that is read whole."""
    members = _members(raw)
    parts = {name: members[name] for name in wanted.__struct_encode_fields__ if name in members}
    for name, part in parts.items():
        if name not in WHOLE and bytes(part).lstrip()[:1] in OPENING and decode(bytes(part)).twofold:
            raise MalformedContent(TWICE)
    return msgspec.convert(
        {name: part if name in WHOLE else msgspec.json.decode(part) for name, part in parts.items()}, wanted
    )


def _members(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """The members of an object, each in its bytes. Raises MalformedContent if one stands twice.

    A member that was dropped leaves a gap: in an object without blanks the bytes add up exactly, and one with a blank
    behind each colon and comma, as serializers write it, is the same when it is written again. Any other is looked
    through.
    """
    whole = bytes(raw).strip()
    found = MEMBERS.decode(whole)
    count, held = len(found), sum(len(key.encode()) + 2 + len(value) for key, value in found.items())
    between = len(whole) - held
    plain = between == 2 * count + 1 or (between == 4 * count and whole == _spaced(found))
    if not plain and isinstance(decode(whole).content, Twofold):
        raise MalformedContent(TWICE)
    return found


def _spaced(members: Mapping[str, msgspec.Raw]) -> bytes:
    return b"{%s}" % b", ".join(b'"%s": %s' % (key.encode(), bytes(value)) for key, value in members.items())


def _problems(envelope: _Envelope, context: _Context | None, hooks: Collection[Hook]) -> Iterator[str]:
    if envelope.hook not in tuple(hooks):
        yield f"hook has to be one of {', '.join(sorted(hooks))} at this address"
    if not _is_text(envelope.hook_instance) or len(envelope.hook_instance) > LONGEST_INSTANCE:
        yield "hookInstance is missing; it is the UUID of this very call"
    if context is None:
        yield "context is missing; it says for whom, and by whom, the hook was fired"
        return
    if _bare(context.patient_id, "Patient") is None:
        yield "context.patientId is missing, or no id of a Patient"
    if _user(context.user_id) is None:
        yield f"context.userId is missing, or does not name one of {', '.join(sorted(USERS))} as Type/id"
    if envelope.hook in tuple(Hook):
        yield from _lacking(context, Hook(envelope.hook))
    if _is_of_another(envelope, context):
        yield "fhirAuthorization.patient is another patient than context.patientId; nothing is said of either"


def _lacking(context: _Context, hook: Hook) -> Iterator[str]:
    for name in NEEDED[hook]:
        value = getattr(context, name)
        if name == "draft_orders" and not bytes(value).lstrip().startswith(b"{"):
            yield "context.draftOrders is missing; it is a Bundle of the orders that are about to be made"
        elif name == "selections" and not _are_texts(value):
            yield "context.selections is missing; it lists the orders that were just chosen, each as Type/id"
        elif name == "encounter_id" and _bare(value, "Encounter") is None:
            yield "context.encounterId is missing, or no id of an Encounter"


def _is_of_another(envelope: _Envelope, context: _Context) -> bool:
    given = envelope.fhir_authorization
    lent_for = given.get("patient") if isinstance(given, dict) else None
    if lent_for is None:
        return False
    return _bare(lent_for, "Patient") != _bare(context.patient_id, "Patient")


def _call(envelope: _Envelope, context: _Context, prefetch: Mapping[str, bytes]) -> Call:
    user, patient = _user(context.user_id), _bare(context.patient_id, "Patient")
    assert user is not None and patient is not None, "checked before"
    access, notes = _access(envelope)
    drafts = bytes(context.draft_orders)
    return Call(
        hook=Hook(envelope.hook),
        instance=envelope.hook_instance,
        patient=patient,
        user=user,
        encounter=_bare(context.encounter_id, "Encounter"),
        server=envelope.fhir_server if _is_text(envelope.fhir_server) else None,
        access=access,
        prefetch=prefetch,
        drafts=drafts if drafts != NULL else None,
        selections=tuple(context.selections) if _are_texts(context.selections) else (),
        notes=notes,
    )


def _access(envelope: _Envelope) -> tuple[Access | None, tuple[str, ...]]:
    """The token, if it is whole and there is a server that it is for; else why there is none. STANDARDS 1.12, 1.14."""
    given = envelope.fhir_authorization
    if given is None:
        return None, ()
    if not _is_text(envelope.fhir_server):
        return None, ("a token came without the server that it is for, and is not used",)
    if not isinstance(given, dict):
        return None, ("fhirAuthorization is no object, and is not used",)
    texts = ("access_token", "token_type", "scope", "subject")
    lacking = [name for name in texts if not _is_text(given.get(name))]
    if not isinstance(given.get("expires_in"), int) or isinstance(given.get("expires_in"), bool):
        lacking.append("expires_in")
    scopes = tuple(str(given.get("scope")).split())
    if any(each.startswith("patient/") for each in scopes) and not _is_text(given.get("patient")):
        lacking.append("patient")
    if lacking:
        return None, (f"fhirAuthorization lacks {', '.join(lacking)}, and is not used",)
    if given["token_type"].lower() != "bearer":
        return None, ("the token of fhirAuthorization is no Bearer token, and is not used",)
    if not TOKEN.fullmatch(given["access_token"]):
        return None, ("the token of fhirAuthorization is none that a header can hold, and is not used",)
    return Access(given["access_token"], scopes), ()


def _bare(value: object, kind: str) -> str | None:
    """A logical id, given with or without its type. STANDARDS 1.28."""
    if not isinstance(value, str):
        return None
    bare = value.removeprefix(f"{kind}/")
    return bare if IDENTITY.fullmatch(bare) else None


def _user(value: object) -> User | None:
    found = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return User(found["type"], found["id"]) if found and found["type"] in USERS else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
