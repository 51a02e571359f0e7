"""study.yaml into a study of frozen nodes: every problem of a file at once, each with its line and path."""

from service.catalog.studies.load import StudyFile, load_study

__all__ = ["StudyFile", "load_study"]
