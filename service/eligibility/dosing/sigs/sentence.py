"""The productions for a whole sig: steps one after another, segments side by side, and the parts of each."""

from collections.abc import Callable
from decimal import Decimal

from service.eligibility.dosing.sigs import amounts, changes, dated, times
from service.eligibility.dosing.sigs.cursor import Cursor
from service.eligibility.dosing.sigs.parts import (
    Alternating,
    Amount,
    Directed,
    Lasting,
    Most,
    Needed,
    Often,
    Part,
    Scheme,
    Segment,
    Sentence,
    Twofold,
    Why,
)  # fmt: skip
from service.eligibility.dosing.sigs.words import Lexicon
from service.eligibility.quantity import Interval

JOINTS = {"SEP": ",", "DOT": ".", "OPEN": "(", "CLOSE": ")", "DASH": "-", "AND": "and", "PLUS": "plus"}
INDICATIONS = ("WORD", "ILL", "EPISODE", "NOISE", "ARTICLE", "PER")
ENDS = ("END", "THEN", "DOT", "SEP")

PRODUCTIONS: tuple[Callable[[Cursor], Part | None], ...] = (
    changes.change, changes.alternating, changes.divided, changes.most, times.doses, times.lasting, times.times,
    times.often, dated.weekdays, times.occasion, dated.numbered, dated.starting, amounts.amount,
)  # fmt: skip


