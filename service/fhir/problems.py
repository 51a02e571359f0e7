"""Errors as FHIR OperationOutcome."""

from service.errors import PrescreenError


def operation_outcome(error: PrescreenError) -> dict[str, object]:
    """What went wrong, in the form FHIR interfaces answer with: one issue per problem."""
    return outcome(error.issue_code, *error.issues)


def outcome(code: str, *texts: str) -> dict[str, object]:
    """An OperationOutcome of these texts; `code` is of the value set issue-type."""
    issues = [{"severity": "error", "code": code, "diagnostics": text} for text in texts]
    return {"resourceType": "OperationOutcome", "issue": issues}
