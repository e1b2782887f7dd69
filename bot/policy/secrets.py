"""Secrets that stand in a text as they are: where, and of what kind. The value itself never leaves here.

Only the patterns of detect-secrets are used. Its scanner, which reads files and settings and may call the
services that keys are for, is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Protocol

_PIECE, _OVERLAP = 2_000, 300
"""Long lines are looked at piece by piece: some patterns take the square of a line's length."""
_MOST = 20
"""Of one text. Where there are more, it is a list of secrets, and all of it has to go."""

_REFERS = re.compile(
    r"(existing|tls|pull)?[-_]?secrets?|secret[-_]?(key|store)|.*(name|ref|file|path|arn|url|[-_]ids?)",
    re.IGNORECASE,
)
"""Keys whose values say where a secret is, if they look like a name."""
_NAME = re.compile(r"[a-z0-9]+([-._/][a-z0-9]+)*|[A-Z0-9]+(_[A-Z0-9]+)*")
_KEY = re.compile(r"([\w.-]+)[\"']?\s*(?::=?|=)\s*[\"']?$")
_END = re.compile(r"""\s+\#.*|["']?\s*[,}\]].*""", re.DOTALL)
"""What follows a value in the same line: a comment, the next of a flow mapping."""
_NO_VALUE = re.compile(
    r"(?i)(true|false|null|none|nil|yes|no|~|\||>|[|>][+-]|[-*x.]+|change[-_]?me|example|todo)?"
)
_TEMPLATED = re.compile(r"\$?\{\{|\{%|\$\{|\$\(|^\$|^<.*>$|^&|^!|\.\.\.")
_ENV_NAME = re.compile(r"""^[\s{+-]*["']?name["']?\s*:\s*["']?([\w.-]+)["']?\s*(?:,|$)""")
_ENV_VALUE = re.compile(r"""(?:^|[\s{,])["']?value["']?\s*:\s*(\S.*)$""")


