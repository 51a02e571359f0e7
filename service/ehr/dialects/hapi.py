"""HAPI FHIR and servers built on it (Smile CDR). STANDARDS 2.5, 2.6, 2.8."""

from service.ehr.dialects.dialect import Dialect

HAPI = Dialect(name="hapi", software=("hapi", "smile"))
