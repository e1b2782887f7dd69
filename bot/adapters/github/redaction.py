"""Takes tokens, keys and secrets out of text, above all out of log records.

It never decides what is logged, only how it reads: what is taken out is replaced by `[redacted]`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

REDACTED = "[redacted]"

_SECRETS = re.compile(
    r"""
    -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    | \b(?:gh[a-z]_|github_pat_)[A-Za-z0-9_.\-]{6,}         # GitHub's tokens, old form and new
    | \beyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]+){1,2}      # JSON web tokens
    | (?<=://)[^/\s@'"]+:[^/\s@'"]+(?=@)                     # user:password@ in URLs
    | (?i:(?<=\bbearer\ )|(?<=\bbasic\ ))[A-Za-z0-9+/_.=\-]{8,}
    """,
    re.VERBOSE | re.DOTALL,
)


def redact(text: str, *secrets: str) -> str:
    """The text without what looks like a credential of GitHub's, and without each of `secrets`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, REDACTED)
    return _SECRETS.sub(REDACTED, text)


class Redaction(logging.Filter):
    """A filter that lets every record pass, with its secrets taken out; also of its traceback."""

    def __init__(self, *secrets: str) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(_message(record), *self._secrets), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            shown = redact(record.exc_text, *self._secrets)
            if shown != record.exc_text:
                # Handlers that draw tracebacks by themselves would draw the secret.
                record.exc_text, record.exc_info = shown, None
        if record.stack_info:
            record.stack_info = redact(record.stack_info, *self._secrets)
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} (its arguments do not fit)"


PYGITHUB = Redaction()
"""PyGithub logs whole answers on DEBUG, those with new tokens too: this filter stands before its handlers."""


def guard_logs(*secrets: str) -> Callable[[], None]:
    """Redacts every record of this process, whichever logger and handler it passes.

    `secrets` are texts that no pattern knows: webhook secrets, Redis passwords. Returns what undoes it.
    """
    before = logging.getLogRecordFactory()
    redaction = Redaction(*secrets)

    def made(*args: object, **kwargs: object) -> logging.LogRecord:
        record = before(*args, **kwargs)
        redaction.filter(record)
        return record

    logging.setLogRecordFactory(made)
    return lambda: logging.setLogRecordFactory(before)
