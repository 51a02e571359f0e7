"""Epic, as integrators report it; its own documentation is not public. STANDARDS 3.78, 5.50, 10.2."""

from service.ehr.dialects.dialect import RESEARCH, Dialect

# 4101 stands beside every empty answer and says that it is empty. 4119 ("may not contain the entire record") stands
# beside nearly every answer: whether the site takes it for complete is the site's to say (accepted outcomes), not ours.
NOTHING_FOUND = "4101"
NOT_THE_ENTIRE_RECORD = "4119"

EPIC = Dialect(
    name="epic",
    software=("epic",),
    page_size=100,
    strict=False,
    doubtful=RESEARCH,  # whether they can be written was not established
    silent=frozenset({NOTHING_FOUND}),
)
