"""A language for what is composed: each template in it, and how it writes days. English is what is written here.

A template is an English text with `{name}` where something fills it. The same functions that compose English compose
another language when they are given its templates; nothing here knows a catalog.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from service.eligibility.dates import Duration

Translated = Callable[[str], str | None]


def _itself(text: str) -> str:
    return text


def _month(day: date) -> str:
    return f"{day:%b %Y}"


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


@dataclass(frozen=True, slots=True)
class Wording:
    """`translated`: a template, or the name of something, in this language; None where there is no translation.

    `day`, `month` (of any of its days) and `short` (a day without its year) write dates.
    """

    translated: Translated = _itself
    day: Callable[[date], str] = date.isoformat
    month: Callable[[date], str] = _month
    short: Callable[[date], str] = _short

    @property
    def english(self) -> bool:
        """Is everything said as it is written?"""
        return self.translated is _itself

    def say(self, template: str, /, **values: object) -> str:
        """The template in this language, filled. What has no translation is said in English."""
        told = self.translated(template) or template
        return told.format(**values) if values else told

    def name(self, text: str) -> str:
        """A name in this language; itself where it has none there."""
        return self.translated(text) or text

    def names(self, texts: Sequence[str], last: str) -> str:
        """Several, joined; `last` is the template that joins the last of them, with `{first}` and `{last}`."""
        if len(texts) < 2:
            return "".join(texts)
        first = texts[0]
        for each in texts[1:-1]:
            first = self.say("{first}, {next}", first=first, next=each)
        return self.say(last, first=first, last=texts[-1])

    def duration(self, lasts: Duration) -> str:
        """`3 months`."""
        text = f"{{number}} {lasts.unit.value}{'' if lasts.count == 1 else 's'}"
        return self.say(text, number=lasts.count)


ENGLISH = Wording()
AND, OR = "{first} and {last}", "{first} or {last}"
DURATIONS = tuple(f"{{number}} {unit}{end}" for unit in ("day", "week", "month", "year") for end in ("", "s"))
