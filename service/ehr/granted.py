"""What the token endpoint of a SMART launch gave: the token, how far it reaches, and the context. STANDARDS 4.12-4.15.

The encounter, `fhirContext`, `intent`, `smart_style_url` and `tenant` are not needed here, so nothing is kept of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from service.ehr.authorization import seconds
from service.errors import UnusableAnswer

ID = re.compile(r"[A-Za-z0-9\-._]{1,64}", re.ASCII)  # `_` is not FHIR's, but some EHRs have it
UNSTATED = 3600.0  # seconds that a token is taken to live if nobody says; the EHR may end it at any time
MARGIN = 10.0  # seconds before its end at which it is no longer used


@dataclass(frozen=True, slots=True)
class Granted:
    """What a person's launch may do, for whom, until when. `patient` None: there is no patient in context.

    `app_context`: what the EHR passes on from the link that was followed; empty, if it is not JSON.
    """

    token: str = field(repr=False)
    scopes: tuple[str, ...]
    until: datetime
    patient: str | None = field(default=None, repr=False)
    banner: bool = True
    refresh: str | None = field(default=None, repr=False)
    app_context: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """All of it, to be kept where nobody but its browser can open it."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return {**kept, "scopes": list(self.scopes), "until": self.until.isoformat()}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "Granted":
        """What `as_json` made."""
        until = datetime.fromisoformat(kept["until"])
        return cls(**{**kept, "scopes": tuple(kept["scopes"]), "until": until})


def granted(token: str, content: Mapping[str, object], asked: str, begun: datetime) -> Granted:
    """What came with a token that was asked for at `begun`. Raises UnusableAnswer for a patient without a usable id."""
    scope, patient, refresh = content.get("scope", asked), content.get("patient"), content.get("refresh_token")
    if patient is not None and not (isinstance(patient, str) and ID.fullmatch(patient)):
        raise UnusableAnswer("the request for a token: the patient in context has no usable id")
    life = seconds(content.get("expires_in"), UNSTATED)
    return Granted(
        token=token,
        scopes=tuple(scope.split()) if isinstance(scope, str) else (),
        until=begun + timedelta(seconds=life - min(MARGIN, life / 2)),
        patient=patient,
        banner=content.get("need_patient_banner") is not False,
        refresh=refresh if isinstance(refresh, str) and refresh else None,
        app_context=_context(content.get("appContext")),
    )


def _context(given: object) -> Mapping[str, object]:
    """`appContext` is a text that holds JSON; some EHRs give the object itself."""
    try:
        read = orjson.loads(given) if isinstance(given, str) else given
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}