class SentenceReader:
    """sentence := step {THEN step} [THEN STOP]; step := segment {joint segment}; segment := part {part}."""

    def __init__(self, cursor: Cursor, lexicon: Lexicon) -> None:
        self.cursor, self.lexicon = cursor, lexicon
        self.steps: list[tuple[Segment, ...]] = []
        self.segments: list[Segment] = []
        self.parts: list[Part] = []
        self.joined = ""
        self.stops = False

    def read(self) -> Sentence:
        """The whole sig. Raises NotUnderstood where any word of it is left over."""
        c = self.cursor
        if c.count("OPEN") != c.count("CLOSE"):
            raise c.refuse("a bracket is not closed")
        if c.next().kind in ("THEN", "AND", "PLUS", "OR"):
            raise c.refuse("the text has lost its beginning")
        while c.next().kind != "END":
            if (idle := c.take("NOISE", "COLON", "ARTICLE")) is not None:
                self._not_cut_off(ended=idle.kind == "NOISE")
                continue
            if (then := c.take("THEN")) is not None:
                self._end_step()
                self._not_cut_off(ended=then.value == "after")
            elif c.next().kind in ("STOP", "OFF") and self._last_word():
                self.stops = True
            elif (part := c.attempt(self._parts)) is not None:
                self._add(part)
            elif (joint := c.take(*JOINTS)) is not None:
                self._end_segment(JOINTS[joint.kind])
                self._not_cut_off(ended=joint.kind in ("SEP", "DOT", "CLOSE"))
            else:
                raise c.refuse()
        self._end_step()
        return Sentence(tuple(self.steps), self.stops)

    def _not_cut_off(self, *, ended: bool) -> None:
        """A text that ends with `then` or `and` has lost its end."""
        if self.cursor.next().kind == "END" and not ended:
            raise self.cursor.refuse("the text is cut off")

    def _last_word(self) -> bool:
        """`then stop` is the end; `stop` anywhere else says not to take it."""
        c, start = self.cursor, self.cursor.at
        c.at += 1
        while c.take("DOT", "SEP") is not None:
            pass
        last = c.next().kind == "END" and bool(self.steps or self.segments or self.parts)
        if not last:
            c.at = start
        return last

    def _add(self, found: tuple[Part, ...]) -> None:
        new = any(isinstance(each, (Amount, Scheme, Alternating)) for each in found)
        if new and any(isinstance(each, Lasting) for each in self.parts):
            self._end_segment(",")
        self.parts += found

    def _end_segment(self, joined: str) -> None:
        if self.parts:
            self.segments.append(Segment(self.joined, tuple(self.parts)))
            self.parts, self.joined = [], joined
        else:
            self.joined = "," if "," in (joined, self.joined) else joined

    def _end_step(self) -> None:
        self._end_segment("")
        if self.segments:
            self.steps.append(tuple(self.segments))
        self.segments, self.joined = [], ""

    def _parts(self, c: Cursor) -> tuple[Part, ...] | None:
        """part := needed | why | up_to | TWOFOLD | DIRECTED | OVER numbers TIME | any production."""
        if c.take("TWOFOLD") is not None:
            return (Twofold(),)
        if c.take("DIRECTED") is not None:
            return (Directed(),)
        if c.take("PACK") is not None:
            raise c.refuse("a dose pack: the doses stand on its label, not in the instruction")
        if c.take("OVER") is not None:
            return () if amounts.numbers(c) is not None and self._short(c) else None
        found = c.attempt(self._needed) or c.attempt(self._up_to)
        if found is not None:
            return found
        part = c.first(PRODUCTIONS)
        if part is None:
            part = c.part(self._why)
        return (part,) if part is not None else None

    def _short(self, c: Cursor) -> bool:
        token = c.take("TIME")
        return token is not None and token.value in ("min", "h")

    def _needed(self, c: Cursor) -> tuple[Part, ...] | None:
        """needed := NEEDED [indication] | NEEDEDFOR indication. After `and` it asks for more than was said before."""
        token = c.take("NEEDED", "NEEDEDFOR")
        if token is None:
            return None
        if c.at > 1 and c.next(-2).kind in ("AND", "PLUS"):
            raise c.refuse("more as needed, beside the regular dose")
        why = self._indication(c)
        if why is None and token.kind == "NEEDEDFOR":
            return None
        return (Needed(), why) if why is not None else (Needed(),)

    def _up_to(self, c: Cursor) -> tuple[Part, ...] | None:
        """up_to := UPTO (often | amount [period]): at most so much or so often."""
        if c.take("UPTO") is None:
            return None
        frequent = c.attempt(times.times)
        if isinstance(frequent, Often):
            return (Needed(), frequent)
        found = c.attempt(amounts.plain) or c.attempt(amounts.bare)
        if not isinstance(found, Amount) or found.value.high is None:
            return None
        if any(isinstance(each, Amount) for each in (*self.parts, *(p for s in self.segments for p in s.parts))):
            every = times.period(c)
            return (Most(found, every),) if every is not None else None
        return (Amount(Interval(Decimal(0), found.value.high), found.unit), Needed())

    def _why(self, c: Cursor) -> Part | None:
        """why := (FOR | WHY) indication."""
        opened = c.take("FOR", "WHY")
        if opened is not None and opened.kind == "WHY":
            c.take("COLON")
        return self._indication(c) if opened is not None else None

    def _indication(self, c: Cursor) -> Part | None:
        """indication := (WORD | ILL | EPISODE) {[AND | OR | "/"] ...}; unknown words, but no number and no time.

        A word that may be a misspelt number or unit of time is refused: "for sevn dys" is no indication.
        """
        episode, words, unknown = False, 0, False
        while True:
            if words and c.next().kind in ("AND", "OR", "SLASH") and c.next(1).kind in ("WORD", "ILL", "EPISODE"):
                c.at += 1
            token = c.take(*INDICATIONS)
            if token is None:
                break
            if token.kind == "WORD" and looks_decisive(token.text, self.lexicon):
                raise c.refuse(f"'{token.text}' may be a misspelt word of the dose")
            unknown = unknown or token.kind == "WORD"
            words += token.kind in ("WORD", "ILL", "EPISODE")
            episode = episode or token.kind == "EPISODE"
        if not words:
            return None
        if unknown and c.next().kind in ("NUM", "HALF", "SCHEME", "UNIT", "FORM", "FORMS", "TIME"):
            raise c.refuse(f"'{c.next().text}' stands in what looks like an indication")
        return Why(episode)


def looks_decisive(word: str, lexicon: Lexicon) -> bool:
    """Is it one slip of the pen away from a word that decides a dose (two, in a long word)?"""
    return any(_slips(word, known, 1 if len(known) < 8 else 2) for known in lexicon.decisive)


def _slips(word: str, known: str, most: int) -> bool:
    """Is the distance (letters left out, put in, changed or swapped) between them at most `most`?"""
    if abs(len(word) - len(known)) > most:
        return False
    before: list[int] = []
    row = list(range(len(known) + 1))
    for i, letter in enumerate(word, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(known, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == known[j - 2] and word[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1] <= most
