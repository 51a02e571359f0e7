"""Whether a drug was taken, as a record says beside its status: adherence (R5, US Core), negations of old releases.

What is said in words alone, or in a code that is not known here, may say that it was not taken. SEMANTICS §6.1.
"""

from collections.abc import Mapping

from service.eligibility.facts import Certainty
from service.eligibility.terms import Coding
from service.fhir.elements import boolean, node, nodes, read_concept, text

SURE, POSSIBLE, DENIED = Certainty.SURE, Certainty.POSSIBLE, Certainty.DENIED
ADHERED: Mapping[str, Certainty | None] = {
    "taking": SURE, "taking-as-directed": SURE, "taking-not-as-directed": SURE, "stopped": SURE,
    "stopped-as-directed": SURE, "stopped-not-as-directed": SURE, "on-hold": POSSIBLE, "on-hold-as-directed": POSSIBLE,
    "on-hold-not-as-directed": POSSIBLE, "unknown": POSSIBLE, "not-taking": DENIED, "not-taking-as-directed": DENIED,
    "not-taking-not-as-directed": DENIED, "never-taking": DENIED,
}  # fmt: skip
NOT_AS_DIRECTED = "taking-not-as-directed"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-medication-adherence"
COMPLIES = Coding("http://snomed.info/sct", "1156699004")  # complies with drug therapy
NEGATIONS = ("wasNotTaken", "notGiven", "wasNotGiven")  # STU3 and older
TAKEN = {"y": SURE, "n": DENIED}  # STU3; anything else: possibly

Resource = Mapping[str, object]


def adherence(resource: Resource) -> str | None:
    """The code of the adherence (R5) that is known here, else any; None without one."""
    stated = node(resource.get("adherence"), "MedicationStatement.adherence")
    codes = [each.code for each in read_concept(stated.get("code"), "MedicationStatement.adherence.code").codings]
    return next((code for code in codes if code in ADHERED), codes[0] if codes else None)


def adhered(resource: Resource, name: str, certainty: Certainty) -> Certainty | None:
    """How far the drug was taken, of what its status lets count so far."""
    if any(boolean(resource.get(each), f"{name}.{each}") for each in NEGATIONS):
        return DENIED
    taken = text(resource.get("taken"), f"{name}.taken")
    said = [] if taken is None else [TAKEN.get(taken, POSSIBLE)]
    if node(resource.get("adherence"), f"{name}.adherence"):
        said.append(ADHERED.get(adherence(resource) or "", POSSIBLE) or POSSIBLE)
    said += [POSSIBLE] if _doubted_in_us_core(resource, name) else []
    if DENIED in said and certainty is SURE:
        return DENIED
    return POSSIBLE if certainty is SURE and POSSIBLE in said else certainty


def _doubted_in_us_core(resource: Resource, name: str) -> bool:
    """Does the extension of US Core state anything but that the drug is taken as prescribed?"""
    found = [each for each in nodes(resource.get("extension"), f"{name}.extension") if each.get("url") == US_CORE]
    parts = [part for each in found for part in nodes(each.get("extension"), f"{name}.extension.extension")]
    stated = [part.get("valueCodeableConcept") for part in parts if part.get("url") == "medicationAdherence"]
    return any(read_concept(each, f"{name}.extension.extension").codings != (COMPLIES,) for each in stated)
