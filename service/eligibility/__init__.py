"""The pure core: facts about a person, criteria of a study, and the judgement of one by the other.

No I/O, no clock, no FHIR. Everything here is a value or a function of values.
"""
