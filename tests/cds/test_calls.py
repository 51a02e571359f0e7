"""What a call has to say, and what is made of a call that does not. STANDARDS 1B and 1C, by number."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, strategies as st

from service.errors import MalformedContent, UnsuitableContent
from service.fhir.cds.call import Access, Hook, User, read_call
from tests.cds.schemas import REQUEST, violations
from tests.cds.world import EHR, LENT, TOKEN, Json, request

HOOKS = tuple(Hook)
ACCESS: Json = {"fhirServer": EHR, "fhirAuthorization": LENT}


def read(body: Json, *hooks: Hook) -> Any:
    return read_call(orjson.dumps(body), hooks or HOOKS)


def without(body: Json, *path: str) -> Json:
    """The same with one member less."""
    copy: Json = orjson.loads(orjson.dumps(body))
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return copy


@pytest.mark.parametrize("hook", HOOKS)
def test_1_21_to_1_24_what_each_hook_says_is_read(hook: Hook) -> None:
    body = request(hook, context_encounterId="e1", prefetch={"patient": None}, **ACCESS)
    assert violations(REQUEST, body) == []
    call = read(body)
    assert (call.hook, call.instance, call.patient, call.encounter) == (hook, body["hookInstance"], "p", "e1")
    assert (call.user, call.user.is_clinician) == (User("Practitioner", "1"), True)
    assert (call.server, call.access) == (EHR, Access(TOKEN, ("user/*.rs",)))
    assert call.prefetch == {"patient": b"null"} and call.notes == ()
    assert (call.drafts is not None) is ("draftOrders" in body["context"])


NEEDED = [
    *((hook, ("hook",)) for hook in HOOKS),
    *((hook, ("hookInstance",)) for hook in HOOKS),
    *((hook, ("context",)) for hook in HOOKS),
    *((hook, ("context", "userId")) for hook in HOOKS),
    *((hook, ("context", "patientId")) for hook in HOOKS),
    (Hook.ENCOUNTER_START, ("context", "encounterId")),
    (Hook.ORDER_SELECT, ("context", "draftOrders")),
    (Hook.ORDER_SELECT, ("context", "selections")),
    (Hook.ORDER_SIGN, ("context", "draftOrders")),
]


@pytest.mark.parametrize(("hook", "path"), NEEDED)
def test_1_9_what_is_needed_and_missing_is_named(hook: Hook, path: tuple[str, ...]) -> None:
    with pytest.raises(UnsuitableContent) as refused:
        read(without(request(hook), *path))
    (problem,) = refused.value.problems
    assert problem.startswith(".".join(path))


@pytest.mark.parametrize("hook", [each for each in HOOKS if each is not Hook.ENCOUNTER_START])
def test_1_21_to_1_23_an_encounter_need_not_be_named(hook: Hook) -> None:
    assert read(request(hook)).encounter is None


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(UnsuitableContent) as refused:
        read({"hook": "order-select", "context": {"userId": "Device/1", "patientId": "hush hush"}})
    named = [each.split(" ")[0] for each in refused.value.problems]
    assert named == [
        "hookInstance",
        "context.patientId",
        "context.userId",
        "context.draftOrders",
        "context.selections",
    ]
    assert "hush" not in str(refused.value) and "Device" not in str(refused.value)


WRONG: dict[str, Json] = {
    "the hook is a number": {"hook": 1},
    "the hook is a list": {"hook": []},
    "the hook is one that nobody knows": {"hook": "appointment-book"},
    "the instance is blank": {"hookInstance": "  "},
    "the instance is a number": {"hookInstance": 7},
    "the instance is endless": {"hookInstance": "x" * 201},
    "the patient is a number": {"context": {"userId": "Practitioner/1", "patientId": 1}},
    "the patient is empty": {"context": {"userId": "Practitioner/1", "patientId": ""}},
    "the patient is another type": {"context": {"userId": "Practitioner/1", "patientId": "Group/p"}},
    "the patient is a path": {"context": {"userId": "Practitioner/1", "patientId": "../p"}},
    "the patient is a search": {"context": {"userId": "Practitioner/1", "patientId": "p?_id=q"}},
    "the user is a bare id": {"context": {"userId": "1", "patientId": "p"}},
    "the user is a device": {"context": {"userId": "Device/1", "patientId": "p"}},
    "the user is a number": {"context": {"userId": 1, "patientId": "p"}},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_1_9_and_1_10_what_makes_no_sense_is_refused(changed: Json) -> None:
    with pytest.raises(UnsuitableContent):
        read({**request(), **changed})


@pytest.mark.parametrize("name", ["draftOrders", "selections"])
@pytest.mark.parametrize("value", [None, "x", 1, [1], [None]])
def test_1_22_orders_and_selections_of_another_type_are_missing(name: str, value: object) -> None:
    body = request(Hook.ORDER_SELECT)
    body["context"][name] = value
    with pytest.raises(UnsuitableContent, match=f"context.{name}"):
        read(body)


def test_1_10_a_hook_that_the_service_does_not_answer_is_refused() -> None:
    with pytest.raises(UnsuitableContent, match="hook has to be one of order-select, order-sign"):
        read(request(), Hook.ORDER_SELECT, Hook.ORDER_SIGN)


@pytest.mark.parametrize(
    ("patient", "encounter"), [("p", "e"), ("Patient/p", "Encounter/e"), ("p", "Encounter/e"), ("Patient/p", "e")]
)
def test_1_28_both_forms_of_ids_are_read(patient: str, encounter: str) -> None:
    call = read(request(Hook.ENCOUNTER_START, of=patient, context_encounterId=encounter))
    assert (call.patient, call.encounter) == ("p", "e")


@pytest.mark.parametrize(
    ("user", "clinician"),
    [("Practitioner/1", True), ("PractitionerRole/1", True), ("Patient/p", False), ("RelatedPerson/1", False)],
)
def test_1_25_it_is_known_who_is_no_clinician(user: str, clinician: bool) -> None:
    assert read(request(context_userId=user)).user.is_clinician is clinician


def test_1_11_the_instance_is_not_looked_into() -> None:
    assert read({**request(), "hookInstance": "no uuid, but ours"}).instance == "no uuid, but ours"


UNUSED: dict[str, tuple[Json, str]] = {
    "1.12 no server": ({"fhirAuthorization": LENT}, "without the server"),
    "1.12 a server that is a number": ({"fhirServer": 1, "fhirAuthorization": LENT}, "without the server"),
    "1.14 no object": ({**ACCESS, "fhirAuthorization": "token"}, "is no object"),
    **{
        f"1.14 no {name}": (
            {**ACCESS, "fhirAuthorization": {key: value for key, value in LENT.items() if key != name}},
            f"lacks {name}",
        )
        for name in LENT
    },
    "1.14 a time that is a text": ({**ACCESS, "fhirAuthorization": {**LENT, "expires_in": "300"}}, "lacks expires_in"),
    "1.14 a time that is true": ({**ACCESS, "fhirAuthorization": {**LENT, "expires_in": True}}, "lacks expires_in"),
    "1.14 an empty token": ({**ACCESS, "fhirAuthorization": {**LENT, "access_token": ""}}, "lacks access_token"),
    "1.14 a token in lines": ({**ACCESS, "fhirAuthorization": {**LENT, "access_token": "a\r\nX: b"}}, "a header"),
    "1.14 a token in no letters": ({**ACCESS, "fhirAuthorization": {**LENT, "access_token": "tök€n"}}, "a header"),
    "1.14 another kind of token": ({**ACCESS, "fhirAuthorization": {**LENT, "token_type": "mac"}}, "no Bearer token"),
    "1.14 rights to a patient, but not to which": (
        {**ACCESS, "fhirAuthorization": {**LENT, "scope": "launch patient/*.rs"}},
        "lacks patient",
    ),
}


@pytest.mark.parametrize(("members", "why"), UNUSED.values(), ids=UNUSED)
def test_1_12_and_1_14_a_token_that_is_not_whole_is_not_used(members: Json, why: str) -> None:
    call = read({**request(), **members})
    assert call.access is None
    assert len(call.notes) == 1 and why in call.notes[0]
    assert TOKEN not in call.notes[0]


@pytest.mark.parametrize("scope", ["user/Observation.read", "user/Observation.rs?category=laboratory patient/*.rs"])
def test_1_16_scopes_of_both_versions_are_kept(scope: str) -> None:
    call = read(request(fhirServer=EHR, fhirAuthorization={**LENT, "scope": scope, "patient": "p"}))
    assert call.access == Access(TOKEN, tuple(scope.split()))


@pytest.mark.parametrize("lent_for", ["q", "Patient/q", 1, [], ""])
def test_1_15_a_token_for_another_patient_ends_the_call(lent_for: object) -> None:
    with pytest.raises(UnsuitableContent, match="another patient") as refused:
        read(request(fhirServer=EHR, fhirAuthorization={**LENT, "patient": lent_for}))
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("lent_for", ["p", "Patient/p", None])
def test_1_15_a_token_for_this_patient_does_not(lent_for: object) -> None:
    assert read(request(fhirServer=EHR, fhirAuthorization={**LENT, "patient": lent_for})).access is not None


def test_1_19_what_nobody_knows_is_passed_over() -> None:
    more: Json = {"extension": {"com.example": {"x": 1}}, "colour": "red", "context_colour": ["red"]}
    assert read(request(**more)) == read(request())


def test_1_17_a_token_is_in_no_text_about_the_call() -> None:
    assert TOKEN not in repr(read(request(**ACCESS)))


NO_CALL: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"hook=patient-view",
    "a list": b"[]",
    "a text": b'"patient-view"',
    "half of it": orjson.dumps(request())[:-10],
    "the context is a text": b'{"hook":"patient-view","hookInstance":"x","context":"p"}',
    "the context is a list": b'{"hook":"patient-view","hookInstance":"x","context":[]}',
    "the prefetch is a list": b'{"hook":"patient-view","hookInstance":"x","context":{},"prefetch":[]}',
    "not in UTF-8": '{"hook":"ä"}'.encode("latin-1"),
    "nested without end": b'{"context":' + b"[" * 100_000,
}


@pytest.mark.parametrize("body", NO_CALL.values(), ids=NO_CALL)
def test_what_is_no_call_at_all_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedContent):
        read_call(body, HOOKS)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
PLACES: list[Callable[[Json, Any], Any]] = [
    lambda body, value: body.update(hook=value),
    lambda body, value: body.update(hookInstance=value),
    lambda body, value: body.update(context=value),
    lambda body, value: body.update(fhirServer=value),
    lambda body, value: body.update(fhirAuthorization=value),
    lambda body, value: body.update(prefetch=value),
    lambda body, value: body["context"].update(userId=value),
    lambda body, value: body["context"].update(patientId=value),
    lambda body, value: body["context"].update(encounterId=value),
    lambda body, value: body["context"].update(draftOrders=value),
    lambda body, value: body["context"].update(selections=value),
    lambda body, value: body["fhirAuthorization"].update(access_token=value),
    lambda body, value: body["fhirAuthorization"].update(scope=value),
    lambda body, value: body["fhirAuthorization"].update(patient=value),
]


@given(st.sampled_from(HOOKS), st.sampled_from(PLACES), JSON)
def test_whatever_stands_in_a_call_it_is_read_or_refused(hook: Hook, put: Callable[..., Any], value: object) -> None:
    body = orjson.loads(orjson.dumps(request(hook, **ACCESS)))
    put(body, value)
    try:
        call = read_call(json.dumps(body).encode(), HOOKS)
    except (MalformedContent, UnsuitableContent):
        return
    assert call.hook in HOOKS and call.patient and call.user.id


TWICE = [
    '{"hook": "patient-view", "hook": "order-sign", %s}',
    '{%s, "context": {"userId": "Practitioner/1", "patientId": "q"}}',
    '{%s, "prefetch": {"condition": null, "patient": null, "condition": {"resourceType": "Bundle"}}}',
    '{%s, "fhirServer": "https://a.example", "fhirServer": "https://b.example"}',
    '{%s, "fhirAuthorization": {"patient": "p", "access_token": "a", "patient": "q"}}',
    '{%s, "fhirAuthorization": {"scope": "a", "extension": [{"b": 1, "b": 2}]}}',
]
PLAIN = '"hook": "patient-view", "hookInstance": "i", "context": {"userId": "Practitioner/1", "patientId": "p"}'


@pytest.mark.parametrize("shape", ["as it is", "without blanks", "with many"])
@pytest.mark.parametrize("text", TWICE)
def test_a_member_that_stands_twice_makes_the_call_unreadable(text: str, shape: str) -> None:
    body = text % PLAIN
    body = {"as it is": body, "without blanks": body.replace(" ", ""), "with many": body.replace(" ", " \n ")}[shape]
    with pytest.raises(MalformedContent, match="twice"):
        read_call(body.encode(), HOOKS)


@pytest.mark.parametrize("blanks", range(60))
def test_blanks_do_not_make_up_for_a_member_that_stands_twice(blanks: int) -> None:
    """The bytes of the one that is dropped may be as many as the blanks that are not there."""
    others = "".join(f',"k{number}":1' for number in range(blanks))
    context = f'{{"userId": "Practitioner/1","patientId":"p"{others},"patientId":"q"}}'
    with pytest.raises(MalformedContent, match="twice"):
        read_call(f'{{"hook":"patient-view","hookInstance":"i","context":{context}}}'.encode(), HOOKS)


@given(st.dictionaries(st.text(), st.text() | st.integers(), max_size=4), st.sampled_from([None, 0, 2]), st.booleans())
def test_a_call_is_read_however_it_is_written(extra: Json, indent: int | None, ascii: bool) -> None:
    body = {**request(), "extension": extra, "prefetch": {f"k{key}": value for key, value in extra.items()}}
    for separators in (None, (",", ":"), (" , ", " : ")):
        text = json.dumps(body, indent=indent, ensure_ascii=ascii, separators=separators)
        call = read_call(text.encode(errors="surrogatepass"), HOOKS)
        assert call.patient == "p" and set(call.prefetch) == set(body["prefetch"])
