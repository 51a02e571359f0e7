"""Work that runs by itself: screening one patient of an EHR, the worker that does it, what is due by time."""
