"""One request and its answer, the only place where HTTP happens: limits, token, redirections, retries. STANDARDS 8D."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import requests

from service.ehr.addresses import is_protected, resolved, same_origin, sayable
from service.ehr.answers import Answer, failure
from service.ehr.clock import SYSTEM, Clock
from service.ehr.limits import Gate, Limits
from service.ehr.retries import pause, retry_after, worth_repeating
from service.ehr.scopes import Reach
from service.ehr.transport import Transport, as_given
from service.ehr.unpacking import GZIP, BrokenOff, unpacked
from service.errors import EhrUnavailable, UnusableAnswer

log = logging.getLogger(__name__)

REDIRECTED = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTIONS = 5
PIECE = 1 << 16
TAKEN = frozenset({200, 206})  # the statuses whose content a sink takes


class Sink(Protocol):
    """Where a long answer goes, piece by piece, instead of into memory."""

    def headers(self) -> Mapping[str, str]:
        """What to ask for besides, each time it is sent: where to go on after it broke off."""

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """An answer of this status (200 or 206) begins; header names in small letters."""

    def take(self, piece: bytes) -> None:
        """The next piece of its content."""


class Auth(Protocol):
    """Who gives the token."""

    def token(self) -> str | None:
        """A token that is still good; None: the server asks for none. Raises EhrError."""

    def reject(self, token: str) -> None:
        """The server did not accept this token: never give it again."""

    def reach(self, kind: str, letters: str) -> Reach:
        """How far the token reaches into a type, for all of these letters of `cruds`."""


class NoAnswer(EhrUnavailable):
    """The request went out, or tried to, and no answer came back."""


class NoToken:
    """For servers that ask for no token."""

    def token(self) -> str | None:
        """There is none."""
        return None

    def reject(self, token: str) -> None:
        """There is none to forget."""

    def reach(self, kind: str, letters: str) -> Reach:
        """As far as the server lets everybody."""
        return Reach.ALL


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `repeatable`: making it twice changes nothing more. `check`: called before each time it is sent;
    raises if it may not be.

    `elsewhere`: a redirection to another host may be followed, without the token (files of a bulk export). `bearer`:
    whether the address itself gets the token; None: if it is one of the server's. `into`: where a long answer goes.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool = True
    elsewhere: bool = False
    check: Callable[[], None] | None = field(default=None, repr=False)
    bearer: bool | None = None
    into: Sink | None = field(default=None, repr=False)


class Exchange:
    """Requests to one server."""

    def __init__(self, base: str, transport: Transport, auth: Auth, gate: Gate, clock: Clock = SYSTEM) -> None:
        self.base = base
        self._transport = transport
        self._auth = auth
        self._gate = gate
        self._clock = clock

    def send(self, ask: Ask) -> Answer:
        """The answer, of a status below 400.

        Raises EhrUnavailable (no answer, or still failing after all tries), EhrRefused and its kinds (4xx), and
        UnusableAnswer (a redirection that is not followed, an answer that is too long).
        """
        what = f"{ask.method} {sayable(self.base, ask.url)}"
        attempt, renewed = 0, False
        while True:
            attempt += 1
            if ask.check is not None:
                ask.check()
            token = self._auth.token() if self._gets_token(ask) else None
            try:
                answer = self._once(ask, what, token)
            except NoAnswer as problem:
                self._wait_or_raise(ask, attempt, problem, None)
                continue
            if answer.status < 400:
                return answer
            if answer.status == 401 and token is not None:
                self._auth.reject(token)
                if ask.repeatable and not renewed:
                    renewed, attempt = True, attempt - 1
                    continue
            self._refused(ask, attempt, answer)

    def _gets_token(self, ask: Ask) -> bool:
        return same_origin(ask.url, self.base) if ask.bearer is None else ask.bearer

    def _refused(self, ask: Ask, attempt: int, answer: Answer) -> None:
        """Return if it is to be sent again, after the pause; else raise."""
        asked = retry_after(answer.headers.get("retry-after"), self._clock.now(), self._gate.limits.most_retry_after)
        if asked is not None and answer.status in (429, 503):
            self._gate.hold(asked)
        problem = failure(answer, asked)
        if not worth_repeating(answer.status, problem.codes):
            raise problem
        self._wait_or_raise(ask, attempt, problem, asked)

    def _wait_or_raise(self, ask: Ask, attempt: int, problem: Exception, asked: float | None) -> None:
        limits = self._gate.limits
        wait = pause(attempt, asked, limits, self._clock.chance())
        if not ask.repeatable or attempt >= limits.tries or wait > limits.longest_wait or self._gate.is_open:
            raise problem
        log.info("asking again in %.1f s, after: %s", wait, problem)
        self._clock.sleep(wait)

    def _once(self, ask: Ask, what: str, token: str | None) -> Answer:
        """The answer of whatever status, redirections followed. Raises NoAnswer if none came."""
        url = ask.url
        for _ in range(MOST_REDIRECTIONS + 1):
            with self._gate.passage() as passage:
                try:
                    answer = self._received(ask, url, what, token)
                except requests.RequestException as error:
                    passage.failed = True
                    # Not chained: the text of these errors holds the address, which holds ids of patients.
                    raise NoAnswer(f"{what}: {_kind(error)}") from None
                passage.failed = answer.status >= 500
            if answer.status not in REDIRECTED:
                return answer
            url, token = self._redirected(ask, answer, token)
        raise UnusableAnswer(f"{what}: the server redirects in a circle")

    def _redirected(self, ask: Ask, answer: Answer, token: str | None) -> tuple[str, str | None]:
        target = resolved(answer.url, answer.headers.get("location", ""))
        if ask.method != "GET" or not target or not answer.headers.get("location"):
            raise UnusableAnswer(f"{answer.what}: a redirection that is not followed", status=answer.status)
        if same_origin(target, self.base):
            return target, token
        if not ask.elsewhere:
            raise UnusableAnswer(f"{answer.what}: a redirection to another host is not followed", status=answer.status)
        if not is_protected(target):
            raise UnusableAnswer(
                f"{answer.what}: a redirection to an address that is not protected is not followed",
                status=answer.status,
            )
        return target, None

    def _received(self, ask: Ask, url: str, what: str, token: str | None) -> Answer:
        headers = {**ask.headers, **(ask.into.headers() if ask.into is not None else {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        limits = self._gate.limits
        response = self._transport.request(
            ask.method,
            url,
            headers=headers,
            data=ask.body,
            timeout=(limits.connect_timeout, limits.read_timeout),
            allow_redirects=False,
            stream=True,
            auth=as_given,
        )
        lowered = {name.lower(): value for name, value in response.headers.items()}
        if ask.into is not None and response.status_code in TAKEN:
            _pour(response, lowered, ask.into)
            body = b""
        else:
            body = whole_body(response, what, limits, self._clock)
        return Answer(response.status_code, lowered, body, what, url)


def whole_body(response: requests.Response, what: str, limits: Limits, clock: Clock) -> bytes:
    """The whole body of an answer that was asked for with `stream`, if it is neither too long nor too slow.

    Raises UnusableAnswer, and requests.Timeout.
    """
    pieces, size = [], 0
    deadline = clock.seconds() + limits.answer_deadline
    try:
        for piece in response.iter_content(PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > limits.most_bytes:
                raise UnusableAnswer(f"{what}: the answer is longer than {limits.most_bytes} bytes")
            if clock.seconds() > deadline:
                raise requests.exceptions.ReadTimeout
    finally:
        response.close()
    return b"".join(pieces)


def _pour(response: requests.Response, headers: Mapping[str, str], into: Sink) -> None:
    """Hand on the content as it comes. Raises requests.RequestException where it breaks off: packed, it does so where
    the packing has no end, though the server named no length."""
    try:
        into.begin(response.status_code, headers)
        packed = headers.get("content-encoding", "").strip().lower() in GZIP and headers.get("content-length") != "0"
        if packed:
            response.raw.headers.pop("Content-Encoding")  # else it is unpacked before we see whether it ends
        pieces = response.iter_content(PIECE)
        for piece in unpacked(pieces) if packed else pieces:
            into.take(piece)
    except BrokenOff:
        raise requests.exceptions.ContentDecodingError from None
    finally:
        response.close()


def _kind(error: requests.RequestException) -> str:
    """What went wrong, in our words."""
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate is not accepted"
    if isinstance(error, requests.exceptions.Timeout):
        return "the server did not answer in time"
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)):
        return "the answer broke off"
    return "the connection failed"
