"""Asking for an export, and waiting until it is there. STANDARDS 3A, 3B."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.ehr.addresses import resolved, same_origin
from service.ehr.answers import Answer, issues
from service.ehr.bulk.asking import Asked
from service.ehr.bulk.manifest import Manifest, read_manifest
from service.ehr.clock import Clock
from service.ehr.exchange import Ask, Exchange
from service.ehr.retries import retry_after
from service.errors import EhrRefused, EhrUnavailable, NotPermitted, UnusableAnswer

ACCEPTED, DONE, UNAUTHORIZED = 202, 200, 401
BY_POST_ALONE = frozenset({404, 405})  # answers of a server that takes the question by POST
UNSUPPORTED = frozenset({"not-supported", "invalid", "structure", "processing"})
NEUTRAL = frozenset({"informational", "success"})
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 120.0  # seconds, where the server does not say when to ask again
MOST_ASKED_FOR = 3600.0  # seconds that a server may ask us to wait
MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Begun:
    """An export that the server works on. `plain`: it did not take what only narrows, so it holds more."""

    status_url: str
    plain: bool


class Waiting:
    """One export, up to its manifest. `deadline`: in seconds of the clock; after it nothing is waited for."""

    def __init__(self, exchange: Exchange, clock: Clock, deadline: float, told: Callable[[str], None]) -> None:
        self._exchange, self._clock, self._deadline, self._told = exchange, clock, deadline, told

    def begin(self, asked: Asked) -> Begun:
        """Ask for it; another export that runs is waited for. Raises EhrError.

        Where the server refuses what only narrows, it is asked for more: what is not needed is let go here.
        """
        try:
            return Begun(self._asked(asked), plain=asked == asked.plain)
        except EhrRefused as problem:
            if asked == asked.plain or UNSUPPORTED.isdisjoint(problem.codes or {"invalid"}):
                raise
            named = " and ".join(
                name for name, said in (("_typeFilter", asked.filters), ("_elements", asked.elements)) if said
            )
            self._told(f"the server does not take {named}: everything of each type is asked for")
            return Begun(self._asked(asked.plain), plain=True)

    def manifest(self, status_url: str) -> Manifest:
        """The manifest, all its pages, when the export is done. Raises EhrError."""
        whole = read_manifest(self._done(status_url))
        for _ in range(MOST_PAGES):
            if whole.after is None:
                return whole.marked()
            if not same_origin(whole.after, self._exchange.base):
                raise UnusableAnswer("the manifest: its next page is on another host")
            whole = whole.with_page(read_manifest(self._done(whole.after)))
        raise UnusableAnswer(f"the manifest: it has more than {MOST_PAGES} pages")

    def _asked(self, asked: Asked) -> str:
        for question in (asked.by_post,) if asked.patients else (asked.by_get, asked.by_post):
            try:
                return self._kicked_off(question(self._exchange.base))
            except EhrRefused as problem:
                if question == asked.by_post or problem.status not in BY_POST_ALONE:
                    raise
        raise AssertionError("the last question is answered or raises")

    def _kicked_off(self, question: Ask) -> str:
        """The address to wait at. A server that is busy with another export is asked again when it says."""
        renewed = False
        for pause in _pauses():
            try:
                answer = self._exchange.send(question)
            except NotPermitted as problem:
                # The token had ended: nothing began, and the next one is new.
                if problem.status != UNAUTHORIZED or renewed:
                    raise
                renewed = True
                continue
            except EhrUnavailable as problem:
                # Without an answer nobody knows whether an export began: that is for a person to look at.
                if problem.status is None and problem.retry_after is None:
                    raise
                self._rest(problem.retry_after, pause, problem)
                continue
            location = answer.headers.get("content-location", "")
            if answer.status != ACCEPTED or not location:
                raise UnusableAnswer(f"{answer.what}: HTTP {answer.status} without an address to wait at")
            if remarks := [each for each in answer.codes if each not in NEUTRAL]:
                self._told(f"the server remarks on the question: {', '.join(remarks)}")
            if "://" not in location:
                self._told("the server gave a relative address to wait at; it is taken as one of its own")
            status_url = resolved(question.url, location)
            if not same_origin(status_url, self._exchange.base):
                raise UnusableAnswer(f"{answer.what}: the address to wait at is on another host")
            return status_url
        raise AssertionError("the pauses never end")

    def _done(self, url: str) -> Answer:
        """The answer when it is done; a manifest that comes with 202 is but a part."""
        question = Ask("GET", url, {"Accept": "application/json"})
        for pause in _pauses():
            try:
                answer = self._exchange.send(question)
            except EhrUnavailable as problem:
                self._rest(problem.retry_after, pause, problem)
                continue
            shown = answer.headers.get("x-export-status", str(answer.status))
            if answer.status == DONE and shown != str(ACCEPTED):
                self._check(answer)
                return answer
            if answer.status not in (DONE, ACCEPTED):
                raise UnusableAnswer(f"{answer.what}: HTTP {answer.status} is no state of an export")
            if progress := answer.headers.get("x-progress"):
                said = "".join(each for each in progress if each.isprintable())  # nothing that steers a terminal
                self._told(f"the server says: {said[:100]}")
            asked = retry_after(answer.headers.get("retry-after"), self._clock.now(), MOST_ASKED_FOR)
            self._rest(asked, pause, None)
        raise AssertionError("the pauses never end")

    def _check(self, answer: Answer) -> None:
        if issues(answer.content):
            raise UnusableAnswer(f"{answer.what}: the export failed: the server gives no manifest but an outcome")

    def _rest(self, asked: float | None, pause: float, problem: EhrUnavailable | None) -> None:
        wait = min(asked if asked is not None else pause * (0.5 + 0.5 * self._clock.chance()), MOST_ASKED_FOR)
        if self._clock.seconds() + wait > self._deadline:
            raise problem or EhrUnavailable("the export takes longer than is waited for; run it again to go on waiting")
        self._clock.sleep(wait)


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)
