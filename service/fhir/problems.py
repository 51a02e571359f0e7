"""Errors as FHIR OperationOutcome."""

from service.errors import CatalogError, PrescreenError


def operation_outcome(error: PrescreenError) -> dict[str, object]:
    """What went wrong, in the form FHIR interfaces answer with: one issue per problem."""
    texts = error.problems if isinstance(error, CatalogError) else (str(error),)
    issues = [{"severity": "error", "code": error.issue_code, "diagnostics": text} for text in texts]
    return {"resourceType": "OperationOutcome", "issue": issues}
