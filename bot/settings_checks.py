"""What makes a setting wrong, in sentences that go on after the setting's name. None repeats its value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.model.event import RepoRef

SHORTEST_SECRET: Final = 16
_LONGEST_FILE: Final = 64 * 1024
_WELL_KNOWN: Final = (
    "development",
    "secret",
    "changeme",
    "password",
    "webhook",
    "github",
    "roadcrew",
    "test",
)
"""`development` is Probot's default; the others are what people type until they find the time."""


def parse_repo(value: Any) -> Any:
    """`owner/name` to a RepoRef; anything but text is left to pydantic."""
    if not isinstance(value, str):
        return value
    try:
        return RepoRef.parse(value.strip())
    except ValueError:
        raise ValueError("must be of the form owner/name, as in acme/platform.") from None


def parse_queues(value: Any) -> Any:
    """`0,2` to (0, 2)."""
    if not isinstance(value, str):
        return value
    numbers = {part.strip() for part in value.split(",")}
    if not numbers <= set("0123"):
        raise ValueError("must name queues by numbers from 0 to 3, as in 0,1.")
    return tuple(sorted(int(number) for number in numbers))


def check_url(value: str) -> str:
    """An absolute http(s) URL with a host and no credentials, without the slash at its end."""
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must start with https:// and a host, as in https://github.example.com.")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password: the App signs in with its key.")
    if parts.query or parts.fragment:
        raise ValueError("must end before any ? or #.")
    return value.strip().rstrip("/")


def check_redis_url(value: SecretStr) -> SecretStr:
    """A URL that redis-py reads: redis://, rediss:// or unix://."""
    if urlsplit(value.get_secret_value()).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must start with redis://, rediss:// or unix://, as in redis://127.0.0.1:6379/0.")
    return value


def check_limits(value: str) -> str:
    """Limits in the notation of the `limits` library: `80/minute;500/hour`."""
    from limits import parse_many

    try:
        limits = parse_many(value)
    except ValueError:
        raise ValueError("must be limits such as 80/minute;500/hour;1/second.") from None
    if any(limit.amount < 1 for limit in limits):
        raise ValueError("must let at least 1 write through in each limit: with 0 the bot could never write.")
    return value


def check_key(value: SecretStr) -> SecretStr:
    """PEM text of an RSA private key. Line ends may be written out, as some secret stores do."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = value.get_secret_value().replace("\\n", "\n").strip() + "\n"
    if "-----BEGIN" not in text:
        raise ValueError(
            "is no PEM text: it must begin with -----BEGIN RSA PRIVATE KEY-----. "
            "Use the .pem file from the App's settings page as it is."
        )
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except TypeError:
        raise ValueError("is protected by a passphrase. Give the key without one.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(
            "cannot be read as a private key: it is damaged or cut off. Download a new one "
            "from the App's settings page."
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(  # noqa: TRY004 - pydantic knows wrong values by this type
            "is not an RSA key, and GitHub Apps sign with RSA. Download the App's own key "
            "from its settings page."
        )
    return SecretStr(text)


def split_secrets(value: SecretStr, separator: str) -> tuple[str, ...]:
    """The secrets without the blanks around them."""
    return tuple(part.strip() for part in value.get_secret_value().strip().split(separator))


def check_secret_list(value: SecretStr) -> SecretStr:
    """Comma separated webhook secrets, as `check_secrets`."""
    check_secrets(split_secrets(value, ","))
    return value


def check_secrets(secrets: Sequence[str]) -> None:
    """Raises ValueError for a secret that anybody could guess."""
    for secret in secrets:
        if wrong := _what_is_wrong(secret):
            raise ValueError(f"{wrong} Make one with `openssl rand -hex 32`.")
    if len(set(secrets)) < len(secrets):
        raise ValueError("holds the same secret twice. Remove one of them.")


def _what_is_wrong(secret: str) -> str:
    if not secret:
        return "holds a blank secret, with which anybody could sign."
    plain = secret.lower()
    if any(not plain.replace(word, "").strip("0123456789-_.!") for word in _WELL_KNOWN):
        return "holds a well-known word instead of a secret."
    if len(secret) < SHORTEST_SECRET:
        return f"holds a secret of fewer than {SHORTEST_SECRET} characters."
    if len(set(secret)) < SHORTEST_SECRET // 4:
        return "holds a secret of almost only one character."
    return ""


def read_secret_file(path: Path) -> SecretStr:
    """The text of a small file."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_FILE + 1)
    except OSError as error:
        raise ValueError(f"({path}) cannot be read: {error.strerror}. Check path and permissions.") from None
    if len(data) > _LONGEST_FILE:
        raise ValueError(f"({path}) is too large to be what it should be.")
    try:
        return SecretStr(data.decode())
    except UnicodeDecodeError:
        raise ValueError(f"({path}) is no text file. Use the file as it was downloaded.") from None
