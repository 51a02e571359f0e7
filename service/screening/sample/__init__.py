"""An invented hospital population in the shape of a FHIR bulk export: ordinary people, and those of stories."""

from service.screening.sample.stories import STORIES
from service.screening.sample.write import TYPES, SampleReport, write_sample

__all__ = ["STORIES", "TYPES", "SampleReport", "write_sample"]
