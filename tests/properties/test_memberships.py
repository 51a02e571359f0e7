"""Does a concept belong to a value set? Looked up, it is what asking each set after the other gives. SEMANTICS §5."""

import pickle
from collections.abc import Iterator
from unittest.mock import patch

from hypothesis import given, strategies as st

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.eligibility import terms
from service.eligibility.outcome import Outcome
from service.eligibility.terms import (
    BY_NAME,
    INEXACT,
    NOT_MEMBER,
    OPAQUE,
    TEXT_SYSTEM,
    Codes,
    Coding,
    Concept,
    Mapped,
    Membership,
    Terminology,
    ValueSet,
    text_code,
)

SYSTEMS = ("urn:one", "urn:two", "http://hl7.org/fhir/sid/icd-10", TEXT_SYSTEM)
CODINGS = st.builds(Coding, st.sampled_from(SYSTEMS), st.text("aR1.", min_size=1, max_size=4))
NORMAL = CODINGS.map(Coding.normalized)
WORDS = st.text("ab ü", max_size=5)
TEXTS = st.lists(st.sampled_from(("a", "b", "A", "Ü", " ", "ab", "ba b", "aab")), max_size=6).map("".join)
CODES = st.builds(Codes, st.frozensets(NORMAL, max_size=3), st.lists(NORMAL, max_size=2).map(tuple))
SETS = st.builds(
    ValueSet,
    id=st.just("set"),
    title=st.just("Set"),
    sure=CODES,
    inexact=CODES,
    excluded=CODES,
    words=st.lists(WORDS, max_size=3).map(tuple),
    not_words=st.lists(WORDS.filter(bool), max_size=2).map(tuple),
    exhaustive=st.frozensets(st.sampled_from(SYSTEMS), max_size=1),
)
MAPPED = st.lists(st.builds(Mapped, CODINGS, st.booleans()), max_size=2).map(tuple)
MAPS = st.dictionaries(st.one_of(NORMAL, TEXTS.map(text_code)), MAPPED, max_size=3)
TERMINOLOGIES = st.builds(Terminology, st.dictionaries(st.sampled_from("pqrs"), SETS, min_size=1), MAPS)
CONCEPTS = st.builds(Concept, st.lists(CODINGS, max_size=3).map(tuple), st.lists(TEXTS, max_size=2).map(tuple))


def plainly(terminology: Terminology, value_set: ValueSet, concept: Concept) -> Membership:
    """As SEMANTICS has it: the codes decide; where none is classified, the words suggest."""
    found = [
        INEXACT if not exact and held.outcome is Outcome.MET else held
        for coding, exact in terminology.codings(concept)
        for held in (value_set.holds(coding),)
    ]
    best = max(found, key=lambda each: each.outcome, default=NOT_MEMBER)
    if best.outcome is not Outcome.NOT_MET:
        return best
    own = [coding for coding, _ in terminology.codings(concept)]
    if classified_plainly(terminology, concept):
        return NOT_MEMBER
    closed = [each.system in value_set.exhaustive for each in own]
    if any(value_set.suggested_by(text) for text in concept.texts):
        symptom = any("icd-10" in each.system and each.code.startswith("R") for each in own)
        return NOT_MEMBER if own and all(closed) and not symptom else BY_NAME
    return NOT_MEMBER if any(closed) or any(text.strip() for text in concept.texts) else OPAQUE


def classified_plainly(terminology: Terminology, concept: Concept) -> bool:
    return any(
        coding in terminology.maps or each.excluded.hold(coding) or each.sure.hold(coding)
        for coding, _ in terminology.codings(concept)
        for each in terminology.value_sets.values()
    )


@given(TERMINOLOGIES, st.lists(CONCEPTS, min_size=1, max_size=5))
def test_looked_up_it_is_what_each_set_says(terminology: Terminology, concepts: list[Concept]) -> None:
    names = tuple(terminology.value_sets)
    for concept in concepts:
        said = [plainly(terminology, each, concept) for each in terminology.value_sets.values()]
        assert [terminology.membership((name,), concept) for name in names] == said
        assert terminology.membership(names, concept) == max(said, key=lambda each: (each.outcome, not each.opaque))
        held = [name for name, each in zip(names, said, strict=True) if each.outcome is not Outcome.NOT_MET]
        assert terminology.perhaps_in(names, concept) == held
        assert terminology.classified(concept) == classified_plainly(terminology, concept)


@given(TERMINOLOGIES, CONCEPTS)
def test_another_process_is_told_the_same(terminology: Terminology, concept: Concept) -> None:
    names = tuple(terminology.value_sets)
    before = terminology.membership(names, concept)
    assert pickle.loads(pickle.dumps(terminology)).membership(names, concept) == before


def shipped_concepts(terminology: Terminology) -> Iterator[Concept]:
    """Some codes of every set, what begins as they do, and its words in a sentence."""
    for each in terminology.value_sets.values():
        for codes in (each.sure, each.inexact, each.excluded):
            for coding in (*sorted(codes.listed, key=repr)[:3], *codes.prefixes[:3]):
                yield Concept((coding,), (each.title,))
                yield Concept((Coding(coding.system, coding.code + "9"),), ("of another kind",))
        for word in (*each.words[:3], *each.not_words[:3]):
            yield Concept((), (f"History of {word.strip()}, left",))
            yield Concept((Coding("urn:local", "1"),), (f"x{word.upper()}y",))


def test_of_what_we_ship() -> None:
    terminology = load_catalog(mappings_dir(), None).terminology
    concepts = list(dict.fromkeys(shipped_concepts(terminology)))
    for number, (name, value_set) in enumerate(sorted(terminology.value_sets.items())):
        for concept in concepts[number % 100 :: 100]:
            said = terminology.membership((name,), concept)
            assert said == plainly(terminology, value_set, concept), (name, concept)


@given(TERMINOLOGIES, st.lists(CONCEPTS, min_size=3, max_size=12, unique=True))
def test_what_is_remembered_of_concepts_is_bounded(terminology: Terminology, concepts: list[Concept]) -> None:
    """A service meets new texts every day for months; forgetting them changes no answer."""
    ids = tuple(terminology.value_sets)
    told = [(terminology.membership(ids, each), terminology.self_limited_days(ids, each)) for each in concepts]
    with patch.object(terms, "MOST_ANSWERS", 2), patch.object(terms, "MOST_REMEMBERED", 2):
        few = Terminology(terminology.value_sets, terminology.maps)
        for _ in range(2):
            found = [(few.membership(ids, each), few.self_limited_days(ids, each)) for each in concepts]
            assert found == told
            assert max(len(few._memberships), len(few._lasting), len(few._said)) <= 2
