"""The service launched from an EHR: in whose browser, with which right, and what it shows of the patient there."""
