"""A small world to screen: a catalog of two criteria, and makers of the resources that touch them."""

import gzip
import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from unittest.mock import patch
from zoneinfo import ZoneInfo

from service.catalog.load import Catalog
from service.eligibility.criteria import (
    EVER,
    AgeAtScreening,
    Bounds,
    ConditionPresent,
    Criterion,
    Manual,
    ObservationValue,
    Study,
)
from service.eligibility.dosing.half_lives import NO_HALF_LIVES
from service.eligibility.policy import Policy
from service.eligibility.terms import Terminology
from service.eligibility.units import UnitTable
from service.screening.buckets import processes as buckets, shares
from service.screening.buckets.means import Means
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.builders import AT, SCT, SETS

STUDY = Study(
    "demo",
    "1.0",
    "A demonstration",
    (
        Criterion("I1", "inclusion", "an adult", AgeAtScreening(Bounds(at_least=Decimal(18)))),
        Criterion("I2", "inclusion", "a haemoglobin", ObservationValue(("hb",), look_back=EVER)),
        Criterion("E1", "exclusion", "cancer", ConditionPresent(("cancer",))),
        Criterion("E2", "exclusion", "anything else", Manual("Is there anything else?")),
    ),
    entry=(ObservationValue(("hb",), look_back=EVER),),
)
Json = dict[str, object]


@dataclass
class Site:
    """What the pipeline asks of a site's settings."""

    zone: ZoneInfo = ZoneInfo("UTC")
    bundles_complete: bool = False
    test_patients: frozenset[str] = frozenset()
    opted_out: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    accepted_rejects: int = 0


def catalog(**site: object) -> SimpleNamespace:
    """A catalog of one study, ten value sets and these site settings."""
    return SimpleNamespace(
        studies={STUDY.id: STUDY},
        terminology=Terminology({each.id: each for each in SETS}),
        units=UnitTable({}, {}, {}),
        equivalents={},
        drugs=None,
        half_lives=NO_HALF_LIVES,
        policy=Policy(),
        site=Site(**site),  # type: ignore[arg-type]
    )


def patient(identity: str = "p", **more: object) -> Json:
    return {"resourceType": "Patient", "id": identity, "birthDate": "1970-05-05", "gender": "female", **more}


def cancer(identity: str = "c", of: str = "p", **more: object) -> Json:
    """A cancer on record."""
    return {
        "resourceType": "Condition",
        "id": identity,
        "subject": {"reference": f"Patient/{of}"},
        "code": {"coding": [{"system": SCT, "code": "1"}]},
        "onsetDateTime": "2024-01-01",
        **more,
    }


def haemoglobin(identity: str = "o", of: str = "p", value: object = 13, **more: object) -> Json:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "subject": {"reference": f"Patient/{of}"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "hb"}]},
        "effectiveDateTime": "2026-06-01",
        "valueQuantity": {"value": value, "unit": "g/dL"},
        **more,
    }


def encounter(identity: str = "e", of: str = "p", **more: object) -> Json:
    return {
        "resourceType": "Encounter",
        "id": identity,
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{of}"},
        "period": {"start": "2026-05-01", "end": "2026-05-01"},
        **more,
    }


def bundle(*resources: Json, kind: str = "searchset", **more: object) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": each} for each in resources], **more}


Content = list[object] | bytes


def ndjson(lines: Content) -> bytes:
    """Lines as bytes: resources as JSON, text as it is."""
    if isinstance(lines, bytes):
        return lines
    return b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in lines)


