"""What the machine says of one person and study, as plain data: from an assessment, or from its stored line.

What is written to a server is made from this, so that a process started later writes what an earlier one found.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from service.eligibility.assess import Assessment, Finding, Signal, Standing
from service.eligibility.criteria import Study
from service.eligibility.explain import Phrases, finding_sentence
from service.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """What a person said: a code (an outcome, or a state of the ResearchSubject), their account, and when (an instant).

    Why they said so is in their own words, which may tell more than is to be written elsewhere: it is not here.
    """

    code: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one criterion. `reasons` are codes, sorted; `evidence` is references, each once.

    `decided`: the answer of a person, which holds instead of `outcome`, the machine's.
    """

    criterion: str
    kind: str
    outcome: str
    reasons: tuple[str, ...]
    sentence: str
    evidence: tuple[str, ...]
    decided: PersonSaid | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """An assessment in words and codes. `version` is of the study by which it was made; `study` may be newer.

    `source`: the address of the server with the patient and the records, where this is written to another one. `state`:
    what people decided that the ResearchSubject says. `corrected`: the records that somebody corrected, and who did.
    """

    patient: str
    study: Study
    version: str
    screening_date: date
    standing: Standing
    signal: Signal
    later: date | None
    next_change: date | None
    findings: tuple[Said, ...]
    source: str | None = None
    state: PersonSaid | None = None
    corrected: tuple[tuple[str, str], ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """The accounts of those who had a part in it, sorted."""
        told = (self.state, *(each.decided for each in self.findings))
        return tuple(sorted({each.by for each in told if each is not None} | {by for _, by in self.corrected}))

    @property
    def identity(self) -> str:
        """The business identifier of its ResearchSubject. Patients of two servers may have the same id."""
        return subject_identity(self.study.id, f"{self.source}/{self.patient}" if self.source else self.patient)

    @property
    def evidence(self) -> tuple[str, ...]:
        """The records on which the findings rest, each once, in the order of the criteria."""
        return tuple(dict.fromkeys(each for said in self.findings for each in said.evidence))


def subject_identity(study: str, patient: str) -> str:
    """The business identifier of one ResearchSubject: 40 hex digits, always the same for a study and patient."""
    return sha256(f"{study}|{patient}".encode()).hexdigest()[:40]


def opinion_of(assessment: Assessment, phrases: Phrases) -> Opinion:
    """The opinion that an assessment is, with its sentences."""
    change = assessment.next_change
    return Opinion(
        assessment.patient,
        assessment.study,
        assessment.study.version,
        assessment.screening_date,
        assessment.standing,
        assessment.signal,
        assessment.later,
        None if change is None else change.date,
        tuple(_said(each, phrases) for each in assessment.findings),
    )


def _said(finding: Finding, phrases: Phrases) -> Said:
    judgement = finding.judgement
    return Said(
        finding.criterion.id,
        finding.criterion.kind,
        judgement.outcome.code,
        tuple(sorted(each.code for each in judgement.reasons)),
        finding_sentence(finding, phrases),
        tuple(dict.fromkeys(each.reference for each in judgement.exhibits)),
    )


def read_opinion(
    line: Mapping[str, object], study: Study, source: str | None = None, state: PersonSaid | None = None
) -> Opinion:
    """The opinion in a line of assessments.ndjson, with what people answered in it.

    Raises InvalidValue if it is no such line, or of another study.
    """
    if line.get("study") != study.id:
        raise InvalidValue("the line is not of this study")
    try:
        change, findings = line["next_change"], line["findings"]
        return Opinion(
            str(line["patient"]),
            study,
            str(line["study_version"]),
            date.fromisoformat(str(line["screening_date"])),
            Standing(line["standing"]),
            Signal(line["signal"]),
            _day(line["later"]),
            _day(change["date"]) if isinstance(change, Mapping) else None,
            tuple(_read(each) for each in findings if isinstance(each, Mapping)) if isinstance(findings, list) else (),
            source,
            state,
            tuple(_corrected(line.get("corrections"))),
        )
    except (KeyError, ValueError) as error:
        raise InvalidValue(f"this is no line of an assessment ({type(error).__name__})") from None


def _read(finding: Mapping[str, object]) -> Said:
    reasons, evidence = finding["reasons"], finding["evidence"]
    listed = evidence if isinstance(evidence, list) else []
    return Said(
        str(finding["criterion"]),
        str(finding["kind"]),
        str(finding["outcome"]),
        tuple(sorted(str(each) for each in reasons)) if isinstance(reasons, list) else (),
        str(finding["sentence"]),
        tuple(dict.fromkeys(str(each["reference"]) for each in listed)),
        _person(finding.get("decided")),
    )


def _person(decided: object) -> PersonSaid | None:
    if not isinstance(decided, Mapping):
        return None
    return PersonSaid(str(decided["outcome"]), str(decided["by"]), str(decided["at"]))


def _corrected(corrections: object) -> Iterator[tuple[str, str]]:
    """Those that hold."""
    for each in corrections if isinstance(corrections, list) else ():
        if each["holds"]:
            yield str(each["record"]), str(each["by"])


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value))
