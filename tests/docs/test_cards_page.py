"""docs/cds-hooks.md: the card that is shown there is the card that is made."""

import json
import re

from service.fhir.cds.call import Hook
from service.screening.cds.services import SERVICES
from tests.cds.conftest import plain, sample
from tests.cds.world import Desk, Sample
from tests.docs.markdown import File, steps
from tests.shape.source import ROOT
from tests.working.world import shipped

__all__ = ["plain", "sample"]
PAGE = ROOT / "docs" / "cds-hooks.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_card_is_that_of_the_demonstration(plain: object, sample: Sample) -> None:
    (shown,) = [json.loads(each.content) for each in steps(PAGE) if isinstance(each, File) and each.name == "card.json"]
    (owner,) = set(re.findall(r"sample-\d+", TEXT))
    desk = Desk(plain, shipped())  # type: ignore[arg-type]
    made = json.loads(json.dumps(desk.views(*sample.charts[owner], of=owner).as_json()))
    for answer in (shown, made):
        del answer["cards"][0]["uuid"]
    assert shown == made


def test_every_service_and_hook_is_named() -> None:
    named = [each for service in SERVICES.values() for each in (service.id, *service.hooks)]
    assert len(named) == 2 + len(Hook) and [each for each in named if f"`{each}`" not in TEXT] == []
