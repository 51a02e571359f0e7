"""The right of the person who launched, as it is used towards the FHIR server: one token, which only its EHR renews."""

import threading

from service.ehr.scopes import PATIENT, USER, Reach, reach
from service.errors import NotPermitted

UNAUTHORIZED = 401


class UserAuth:
    """A token that was granted to a person; once the server refuses it, it is never used again."""

    def __init__(self, token: str, scopes: tuple[str, ...]) -> None:
        self._token: str | None = token
        self._scopes = scopes
        self._lock = threading.Lock()

    def token(self) -> str:
        """The token. Raises NotPermitted when the server has refused it."""
        with self._lock:
            if self._token is None:
                raise NotPermitted("the EHR ended what it had permitted", status=UNAUTHORIZED)
            return self._token

    def reject(self, token: str) -> None:
        """The server did not accept this token."""
        with self._lock:
            self._token = None

    def reach(self, kind: str, letters: str) -> Reach:
        """How far the person's right reaches into a type."""
        return reach(self._scopes, kind, letters, (PATIENT, USER))
