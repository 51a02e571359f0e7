"""Which drug a medication resource speaks of: its code or the Medication it refers to, with form and strengths.

SEMANTICS §6.4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from service.eligibility.dosing.model import Strength
from service.eligibility.dosing.products import DrugCatalog
from service.eligibility.dosing.units import COUNT, base, measured
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Coding, Concept
from service.errors import UnreadableResource
from service.fhir.dosage import dose_quantity
from service.fhir.elements import ABSENT_UNKNOWN, join, node, nodes, read_concept, refuse_modifiers, text
from service.fhir.reading import Reading
from service.fhir.references import contained, reference_key

__all__ = ["Drug", "DrugCatalog", "UnknownDrug", "read_drug", "with_strengths"]

NONE_KNOWN = "no-known-medications"
OTHER_WAYS = frozenset({"medicationReference", "medication"})
MOST_HOPS = 4  # a Medication may name another as its ingredient; longer chains are circles


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug as the record names it: all codes and words of product and ingredients, its form, its strengths."""

    concept: Concept
    form: Concept | None = None
    strengths: tuple[Strength, ...] = ()
    marks: tuple[str, ...] = ()


class UnknownDrug(UnreadableResource):
    """The record does not say which drug it is: it could be any. `concept`: what its reference says in words."""

    def __init__(self, reason: str, element: str, concept: Concept | None = None) -> None:
        self.concept = concept
        super().__init__(reason, element)


def read_drug(resource: Mapping[str, object], element: str, reading: Reading) -> Drug | None:
    """The drug of a medication resource of any release; None where it says that no medication is known. Which strengths
    its product has by what the catalog and its name say, is not looked for: `with_strengths` does.

    Raises UnknownDrug where it names none, or refers to a Medication that is not there.
    """
    place = f"{element}.medication"
    coded = resource.get("medicationCodeableConcept")
    either = node(resource.get("medication"), place)
    coded = either.get("concept") if coded is None else coded
    reference = resource.get("medicationReference") or either.get("reference")
    concept = read_concept(coded, place) if coded is not None else Concept()
    if NONE_KNOWN in {each.code for each in concept.codings if each.system == ABSENT_UNKNOWN}:
        return None
    if reference is not None:
        medication = _resolved(node(reference, place), place, resource, reading)
        found = _from_medication(medication, resource, reading, 0)
        return _described(found.concept if not concept.codings else join((concept, found.concept)), found, reading)
    if not concept.codings and not concept.texts:
        raise UnknownDrug("it does not say which drug it is", place)
    return _described(concept, Drug(concept), reading)


def coded_drug(resource: Mapping[str, object], element: str, reading: Reading) -> Concept | None:
    """Which drug it is by its own concept alone, with what the catalog knows of it; None where that does not tell: it
    refers to a Medication besides, or says it in the way of R5, or names none."""
    if not resource.keys().isdisjoint(OTHER_WAYS):
        return None
    drug = read_drug(resource, element, reading)
    return None if drug is None else drug.concept


def _resolved(
    reference: Mapping[str, object], place: str, resource: Mapping[str, object], reading: Reading
) -> Mapping[str, object]:
    words = text(reference.get("display"), f"{place}.display")
    salvaged = Concept(texts=(words,)) if words else None
    target = text(reference.get("reference"), f"{place}.reference")
    found = _find(target, resource, reading) if target else None
    if found is None or found.get("resourceType") != "Medication":
        raise UnknownDrug("the medication it refers to is not there", place, salvaged)
    if found.get("status") == "entered-in-error":
        raise UnknownDrug("the medication it refers to was entered in error", place, salvaged)
    try:
        refuse_modifiers(found, "Medication")
    except UnreadableResource as problem:
        raise UnknownDrug(problem.reason, problem.element, salvaged) from problem
    return found


def _find(
    target: str, resource: Mapping[str, object], reading: Reading, inside: Mapping[str, object] | None = None
) -> Mapping[str, object] | None:
    """What `target` names: contained in `inside` or in `resource`, or a Medication that was loaded."""
    if target.startswith("#"):
        holders = (inside, resource) if inside is not None else (resource,)
        found = (contained(each, {"reference": target}, "contained") for each in holders)
        return next((each for each in found if each is not None), None)
    return reading.medications.get(reference_key(target, "medication", reading.aliases) or "")


