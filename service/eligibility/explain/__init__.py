"""Explanation: the same sentences for the command line, the card, the worklist and the ResearchSubject."""

from service.eligibility.explain.phrases import Phrases
from service.eligibility.explain.sentences import finding_sentence, standing_sentence
from service.eligibility.explain.settle import wanted

__all__ = ["Phrases", "finding_sentence", "standing_sentence", "wanted"]
