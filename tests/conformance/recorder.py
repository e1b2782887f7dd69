"""Writes down what a running local GitHub is asked, answers and sends, and judges it afterwards.

`Conformance` goes around any WSGI application; it changes nothing that passes through. Git, the web page and the
hub's own controls are not GitHub's REST API and are let through unseen.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from .check import check_request, check_response, check_webhook
from .operations import operation_for

Wsgi = Callable[..., Iterable[bytes]]
OTHER_MEDIA = ("raw", "diff", "patch", "html", "sha", "octet-stream")
"""Media types that a client may ask for in place of JSON; the description has no models of those."""
NOT_REST = frozenset({"/graphql"})
"""GraphQL has a schema of its own and is no operation of the REST description."""
BOT = ("roadcrew/", "PyGithub/")
"""User agents of the bot: its requests have to be right even where they are refused."""
REFUSED = frozenset({400, 401, 403, 404, 405, 409, 410, 415, 422, 429})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `path` is decoded and without the API's prefix."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    accept: str
    agent: str
    sent: bytes
    status: int
    content_type: str
    answered: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


@dataclass(frozen=True, slots=True)
class Sent:
    """One webhook."""

    event: str
    payload: str


@dataclass
class Conformance:
    """A record of exchanges and webhooks."""

    prefix: str = "/api/v3"
    exchanges: list[Exchange] = field(default_factory=list)
    webhooks: list[Sent] = field(default_factory=list)
    url_maps: list[Map] = field(default_factory=list)
    """The addresses of each hub that is watched."""

    def around(self, app: Wsgi) -> Wsgi:
        """The same application, with what is said to its API written down."""

        def recorded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            # WSGI hands paths over as latin-1.
            path = environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace")
            inside = path.removeprefix(self.prefix)
            if not path.startswith(self.prefix) or inside.rstrip("/") in NOT_REST:
                return app(environ, start_response)
            return self._record(app, environ, start_response, inside or "/")

        return recorded

    def _record(self, app: Wsgi, environ: dict[str, Any], start_response: Any, path: str) -> list[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        sent = environ["wsgi.input"].read(length) if length else b""
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            told["status"] = int(status.split(maxsplit=1)[0])
            told["type"] = dict(headers).get("Content-Type", "")
            return start_response(status, headers, *rest)

        answer = app(environ | {"wsgi.input": BytesIO(sent)}, start)
        try:
            body = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close:
                close()
        self.exchanges.append(
            Exchange(
                method=environ["REQUEST_METHOD"],
                path=path,
                query=tuple(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
                accept=environ.get("HTTP_ACCEPT", ""),
                agent=environ.get("HTTP_USER_AGENT", ""),
                sent=sent,
                status=told["status"],
                content_type=told["type"],
                answered=body,
            )
        )
        return [body]

    def hear(self, event: str, payload: str) -> None:
        """Write down a webhook; `payload` is the JSON text that is sent."""
        self.webhooks.append(Sent(event, payload))

    def problems(self) -> list[str]:
        """Sentences about all that was not GitHub's, each once, in order."""
        found: Counter[str] = Counter()
        for exchange in self.exchanges:
            found.update(self._judge(exchange))
        for sent in self.webhooks:
            found.update(_said(lambda sent=sent: check_webhook(sent.event, json.loads(sent.payload))))
        return [f"{sentence} ({times} times)" if times > 1 else sentence for sentence, times in found.items()]

    def _judge(self, exchange: Exchange) -> Iterator[str]:
        is_ours = exchange.agent.startswith(BOT)
        if operation_for(exchange.method, exchange.path) is None:
            # To refuse what does not exist is right; to ask for it is the bot's mistake.
            if exchange.status != 404 or is_ours:
                yield f"{exchange}: GitHub has no such operation"
            return
        if exchange.status not in REFUSED or is_ours:
            yield from _said(lambda: check_request(*_asked(exchange)))
        yield from _said(lambda: _check_answer(exchange))

    def assert_conforms(self) -> None:
        """Raises AssertionError with all problems at once."""
        problems = self.problems()
        assert not problems, f"{len(problems)} differences from GitHub's description:\n" + "\n".join(problems)

    def clear(self) -> None:
        """Forget all."""
        self.exchanges.clear()
        self.webhooks.clear()
        self.url_maps.clear()

    def operations(self) -> set[str]:
        """`METHOD template` of all operations that were answered with success."""
        done = (operation_for(each.method, each.path) for each in self.exchanges if each.status < 400)
        return {str(operation) for operation in done if operation is not None}

    def addresses(self) -> set[str]:
        """`METHOD rule` of all addresses of the API below its prefix, as the hubs registered them."""
        rules = (rule for each in self.url_maps for rule in each.iter_rules())
        return {_named(rule) for rule in rules if rule.rule.startswith(self.prefix)}

    def reached(self) -> set[str]:
        """Those of the addresses that were answered with success, as in `addresses`."""
        found = set()
        for exchange in self.exchanges:
            for url_map in self.url_maps if exchange.status < 400 else ():
                try:
                    rule, _ = url_map.bind("").match(
                        self.prefix + exchange.path, exchange.method, return_rule=True
                    )
                except HTTPException:
                    continue
                found.add(_named(rule))
        return found

    def statuses(self) -> set[int]:
        """All statuses that were answered."""
        return {exchange.status for exchange in self.exchanges}

    def events(self) -> set[str]:
        """`event` or `event.action` of all webhooks."""
        actions = ((sent.event, json.loads(sent.payload).get("action")) for sent in self.webhooks)
        return {f"{event}.{action}" if action else event for event, action in actions}


def _named(rule: Any) -> str:
    [method] = rule.methods - {"HEAD", "OPTIONS"}
    return f"{method} {rule.rule}"


def _asked(exchange: Exchange) -> tuple[str, str, tuple[tuple[str, str], ...], Any]:
    return (
        exchange.method,
        exchange.path,
        exchange.query,
        json.loads(exchange.sent) if exchange.sent else None,
    )


def _check_answer(exchange: Exchange) -> None:
    if exchange.answered and not exchange.content_type.startswith("application/json"):
        asked = any(word in exchange.accept for word in OTHER_MEDIA)
        assert asked, f"{exchange}: {exchange.content_type!r} was answered, and JSON was asked for"
        return
    body = json.loads(exchange.answered) if exchange.answered else None
    check_response(exchange.method, exchange.path, exchange.status, body)


def _said(check: Callable[[], None]) -> Iterator[str]:
    try:
        check()
    except AssertionError as difference:
        yield str(difference)
