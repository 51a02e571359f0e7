"""Pure reading and writing of FHIR JSON (R4, R4B, R5): resources in, eligibility facts out, and back."""
