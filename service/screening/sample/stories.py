"""The table of stories, each one function that writes one chart. To tell a new one, write it and add its line here."""

from collections.abc import Callable
from typing import NamedTuple

from service.screening.sample import conditions, findings, steroids
from service.screening.sample.chart import Chart

ADULT = (40, 78)


class Story(NamedTuple):
    """How a chart is written, and about whom: sex (either if None), youngest and oldest age."""

    tell: Callable[[Chart], None]
    sex: str | None = None
    ages: tuple[int, int] = ADULT

    @property
    def name(self) -> str:
        """The story's name."""
        return self.tell.__name__


# The first patient, whom the documentation explains, has the first. 200 people have the first 34 of them, 229 have all.
STORIES = (
    Story(steroids.taper_leaving_the_window, "male", (56, 66)),
    Story(conditions.by_the_book),
    Story(findings.igg4_in_grams_per_litre),
    Story(findings.igg4_in_milligrams_per_litre),
    Story(findings.igg4_that_says_little),
    Story(steroids.taper_over_before_the_window),
    Story(steroids.exactly_ten_milligrams),
    Story(steroids.twenty_every_other_day),
    Story(steroids.two_tablets_of_five),
    Story(steroids.steroid_as_needed),
    Story(steroids.steroid_as_directed),
    Story(steroids.methylprednisolone_sixteen),
    Story(steroids.dexamethasone_where_tables_differ),
    Story(steroids.order_on_hold),
    Story(steroids.order_stopped_without_an_end),
    Story(steroids.one_therapy_in_three_records),
    Story(conditions.tacrolimus_capsules),
    Story(conditions.rituximab_four_months_ago),
    Story(conditions.rituximab_two_months_ago),
    Story(conditions.breast_cancer_in_remission, "female"),
    Story(conditions.breast_cancer_still_active, "female"),
    Story(conditions.colon_cancer_in_no_list),
    Story(conditions.basal_cell_carcinoma),
    Story(conditions.multifocal_fibrosclerosis),
    Story(conditions.lupus, "female"),
    Story(conditions.sirolimus_allergy_confirmed),
    Story(conditions.known_by_text_alone),
    Story(findings.high_igg4_without_a_diagnosis),
    Story(findings.hepatitis_b),
    Story(findings.hepatitis_c_cleared),
    Story(findings.igra_positive),
    Story(findings.pneumonia_last_week),
    Story(findings.pregnant, "female", (27, 39)),
    Story(findings.breast_feeding, "female", (25, 38)),
    Story(conditions.sirolimus_allergy_resolved),
    Story(conditions.lupus_entered_in_error),
    Story(findings.proven_by_histology),
    Story(findings.hepatitis_b_test_too_old),
    Story(findings.index_too_low),
)
