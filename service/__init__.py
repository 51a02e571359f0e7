"""Clinical-trial pre-screening on FHIR data, with a reason for every answer."""

__version__ = "0.1.0"  # the one place of the version: setup.cfg reads it from here
