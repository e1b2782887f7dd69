"""From an HTTP request to a delivery that is known to come from GitHub, or a refusal in a sentence.

gidgethub checks signatures; what it lets pass (no or blank secrets, SHA-1, forms) is refused here first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gidgethub import BadRequest, ValidationFailure
from gidgethub.sansio import Event as Hook
from pydantic import SecretStr

LARGEST_BODY: Final = 25 * 1024 * 1024
"""GitHub sends no payload above 25 MB: https://docs.github.com/webhooks/webhook-events-and-payloads."""
_SIGNATURE: Final = re.compile(r"sha256=[0-9a-f]{64}")
_GUID: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_KIND: Final = re.compile(r"[a-z_]{1,50}")


class Turned(Exception):
    """The request is turned away with this HTTP status; `reason` is a sentence for who set the webhook up."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Delivered:
    """A signed delivery. `guid` names the event; GitHub keeps it when it delivers again."""

    guid: str
    kind: str
    data: Mapping[str, Any]


def check_secrets_usable(secrets: Sequence[SecretStr]) -> None:
    """Raises ValueError when there is no secret or a blank one: anybody could sign with it."""
    if not secrets or not all(secret.get_secret_value().strip() for secret in secrets):
        raise ValueError("At least one webhook secret is needed, and none may be blank.")


def read_delivery(
    headers: Mapping[str, str], body: bytes, *, media_type: str, secrets: Sequence[SecretStr]
) -> Delivered:
    """Raises Turned. `headers` by lower case names. Every live secret is tried, each in constant time."""
    if media_type != "application/json":
        raise Turned(415, 'Set the webhook\'s content type to "application/json": forms are not read.')
    signature = headers.get("x-hub-signature-256", "")
    if not signature:
        sha1 = "x-hub-signature" in headers
        raise Turned(401, _SHA1_ONLY if sha1 else _UNSIGNED)
    guid, kind = headers.get("x-github-delivery", ""), headers.get("x-github-event", "")
    hook = _signed_hook(signature, body, secrets)
    if not _GUID.fullmatch(guid):
        raise Turned(400, "The header X-GitHub-Delivery is missing or is no delivery id.")
    if not _KIND.fullmatch(kind):
        raise Turned(400, "The header X-GitHub-Event is missing or names no event.")
    if not isinstance(hook.data, dict):
        raise Turned(400, "The payload is no JSON object.")
    return Delivered(guid, kind, hook.data)


_UNSIGNED: Final = (
    "The delivery is not signed. Give the webhook on GitHub the secret that Roadcrew was given."
)
_SHA1_ONLY: Final = "The delivery is signed with SHA-1 only. X-Hub-Signature-256 is needed."
_WRONG: Final = (
    "The signature fits none of the secrets. Give the webhook on GitHub the secret that Roadcrew has."
)


def _signed_hook(signature: str, body: bytes, secrets: Sequence[SecretStr]) -> Hook:
    if not _SIGNATURE.fullmatch(signature):
        raise Turned(401, _WRONG)
    # Only what was looked at above reaches gidgethub: no other header can change what it does.
    headers = {
        "x-hub-signature-256": signature,
        "content-type": "application/json",
        "x-github-event": "",
        "x-github-delivery": "",
    }
    for secret in secrets:
        try:
            return Hook.from_http(headers, body, secret=secret.get_secret_value())
        except ValidationFailure:
            continue
        except (BadRequest, RecursionError):
            raise Turned(400, "The payload is no JSON.") from None
    raise Turned(401, _WRONG)
