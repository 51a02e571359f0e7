"""HAPI FHIR and servers built on it (Smile CDR), tried with HAPI FHIR 8.8.0 (docs/servers.md). STANDARDS 2.5, 2.6, 2.8.

A deletion it tells only where the channel asks for it by an extension of HAPI's own, and it says what was deleted only
where there is a payload. What else it does needs nothing set here, as all servers are treated so: searches are asked
for anew, since it answers from memory for a minute; a Provenance is known again although it drops the versions from
references; a Subscription that is not active yet is waited for; pages are as long as it likes.
"""

from service.ehr.dialects.dialect import Dialect

HAPI = Dialect(
    name="hapi",
    software=("hapi", "smile"),
    deletions="http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages",
)
