"""One patient's explanation in plain sentences."""

import textwrap

from service.cli.console import out
from service.eligibility.assess import Assessment, Finding
from service.eligibility.explain import Phrases, finding_sentence, standing_sentence, wanted

WIDTH = 100


def print_story(assessment: Assessment, phrases: Phrases) -> None:
    """Print the standing, every criterion with its answer, the assumptions, and what would settle the rest."""
    study = assessment.study
    out(f"Patient {assessment.patient}, {study.title} ({study.id} {study.version}), as of {assessment.screening_date}")
    out(_wrapped(standing_sentence(assessment), ""))
    for finding in assessment.findings:
        out("")
        out(_wrapped(f"{finding.criterion.id} {finding.criterion.kind}{_mark(finding)}: {_text(finding)}", ""))
        out(_wrapped(finding_sentence(finding, phrases), "    "))
        for decision in finding.criterion.decisions:
            out(_wrapped(f"Reading: {decision.question} {decision.reading}. {decision.reason}", "    "))
    requests = [(finding, each) for finding in assessment.findings for each in wanted(finding, phrases)]
    if requests:
        out("\nWhat would settle it:")
        for finding, each in requests:
            out(_wrapped(f"{finding.criterion.id}: {each}", "  - "))


def _mark(finding: Finding) -> str:
    if finding.blocks:
        return " [KEEPS OUT]"
    return " [checklist]" if finding.open_item else ""


def _text(finding: Finding) -> str:
    return " ".join(f'"{finding.criterion.text}"'.split())


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent))
