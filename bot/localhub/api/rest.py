"""The frame of the REST API: authentication, rate limits, access, headers, ETags and error bodies."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from werkzeug.routing import Rule

from bot.localhub import access
from bot.localhub.access import Actor
from bot.localhub.api.call import Call, Reply
from bot.localhub.auth import actor_of
from bot.localhub.git import GitError
from bot.localhub.hooks import Sender
from bot.localhub.limits import Limits
from bot.localhub.problems import Problem, not_found, unprocessable
from bot.localhub.records import Permission
from bot.localhub.world import World

PREFIX = "/api/v3"
Handler = Callable[..., Reply]


class _MatchedOnly(Rule):
    """A rule that matches addresses and builds none: compiling the building takes most of a hub's start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002  (werkzeug's signature)
        def build(*_: object, **__: object) -> tuple[str, str]:
            raise LookupError(f"no address is built from {self.rule} (unknown: {append_unknown})")

        return build


class Rest:
    """Where the nouns' files register their handlers. One gets the Call, then the path's other parts."""

    def __init__(self, app: Flask, world: World, limits: Limits, sender: Sender) -> None:
        self.app = app
        self.world = world
        self.limits = limits
        self.sender = sender

    def route(
        self,
        method: str,
        path: str,
        *,
        needs: str = "",
        user: Permission | None = None,
        who: str = "anyone",
        is_content: bool = False,
        is_free: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register a handler.

        `needs` is what an App's token must hold in the path's repository, `user` what a user must
        (see `access.may`). `who` narrows it to Apps with their JWT, users, or installation tokens.
        `is_content` counts for the secondary limit, `is_free` for no limit at all.
        """

        def register(handler: Handler) -> Handler:
            def serve(**parts: Any) -> Response:
                return self._serve(handler, parts, needs, user, who, is_content=is_content, is_free=is_free)

            endpoint = f"{method} {path}"
            self.app.url_map.add(_MatchedOnly(PREFIX + path, endpoint=endpoint, methods=[method]))
            self.app.view_functions[endpoint] = serve
            return handler

        return register

    def _serve(
        self,
        handler: Handler,
        parts: dict[str, Any],
        needs: str,
        user: Permission | None,
        who: str,
        *,
        is_content: bool,
        is_free: bool,
    ) -> Response:
        actor = Actor(address=request.remote_addr or "")
        try:
            with self.world.lock:
                actor = actor_of(self.world, request.headers.get("Authorization", ""), address=actor.address)
                if not is_free:
                    self.limits.refuse_exhausted(actor)
                _check_who(actor, who)
                call = self._call(actor, parts, needs, user)
                if is_content:
                    self.limits.create(actor)
                reply = handler(call, **parts)
        except Problem as problem:
            reply = Reply(problem.body(), problem.status, problem.headers)
        except GitError as error:
            reply = Reply(unprocessable(str(error)).body(), HTTPStatus.UNPROCESSABLE_ENTITY)
        return self._finished(reply, actor, needs, is_free=is_free)

    def _call(self, actor: Actor, parts: dict[str, Any], needs: str, user: Permission | None) -> Call:
        if "owner" not in parts:
            return Call(self.world, actor)
        repo = self.world.repo(parts.pop("owner"), parts.pop("repo"))
        if repo is None or not access.can_see(self.world, actor, repo):
            raise not_found()
        call = Call(self.world, actor, repo)
        if needs:
            call.demand(needs, user=user)
        if request.method != "GET" and repo.is_archived:
            raise Problem(HTTPStatus.FORBIDDEN, "Repository was archived so is read-only.")
        return call

    def _finished(self, reply: Reply, actor: Actor, needs: str, *, is_free: bool) -> Response:
        """Body, ETag (a 304 costs nothing) and the headers that GitHub always sends."""
        body = b"" if reply.data is None else reply.data
        if not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        response = Response(body, reply.status, dict(reply.headers))
        if reply.data is None:
            response.headers.pop("Content-Type", None)
        else:
            response.headers["Content-Type"] = reply.content_type
        is_unchanged = reply.status == HTTPStatus.OK and request.method == "GET" and _etagged(response, body)
        if not (is_free or is_unchanged or reply.status == HTTPStatus.UNAUTHORIZED):
            self._spend(actor)
        _decorate(response, self.limits, actor, needs)
        return response

    def _spend(self, actor: Actor) -> None:
        if self.limits.state(actor).used < self.limits.limit_of(actor):
            self.limits.spend(actor)


def _check_who(actor: Actor, who: str) -> None:
    """Problem 401 or 403 where the address is for others than this actor."""
    is_app = actor.app is not None and actor.installation is None
    if who == "app" and not is_app:
        raise Problem(HTTPStatus.UNAUTHORIZED, "A JSON web token could not be decoded")
    if who == "user" and not actor.is_user:
        if actor.app is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, "Requires authentication")
        raise Problem(HTTPStatus.FORBIDDEN, "Resource not accessible by integration")
    if who == "installation" and actor.installation is None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "You must authenticate with an installation access token in order to list repositories for an"
            " installation.",
        )


def _etagged(response: Response, body: bytes) -> bool:
    """Set the ETag; whether it is the one that the client has, which makes this a 304."""
    mark = 'W/"' + hashlib.sha256(body).hexdigest() + '"'
    response.headers["ETag"] = mark
    response.headers["Cache-Control"] = "private, max-age=60, s-maxage=60"
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    if mark.removeprefix("W/") not in known:
        return False
    response.status_code = HTTPStatus.NOT_MODIFIED
    response.set_data(b"")
    response.headers.pop("Content-Type", None)
    return True


def _decorate(response: Response, limits: Limits, actor: Actor, needs: str) -> None:
    spent, limit = limits.state(actor), limits.limit_of(actor)
    response.headers["X-GitHub-Request-Id"] = ":".join(secrets.token_hex(2).upper() for _ in range(5))
    response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
    response.headers["X-GitHub-Api-Version-Selected"] = "2022-11-28"
    response.headers["X-RateLimit-Limit"] = str(limit)
    response.headers["X-RateLimit-Remaining"] = str(max(0, limit - spent.used))
    response.headers["X-RateLimit-Used"] = str(spent.used)
    response.headers["X-RateLimit-Reset"] = str(spent.reset)
    response.headers["X-RateLimit-Resource"] = "core"
    if actor.installation is not None and needs:
        response.headers["X-Accepted-GitHub-Permissions"] = needs.replace(":", "=").replace("|", "; ")
    if actor.is_user and actor.token is not None:
        response.headers["X-OAuth-Scopes"] = ", ".join(actor.token.scopes)
        response.headers["X-Accepted-OAuth-Scopes"] = "repo"
