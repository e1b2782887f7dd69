"""One REST request and its answer: parameters, body, pages, and the checks that every handler shares."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import BaseModel, ValidationError

from bot.localhub import access
from bot.localhub.access import Actor
from bot.localhub.problems import Problem, forbidden, not_found, unprocessable
from bot.localhub.records import Account, Permission, Pull, Repository, Thread
from bot.localhub.sight import Sight
from bot.localhub.world import World

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
DEFAULT_PAGE = 30
MAX_PAGE = 100
_ESCAPED_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_TYPES = {
    "string": "a string",
    "int": "an integer",
    "bool": "a boolean",
    "list": "an array",
    "dict": "an object",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers. `data` None has no body; bytes go out as they are."""

    data: Any
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"


NO_CONTENT = Reply(None, HTTPStatus.NO_CONTENT)


class Call:
    """One request, by one actor. `repo` is the one that the path names, where it names one."""

    def __init__(self, world: World, actor: Actor, repo: Repository | None = None) -> None:
        self.world = world
        self.actor = actor
        self.view = Sight(world, actor)
        self._repo = repo

    @property
    def repo(self) -> Repository:
        """The repository of the path."""
        if self._repo is None:
            raise not_found()
        return self.world.store.get(Repository, self._repo.id)

    def arg(self, name: str, default: str = "") -> str:
        """A query parameter."""
        return request.args.get(name, default)

    def body(self, model: type[M], *, bare: str = "") -> M:
        """The JSON body as this model. Problem 400 for no JSON object, 422 where it does not fit.

        `bare` names the one field whose list may stand alone, as GitHub takes labels.
        """
        raw = request.get_data()
        try:
            value = json.loads(raw) if raw else {}
            if _ESCAPED_HALF.search(raw):
                # Half a character in quotes is JSON to Python, and no text that could be sent back.
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise Problem(HTTPStatus.BAD_REQUEST, "Problems parsing JSON") from error
        if bare and isinstance(value, list):
            value = {bare: value}
        if not isinstance(value, dict):
            raise Problem(HTTPStatus.BAD_REQUEST, "Body should be a JSON object")
        try:
            return model.model_validate(value)
        except ValidationError as error:
            raise unprocessable(f"Invalid request.\n\n{_sentence(error)}") from error

    def account(self) -> Account:
        """Who acts. Problem 401 for nobody."""
        if self.actor.account is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, "Requires authentication")
        return self.actor.account

    def may(self, wanted: str, *, user: Permission | None = None) -> bool:
        """Whether the actor may do this in the path's repository."""
        return access.may(self.world, self.actor, self.repo, wanted, user=user)

    def demand(self, wanted: str, *, user: Permission | None = None) -> None:
        """Problem 401, 403 or 404 where `may` says no."""
        if self.may(wanted, user=user):
            return
        is_nobody = self.actor.account is None and self.actor.app is None
        if is_nobody:
            raise Problem(HTTPStatus.UNAUTHORIZED, "Requires authentication")
        if self.actor.is_user:
            needed = user or access.user_permission_for(wanted)
            raise forbidden(
                f"Must have {'admin rights to' if needed == 'admin' else 'push access to'} Repository."
            )
        raise forbidden()

    def pull(self, number: int) -> Pull:
        """The pull request of this number. Problem 404 where there is none."""
        found = self.world.store.first(Pull, repo_id=self.repo.id, number=number)
        if found is None:
            raise not_found()
        return found

    def thread(self, number: int) -> Thread:
        """The pull request or issue of this number. Problem 404 where there is none."""
        found = self.view.thread(self.repo.id, number)
        if found is None:
            raise not_found()
        return found

    def number(self, name: str, default: int, *, least: int = 1, most: int = 10**9) -> int:
        """A number from the query; what is no number is the default."""
        said = self.arg(name)
        return min(max(int(said), least), most) if said.isdecimal() else default

    @property
    def per_page(self) -> int:
        """The asked page size: 30 unless said, at most 100."""
        return self.number("per_page", DEFAULT_PAGE, most=MAX_PAGE)

    def listed(self, items: Sequence[T], shape: Callable[[T], Any], *, key: str = "") -> Reply:
        """One page of the items. With `key` wrapped as GitHub does: `{total_count, <key>: [...]}`."""
        page = self.number("page", 1)
        start = (page - 1) * self.per_page
        shown = [shape(item) for item in items[start : start + self.per_page]]
        data = {"total_count": len(items), key: shown} if key else shown
        return Reply(data, headers=self.links(page, -(-len(items) // self.per_page)))

    def links(self, page: int, last: int) -> dict[str, str]:
        """The `Link` header of a page, in GitHub's order; none when there is but one page."""
        named = [("prev", page - 1), ("next", page + 1), ("last", last), ("first", 1)]
        wanted = {
            "prev": page > 1,
            "next": page < last,
            "last": page < last,
            "first": page > 1,
        }
        parts = [f'<{self.address(page=str(number))}>; rel="{rel}"' for rel, number in named if wanted[rel]]
        return {"Link": ", ".join(parts)} if parts else {}

    def address(self, **changed: str) -> str:
        """This request's own address with other query parameters."""
        path = request.path.removeprefix("/api/v3")
        return f"{self.world.api_url}{path}?{urlencode({**request.args, **changed})}"

    def wants(self, media: str) -> bool:
        """Whether the Accept header asks for `application/vnd.github.<media>`, with or without a version."""
        accepted = request.headers.get("Accept", "").replace(".v3", "")
        return f"application/vnd.github.{media}" in accepted


def _sentence(error: ValidationError) -> str:
    """GitHub's way to say what does not fit, for the first thing that does not."""
    first = error.errors()[0]
    place = "/".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f'"{place}" wasn\'t supplied.'
    kind = first["type"].split("_")[0]
    value = json.dumps(first["input"])
    if kind == "literal":
        return f"For 'properties/{place}', {value} is not a member of [{first['ctx']['expected']}]."
    return f"For 'properties/{place}', {value} is not {_TYPES.get(kind, 'valid')}."
