"""The worklist: whom people are to look at, made from what the machine found and what people decided."""

from service.screening.worklist.projection import rebuild, refresh, refresh_patient

__all__ = ["rebuild", "refresh", "refresh_patient"]
