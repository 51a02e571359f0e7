"""A FHIR server in memory, over real HTTP on loopback, for tests: see `server.FhirServer`."""

from tests.fhir_server.faults import Fault
from tests.fhir_server.server import FhirServer
from tests.fhir_server.smart import Client

__all__ = ["Client", "Fault", "FhirServer"]
