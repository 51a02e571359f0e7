"""Medplum. STANDARDS 2.5, 2.6."""

from service.ehr.dialects.dialect import Dialect

MEDPLUM = Dialect(name="medplum", software=("medplum",))
