"""What went wrong, as one of Roadcrew's own errors: read from GitHub's answer.

It decides how long to stay away; it never waits and never sends.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from bot.adapters.github.connection import Answer
from bot.adapters.github.redaction import redact
from bot.errors import Refused, Retry, RoadcrewError, UserError

SOON = 3.0
"""Seconds until something is looked for again that an event told of and the API does not show yet."""
_DOWN = 10.0
_SLOW_DOWN = 60.0
"""GitHub: "Otherwise, wait for at least one minute before retrying"."""
_LONGEST = 3700.0
_WORDS = 300


class Unanswered(Retry):
    """We do not know what became of the request. `may_be_done`: it may have reached GitHub."""

    def __init__(self, reason: str, *, may_be_done: bool) -> None:
        super().__init__(reason, after=_DOWN)
        self.may_be_done = may_be_done


class SlowDown(Retry):
    """GitHub's limits: nothing was done, and nothing more should be asked for `after` seconds."""


class Conflict(Retry):
    """GitHub answered 409: something else is under way, or it is not as we took it to be."""

    def __init__(self, reason: str, *, said: str) -> None:
        super().__init__(reason)
        self.said = said


class Missing(Refused):
    """GitHub says that it is not there, or does not let us see it."""


class Unauthorized(UserError):
    """GitHub does not accept the credentials."""


def fault(answer: Answer, *, what: str, now: datetime) -> RoadcrewError | None:
    """What an answer means for the work; None when it is good. `what` names the thing in a sentence."""
    said = _said(answer.body)
    match answer.status:
        case status if status < HTTPStatus.BAD_REQUEST:
            return None
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unanswered(f"GitHub answered {status} for {what}", may_be_done=True)
        case HTTPStatus.FORBIDDEN | HTTPStatus.TOO_MANY_REQUESTS:
            return _forbidden(answer, what, said, now)
        case HTTPStatus.REQUEST_TIMEOUT:
            return Retry(f"GitHub is busy with {what}: {said}")
        case HTTPStatus.CONFLICT:
            return Conflict(f"GitHub is busy with {what}: {said}", said=said)
    return _wrong(answer.status, what, said)


def _wrong(status: int, what: str, said: str) -> RoadcrewError:
    # GitHub answers 404 "Integration not found" to a token that is signed for an App id it does not know.
    if status == HTTPStatus.UNAUTHORIZED or said.lower() == "integration not found":
        return Unauthorized(
            f"GitHub does not accept the App's credentials: {said}.",
            fix="Check the App id, that the private key is one of this App's, and this machine's clock.",
        )
    match status:
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            return Missing(f"GitHub does not show {what}: it is gone, or the App may not see it.")
        case HTTPStatus.UNPROCESSABLE_ENTITY if "no commit found" in said.lower():
            return Missing(f"GitHub does not show {what}: {said}.")
    return Refused(f"GitHub did not accept {what} ({status}): {said}")


def _forbidden(answer: Answer, what: str, said: str, now: datetime) -> RoadcrewError:
    lower, headers = said.lower(), answer.headers
    if lower.startswith("resource not accessible"):
        return Refused(f"The GitHub App lacks a permission for {what}. {_needed(headers)}")
    if "retry-after" in headers:
        after = _seconds(headers["retry-after"], now)
        return SlowDown("GitHub asked Roadcrew to slow down", after=_SLOW_DOWN if after is None else after)
    if headers.get("x-ratelimit-remaining") == "0":
        reset = rate_reset(headers)
        after = _SLOW_DOWN if reset is None else (reset - now).total_seconds() + 1
        return SlowDown("the calls of this hour are used up", after=_bounded(after))
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or "rate limit" in lower or "abuse" in lower:
        return SlowDown("GitHub asked Roadcrew to slow down", after=_SLOW_DOWN)
    return Refused(f"GitHub forbids {what}: {said}")


def rate_reset(headers: Mapping[str, str]) -> datetime | None:
    """When the hour of calls ends, from `x-ratelimit-reset` (seconds since 1970)."""
    try:
        return datetime.fromtimestamp(float(headers["x-ratelimit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def _needed(headers: Mapping[str, str]) -> str:
    accepted = headers.get("x-accepted-github-permissions", "")
    if not accepted:
        return "The App's settings page lists what it has."
    readable = " or ".join(" and ".join(one.strip() for one in s.split(",")) for s in accepted.split(";"))
    return redact(
        f"It needs {readable}: an owner of the App adds it, then an owner of the organisation accepts it."
    )


def _seconds(text: str, now: datetime) -> float | None:
    """`Retry-After` as RFC 9110 allows it: seconds, or a date."""
    try:
        return _bounded(float(text))
    except ValueError:
        pass
    try:
        return _bounded((parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _bounded(seconds: float) -> float:
    return _SLOW_DOWN if math.isnan(seconds) else min(max(seconds, 1.0), _LONGEST)


def _said(body: str) -> str:
    """GitHub's own words, short and without secrets."""
    try:
        data = json.loads(body)
    except ValueError:
        return "no reason given"
    if not isinstance(data, dict):
        return "no reason given"
    words = [str(data.get("message") or "no reason given").rstrip(".")]
    errors = data.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            words.append(str(error.get("message") or f"{error.get('field')}: {error.get('code')}"))
        else:
            words.append(str(error))
    return redact("; ".join(words))[:_WORDS]
