"""The frame of the page: who acts, the lock, refusals as pages, and the headers that keep strangers out.

Handlers gather facts while the world's lock is held; templates are rendered after it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, render_template, request
from werkzeug.routing import BaseConverter

from bot.localhub import access
from bot.localhub.git import GitError
from bot.localhub.hooks import Sender
from bot.localhub.page import messages
from bot.localhub.page.markdown import rendered
from bot.localhub.page.times import ago, size
from bot.localhub.page.visit import (
    COOKIE,
    Answer,
    Sent,
    Shown,
    Visit,
    Went,
    acting,
    address,
    people,
    sentence,
)
from bot.localhub.problems import Problem, not_found
from bot.localhub.records import Issue, Pull
from bot.localhub.world import World

MAX_FORM = 4_000_000
"""Bytes of a form."""
_COOKIE_SECONDS = 365 * 24 * 3600
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
Handler = Callable[..., Answer]


class OwnerConverter(BaseConverter):
    """A login in a path. `api` is none: below it lives the REST API."""

    regex = r"(?!api/)(?!api$)[A-Za-z0-9][A-Za-z0-9-]*(?:\[bot\])?"


class NameConverter(BaseConverter):
    """A repository's name in a path."""

    regex = r"[A-Za-z0-9._-]+"


class Frame:
    """Where the nouns' files register their handlers: each gets the Visit, then the path's parts."""

    def __init__(self, world: World, sender: Sender) -> None:
        self.world = world
        self.sender = sender
        self.blueprint = Blueprint(
            "page", __name__, template_folder="templates", static_folder="static", static_url_path="/-/static"
        )
        self.blueprint.before_request(self._refuse_strangers)
        self.blueprint.after_request(_guarded)

    def get(self, path: str) -> Callable[[Handler], Handler]:
        """Register a handler that shows."""
        return self._route(path, "GET")

    def post(self, path: str) -> Callable[[Handler], Handler]:
        """Register a handler that changes."""
        return self._route(path, "POST")

    def _route(self, path: str, method: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            def serve(**parts: Any) -> Response:
                return self._serve(handler, parts)

            endpoint = f"{method} {path}".replace(".", "_")
            self.blueprint.add_url_rule(path, endpoint, serve, methods=[method])
            return handler

        return register

    def _serve(self, handler: Handler, parts: dict[str, Any]) -> Response:
        with self.world.lock:
            visit = Visit(self.world, acting(self.world))
            try:
                visit = self._visit(visit, parts)
                answer = handler(visit, **parts)
            except Problem as problem:
                answer = _refused(visit, problem.status, sentence(problem))
            except GitError as error:
                answer = _refused(visit, HTTPStatus.UNPROCESSABLE_ENTITY, f"git says: {error}")
            common = self._common(visit)
        return _response(answer, common)

    def _visit(self, visit: Visit, parts: dict[str, Any]) -> Visit:
        if any("\0" in part for part in parts.values() if isinstance(part, str)):
            raise not_found()
        if "name" not in parts:
            return visit
        repo = self.world.repo(parts.pop("owner"), parts.pop("name").removesuffix(".git"))
        if repo is None or not access.can_see(self.world, visit.actor, repo):
            raise not_found()
        if request.method == "POST" and repo.is_archived:
            raise Problem(HTTPStatus.FORBIDDEN, "This repository was archived so it is read-only.")
        return Visit(self.world, visit.actor, repo)

    def _common(self, visit: Visit) -> dict[str, object]:
        """What every template may use."""
        common: dict[str, object] = {
            "me": visit.actor.account,
            "people": people(self.world),
            "site": self.world.html_url,
            "now": self.world.clock(),
            "here": request.full_path.rstrip("?"),
        }
        if visit.has_repo:
            pulls = self.world.store.find(Pull, repo_id=visit.repo.id)
            issues = self.world.store.find(Issue, repo_id=visit.repo.id)
            common |= {
                "repo": visit.repo,
                "full_name": visit.full_name,
                "open_pulls": sum(pull.state == "open" for pull in pulls),
                "open_issues": sum(issue.state == "open" for issue in issues),
                "may_write": visit.actor.account is not None and visit.may("contents:write"),
            }
        return common

    def _refuse_strangers(self) -> Response | None:
        """Other sites can neither post forms here, nor read by naming our address as their own host."""
        request.max_content_length = MAX_FORM
        request.max_form_memory_size = MAX_FORM
        host = urlsplit(f"//{request.host}").hostname or ""
        if not _is_own_host(host, self.world):
            return _plain(f"This site does not answer to the name {host}. Use {self.world.html_url}/")
        if request.method == "POST" and not _is_same_origin():
            return _plain("This form was sent from another site. Open the page itself and try again.")
        return None


def _is_own_host(host: str, world: World) -> bool:
    """Numbers, `localhost` and the hub's own name; any other name may be a stranger's that points here."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost") or host == urlsplit(world.html_url).hostname
    return True


def _is_same_origin() -> bool:
    """By `Sec-Fetch-Site`, which pages cannot forge; by `Origin` where the browser does not send it."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin", "") == request.host_url.rstrip("/")


def _plain(words: str) -> Response:
    return Response(words + "\n", HTTPStatus.FORBIDDEN, content_type="text/plain; charset=utf-8")


def _refused(visit: Visit, status: int, words: str) -> Shown:
    """What was typed comes back with the refusal, so that nothing is lost."""
    typed = visit.form("body") or visit.form("content") if request.method == "POST" else ""
    facts = {"status": status, "title": HTTPStatus(status).phrase, "words": words, "typed": typed}
    return Shown("problem.html", facts, status)


def _response(answer: Answer, common: dict[str, object]) -> Response:
    match answer:
        case Shown():
            html = render_template(f"localhub/{answer.template}", **{**common, **answer.facts})
            data = html.encode(errors="replace")  # names in git need not be UTF-8
            return Response(data, answer.status, content_type="text/html; charset=utf-8")
        case Went():
            response = Response(status=HTTPStatus.SEE_OTHER, headers={"Location": answer.url})
            if answer.person:
                response.set_cookie(
                    COOKIE, answer.person, max_age=_COOKIE_SECONDS, httponly=True, samesite="Strict"
                )
            return response
        case Sent():
            response = Response(answer.data, content_type=answer.content_type)
            if answer.name:
                response.headers.set("Content-Disposition", "attachment", filename=answer.name)
            return response


def _guarded(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def install(app: Flask, frame: Frame) -> None:
    """Put the frame's addresses into the application, with what templates call."""
    app.register_blueprint(frame.blueprint)
    app.jinja_env.filters |= {
        "ago": ago,
        "markdown": rendered,
        "message": messages.parsed,
        "size": size,
        "parts": messages.parts,
    }
    app.jinja_env.globals["address"] = address
