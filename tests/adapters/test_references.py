"""All ways of writing one target give one key."""

import pytest

from service.errors import UnreadableResource
from service.fhir.references import contained, reference_key

ALIASES = {"urn:uuid:aaa": "Patient/1", "https://ehr/fhir/Observation/zzz": "Observation/2"}


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Patient/1", "Patient/1"),
        ("Patient/1/_history/2", "Patient/1"),
        ("https://ehr.example/fhir/R4/Patient/1", "Patient/1"),
        ("https://ehr.example/Patient/1/_history/a.b", "Patient/1"),
        ("urn:uuid:aaa", "Patient/1"),
        ("https://ehr/fhir/Observation/zzz", "Observation/2"),
        ("Patient/under_score", "Patient/under_score"),
        (" Patient/1 ", "Patient/1"),
        ("urn:uuid:unknown", None),
        ("urn:oid:1.2.3", None),
        ("#x", None),
        ("Patient?identifier=1", None),
        ("Patient", None),
        ("patient/1", None),
        ("", None),
    ],
)
def test_keys(written: str, key: str | None) -> None:
    assert reference_key({"reference": written}, "X", ALIASES) == key
    assert reference_key(written, "X", ALIASES) == key


def test_a_logical_reference_has_no_key() -> None:
    assert reference_key({"identifier": {"value": "7"}, "display": "A", "type": "Patient"}, "X") is None
    assert reference_key(None, "X") is None


@pytest.mark.parametrize(
    "value", [1, ["Patient/1"], {"reference": 1}, {"reference": {"reference": "Patient/1"}}], ids=repr
)
def test_refuses_wrong_types(value: object) -> None:
    with pytest.raises(UnreadableResource):
        reference_key(value, "X")


def test_contained() -> None:
    inside = {"id": "x", "resourceType": "Medication"}
    assert contained({"contained": [None, inside]}, {"reference": "#x"}, "X") == inside
    for body in ({}, {"contained": "x"}, {"contained": [inside]}):
        assert contained(body, {"reference": "#y"}, "X") is None
