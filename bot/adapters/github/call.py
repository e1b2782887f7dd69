"""One call to GitHub under one identity: credentials, redirects on the same host, limits, faults.

It sends a request again only when GitHub said that nothing was done (401 with an old token, 307, 308).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import requests
from github.Auth import Auth
from github.Requester import Requester

import bot
from bot.adapters.budget import Budget, Priority
from bot.adapters.github.clients import CLIENT_ERRORS, translate
from bot.adapters.github.connection import TIMEOUT, Answer, Exchange
from bot.adapters.github.faults import (
    SlowDown,
    Unauthorized,
    fault,
    rate_reset,
)
from bot.adapters.github.origin import Origin
from bot.adapters.github.seen import Seen
from bot.errors import Refused
from bot.ports import Clock

API_VERSION = "2022-11-28"
_MOST_REDIRECTS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_SAME_VERB = frozenset({307, 308})


@dataclass(frozen=True, slots=True)
class Means:
    """What all calls of one App share."""

    origin: Origin
    session: requests.Session
    budget: Budget
    clock: Clock
    sleep: Callable[[float], None]
    seen: Seen


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `path` is below the API's prefix; `what` names its subject in sentences."""

    verb: str
    path: str
    what: str
    params: Mapping[str, str | int] | None = None
    payload: Mapping[str, object] | None = None
    etag: str = ""


class Caller:
    """Calls as one installation, or as the App itself (`installation` is None: no limits are counted)."""

    def __init__(
        self,
        means: Means,
        auth: Auth,
        *,
        installation: int | None = None,
        renew: Callable[[], None] | None = None,
    ) -> None:
        self.means = means
        self.installation = installation
        self._renew = renew
        self._requester = Requester(
            auth=auth,
            base_url=means.origin.url,
            timeout=TIMEOUT,
            user_agent=f"roadcrew/{bot.__version__}",
            per_page=100,
            verify=True,
            retry=None,
            pool_size=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version=API_VERSION,
        )

    def call(self, ask: Ask, priority: Priority) -> Answer:
        """An answer below 400, redirects followed. Raises what `faults` makes of all others."""
        for _ in range(1 + _MOST_REDIRECTS):
            answer = self._authorized(ask, priority)
            if answer.status not in _MOVED:
                return answer
            ask = self._moved(ask, answer)
        raise Refused(f"GitHub redirects {ask.what} more than {_MOST_REDIRECTS} times.")

    def _authorized(self, ask: Ask, priority: Priority) -> Answer:
        try:
            return self._good(ask, priority)
        except Unauthorized:
            if self._renew is None:
                raise
            self._renew()
            return self._good(ask, priority)

    def _good(self, ask: Ask, priority: Priority) -> Answer:
        if self.installation is not None:
            self.means.budget.call(self.installation, priority)
        answer = self._send(ask)
        self._learn(answer)
        wrong = fault(answer, what=ask.what, now=self.means.clock())
        if isinstance(wrong, SlowDown) and self.installation is not None:
            self.means.budget.pause(self.installation, seconds=wrong.after)
        if wrong is not None:
            raise wrong
        return answer

    def _send(self, ask: Ask) -> Answer:
        exchange = Exchange(self.means.session, self.means.origin)
        headers = {"Accept": "application/vnd.github+json"}
        if ask.etag:
            headers["If-None-Match"] = ask.etag
        try:
            self._requester.requestJson(
                ask.verb,
                ask.path,
                dict(ask.params or {}),
                headers,
                ask.payload,
                cast("Any", exchange),  # PyGithub calls request, getresponse and close of it, no more
            )
        except CLIENT_ERRORS as error:
            raise translate(error, what=ask.what, now=self.means.clock()) from error
        return exchange.answer

    def _learn(self, answer: Answer) -> None:
        remaining, reset = answer.headers.get("x-ratelimit-remaining", ""), rate_reset(answer.headers)
        if self.installation is not None and remaining.isdecimal() and reset is not None:
            self.means.budget.saw(self.installation, remaining=int(remaining), reset=reset)

    def _moved(self, ask: Ask, answer: Answer) -> Ask:
        if ask.verb != "GET" and answer.status not in _SAME_VERB:
            raise Refused(
                f"GitHub says that {ask.what} has moved: Roadcrew writes only where it was told to."
            )
        path = self.means.origin.path_of(answer.headers.get("location", ""), seen_at=ask.path)
        return Ask(ask.verb, path, ask.what, None, ask.payload, ask.etag)
