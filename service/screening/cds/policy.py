"""When a card is shown at all, and what it may offer. A clinician who sees too many of them reads none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum

from service.errors import InvalidValue


class Show(IntEnum):
    """How near somebody has to be to fitting, before a card is shown."""

    NEVER = 0
    CANDIDATE = 1
    NEARLY = 2  # a few criteria are still unknown


@dataclass(frozen=True, slots=True)
class Shown:
    """For one study: how near, and how many criteria may be unknown for "nearly" (those that stay open anyhow, as a
    checklist, are not counted)."""

    show: Show = Show.NEARLY
    most_unknown: int = 2

    def __post_init__(self) -> None:
        if self.most_unknown < 0:
            raise InvalidValue("there cannot be fewer than 0 unknown criteria")


@dataclass(frozen=True, slots=True)
class CardPolicy:
    """The rules of one tenant.

    `studies`: by id, where one has rules of its own. `roles`: by `system|code` of a PractitionerRole; of several the
    most talkative counts, and of role and study the quieter. `after_response`: how long nothing is repeated after a
    card was overridden or accepted; `after_refusal`: after a patient's refusal (None: for ever). `tasks`: a card
    offers to ask the study nurse. `budget`: seconds for asking the EHR within one call. `servers`: the FHIR servers to
    which a lent token may be sent. `app`: where the page with the reasons is launched. `home`: what a card names as its
    source.
    """

    usual: Shown = Shown()
    studies: Mapping[str, Shown] = field(default_factory=dict)
    roles: Mapping[str, Show] = field(default_factory=dict)
    after_response: timedelta = timedelta(days=180)
    after_refusal: timedelta | None = None
    tasks: bool = False
    budget: float = 0.5
    servers: tuple[str, ...] = ()
    app: str | None = None
    home: str | None = None

    def of(self, study: str, roles: Collection[str] = ()) -> Shown:
        """The rule for a study, as somebody in these roles (`system|code`) is to see it."""
        rule = self.studies.get(study, self.usual)
        known = [self.roles[each] for each in roles if each in self.roles]
        return rule if not known else Shown(min(rule.show, max(known)), rule.most_unknown)
