"""The Flask app: POST /webhooks, GET /healthz, GET /. Answers only after the queue has the event for good."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from typing import Final

from flask import Flask, Response, g, render_template, request
from pydantic import SecretStr, ValidationError
from werkzeug.exceptions import HTTPException

from bot import __version__
from bot.errors import Retry
from bot.model.event import Event, RepoRef
from bot.ports import Backlog, WatchableQueue
from bot.web.delivery import LARGEST_BODY, Delivered, Turned, check_secrets_usable, read_delivery
from bot.web.payloads import parse_events

log = logging.getLogger("roadcrew.web")

WEBHOOKS: Final = "/webhooks"
"""The path that the App's webhook URL must have."""
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


def create_app(secrets: Sequence[SecretStr], queue: WatchableQueue, *, platform: RepoRef) -> Flask:
    """The front for one platform repo. Raises ValueError without a usable secret."""
    check_secrets_usable(secrets)
    live = tuple(secrets)
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY

    @app.post(WEBHOOKS)
    def webhooks() -> Response:
        headers = {name.lower(): value for name, value in request.headers}
        delivered = read_delivery(headers, request.get_data(), media_type=request.mimetype, secrets=live)
        g.said = f"delivery={delivered.guid} event={_named(delivered)}"
        return _receive(delivered, queue, platform)

    @app.get("/healthz")
    def healthz() -> Response:
        queue.probe()
        backlog = queue.backlog()
        return _answer(200, status="ok", waiting=backlog.waiting, running=backlog.running)

    @app.get("/")
    def status() -> tuple[str, int]:
        backlog = _backlog(queue)
        page = render_template("status.html", version=__version__, platform=platform, backlog=backlog)
        return page, 200 if backlog else 503

    _log_access(app)
    _answer_errors(app)
    return app


def _receive(delivered: Delivered, queue: WatchableQueue, platform: RepoRef) -> Response:
    if delivered.kind == "ping":
        return _answer(200, said="pong")
    try:
        events = parse_events(delivered.kind, delivered.guid, delivered.data)
    except ValueError as error:
        raise Turned(400, _misshapen(delivered, error)) from None
    ours = [event for event in events if _is(event.repo, platform)]
    for event in ours:
        # GitHub's spelling of the name may differ in case; locks and mirrors go by ours.
        queue.put(event.model_copy(update={"repo": platform}))
    if not ours:
        return _answer(200, nothing_to_do=_why_not(delivered, events, platform))
    return _answer(202, queued=[event.kind for event in ours])


def _is(repo: RepoRef, platform: RepoRef) -> bool:
    return str(repo).lower() == str(platform).lower()


def _why_not(delivered: Delivered, events: Sequence[Event], platform: RepoRef) -> str:
    if events:
        return f"Roadcrew works on {platform} only."
    return f"Nothing follows from {_named(delivered)}."


def _named(delivered: Delivered) -> str:
    action = delivered.data.get("action")
    # A payload's action goes to the log: only what GitHub's actions look like.
    fits = isinstance(action, str) and action.replace("_", "").isalnum() and len(action) <= 50  # noqa: PLR2004
    return f"{delivered.kind}.{action}" if fits else delivered.kind


def _misshapen(delivered: Delivered, error: ValueError) -> str:
    where = ""
    if isinstance(error, ValidationError):
        where = f" Look at {'.'.join(str(part) for part in error.errors()[0]['loc'])}."
    return f"The payload is not what GitHub describes for {delivered.kind}.{where}"


def _backlog(queue: WatchableQueue) -> Backlog | None:
    try:
        return queue.backlog()
    except Retry as error:
        log.warning("%s", error.reason)
        return None


def _answer(code: int, **said: object) -> Response:
    return Response(json.dumps(said) + "\n", code, mimetype="application/json")


def _log_access(app: Flask) -> None:
    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()
        g.said = "delivery=? event=?"

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.path == WEBHOOKS:
            spent = (time.perf_counter() - g.started) * 1000
            log.info("%s answer=%d ms=%.0f", g.said, response.status_code, spent)
        return response


_IN_WORDS: Final = {
    404: "There is no such page.",
    405: f"Deliveries come as POST to {WEBHOOKS}; everything else is GET.",
    413: "The payload is larger than GitHub's limit of 25 MB.",
}


def _answer_errors(app: Flask) -> None:
    @app.errorhandler(Turned)
    def turned(error: Turned) -> Response:
        log.warning("turned away: %s", error.reason)
        return _answer(error.status, error=error.reason)

    @app.errorhandler(Retry)
    def away(error: Retry) -> Response:
        # No 202 for what is not kept: GitHub logs a failed delivery, and the sweep asks for it again.
        log.error("%s", error.reason)
        response = _answer(503, error="The queue is away and took nothing. The sweep asks for it again.")
        response.headers["Retry-After"] = str(max(1, round(error.after)))
        return response

    @app.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> Response:
        code = error.code or 500
        response = _answer(code, error=_IN_WORDS.get(code, error.name))
        allowed = [value for name, value in error.get_headers() if name == "Allow"]
        if allowed:
            response.headers["Allow"] = allowed[0]
        return response

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        log.error("%s", g.said, exc_info=error)
        return _answer(500, error="This is a fault in Roadcrew; its log tells more.")
