"""Oracle Health (Cerner Millennium), as its documentation of 2024 describes it. STANDARDS 6.4, 8.7-8.25."""

from service.ehr.dialects.dialect import RESEARCH, Dialect

ORACLE = Dialect(
    name="oracle",
    software=("cerner", "oracle health", "millennium"),
    page_size=100,
    page_sizes={"Observation": 200},  # 50 unless asked, never more than 200
    alone=frozenset({"_id"}),
    apart=(("date", "_lastUpdated"),),
    unsupported={"MedicationRequest": frozenset({"authoredon", "date"})},
    strict=False,
    post_search=False,
    last_updated_is_partial=True,
    needs_if_match=True,
    bare_patient=True,
    drops_unknown_elements=True,
    doubtful=RESEARCH,  # there is no page on any of them
    no_types=frozenset({"MedicationStatement"}),
)