_HINT = re.compile(
    r"key|pass|pwd|secret|contrase|token|value|://[^\s@]{1,300}@|BEGIN |PuTTY|A3T|ABIA|ACCA|AKIA|ASIA|"
    r"gh[pousr]_|github_pat|gl[a-z]{0,6}-|GR1348|xox|hooks|[sr]k_live|SG[.]|-us[0-9]|AC[a-z0-9]{32}|SK[a-z0-9]{32}|"
    r"sk-|pypi-|npm|[MNO][\w-]{23,25}[.]|[0-9]{8,10}:|sq0csp|AKC|AP[0-9A-F]|eyJ",
    re.IGNORECASE,
)
"""A line without any of this has nothing that a pattern below would take."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """Where a secret begins (line and column from 1), and what kind of one it is, in words."""

    line: int
    column: int
    kind: str


class _Pattern(Protocol):
    def analyze_string(self, string: str) -> Iterator[str]: ...


def exposed(text: str) -> Iterator[Exposed]:
    """The secrets in a text, in order, one a line: by their shape, else by the name of their field."""
    before = ""
    for number, line in enumerate(text.split("\n"), start=1):
        hit = (_known(line) or _named(line, before)) if _HINT.search(line) else None
        if hit is not None:
            yield Exposed(number, *hit)
        before = line if line.strip() else before


def found(text: str) -> list[dict[str, Any]]:
    """The same for expressions: `[{line: 3, column: 8, kind: "a GitHub token"}]`, the first of them."""
    return [
        {"line": one.line, "column": one.column, "kind": one.kind} for one in islice(exposed(text), _MOST)
    ]


def masked(text: str) -> str:
    """The text, or diff, with the rest of every line where a secret begins left out."""
    lines = text.split("\n")
    for one in exposed(text.replace("\r", " ")):
        if one.line <= len(lines):
            lines[one.line - 1] = f"{lines[one.line - 1][: one.column - 1]}(a secret)"
    return "\n".join(lines)


def _known(line: str) -> tuple[int, str] | None:
    """Column and kind of what has the shape of a secret."""
    for start in range(0, max(len(line), 1), _PIECE - _OVERLAP):
        piece = line[start : start + _PIECE]
        for kind, pattern in _patterns():
            for value in pattern.analyze_string(piece):
                if value and not _is_no_value(value):
                    return start + piece.find(value) + 1, kind
    return None


def _named(line: str, before: str) -> tuple[int, str] | None:
    """Column and kind of a value whose field is called like a secret."""
    name, value = _ENV_NAME.match(before) or _ENV_NAME.match(line), _ENV_VALUE.search(line[:_PIECE])
    if name is not None and value is not None:
        hit = _keyword(f"{name[1]}: {value[1]}")
        return (value.start(1) + 1, hit[1]) if hit else None
    return _keyword(line[:_PIECE])


def _keyword(line: str) -> tuple[int, str] | None:
    detector, patterns = _by_name()
    for pattern, group in patterns.items():
        for match in pattern.finditer(line):
            value = _END.sub("", match[group]).strip().strip("\"'")
            key = _KEY.search(line[: match.start(group)])
            is_none = not value or " " in value or _is_no_value(value)
            if not is_none and not _is_reference(key[1] if key else "", value):
                return match.start(group) + 1, detector
    return None


def _is_no_value(value: str) -> bool:
    return _NO_VALUE.fullmatch(value) is not None or _TEMPLATED.search(value) is not None


def _is_reference(key: str, value: str) -> bool:
    return _REFERS.fullmatch(key) is not None and _NAME.fullmatch(value) is not None


@dataclass(frozen=True)
class _More:
    """What detect-secrets does not know yet."""

    pattern: re.Pattern[str]

    def analyze_string(self, string: str) -> Iterator[str]:
        yield from (match[0] for match in self.pattern.finditer(string))


@cache
def _patterns() -> tuple[tuple[str, _Pattern], ...]:
    """Late, because the library brings an HTTP client along that it does not get to use here."""
    from detect_secrets.plugins import (
        artifactory,
        aws,
        azure_storage_key,
        basic_auth,
        discord,
        github_token,
        gitlab_token,
        jwt,
        mailchimp,
        npm,
        openai,
        private_key,
        pypi_token,
        sendgrid,
        slack,
        square_oauth,
        stripe,
        telegram_token,
        twilio,
    )

    return (
        ("a private key", private_key.PrivateKeyDetector()),
        ("a private key", _More(re.compile("BEGIN ENCRYPTED PRIVATE KEY"))),
        ("an AWS access key", aws.AWSKeyDetector()),
        ("an Azure storage key", azure_storage_key.AzureStorageKeyDetector()),
        ("a GitHub token", github_token.GitHubTokenDetector()),
        ("a GitHub token", _More(re.compile(r"github_pat_[0-9A-Za-z_]{22,255}"))),
        ("a GitLab token", gitlab_token.GitLabTokenDetector()),
        ("a Slack token", slack.SlackDetector()),
        ("a Stripe key", stripe.StripeDetector()),
        ("a SendGrid key", sendgrid.SendGridDetector()),
        ("a Mailchimp key", mailchimp.MailchimpDetector()),
        ("a Twilio key", twilio.TwilioKeyDetector()),
        ("an OpenAI token", openai.OpenAIDetector()),
        ("a PyPI token", pypi_token.PypiTokenDetector()),
        ("an npm token", npm.NpmDetector()),
        ("a Discord token", discord.DiscordBotTokenDetector()),
        ("a Telegram token", telegram_token.TelegramBotTokenDetector()),
        ("a Square token", square_oauth.SquareOAuthDetector()),
        ("an Artifactory token", artifactory.ArtifactoryDetector()),
        ("a JSON web token", jwt.JwtTokenDetector()),
        ("a password in an address", basic_auth.BasicAuthDetector()),
    )


@cache
def _by_name() -> tuple[str, Mapping[re.Pattern[str], int]]:
    from detect_secrets.plugins import keyword

    return "a value whose field is called like a secret", keyword.CONFIG_DENYLIST_REGEX_TO_GROUP
