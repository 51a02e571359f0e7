"""Our CapabilityStatement as this installation answers with it at `/fhir/metadata`."""

from collections.abc import Mapping

from service.fhir.own import SOFTWARE, Json


def capability_instance(statement: Mapping[str, object], url: str, version: str, date: str) -> Json:
    """The shipped statement (kind `capability`) as that of one installation (kind `instance`).

    `url`: the address of this service's FHIR endpoint. `version`: of this software. `date`: since when it holds, as a
    FHIR dateTime.
    """
    implementation = {"description": "Pre-screening for clinical studies", "url": url}
    software = {"name": SOFTWARE, "version": version}
    changed: Json = {"kind": "instance", "date": date, "software": software, "implementation": implementation}
    return {**statement, **changed}
