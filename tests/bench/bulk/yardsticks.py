"""What screening is compared with: `python yardsticks.py bytes|orjson|duckdb DIRECTORY [QUESTIONS ANSWERS]`.

Each reads the files of an export and does nothing else but what its name says. Imports nothing of this project.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 18  # of the sizes tried, that which costs least
CONCEPT = "STRUCT(coding STRUCT(system VARCHAR, code VARCHAR)[])"
SUBJECT = "STRUCT(reference VARCHAR)"
COLUMNS = {
    "Patient": {"id": "VARCHAR"},
    "Observation": {
        "status": "VARCHAR",
        "code": CONCEPT,
        "subject": SUBJECT,
        "effectiveDateTime": "VARCHAR",
        "valueQuantity": "STRUCT(value DOUBLE, code VARCHAR)",
    },
    "Condition": {
        "clinicalStatus": CONCEPT,
        "verificationStatus": CONCEPT,
        "code": CONCEPT,
        "subject": SUBJECT,
        "onsetDateTime": "VARCHAR",
        "abatementDateTime": "VARCHAR",
    },
    "Medication": {"id": "VARCHAR", "code": CONCEPT},
    "MedicationRequest": {
        "status": "VARCHAR",
        "intent": "VARCHAR",
        "medicationCodeableConcept": CONCEPT,
        "medicationReference": SUBJECT,
        "subject": SUBJECT,
        "authoredOn": "VARCHAR",
        "dispenseRequest": "STRUCT(numberOfRepeatsAllowed INTEGER, expectedSupplyDuration STRUCT(value DOUBLE))",
    },
    "MedicationAdministration": {
        "status": "VARCHAR",
        "medicationCodeableConcept": CONCEPT,
        "medicationReference": SUBJECT,
        "subject": SUBJECT,
        "effectiveDateTime": "VARCHAR",
    },
}
HOLDS = "len(list_filter({codes}.coding, lambda each: regexp_full_match(each.system || '|' || each.code, {asked}))) > 0"
QUERIES = {
    "I2": """
        SELECT patient FROM (
            SELECT subject.reference AS patient, valueQuantity.value AS value,
                row_number() OVER (PARTITION BY subject.reference ORDER BY effectiveDateTime DESC) AS place
            FROM Observation
            WHERE status IN ('final', 'amended', 'corrected')
                AND left(effectiveDateTime, 10)
                    BETWEEN strftime(CAST($day AS DATE) - INTERVAL 28 DAY, '%Y-%m-%d') AND $day
                AND {code}
        ) WHERE place = 1 AND value >= 2""",
    "E4": """
        SELECT DISTINCT subject.reference AS patient FROM Condition
        WHERE clinicalStatus.coding[1].code IN ('active', 'recurrence', 'relapse')
            AND verificationStatus.coding[1].code = 'confirmed'
            AND left(onsetDateTime, 10) <= $day
            AND (abatementDateTime IS NULL OR left(abatementDateTime, 10) > $day)
            AND {code}""",
    "E2c": """
        WITH drug AS (SELECT 'Medication/' || id AS reference FROM Medication WHERE {code})
        SELECT subject.reference AS patient FROM MedicationRequest
        WHERE status IN ('active', 'completed') AND intent = 'order'
            AND left(authoredOn, 10) <= $day
            AND CAST(left(authoredOn, 10) AS DATE) + to_days(CASE status WHEN 'completed' THEN 0 ELSE CAST(coalesce(
                dispenseRequest.expectedSupplyDuration.value * (1 + dispenseRequest.numberOfRepeatsAllowed), 395
            ) AS INTEGER) END) >= CAST($day AS DATE) - INTERVAL 3 MONTH
            AND ({medication} OR medicationReference.reference IN (SELECT reference FROM drug))
        UNION
        SELECT subject.reference FROM MedicationAdministration
        WHERE status = 'completed'
            AND left(effectiveDateTime, 10)
                BETWEEN strftime(CAST($day AS DATE) - INTERVAL 3 MONTH, '%Y-%m-%d') AND $day
            AND ({medication} OR medicationReference.reference IN (SELECT reference FROM drug))""",
}


def main(what: str, directory: Path, questions: str = "", answers: str = "") -> None:
    """Do it; DuckDB's answers are written as JSON: for each criterion the patients of whom it is true."""
    if what == "duckdb":
        Path(answers).write_text(json.dumps(asked(directory, **json.loads(Path(questions).read_bytes()))))
        return
    for each in chunks(directory) if what == "bytes" else parsed(directory):
        del each


def chunks(directory: Path) -> Iterator[object]:
    """Read the bytes."""
    for path in sorted(directory.glob("*.ndjson")):
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                yield chunk


def parsed(directory: Path) -> Iterator[object]:
    """Parse every line with orjson."""
    import orjson

    for path in sorted(directory.glob("*.ndjson")):
        with path.open("rb", buffering=CHUNK) as file:
            yield from map(orjson.loads, file)


def asked(directory: Path, day: str, patterns: dict[str, str]) -> dict[str, list[str]]:
    """Ask DuckDB on one thread. `patterns`: for each criterion its codes, an expression over `system|code`."""
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    for name, columns in COLUMNS.items():
        connection.execute(f"CREATE VIEW {name} AS {_read(directory, name, columns)}")
    holds = {
        "code": HOLDS.format(codes="code", asked="$codes"),
        "medication": HOLDS.format(codes="medicationCodeableConcept", asked="$codes"),
    }
    found = {}
    for criterion, query in QUERIES.items():
        values = {"day": day, "codes": patterns[criterion]}
        rows = connection.execute(query.format(**holds), values).fetchall()
        found[criterion] = sorted(row[0].removeprefix("Patient/") for row in rows)
    return found


def _read(directory: Path, name: str, columns: dict[str, str]) -> str:
    """All files of a type; there may be none."""
    paths = [str(path) for path in sorted(directory.glob(f"{name}.*ndjson"))]
    if not paths:
        return "SELECT " + ", ".join(f"NULL::{kind} AS {column}" for column, kind in columns.items()) + " WHERE false"
    return f"SELECT * FROM read_json({paths}, format = 'newline_delimited', columns = {columns})"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
