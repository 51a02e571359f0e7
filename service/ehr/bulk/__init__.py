"""A Bulk Data export from the client's side: asked for, waited for, fetched, taken off the server. STANDARDS §3."""

from service.ehr.bulk.asking import Asked, Level
from service.ehr.bulk.came import Job, Membership
from service.ehr.bulk.job import abandon, run
from service.ehr.bulk.work import Stage, Told

__all__ = ["Asked", "Job", "Level", "Membership", "Stage", "Told", "abandon", "run"]
