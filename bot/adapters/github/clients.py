"""The exceptions of requests and PyGithub, as Roadcrew's own errors.

Their texts stay behind, since they may hold anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum

import github
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from bot.adapters.github.connection import Answer, TooMuch
from bot.adapters.github.faults import Unanswered, fault
from bot.errors import RoadcrewError, UserError


class Kind(Enum):
    """What an exception of a client library says about the request."""

    UNSENT = "unsent"
    LOST = "lost"
    SETTING = "setting"
    ANSWERED = "answered"


KINDS: Mapping[type[Exception], Kind] = {
    requests.exceptions.RequestException: Kind.LOST,
    requests.exceptions.InvalidJSONError: Kind.LOST,
    requests.exceptions.JSONDecodeError: Kind.LOST,
    requests.exceptions.HTTPError: Kind.LOST,
    requests.exceptions.ConnectionError: Kind.LOST,
    requests.exceptions.ProxyError: Kind.UNSENT,
    requests.exceptions.SSLError: Kind.LOST,
    requests.exceptions.Timeout: Kind.LOST,
    requests.exceptions.ConnectTimeout: Kind.UNSENT,
    requests.exceptions.ReadTimeout: Kind.LOST,
    requests.exceptions.URLRequired: Kind.SETTING,
    requests.exceptions.TooManyRedirects: Kind.LOST,
    requests.exceptions.MissingSchema: Kind.SETTING,
    requests.exceptions.InvalidSchema: Kind.SETTING,
    requests.exceptions.InvalidURL: Kind.SETTING,
    requests.exceptions.InvalidProxyURL: Kind.SETTING,
    requests.exceptions.InvalidHeader: Kind.SETTING,
    requests.exceptions.ChunkedEncodingError: Kind.LOST,
    requests.exceptions.ContentDecodingError: Kind.LOST,
    requests.exceptions.StreamConsumedError: Kind.LOST,
    requests.exceptions.RetryError: Kind.LOST,
    requests.exceptions.UnrewindableBodyError: Kind.LOST,
    TooMuch: Kind.LOST,
    github.GithubException: Kind.ANSWERED,
    github.BadCredentialsException: Kind.ANSWERED,
    github.UnknownObjectException: Kind.ANSWERED,
    github.BadUserAgentException: Kind.ANSWERED,
    github.RateLimitExceededException: Kind.ANSWERED,
    github.RateLimitExceededExceedsMaxWait: Kind.ANSWERED,
    github.TwoFactorException: Kind.ANSWERED,
    github.IncompletableObject: Kind.ANSWERED,
    github.BadAttributeException: Kind.LOST,
}
"""Every exception class of requests and PyGithub; a test fails when a new version brings another."""

CLIENT_ERRORS = (requests.RequestException, github.GithubException, github.BadAttributeException)


def translate(error: Exception, *, what: str, now: datetime) -> RoadcrewError:
    """A client library's exception as one of ours. `what` names what was asked for."""
    kind = next((KINDS[each] for each in type(error).__mro__ if each in KINDS), Kind.LOST)
    match error:
        case requests.exceptions.SSLError() if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return UserError(
                "The certificate of the API URL is not trusted on this machine.",
                fix="Set REQUESTS_CA_BUNDLE to the file of your organisation's certificate authority.",
            )
        case github.GithubException() if kind is Kind.ANSWERED:
            headers = {name.lower(): str(value) for name, value in (error.headers or {}).items()}
            answer = Answer(error.status or 500, headers, json.dumps(error.data, default=str))
            found = fault(answer, what=what, now=now)
            return found or Unanswered(f"GitHub's answer for {what} was not usable", may_be_done=True)
    if kind is Kind.SETTING:
        return UserError(
            "Roadcrew cannot send to the API URL.", fix="Check the API URL and the proxy settings."
        )
    unsent = kind is Kind.UNSENT or _never_connected(error)
    reason = "GitHub cannot be reached" if unsent else "the answer of GitHub got lost"
    return Unanswered(f"{reason}: {what}", may_be_done=not unsent)


def _never_connected(error: Exception) -> bool:
    """Whether urllib3 could not even open the connection; requests tells so only in what it wraps."""
    wrapped = error.args[0] if error.args else None
    return isinstance(wrapped, MaxRetryError) and isinstance(wrapped.reason, NewConnectionError)
