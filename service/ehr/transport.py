"""What sends the requests: a `requests.Session` or anything alike, and how a safe one is made."""

import logging
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Protocol, TypedDict, Unpack

import requests
from requests.adapters import HTTPAdapter


class Asked(TypedDict):
    """How a request is sent, besides its method and address."""

    headers: Mapping[str, str]
    data: bytes | None
    timeout: tuple[float, float]  # to connect, and between two pieces of the answer; seconds
    allow_redirects: bool
    stream: bool
    auth: Callable[[requests.PreparedRequest], requests.PreparedRequest]


class Transport(Protocol):
    """The part of `requests.Session` that is used."""

    def request(self, method: str, url: str, **asked: Unpack[Asked]) -> requests.Response:
        """Send it; raises requests.RequestException."""


def new_session(most_connections: int = 10) -> requests.Session:
    """A session that keeps connections and nothing else: no cookies, no retries of its own."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=most_connections, pool_maxsize=most_connections, max_retries=0)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    # At its level DEBUG this logger writes every path and query, which hold ids of patients.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    return session


def as_given(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Given as `auth`: requests then leaves `Authorization` alone instead of looking into a .netrc file."""
    return prepared
