"""The use cases: screening a population of NDJSON and Bundles, explaining one patient, inventing a population."""
