"""Studies, value sets, maps and tables of `mappings/`, read into objects of `eligibility`, and checked."""
