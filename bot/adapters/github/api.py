"""The verbs, each with what it promises when an answer gets lost.

GET repeats by itself and costs nothing when nothing changed. POST goes out once: a lost answer is looked
for, never asked for again. PATCH, PUT and DELETE say how things shall be, so they may be said twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import requests
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.adapters.budget import Priority
from bot.adapters.github.call import Ask, Caller
from bot.adapters.github.connection import Answer
from bot.adapters.github.faults import SOON, Missing, Unanswered
from bot.adapters.github.seen import key_of
from bot.errors import Refused, Retry

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)
Params = Mapping[str, str | int]

PAGE = 100
MOST_PAGES = 50
READ_BACKS = (0.2, 0.6, 1.2)
"""Seconds before each look for something whose answer was lost: GitHub's lists lag behind its writes."""
_TRIES = 2
_NOT_MODIFIED = 304


class Api:
    """GitHub as one installation sees it, or as the App itself does."""

    def __init__(self, caller: Caller, priority: Priority) -> None:
        self._caller = caller
        self._means = caller.means
        self._priority = priority

    def get(self, path: str, *, what: str, params: Params | None = None, fresh: bool = False) -> Answer:
        """`fresh`: an event just told of it, so a 404 means that the API lags behind, and raises Retry."""
        key = key_of(self._caller.installation, path, params)
        known = self._means.seen.get(key)
        etag = known.headers["etag"] if known else ""
        answer = self._call(Ask("GET", path, what, params, etag=etag), fresh=fresh)
        if answer.status == _NOT_MODIFIED and known:
            return known
        self._means.seen.put(key, answer)
        return answer

    def pages(
        self, path: str, *, what: str, params: Params | None = None, fresh: bool = False
    ) -> Iterator[Answer]:
        """All pages, by GitHub's Link headers. Past 5,000 entries Refused: half a list would mislead."""
        following: Params | None = {"per_page": PAGE, **(params or {})}
        for _ in range(MOST_PAGES):
            answer = self.get(path, what=what, params=following, fresh=fresh)
            yield answer
            link = _next(answer.headers.get("link", ""))
            if not link:
                return
            path, following = self._means.origin.path_of(link, seen_at=path), None
        raise Refused(
            f"The list of {what} is longer than the {MOST_PAGES * PAGE} entries that Roadcrew reads."
        )

    def create(
        self,
        path: str,
        payload: Mapping[str, object],
        *,
        what: str,
        read: Callable[[Answer], T],
        find: Callable[[], T | None],
        fresh: bool = False,
    ) -> T:
        """POST, once. When the answer is lost, `find` looks for what may have come of it."""
        self._take()
        try:
            return read(self._call(Ask("POST", path, what, payload=payload), fresh=fresh))
        except Unanswered as lost:
            if not lost.may_be_done:
                raise
            return self._look_for(find, what, lost)

    def change(
        self, verb: str, path: str, payload: Mapping[str, object] | None = None, *, what: str
    ) -> Answer:
        """PATCH, PUT or DELETE that may be said twice. For what is gone: Retry, or Missing on DELETE."""
        for tries_left in reversed(range(_TRIES)):
            try:
                return self.change_once(verb, path, payload, what=what)
            except Unanswered:
                if not tries_left:
                    raise
        raise AssertionError("unreachable")

    def change_once(
        self, verb: str, path: str, payload: Mapping[str, object] | None = None, *, what: str
    ) -> Answer:
        """A write that must not be repeated blindly. Raises Unanswered when its answer is lost."""
        self._take()
        return self._call(Ask(verb, path, what, payload=payload), fresh=verb != "DELETE")

    def mark(self, path: str, payload: Mapping[str, object], *, what: str) -> Answer:
        """POST of something that GitHub keeps once (a reaction, a label): it may be said twice."""
        for tries_left in reversed(range(_TRIES)):
            self._take()
            try:
                return self._call(Ask("POST", path, what, payload=payload), fresh=False)
            except Unanswered:
                if not tries_left:
                    raise
        raise AssertionError("unreachable")

    def send(self, path: str, *, what: str) -> Answer:
        """POST, once, of something that is no content: it counts against no write limit."""
        return self._call(Ask("POST", path, what), fresh=False)

    def pause(self, seconds: float) -> None:
        """A short wait between two looks."""
        self._means.sleep(seconds)

    def _look_for(self, find: Callable[[], T | None], what: str, lost: Unanswered) -> T:
        for seconds in READ_BACKS:
            self._means.sleep(seconds)
            try:
                found = find()
            except Unanswered:
                continue
            if found is not None:
                return found
        raise Retry(f"whether GitHub made {what} is not known yet", after=lost.after) from lost

    def _call(self, ask: Ask, *, fresh: bool) -> Answer:
        try:
            return self._caller.call(ask, self._priority)
        except Missing as missing:
            if fresh:
                raise Retry(f"GitHub does not show {ask.what} yet", after=SOON) from missing
            raise

    def _take(self) -> None:
        if self._caller.installation is not None:
            self._means.budget.take(self._caller.installation, self._priority)


def read(answer: Answer, model: type[Model], *, what: str) -> Model:
    """The answer as a payload. Raises Unanswered when it is none: a proxy's page, half a body."""
    try:
        return model.model_validate_json(answer.body)
    except ValidationError as error:
        raise _unreadable(what) from error


def read_list(answer: Answer, form: TypeAdapter[list[Model]], *, what: str) -> list[Model]:
    """As `read`, for a JSON array."""
    try:
        return form.validate_json(answer.body)
    except ValidationError as error:
        raise _unreadable(what) from error


def _unreadable(what: str) -> Unanswered:
    return Unanswered(f"GitHub's answer for {what} cannot be read", may_be_done=True)


def _next(link: str) -> str:
    """The URL of `rel="next"` in a Link header, or nothing."""
    for each in requests.utils.parse_header_links(link):
        if "next" in each.get("rel", "").split():
            return each["url"]
    return ""
