"""All that can be configured: `ROADCREW_*` variables and flags, read once, at the start of the process.

Nothing else reads the environment. Secrets have no flags (a command line is readable by every user of the
machine) and show as stars wherever they are printed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import UserError
from bot.model.event import RepoRef
from bot.settings_checks import (
    check_key,
    check_limits,
    check_redis_url,
    check_secret_list,
    check_secrets,
    check_url,
    parse_queues,
    parse_repo,
    read_secret_file,
    split_secrets,
)

PREFIX: Final = "ROADCREW_"
QUEUES: Final = 4
"""Redis queues among which repos are spread; a repo is always in the same one."""


class _Place(BaseSettings):
    """The one variable that is not ours: the XDG base directory specification's folder for caches."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    xdg_cache_home: Path = Path("~/.cache")


def _default_cache() -> Path:
    return _Place().xdg_cache_home / "roadcrew"


class Settings(BaseSettings):
    """Checked settings. Make them with `load_settings`, which puts what is wrong in sentences."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
        extra="forbid",
    )

    app_id: int = Field(gt=0, description="The GitHub App's id: a number, on the App's settings page.")
    private_key: Annotated[SecretStr, AfterValidator(check_key)] | None = Field(
        default=None, description="The App's private key, PEM text. This or the file is needed."
    )
    private_key_file: Annotated[Path, AfterValidator(Path.expanduser)] | None = Field(
        default=None,
        validate_default=True,
        description="The file with the App's private key, as GitHub lets you download it.",
    )
    webhook_secrets: Annotated[SecretStr, AfterValidator(check_secret_list)] | None = Field(
        default=None,
        description="The App's webhook secret, 16 characters or more. Several, comma separated, are all "
        "accepted: that is how to change it without losing a delivery.",
    )
    webhook_secrets_file: Annotated[Path, AfterValidator(Path.expanduser)] | None = Field(
        default=None,
        validate_default=True,
        description="A file with webhook secrets, one a line, instead of the variable or beside it.",
    )
    platform_repo: Annotated[RepoRef, NoDecode, BeforeValidator(parse_repo)] = Field(
        description="The platform repo, owner/name: catalog, templates and rules live there."
    )
    api_url: Annotated[str, AfterValidator(check_url)] = Field(
        default="https://api.github.com",
        description="GitHub's REST API. On GitHub Enterprise Server: https://HOST/api/v3.",
    )
    web_url: Annotated[str, AfterValidator(check_url)] = Field(
        default="https://github.com", description="Where repos are cloned from and links lead to."
    )
    cache_dir: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        default_factory=_default_cache,
        validate_default=True,
        description="Holds mirrors of repos and, without Redis, the queue. Safe to lose.",
    )
    opa: str = Field(
        default="",
        description="The `opa` program that judges by Rego, if it is not the one on PATH. Without any, the "
        "embedded engine of the extra `rego` judges.",
    )
    redis_url: Annotated[SecretStr, AfterValidator(check_redis_url)] | None = Field(
        default=None,
        description="Redis for queue, locks and limits, with `roadcrew worker` processes beside "
        "`roadcrew serve`. Without it, `roadcrew serve` does all by itself.",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="The port to listen on; 0 picks a free one.")
    sweep_seconds: int = Field(
        default=300,
        ge=10,
        le=86400,
        description="How often to look for what lost deliveries left undone.",
    )
    lease_seconds: int = Field(
        default=20,
        ge=5,
        le=60,
        description="How often to look which grants begin or end.",
    )
    write_limits: Annotated[str, AfterValidator(check_limits)] = Field(
        default="80/minute;500/hour;1/second",
        description="How often the App may write to GitHub; the default is what GitHub asks for.",
    )
    web_threads: int = Field(default=8, ge=1, le=256, description="Threads that answer HTTP requests.")
    concurrency: int = Field(default=4, ge=1, le=64, description="How many events are worked on at a time.")
    worker_queues: Annotated[tuple[int, ...], NoDecode, BeforeValidator(parse_queues)] = Field(
        default=tuple(range(QUEUES)),
        description=f"Which of the {QUEUES} Redis queues a worker takes, comma separated from 0. Each repo "
        "stays in one queue; splitting them keeps each worker's mirrors few and warm. All must be taken.",
    )

    @field_validator("private_key_file", mode="after")
    @classmethod
    def _key_is_there(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        # A private_key that was wrong is not in `data`, and has been said already.
        if value is not None:
            check_key(read_secret_file(value))
        elif info.data.get("private_key", value) is None and "private_key" in info.data:
            raise ValueError(
                "is missing. Make a key on the App's settings page, download it, and name the file here "
                "(or put its text into ROADCREW_PRIVATE_KEY)."
            )
        return value

    @field_validator("webhook_secrets_file", mode="after")
    @classmethod
    def _secret_is_there(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None:
            check_secrets(split_secrets(read_secret_file(value), "\n"))
        elif "webhook_secrets" in info.data and info.data["webhook_secrets"] is None:
            raise ValueError(
                "is missing, and so is ROADCREW_WEBHOOK_SECRETS. Make a secret with `openssl rand -hex 32` "
                "and give the same to the App's webhook on GitHub."
            )
        return value

    @cached_property
    def key(self) -> SecretStr:
        """The App's private key: PEM text of an RSA key."""
        if self.private_key is not None:
            return self.private_key
        assert self.private_key_file is not None  # noqa: S101 - one of the two is there, or we were not made
        return check_key(read_secret_file(self.private_key_file))

    @cached_property
    def secrets(self) -> tuple[SecretStr, ...]:
        """All live webhook secrets, at least one: those of the variable and those of the file."""
        found: list[str] = []
        if self.webhook_secrets is not None:
            found += split_secrets(self.webhook_secrets, ",")
        if self.webhook_secrets_file is not None:
            found += split_secrets(read_secret_file(self.webhook_secrets_file), "\n")
        return tuple(SecretStr(secret) for secret in dict.fromkeys(found))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed, but probably not meant."""
        said = [
            f"{name} is not encrypted: tokens travel in the clear to {url}."
            for name, url in (("ROADCREW_API_URL", self.api_url), ("ROADCREW_WEB_URL", self.web_url))
            if url.startswith("http://") and not _is_loopback(url)
        ]
        public = "https://github.com"
        if self.web_url == public and "api.github.com" not in self.api_url:
            said.append(
                f"ROADCREW_API_URL is {self.api_url}, but repos are cloned from {public}: "
                "set ROADCREW_WEB_URL, too."
            )
        return tuple(said)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table of settings. `flag` is empty for secrets, `default` where there is none."""

    name: str
    env: str
    flag: str
    default: str
    description: str
    is_required: bool


