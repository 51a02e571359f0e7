"""A Bulk Data export from the client's side: asked for, waited for, fetched, taken off the server. STANDARDS §3."""

from service.ehr.bulk.asking import Asked, Level
from service.ehr.bulk.job import Job, Stage, Told, run

__all__ = ["Asked", "Job", "Level", "Stage", "Told", "run"]
