"""Refusals of the server, as OperationOutcomes."""

from typing import Any


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, text: str = "refused") -> None:
        self.status, self.code, self.text = status, code, text
        super().__init__(f"{status} {code}: {text}")

    @property
    def outcome(self) -> dict[str, Any]:
        return outcome(self.code, self.text)


def outcome(code: str, text: str, severity: str = "error") -> dict[str, Any]:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": code, "diagnostics": text}],
    }
