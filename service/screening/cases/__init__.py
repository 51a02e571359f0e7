"""Cases: invented patients that a nurse can read, and what a study has to answer for each of them."""

from service.screening.cases.load import load_cases
from service.screening.cases.model import Expected, PatientCase
from service.screening.cases.reachability import reachable, untested
from service.screening.cases.run import CaseResult, run_case

__all__ = ["CaseResult", "Expected", "PatientCase", "load_cases", "reachable", "run_case", "untested"]