def _from_medication(
    medication: Mapping[str, object], holder: Mapping[str, object], reading: Reading, hops: int
) -> Drug:
    code = read_concept(medication.get("code"), "Medication.code")
    form = medication.get("form") or medication.get("doseForm")
    concepts, strengths = [code], []
    for number, each in enumerate(nodes(medication.get("ingredient"), "Medication.ingredient")):
        if each.get("isActive") is False:
            continue
        place = f"Medication.ingredient[{number}]"
        item = _ingredient(each, place, medication, holder, reading, hops)
        if not code.codings and not item.codings and not item.texts:
            raise UnknownDrug("neither the medication nor its ingredient says what it is", place)
        concepts.append(item)
        strength = _strength(each, place, item, _catalog(reading))
        strengths += [strength] if strength is not None else []
    concept = join(concepts)
    if not concept.codings and not concept.texts:
        raise UnknownDrug("the medication it refers to names no drug", "Medication.code")
    return Drug(concept, read_concept(form, "Medication.form") if form is not None else None, tuple(strengths))


def _catalog(reading: Reading) -> DrugCatalog:
    return reading.drugs if isinstance(reading.drugs, DrugCatalog) else DrugCatalog()


def _ingredient(
    each: Mapping[str, object],
    place: str,
    medication: Mapping[str, object],
    holder: Mapping[str, object],
    reading: Reading,
    hops: int,
) -> Concept:
    """What an ingredient is: its code, that of the resource it refers to, else what the reference shows."""
    item = node(each.get("item"), f"{place}.item")
    coded = each.get("itemCodeableConcept") or item.get("concept")
    if coded is not None:
        return read_concept(coded, f"{place}.item")
    reference = node(each.get("itemReference") or item.get("reference"), f"{place}.itemReference")
    target = text(reference.get("reference"), f"{place}.itemReference")
    found = _find(target, holder, reading, medication) if target else None
    if found is not None and found.get("resourceType") == "Medication" and hops < MOST_HOPS:
        return _from_medication(found, holder, reading, hops + 1).concept
    if found is not None and found.get("resourceType") == "Substance":
        return read_concept(found.get("code"), "Substance.code")
    words = text(reference.get("display"), f"{place}.itemReference.display")
    return Concept(texts=(words,) if words else ())


def _strength(each: Mapping[str, object], place: str, item: Concept, drugs: DrugCatalog) -> Strength | None:
    if not item.codings and not item.texts:
        return None
    coding = item.codings[0] if item.codings else drugs.ingredient(item.name)
    ratio = each.get("strength") or each.get("strengthRatio")
    above, below = _parts(node(ratio, place), place)
    if ratio is None and each.get("strengthQuantity") is not None:
        above = dose_quantity(each["strengthQuantity"], f"{place}.strengthQuantity")
        below = Quantity(Interval.exactly(1), COUNT)
    mass = measured(above) if above is not None else None
    if above is None or above.unit is None or mass is None or below is None or not below.value.low:
        return Strength(coding, item.name, None, None, "ingredient")
    unit, factor = base(above.unit)
    return Strength(
        coding,
        item.name,
        above.value.scaled(Decimal(factor.numerator) / factor.denominator),
        below,
        "ingredient",
        unit=unit,
    )


def _parts(ratio: Mapping[str, object], place: str) -> tuple[Quantity | None, Quantity | None]:
    """Numerator and denominator; a denominator of a bare 1 is one piece of the product."""
    above = dose_quantity(ratio.get("numerator"), f"{place}.strength.numerator")
    below = dose_quantity(ratio.get("denominator"), f"{place}.strength.denominator")
    if below is not None and below.unit is None and below.value == Interval.exactly(1):
        below = Quantity(below.value, COUNT)
    return above, below


def _described(concept: Concept, found: Drug, reading: Reading) -> Drug:
    """The drug with what the catalog knows of its product: ingredients' codes and form."""
    product = _catalog(reading).product(concept.codings)
    known: Sequence[Coding] = product.ingredients if product is not None else ()
    form = found.form
    if form is None and product is not None and product.form:
        form = Concept(texts=(product.form,))
    codings = tuple(dict.fromkeys((*concept.codings, *known)))
    return Drug(Concept(codings, concept.texts), form, found.strengths)


def with_strengths(drug: Drug, reading: Reading) -> Drug:
    """The drug with all strengths that are known of its product, and marks of their conflicts."""
    strengths, marks = _catalog(reading).strengths(drug.strengths, drug.concept.codings, drug.concept.texts)
    return replace(drug, strengths=strengths, marks=marks)
