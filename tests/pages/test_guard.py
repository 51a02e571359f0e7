"""Nobody sees a page who is not signed in, and no form counts that another site made."""

from service.store.engine import Store
from tests.pages.world import world


def test_whoever_is_not_signed_in_is_asked_to(store: Store) -> None:
    answer = world(store).stranger().post("/sign-out")
    assert answer.status_code == 401


def test_a_form_of_another_site_does_not_count(store: Store) -> None:
    anna = world(store).person("anna")
    assert anna.client.post("/sign-out").status_code == 403
    assert anna.post("/sign-out").status_code == 302
    assert anna.post("/sign-out").status_code == 401
