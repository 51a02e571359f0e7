"""Who may do what with whose data: roles per study, and the basis on which a study may look at patients at all."""

from service.screening.access.policy import Action, Basis, BasisKind, Refusal, Role, Viewer, allows, may, visible

__all__ = ["Action", "Basis", "BasisKind", "Refusal", "Role", "Viewer", "allows", "may", "visible"]
