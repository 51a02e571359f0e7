"""Which records are one therapy, and what all therapies say together about a stretch of days. SEMANTICS §6.2."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from service.eligibility.dates import Days
from service.eligibility.dosing.cycles import spread
from service.eligibility.dosing.model import Instruction
from service.eligibility.dosing.records import Record
from service.eligibility.dosing.siblings import together
from service.eligibility.dosing.value import Value, added, either_or_both, views
from service.eligibility.facts import MedicationFact, Source

PLANS = (Source.REQUEST, Source.DISPENSE, Source.STATEMENT)
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Therapy:
    """Records linked to one another, of one ingredient. `kinds`: the same, by what kind of record they are."""

    records: tuple[Record, ...]
    kinds: Mapping[Source, tuple[Record, ...]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:  # they are asked for on every stretch of days
        kinds: dict[Source, tuple[Record, ...]] = {}
        for each in self.records:
            kinds[each.fact.source] = (*kinds.get(each.fact.source, ()), each)
        object.__setattr__(self, "kinds", kinds)

    def of(self, source: Source) -> tuple[Record, ...]:
        """Its records of one kind."""
        return self.kinds.get(source, ())

    def on(self, first: date, last: date) -> Value | None:
        """What its records say about these days: views of one therapy, every administration a dose of its own."""
        told = [value for source in PLANS if (value := self._kind(source, first, last)) is not None]
        given = self.given(first, last)
        if given is None:
            return views(told) if told else None
        return views([*told, given]).at_least(given.settled())

    def given(self, first: date, last: date) -> Value | None:
        """What was administered on these days."""
        return self._kind(Source.ADMINISTRATION, first, last)

    def _kind(self, source: Source, first: date, last: date) -> Value | None:
        found = self.of(source)
        return together(found, lambda each: each.on(first, last), _product_of) if found else None

    def near(self, days: Days) -> bool:
        """May it say anything about one of these days?"""
        spans = (phase.span for each in self.records for phase in each.phases)
        return any(each.start.earliest <= days.latest and days.earliest <= each.end.latest for each in spans)

    def likeness(self, source: Source) -> Hashable:
        """Equal for two therapies whose records of this kind agree in product and dosage: one may renew the other."""
        return frozenset(likeness(each.fact) for each in self.of(source))


def _product_of(record: Record) -> Hashable:
    return _same_product(record.fact)


def likeness(fact: MedicationFact) -> Hashable:
    """Product and dosage of a record, without its dates and places, and the words beside a stated dose.

    A product is its ingredients and strengths where those are known: a renewal may be of another brand.
    """
    return (
        _same_product(fact),
        frozenset(_dosage(each) for each in fact.instructions),
        None if fact.instructions else fact.supply,
    )


def _same_product(fact: MedicationFact) -> Hashable:
    strengths = frozenset((each.ingredient.normalized(), each.amount, each.unit) for each in fact.strengths)
    return strengths or fact.concept.codings or fact.concept.texts


def _dosage(each: Instruction) -> Instruction:
    told = each.amount is not None or each.rate is not None
    words = None if told or not each.text else " ".join(each.text.lower().split())
    return replace(each, element="", bounds=None, lasts=None, route=None, text=words)


@dataclass(frozen=True, slots=True)
class Group:
    """Therapies of one ingredient and route. `kinds`: of their records, that which most of them have first."""

    therapies: tuple[Therapy, ...]
    kinds: tuple[Source, ...]

    @classmethod
    def of(cls, found: Iterable[Therapy]) -> "Group":
        """A group of these."""
        own = tuple(found)
        count = {source: sum(source in each.kinds for each in own) for source in Source}
        return cls(own, tuple(sorted((each for each in Source if count[each]), key=lambda each: -count[each])))

    def on(self, first: date, last: date) -> Value | None:
        """Those in one kind of record add up, other kinds are views of them."""
        told = [(each, value) for each in self.therapies if (value := each.on(first, last)) is not None]
        if not told:
            return None
        sides: list[Value] = []
        seen: list[frozenset[int]] = []
        for source in self.kinds:
            members = frozenset([place for place, (each, _) in enumerate(told) if source in each.kinds])
            if members and not any(members <= other for other in seen):
                sides.append(_same_kind([told[place] for place in sorted(members)], source))
                seen.append(members)
        given = [value for each, _ in told if (value := each.given(first, last)) is not None]
        return views(sides).at_least(added(given).settled()) if given else views(sides)


@dataclass(frozen=True, slots=True)
class Therapies:
    """All of them, by ingredient and route, but for those that cannot be placed (`loose`)."""

    every: tuple[Therapy, ...]
    groups: tuple[Group, ...]
    loose: tuple[Therapy, ...]
    known: dict[tuple[date, date], Value | None] = field(default_factory=dict, compare=False, repr=False)

    def near(self, days: Days) -> "Therapies":
        """Those that may say anything about one of these days, in the groups in which they are."""
        groups = tuple([replace(each, therapies=_near(each.therapies, days)) for each in self.groups])
        return Therapies(_near(self.every, days), groups, _near(self.loose, days), self.known)

    def on(self, first: date, last: date) -> Value | None:
        """All together on these days: same ingredient and route are reconciled, different ones add up.

        Where ingredient or route is not known, a therapy may be one of the others again: either, or both.
        """
        if (first, last) not in self.known:  # windows of other lengths have most of their stretches in common
            self.known[first, last] = self._on(first, last)
        return self.known[first, last]

    def _on(self, first: date, last: date) -> Value | None:
        values = [value for each in self.groups if (value := each.on(first, last)) is not None]
        sums = [added(values)] if values else []
        rest = [value for each in self.loose if (value := each.on(first, last)) is not None]
        return either_or_both([*sums, *rest]) if sums or rest else None


def _near(found: Iterable[Therapy], days: Days) -> tuple[Therapy, ...]:
    return tuple([each for each in found if each.near(days)])


def therapies(records: Sequence[Record]) -> Therapies:
    """Records joined by their links; administrations linked to an order take its cycle."""
    found: list[Therapy] = []
    for name in sorted({each.ingredient.key or "" for each in records}):
        own = [each for each in records if (each.ingredient.key or "") == name]
        found += [Therapy(_cycled(cluster)) for cluster in _clusters(own)]
    return _placed(tuple(found))


def _clusters(records: Sequence[Record]) -> list[list[Record]]:
    clusters: list[tuple[set[str], list[Record]]] = []
    for each in records:
        names = {each.reference, *(link for link in each.fact.links if link.startswith("Medication"))}
        touching = [cluster for cluster in clusters if cluster[0] & names]
        clusters = [cluster for cluster in clusters if cluster not in touching]
        joined = names.union(*(cluster[0] for cluster in touching))
        clusters.append((joined, [*(old for cluster in touching for old in cluster[1]), each]))
    return [cluster for _, cluster in clusters]


def _cycled(cluster: Sequence[Record]) -> tuple[Record, ...]:
    orders = (phase.daily.spacing for each in cluster if each.fact.source is Source.REQUEST for phase in each.phases)
    spacing = max(orders, default=None)
    if spacing is None or spacing <= 1:
        return tuple(cluster)

    return spread(cluster, spacing)


def _placed(found: tuple[Therapy, ...]) -> Therapies:
    groups: dict[Key, list[Therapy]] = {}
    loose: list[Therapy] = []
    placed = [(each, _ingredient(each, found), _route(each, found)) for each in found]
    for each, name, route in placed:
        if name is None or route is None:
            loose.append(each)
        else:
            groups.setdefault((name, route), []).append(each)
    return Therapies(found, tuple([Group.of(each) for each in groups.values()]), tuple(loose))


def _ingredient(therapy: Therapy, found: Sequence[Therapy]) -> str | None:
    own = therapy.records[0].ingredient.key
    if own is not None:
        return own
    concepts = {_product(each.fact) for other in found for each in other.records}
    return "the same product" if len(concepts) == 1 else None


def _product(fact: MedicationFact) -> Hashable:
    return frozenset(fact.concept.codings) or fact.concept.texts


def _route(therapy: Therapy, found: Sequence[Therapy]) -> str | None:
    own = _families([therapy])
    if len(own) == 1:
        return own.pop()
    key = therapy.records[0].ingredient.key
    known = _families([each for each in found if each.records[0].ingredient.key == key])
    return None if len(known) > 1 else (known.pop() if known else "")


def _families(found: Sequence[Therapy]) -> set[str]:
    return {each.family for therapy in found for each in therapy.records if each.family is not None}


def _same_kind(told: Sequence[tuple[Therapy, Value]], source: Source) -> Value:
    if len(told) == 1 or source is Source.ADMINISTRATION:
        return added([value for _, value in told])
    alike: dict[Hashable, list[Value]] = {}
    for each, value in told:
        alike.setdefault(each.likeness(source), []).append(value)
    return added([either_or_both(each) for each in alike.values()])