_NO_FLAG: Final = frozenset({"private_key", "webhook_secrets"})
_SAID_DEFAULTS: Final = {"cache_dir": "~/.cache/roadcrew", "worker_queues": "0,1,2,3"}


def _row(name: str) -> Setting:
    field = Settings.model_fields[name]
    default = "" if field.default is None or field.is_required() else str(field.default)
    return Setting(
        name=name,
        env=f"{PREFIX}{name.upper()}",
        flag="" if name in _NO_FLAG else f"--{name.replace('_', '-')}",
        default=_SAID_DEFAULTS.get(name, default),
        description=field.description or "",
        is_required=field.is_required(),
    )


SETTINGS_TABLE: Final = tuple(_row(name) for name in Settings.model_fields)
"""Every setting, in order: the one source of `--help` and of the README's table."""


def load_settings(flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings from flags (by field name; None: not given) over the environment over the defaults.

    Raises UserError with one sentence a line for each thing that is wrong.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        sentences = [_sentence(found, given) for found in error.errors(include_url=False)]
        raise UserError("\n".join(sentences)) from None


def _sentence(found: Any, given: Mapping[str, Any]) -> str:
    """Pydantic's finding in our words. Never repeats the value: it may be a secret."""
    row = _row(str(found["loc"][0]))
    name = row.flag if row.name in given else row.env
    if found["type"] == "missing":
        return f"{name} is missing. {row.description} Set it, or say {row.flag}."
    if found["type"] == "value_error":
        return f"{name} {str(found['msg']).removeprefix('Value error, ')}"
    must = _MUST.get(found["type"], "is not right").format_map(found.get("ctx", {}))
    return f"{name} {must}. {row.description}"


_MUST: Final = {
    "int_parsing": "must be a whole number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
}
