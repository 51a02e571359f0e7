"""The files that `screen` writes, and the counts that have to add up before anything is called a result."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

import orjson

from service.eligibility.assess import Assessment, Signal, Standing
from service.eligibility.criteria import Study
from service.eligibility.outcome import Outcome, Reason
from service.errors import InvalidOutput, UsageError
from service.screening.flat import TABLES
from service.screening.tables import FORMATS, Tables, names_of
from service.screening.tally import Reject
from service.screening.writing import alone, fresh, partial_of, unwritable

NAMES = ("ResearchSubject.ndjson", "assessments.ndjson", "rejects.ndjson", "held_back.ndjson")
SUMMARY = "summary.json"
# For whoever keeps the results, only where they are asked for: the versions of the records read, what pages draw.
VERSIONS, SERIES = "versions.ndjson", "series.ndjson"
TABLE_FILES = tuple(f"{name}.{kind}" for name in TABLES for kind in FORMATS)
KNOWN = (SUMMARY, *NAMES, VERSIONS, SERIES, *TABLE_FILES)


class Sink(Protocol):
    """Where the lines of a run go. `lines` counts those written, by name of the output."""

    lines: Counter[str]

    def write(self, name: str, line: Mapping[str, object]) -> None:
        """One line for the output of that name."""

    def reject(self, reject: Reject) -> None:
        """One line of what could not be used."""


class Outputs:
    """Open output files of one run; written under a temporary name and put in place together when all went well.

    What an earlier run left is removed first: after a run that failed, nothing can be taken for its result. Or, with
    `later`, when `begin_anew` is called: a run that is refused leaves what was there. No other run writes there
    meanwhile. Raises UsageError where it cannot be written.
    """

    def __init__(
        self, directory: Path, also: tuple[str, ...] = (), formats: Sequence[str] = (), *, later: bool = False
    ) -> None:
        tables = names_of(formats)
        if directory.exists() and not directory.is_dir():
            raise UsageError(f"{directory.name} is a file; --out needs a directory")
        self._directory = directory
        self.names = (*NAMES, *also)  # of the outputs that take lines
        self._names = (*self.names, *tables)
        self.lines: Counter[str] = Counter()
        self._summary: bytes | None = None
        with ExitStack() as held:
            try:
                directory.mkdir(parents=True, exist_ok=True)
                held.enter_context(alone(directory))
                self._check()
                if not later:
                    self.begin_anew()
                held.callback(self._clear)
                self._files: dict[str, BinaryIO] = {name: fresh(self._partial(name)) for name in self.names}
                self._tables = Tables(formats, {name: self._partial(name) for name in tables})
            except OSError as error:
                raise unwritable(directory, error) from None
            self._held = held.pop_all()

    def begin_anew(self) -> None:
        """Nothing of an earlier run stays."""
        for name in KNOWN:
            (self._directory / name).unlink(missing_ok=True)

    def __enter__(self) -> "Outputs":
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        with self._held:
            if kind is None:
                self._close()
                if self._summary is not None:
                    self._put_in_place(self._summary)
                return
            with suppress(OSError):  # what failed is told already
                self._close()

    def _close(self) -> None:
        with ExitStack() as closing:  # each of them, whatever becomes of the others
            for file in self._files.values():
                closing.callback(file.close)
            self._tables.close()

    def _put_in_place(self, summary: bytes) -> None:
        self.begin_anew()
        with fresh(self._partial(SUMMARY)) as file:
            file.write(summary)
        for name in (*self._names, SUMMARY):
            self._partial(name).replace(self._directory / name)

    def _clear(self) -> None:
        """Nothing stays that is but a part."""
        for name in (*self._names, SUMMARY):
            self._partial(name).unlink(missing_ok=True)

    def _check(self) -> None:
        """Raises UsageError where something else has one of the names."""
        for path in (each for name in KNOWN for each in (self._directory / name, self._partial(name))):
            if path.is_dir() and not path.is_symlink():
                raise UsageError(f"{path} is a directory; remove it, or choose another --out")

    def _partial(self, name: str) -> Path:
        return partial_of(self._directory / name)

    def write(self, name: str, line: Mapping[str, object]) -> None:
        """One JSON line."""
        self._files[name].write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        self.lines[name] += 1
        if name == "assessments.ndjson":
            self._tables.add(line)

    def write_line(self, name: str, line: bytes) -> None:
        """One JSON line that was written before, with its newline."""
        self._files[name].write(line)
        self.lines[name] += 1
        if name == "assessments.ndjson" and self._tables.wanted:
            self._tables.add(orjson.loads(line))

    def reject(self, reject: Reject) -> None:
        """One line of rejects.ndjson."""
        self.write("rejects.ndjson", reject.as_dict())

    def summary(self, summary: Mapping[str, object]) -> None:
        """What summary.json will say. It is written last of all: its presence says that the run ended well."""
        self._summary = orjson.dumps(summary, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@dataclass
class Funnel:
    """The counts of one study: per standing, per signal, per criterion and outcome, and why the unknown ones are.

    `left_out`: those who were screened but not assessed, as nothing points to the disease.
    """

    study: str
    version: str
    screened: int = 0
    left_out: int = 0
    standings: Counter[str] = field(default_factory=Counter)
    signals: Counter[str] = field(default_factory=Counter)
    with_signal: Counter[str] = field(default_factory=Counter)
    criteria: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    later: int = 0

    def join(self, other: "Funnel") -> None:
        """The counts of other persons."""
        self.screened += other.screened
        self.left_out += other.left_out
        self.later += other.later
        for mine, theirs in (
            (self.standings, other.standings),
            (self.signals, other.signals),
            (self.with_signal, other.with_signal),
        ):
            mine.update(theirs)
        for own, others in ((self.criteria, other.criteria), (self.reasons, other.reasons)):
            for name, counted in others.items():
                own.setdefault(name, Counter()).update(counted)

    @property
    def assessed(self) -> int:
        """Those of whom every criterion was answered."""
        return self.screened - self.left_out

    def summary(self) -> dict[str, object]:
        """The counts as data. Raises InvalidOutput if any of them does not sum to the number screened or assessed."""
        sums = [sum(self.standings.values()), *(sum(counts.values()) for counts in self.criteria.values())]
        if sum(self.signals.values()) != self.screened or any(each != self.assessed for each in sums):
            raise InvalidOutput(f"study {self.study}: the counts do not add up to {self.screened} screened")
        return {
            "study_version": self.version,
            "screened": self.screened,
            "assessed": self.assessed,
            "standing": {each: self.standings[each] for each in ("candidate", "needs_review", "ineligible")},
            "signal": {each: self.signals[each] for each in ("strong", "weak", "none", "unknown")},
            "standing_with_signal": {
                each: self.with_signal[each] for each in ("candidate", "needs_review", "ineligible")
            },
            "later": self.later,
            "criteria": {
                name: {
                    **{each: counts[each] for each in ("met", "not_met", "unknown")},
                    "reasons": dict(sorted(self.reasons[name].items())),
                }
                for name, counts in self.criteria.items()
            },
        }


class Tallying:
    """Counts the assessments of one study. All are counted before anything is said of any: a dozen counts a person."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._left_out = 0
        self._of_all: dict[tuple[Standing, Signal, bool], int] = {}
        self._of_each: dict[tuple[int, Outcome, frozenset[Reason]], int] = {}

    def add(self, assessment: Assessment) -> None:
        """One more person."""
        of_all, of_each = self._of_all, self._of_each
        whole = assessment.standing, assessment.signal, assessment.later is not None
        of_all[whole] = of_all.get(whole, 0) + 1
        for place, finding in enumerate(assessment.findings):
            told = place, finding.outcome, finding.judgement.reasons
            of_each[told] = of_each.get(told, 0) + 1

    def leave_out(self) -> None:
        """One more person, of whom nothing points to the disease, and who is not assessed for that."""
        self._left_out += 1

    def funnel(self) -> Funnel:
        """The counts of those added."""
        found = Funnel(self._study.id, self._study.version, screened=self._left_out, left_out=self._left_out)
        if self._left_out:
            found.signals[Signal.NONE.value] = self._left_out
        for (standing, signal, later), number in self._of_all.items():
            found.screened += number
            found.standings[standing.value] += number
            found.signals[signal.value] += number
            if signal in (Signal.STRONG, Signal.WEAK):
                found.with_signal[standing.value] += number
                found.later += number if later else 0
        for (place, outcome, reasons), number in self._of_each.items():
            name = self._study.criteria[place].id
            found.criteria.setdefault(name, Counter())[outcome.code] += number
            counted = found.reasons.setdefault(name, Counter())
            for reason in reasons:
                counted[reason.code] += number
        return found
