"""The audit as FHIR AuditEvents, one a line."""

from collections.abc import Iterable, Iterator

import orjson

from service.fhir.audit_event import Audited, audit_event
from service.store.audit import Kept


def audit_lines(entries: Iterable[Kept]) -> Iterator[bytes]:
    """NDJSON, a line for each entry."""
    for kept in entries:
        each = kept.entry
        told = Audited(
            kept.id, each.at, each.tenant, each.actor, each.action, each.study, each.patient, each.detail or {}
        )
        yield orjson.dumps(audit_event(told)) + b"\n"
