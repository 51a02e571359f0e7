"""The shapes of CDS Hooks 2.0 as JSON Schema, written from the text of the standard. STANDARDS 1A, 1B, 1E, 1F."""

from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1, "pattern": "\\S"}
EXTENSION: Schema = {"type": "object", "minProperties": 1}
ADDRESS: Schema = {"type": "string", "pattern": "^https?://[^/]+"}
UUID: Schema = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}


def closed(required: str, **properties: Schema) -> Schema:
    """An object with these members and no other; `required` lists those that have to be there."""
    return {
        "type": "object",
        "properties": {**properties, "extension": EXTENSION},
        "required": required.split(),
        "additionalProperties": False,
    }


def some(of: Schema) -> Schema:
    """A list that is not empty."""
    return {"type": "array", "minItems": 1, "items": of}


CODING = closed("code system", code=TEXT, system=TEXT, display=TEXT)
REASON = closed("display code system", code=TEXT, system=TEXT, display=TEXT)
SERVICE = closed(
    "hook description id title",
    hook=TEXT,
    title=TEXT,
    description=TEXT,
    id=TEXT,
    usageRequirements=TEXT,
    prefetch={"type": "object", "minProperties": 1, "additionalProperties": TEXT},
)
DISCOVERY = closed("services", services={"type": "array", "items": SERVICE})

RESOURCE: Schema = {"type": "object", "properties": {"resourceType": TEXT}, "required": ["resourceType"]}
CREATE = closed("type description resource", type={"enum": ["create", "update"]}, description=TEXT, resource=RESOURCE)
DELETE = closed("type description resourceId", type={"const": "delete"}, description=TEXT, resourceId=TEXT)
SUGGESTION = closed(
    "label uuid",
    label=TEXT,
    uuid=UUID,
    isRecommended={"type": "boolean"},
    actions=some({"oneOf": [CREATE, DELETE]}),
)
ABSOLUTE = closed("label url type", label=TEXT, url=ADDRESS, type={"const": "absolute"})
SMART = closed("label url type", label=TEXT, url=ADDRESS, type={"const": "smart"}, appContext=TEXT)
SOURCE = closed("label topic", label=TEXT, url=ADDRESS, icon=ADDRESS, topic=CODING)
CARD: Schema = {
    **closed(
        "uuid summary indicator source",
        uuid=UUID,
        summary={**TEXT, "maxLength": 139},
        detail=TEXT,
        indicator={"enum": ["info", "warning", "critical"]},
        source=SOURCE,
        suggestions=some(SUGGESTION),
        selectionBehavior={"enum": ["any", "at-most-one"]},
        overrideReasons=some(REASON),
        links=some({"oneOf": [ABSOLUTE, SMART]}),
    ),
    "dependentRequired": {"suggestions": ["selectionBehavior"], "selectionBehavior": ["suggestions"]},
}
RESPONSE = closed("cards", cards={"type": "array", "items": CARD})

AUTHORIZATION: Schema = {
    "type": "object",
    "properties": {
        "access_token": TEXT,
        "token_type": {"const": "Bearer"},
        "expires_in": {"type": "integer"},
        "scope": TEXT,
        "subject": TEXT,
        "patient": TEXT,
    },
    "required": ["access_token", "token_type", "expires_in", "scope", "subject"],
}
REQUEST: Schema = {
    "type": "object",
    "properties": {
        "hook": TEXT,
        "hookInstance": UUID,
        "fhirServer": ADDRESS,
        "fhirAuthorization": AUTHORIZATION,
        "context": {
            "type": "object",
            "properties": {
                "userId": {"type": "string", "pattern": "^(Practitioner|PractitionerRole|Patient|RelatedPerson)/"},
                "patientId": TEXT,
                "encounterId": TEXT,
                "selections": {"type": "array", "items": {"type": "string", "pattern": "^[A-Z][A-Za-z]+/"}},
                "draftOrders": {
                    "type": "object",
                    "properties": {"resourceType": {"const": "Bundle"}},
                    "required": ["resourceType"],
                },
            },
            "required": ["userId", "patientId"],
        },
        "prefetch": {"type": "object"},
    },
    "required": ["hook", "hookInstance", "context"],
    "dependentRequired": {"fhirAuthorization": ["fhirServer"]},
}
OUTCOME_TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
ITEM: Schema = {
    "type": "object",
    "properties": {
        "card": TEXT,
        "outcome": {"enum": ["accepted", "overridden"]},
        "outcomeTimestamp": OUTCOME_TIME,
        "acceptedSuggestions": some({"type": "object", "properties": {"id": TEXT}, "required": ["id"]}),
        "overrideReason": {
            "type": "object",
            "properties": {
                "reason": {"type": "object", "properties": {"code": TEXT, "system": TEXT}, "required": ["code"]},
                "userComment": TEXT,
            },
        },
    },
    "required": ["card", "outcome", "outcomeTimestamp"],
    "if": {"properties": {"outcome": {"const": "accepted"}}},
    "then": {"required": ["acceptedSuggestions"]},
}
FEEDBACK: Schema = {"type": "object", "properties": {"feedback": some(ITEM)}, "required": ["feedback"]}


def violations(schema: Schema, content: object) -> list[str]:
    """What is wrong with the content, each with its place."""
    found = Draft202012Validator(schema).iter_errors(content)
    return [f"{each.json_path}: {each.message}" for each in found]


def is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})


def empties(content: object, place: str = "$") -> list[str]:
    """Where null, "", [] or {} stands: the standard allows none of them, but for the lists that it names (1.8)."""
    if place not in ("$.cards", "$.services") and is_empty(content):
        return [place]
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [found for key, value in inner for found in empties(value, f"{place}.{key}")]
