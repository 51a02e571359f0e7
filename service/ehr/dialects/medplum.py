"""Medplum, as the source of its server has it (read 2026-11-26; docs/servers.md). STANDARDS 2.5, 2.6.

It sends what happened to active Subscriptions alone, and never makes one active: the client does. It posts the whole
resource, whatever payload was asked for, and a deletion as `{}` with a header of its own.
"""

from service.ehr.dialects.dialect import Dialect

MEDPLUM = Dialect(name="medplum", software=("medplum",), activates=False)