def export(directory: Path, **files: Content) -> Path:
    """A directory with these files; `Patient_000` is Patient.000.ndjson. Types that are not given lie there, empty."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("Patient", "Condition", "Observation", "Encounter"):
        if not any(each.split("_")[0] == name for each in files):
            files[name] = [patient()] if name == "Patient" else [encounter()] if name == "Encounter" else []
    for name, lines in files.items():
        (directory / f"{name.replace('_', '.')}.ndjson").write_bytes(ndjson(lines))
    return directory


@dataclass
class Result:
    """What a run wrote."""

    out: Path
    summary: Json
    assessments: dict[str, Json] = field(default_factory=dict)
    rejects: list[Json] = field(default_factory=list)
    held: list[Json] = field(default_factory=list)
    subjects: list[Json] = field(default_factory=list)

    def answer(self, criterion: str, person: str = "p") -> tuple[str, tuple[str, ...]]:
        """(outcome, reasons) of one criterion for one person."""
        for finding in self.assessments[person]["findings"]:  # type: ignore[attr-defined]
            if finding["criterion"] == criterion:
                return finding["outcome"], tuple(finding["reasons"])
        raise KeyError(criterion)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """(used, not needed, unreadable, rejected)."""
        read = self.summary["input"]
        return read["used"], read["not_needed"], read["unreadable"], read["rejected"]  # type: ignore[index]

    def files(self) -> dict[str, bytes]:
        """Everything written, by name."""
        return {each.name: each.read_bytes() for each in sorted(self.out.iterdir())}


def run(
    *inputs: Path,
    out: Path | None = None,
    accepted: int = 0,
    at: date = AT,
    everyone: bool = True,
    studies: tuple[Study, ...] = (STUDY,),
    release: str = "R4",
    world: object = None,
    **site: object,
) -> Result:
    """Screen, check that the counts add up, and read back what was written. In buckets, it has to be the same."""
    out = out or inputs[0].parent / "out"
    request = Request(find_sources(inputs), studies, at, release, everyone, accepted)  # type: ignore[arg-type]
    world = world or catalog(**site)
    summary = screen(world, request, out, Progress())  # type: ignore[arg-type]
    same_in_buckets(world, request, out)  # type: ignore[arg-type]
    lines = {
        name: [json.loads(each) for each in (out / name).read_bytes().splitlines()]
        for name in ("assessments.ndjson", "rejects.ndjson", "held_back.ndjson", "ResearchSubject.ndjson")
    }
    assert json.loads((out / "summary.json").read_bytes()) == json.loads(json.dumps(summary))
    result = Result(
        out,
        summary,
        {str(each["patient"]): each for each in lines["assessments.ndjson"]},
        lines["rejects.ndjson"],
        lines["held_back.ndjson"],
        lines["ResearchSubject.ndjson"],
    )
    adds_up(result)
    return result


def same_in_buckets(world: Catalog, request: Request, out: Path) -> None:
    """Byte by byte, when every line is in a share of its own and there are more buckets than persons, or fewer; and
    ids are in one part, or in four."""
    for means in (Means(1, 2), Means(1, 17, 2)):
        with TemporaryDirectory() as other, patch.object(shares, "LARGEST", 700):
            screen(world, request, Path(other), Progress(), buckets.Processes(means))
            assert {each.name for each in Path(other).iterdir()} == {each.name for each in out.iterdir()}
            for each in sorted(out.iterdir()):
                assert (each.name, (Path(other) / each.name).read_bytes()) == (each.name, each.read_bytes())


def by_type(result: Result, name: str) -> dict[str, int]:
    """What became of the lines of one type."""
    found: dict[str, int] = result.summary["input"]["by_type"][name]  # type: ignore[index]
    return found


def adds_up(result: Result) -> None:
    """Every line read is used, not needed, or listed as unreadable or rejected; and everybody is somewhere."""
    read, people = result.summary["input"], result.summary["people"]
    assert sum(result.counts) == read["read"] == sum(each["read"] for each in read["by_type"].values())  # type: ignore[index]
    assert len(result.rejects) == read["unreadable"] + read["rejected"]  # type: ignore[index]
    assert len(result.assessments) == people["screened"]  # type: ignore[index]


def zipped(path: Path, cut: int = 0) -> Path:
    """The file as gzip, with this many bytes missing at its end."""
    packed = gzip.compress(path.read_bytes())
    target = path.with_name(path.name + ".gz")
    target.write_bytes(packed[: len(packed) - cut])
    path.unlink()
    return target
