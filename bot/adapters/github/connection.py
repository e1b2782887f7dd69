"""One HTTP exchange with GitHub, bounded in time and size, in the shape that PyGithub asks of a connection.

PyGithub's own connection keeps the request between two calls, so threads mix them up; it follows 301 for
every verb, drops the query on the way, and waits without end on 202. This one leaves all that to us.
It never follows, and it sends again only what GET asks and what never reached the server.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry as Again

from bot.adapters.github.origin import Origin

TIMEOUT = 10
"""Seconds to connect, and between two reads. GitHub itself ends a request after 10."""
_WHOLE = 30.0
_MOST = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


class TooMuch(requests.RequestException):
    """The answer was longer, or took longer, than any that GitHub gives."""


class _Quiet(requests.auth.AuthBase):
    """Adds nothing. Its presence keeps requests from reading credentials out of ~/.netrc."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        return r


def open_session() -> requests.Session:
    """A pool of connections that keeps no cookies and repeats quickly, at most twice, what is safe."""
    again = Again(
        total=2,
        redirect=0,
        other=0,
        allowed_methods=frozenset({"GET"}),
        status_forcelist=(500, 502, 503, 504),
        backoff_factor=0.2,
        respect_retry_after_header=False,
        raise_on_status=False,
    )
    session = requests.Session()
    session.auth = _Quiet()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=again, pool_maxsize=16))
    return session


class Exchange:
    """Made for one request. After `getresponse` the real answer stands in `answer`."""

    answer: Answer

    def __init__(self, session: requests.Session, origin: Origin) -> None:
        self._session = session
        self._root = origin.url.removesuffix(origin.prefix)

    def request(self, verb: str, url: str, body: str | None, headers: dict[str, str], stream: object) -> None:
        """As PyGithub calls it: `url` is a path with its query, `stream` is of no meaning here."""
        del stream
        self._asked = requests.Request(verb, f"{self._root}{url}", headers=headers, data=body)

    def getresponse(self) -> Shown:
        """Sends. Raises what requests raises, and TooMuch."""
        prepared = self._session.prepare_request(self._asked)
        env = self._session.merge_environment_settings(prepared.url, {}, True, None, None)
        # Not Session.send: that reads cookies, and follows a redirect in its head even when told not to.
        adapter = self._session.get_adapter(prepared.url or "")
        verify = True if env["verify"] is None else env["verify"]
        with adapter.send(
            prepared, stream=True, timeout=TIMEOUT, verify=verify, proxies=env["proxies"]
        ) as response:
            self.answer = Answer(
                response.status_code,
                {name.lower(): value for name, value in response.headers.items()},
                _read(response),
            )
        return Shown(self.answer)

    def close(self) -> None:
        """Nothing to close: the session owns the connections."""


class Shown:
    """The answer as PyGithub is to see it, without what would make it act by itself."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.status = {202: 200, 301: 308}.get(answer.status, answer.status)

    def read(self) -> str:
        """The body."""
        return self._answer.body

    def getheaders(self) -> list[tuple[str, str]]:
        """All but the rate limits: PyGithub fails on those that are no numbers, and we read them."""
        return [(n, v) for n, v in self._answer.headers.items() if not n.startswith("x-ratelimit-")]


def _read(response: requests.Response) -> str:
    end = time.monotonic() + _WHOLE
    read = bytearray()
    for chunk in response.iter_content(65536):
        read += chunk
        if len(read) > _MOST or time.monotonic() > end:
            raise TooMuch("the answer does not end")
    return read.decode("utf-8", errors="replace")
