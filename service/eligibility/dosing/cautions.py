"""What a text that the grammar does not read may still say of a dose: that it is not taken, or that it is larger.

Neither is a dose. They only take the certainty from the one that the structure states. SEMANTICS §6.3.
"""

import re
from fractions import Fraction

_SENTENCE = re.compile(r"[.;:!\n]+(?=\s|$)|\s[-–]\s")
_CONDITION = re.compile(r"\b(?:if|unless|when|in case|once|wenn|falls|sobald)\b|[<>]")
_HELD = re.compile(
    r"^\W*(?:please )?(?:hold|held|with ?hold|stop|stopped|discontinued?|d/c|dc|suspend(?:ed)?|cancel(?:led)?|skip|omit"
    r"|(?:\w+ )*(?:not|no longer) taking)\b(?!.*\b(?:mouth|tongue|breath|inhaler)\b)"
    r"|\b(?:on hold|been (?:stopped|discontinued|held|paused)|(?:is|was) (?:stopped|discontinued|held|paused))\b"
    r"|^(?!.*\bnicht\b).*\b(?:absetzen|abgesetzt|pausier\w*|pause|gestoppt|beendet)\b"
    r"|\bnicht (?:mehr )?(?:ein)?(?:nehmen|genommen)\b|\bnicht (?:mehr )?(?:ge|verabreich)en\b"
    r"|^(?!.*\bne\b).*\b(?:arrêter|arrêté|suspendre|suspendu|interrompre)\b|\bne (?:pas|plus) prendre\b"
)
_REFUSED = re.compile(r"^\W*(?:please )?(?:do not|don't|don’t|dont|never) (?:take|use|give|administer|start)\b(.*)")
_OBJECT = re.compile(
    r"\W*(?:$|this\b|it\b|these\b|any ?more\b|your\b|again\b|today\b|now\b"
    r"|(?:the|any) (?:medicine|medication|drug|tablet|capsule)s?\b)"
)
_MANNER = re.compile(
    r"\b(?:with|within|without|together|while|before|after|empty|more|than|same|along|double|extra|other|longer)\b"
)
_MASS = re.compile(
    r"(?<![\d.,])(\d+(?:[.,]\d+)*|\.\d+)\s*(mg|milligrams?|mcg|ug|µg|μg|micrograms?|g|grams?)\b"
    r"(?!\s*(?:/|per|je)\s*(?:kg|m2|m²|ml|\d|tab|cap|kilogram)|\s*(?:oral )?(?:tab|cap|pill|tbl|strength|kaps|compr))"
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")


def forbids(text: str, names: frozenset[str] = frozenset()) -> bool:
    """Does one of its sentences say, on no condition, that the drug (of these names) is held, stopped or not taken?"""
    return any(_forbids(each.strip(), names) for each in _SENTENCE.split(text.lower()))


def _forbids(sentence: str, names: frozenset[str]) -> bool:
    if _CONDITION.search(sentence):
        return False
    refused = _REFUSED.match(sentence)
    if refused is None:
        return _HELD.search(sentence) is not None
    rest = refused.group(1)
    if re.match(r"\W*until\b", rest):
        return True
    named = bool(names & set(re.findall(r"[^\W\d_]+", rest)[:1]))
    return (named or _OBJECT.match(rest) is not None) and _MANNER.search(rest) is None


def largest_mass(text: str) -> Fraction | None:
    """The largest amount in mg that it names, but for strengths of a product and amounts by body size."""
    return max((_milligrams(*each) for each in _MASS.findall(text.lower())), default=None)


def _milligrams(number: str, unit: str) -> Fraction:
    plain = re.sub(r"[.,]", "", number) if _THOUSANDS.fullmatch(number) else number.replace(",", ".")
    whole, _, part = plain.partition(".")
    value = Fraction(f"{whole or 0}.{part.replace('.', '') or 0}")
    if unit.startswith("g"):
        return value * 1000
    return value if unit.startswith(("mg", "milli")) else value / 1000
