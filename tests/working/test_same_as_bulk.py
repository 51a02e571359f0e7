"""A patient who is fetched gets, byte for byte, the assessment of a bulk run over the same resources."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from hypothesis import given, settings, strategies as st

from service.catalog.load import Catalog
from service.eligibility.criteria import (
    EVER,
    AdverseEventHad,
    AllergyKnown,
    Bounds,
    Choice,
    ConditionPresent,
    Criterion,
    EncounterHad,
    LookBack,
    MedicationTaken,
    NumberTest,
    ObservationValue,
    ProcedureDone,
    Study,
)
from service.eligibility.dates import Duration, Unit
from service.screening.patient import examine
from service.screening.plan import results_since
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sample import write_sample
from service.screening.sources import find_sources
from tests.builders import RXNORM, SCT
from tests.fhir_server import FhirServer
from tests.screening.world import STUDY, cancer, encounter, haemoglobin, patient
from tests.working.world import TODAY, catalog, connection, shipped, tenant

PEOPLE = 240  # in so many, every story and every oddity occurs
EVERY = 12
RECENTLY = LookBack(Duration(3, Unit.MONTH))
LOW = NumberTest(Bounds(below=Decimal(12)), "g/dL")
EVERYTHING = Study(
    "everything",
    "1.0",
    "Every kind of record",
    (
        *STUDY.criteria,
        Criterion("E3", "exclusion", "low now", ObservationValue(("hb",), test=LOW, look_back=RECENTLY)),
        Criterion("E4", "exclusion", "a drug", MedicationTaken(("drug",), look_back=RECENTLY)),
        Criterion("E5", "exclusion", "an allergy", AllergyKnown(("latex",), none_known=("no-allergy",))),
        Criterion("E6", "exclusion", "an operation", ProcedureDone(("operation",), look_back=EVER)),
        Criterion("E7", "exclusion", "a reaction", AdverseEventHad(("reaction",), ("drug",), look_back=EVER)),
        Criterion("E8", "exclusion", "a stay", EncounterHad(("admission",), look_back=RECENTLY)),
        Criterion("E9", "exclusion", "a cold", ConditionPresent(("cold",), look_back=RECENTLY)),
    ),
    STUDY.entry,
)
# All windows of this one are of a fixed length, so that only recent results are asked for.
GAP = LookBack(Duration(3, Unit.MONTH), gap=Duration(8, Unit.MONTH))
FIXED = Study(
    "fixed",
    "1.0",
    "Windows of a fixed length",
    (
        Criterion("I1", "inclusion", "a value", ObservationValue(("hb",), test=LOW, look_back=RECENTLY)),
        Criterion(
            "I2", "inclusion", "all values", ObservationValue(("hb",), test=LOW, choice=Choice("all"), look_back=GAP)
        ),
        Criterion("E1", "exclusion", "cancer", ConditionPresent(("cancer",))),
        Criterion("E2", "exclusion", "an operation", ProcedureDone(("operation",), look_back=GAP)),
    ),
    (ObservationValue(("hb",), look_back=RECENTLY),),
)
DAYS = [
    "2026-06-29",
    "2026-06-01",
    "2026-03-31",
    "2025-09-01",
    "2025-08-30",
    "2024-06-30",
    "2024-06",
    "2019-02-03",
    None,
]
ALSO_CALLED = "https://other.example/fhir"  # the same server, by another of its addresses
PEOPLE_OF_ONE = ["p", "p", "p", "old", "older"]


def bulk(catalog: Catalog, export: Path, out: Path) -> tuple[dict[str, list[bytes]], dict[str, str]]:
    """The lines of a bulk run by patient, sorted by study, and who was held back, and why."""
    studies = tuple(catalog.studies[each] for each in sorted(catalog.studies))
    screen(catalog, Request(find_sources([export]), studies, TODAY, release=None), out, Progress())
    lines: dict[str, list[bytes]] = {}
    for line in (out / "assessments.ndjson").read_bytes().splitlines():
        lines.setdefault(orjson.loads(line)["patient"], []).append(line)
    held = [orjson.loads(each) for each in (out / "held_back.ndjson").read_bytes().splitlines()]
    return lines, {each["patient"]: each["reason"] for each in held}


def resources(export: Path) -> Iterator[dict[str, object]]:
    for path in sorted(export.glob("*.ndjson")):
        yield from (orjson.loads(line) for line in path.read_bytes().splitlines())


def export_of(server: FhirServer, out: Path, kinds: list[str]) -> Path:
    """The very resources of the server, with the versions that it gave them, as an export."""
    out.mkdir()
    for kind in kinds:
        lines = [orjson.dumps(each) + b"\n" for each in server.all(kind)]
        random.Random(7).shuffle(lines)
        (out / f"{kind}.ndjson").write_bytes(b"".join(lines))
    return out


def compare(server: FhirServer, content: Catalog, place: Path, kinds: list[str], every: int = 1) -> tuple[int, int]:
    """Screen in bulk and one by one; how many were screened, and how many held back."""
    lines, held = bulk(content, export_of(server, place / "export", kinds), place / "out")
    of = tenant(server, content)
    assert of.source is not None
    of = replace(of, source=replace(of.source, other_bases=(ALSO_CALLED,)))  # of files nobody knows whose they are
    to = connection(of)
    replaced = {each["id"] for each in server.all("Patient")} - set(lines) - set(held)
    chosen = sorted(set(sorted(lines)[::every]) | set(held) | replaced)
    for each in chosen:
        found = examine(of, each, to, TODAY)
        expected = "merged" if each in replaced else held.get(each)
        assert (each, found.withheld) == (each, expected)
        assert [orjson.dumps(one.line) for one in found.found] == lines.get(each, [])
    return len(lines), len(held)


def test_the_people_of_the_sample(server: FhirServer, tmp_path: Path) -> None:
    write_sample(tmp_path / "sample", PEOPLE, 7)
    server.seed(*resources(tmp_path / "sample"))
    kinds = [path.name.removesuffix(".ndjson") for path in sorted((tmp_path / "sample").glob("*.ndjson"))]
    screened, held = compare(server, shipped(), tmp_path, kinds, EVERY)
    assert screened > 200
    assert held > 0


KINDS = (
    "Patient Medication Condition Observation Encounter Consent AllergyIntolerance Procedure AdverseEvent "
    "MedicationRequest MedicationStatement MedicationDispense MedicationAdministration"
).split()


def drug(identity: str, of: str, kind: str, **what: object) -> dict[str, object]:
    return {
        "resourceType": kind,
        "id": identity,
        "status": "active" if kind in ("MedicationRequest", "MedicationStatement") else "completed",
        "intent": "order",
        "subject": {"reference": f"Patient/{of}"},
        **what,
    }


@st.composite
def records(draw: st.DrawFn, number: int) -> list[dict[str, object]]:
    """A record of some kind, of one of the patients, with whatever may be odd about it; and what it refers to."""
    of, day, id = draw(st.sampled_from(PEOPLE_OF_ONE)), draw(st.sampled_from(DAYS)), f"r{number}"
    subject = {"reference": draw(st.sampled_from([f"Patient/{of}", f"{ALSO_CALLED}/Patient/{of}"]))}
    odd = draw(
        st.sampled_from([{}, {}, {}, {"modifierExtension": [{"url": "https://x.example/y", "valueBoolean": True}]}])
    )
    text = {"text": draw(st.sampled_from(["some carcinoma", "haemoglobin", "operation", "nothing"]))}
    made: list[dict[str, object]]
    match draw(st.integers(0, 8)):
        case 0:
            made = [cancer(id, of, onsetDateTime=day or "2024", subject=subject)]
        case 1:
            made = [cancer(id, of, code=text, recordedDate=day)]
        case 2:
            made = [haemoglobin(id, of, draw(st.sampled_from([9, 13, "x"])), effectiveDateTime=day, subject=subject)]
        case 3:
            made = [haemoglobin(id, of, code=text, effectiveDateTime=day)]
        case 4:
            made = [encounter(id, of, period={"start": day} if day else {})]
            made.append(cancer(f"c{number}", of, onsetDateTime=None, encounter={"reference": f"Encounter/{id}"}))
        case 5:
            kind = draw(st.sampled_from(["MedicationRequest", "MedicationStatement", "MedicationAdministration"]))
            named = {"medicationReference": {"reference": f"Medication/m{number}"}}
            part = {"itemReference": {"reference": f"Medication/n{number}"}}
            timed = {"authoredOn": day} if kind == "MedicationRequest" else {"effectiveDateTime": day}
            inner = {"coding": [{"system": RXNORM, "code": "8640"}]}
            made = [drug(id, of, kind, **named, **timed)]
            made.append({"resourceType": "Medication", "id": f"m{number}", "ingredient": [part]})
            made += [{"resourceType": "Medication", "id": f"n{number}", "code": inner}] * draw(st.integers(0, 1))
        case 6:
            code = {"coding": [{"system": SCT, "code": "12"}]}
            suspect = {"instance": {"reference": f"Medication/m{number}"}}
            made = [
                {"resourceType": "AdverseEvent", "id": id, "actuality": "actual", "event": code, "subject": subject}
            ]
            made[0] |= {"suspectEntity": [suspect], "date": day}
            made.append({"resourceType": "Medication", "id": f"m{number}", "code": {"text": "prednisone"}})
        case 7:
            done = {"status": "completed", "code": {"coding": [{"system": SCT, "code": "4"}]}, "performedDateTime": day}
            made = [{"resourceType": "Procedure", "id": id, "subject": subject, **done}]
        case _:
            refusal = {"type": draw(st.sampled_from(["permit", "deny"]))}
            coded = {"coding": [{"system": SCT, "code": "11"}]}
            made = [{"resourceType": "Consent", "id": id, "status": "active", "patient": subject, "dateTime": day}]
            made[0] |= {"category": [coded], "provision": refusal}
    made[0] |= odd
    return [{name: value for name, value in each.items() if value is not None} for each in made]


def people() -> list[dict[str, object]]:
    """One person with three records: each was replaced by the next."""
    new = patient("p", link=[{"type": "replaces", "other": {"reference": "Patient/old"}}])
    older = patient("older", link=[{"type": "replaced-by", "other": {"reference": "Patient/old"}}])
    named = [{"type": "replaced-by", "other": {"reference": "Patient/p"}}]
    named.append({"type": "replaces", "other": {"reference": "Patient/older"}})
    return [new, older, patient("old", link=named)]


def _older(resource: dict[str, object], than: date) -> bool:
    """Is it a result of a day before that one, whatever the precision of its date?"""
    day = resource.get("effectiveDateTime")
    return resource["resourceType"] == "Observation" and isinstance(day, str) and day < than.isoformat()[: len(day)]


@given(st.data(), st.sampled_from([(EVERYTHING, FIXED), (FIXED,)]))
@settings(max_examples=40, deadline=None)
def test_any_records_of_a_merged_person(data: st.DataObject, studies: tuple[Study, ...]) -> None:
    """But for results that are older than all windows: they are not fetched, spoil nothing, and are not shown."""
    made = [each for number in range(data.draw(st.integers(0, 7))) for each in data.draw(records(number))]
    if studies == (FIXED,):
        made = [each for each in made if not ("modifierExtension" in each and each["resourceType"] == "Observation")]
        since = results_since(studies, catalog(FIXED), TODAY)
        assert since is not None
        made = [each for each in made if not _older(each, since)]
    with FhirServer() as server, TemporaryDirectory() as place:
        server.seed(*people(), encounter("seen"), *made)
        screened, held = compare(server, catalog(*studies), Path(place), KINDS)
    assert screened + held == 1
