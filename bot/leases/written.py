"""Writes the file of a request: what the command line and a command in a thread have in common.

Whether it may be asked for is judged as for every pull request, when it is written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.catalog.own import API_VERSION
from bot.leases.judged import LONGEST_NAME
from bot.templating.canonical import ordered, written

BRANCH = "request/"
"""How the branches begin that we open for requests."""
_HASH = 6
_ODD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Wish:
    """What is to be written. `service`, `subject` and `on_behalf_of` as they shall stand in the file."""

    kind: str
    service: str
    environment: str
    reason: str
    subject: str = ""
    requested_by: str = ""
    on_behalf_of: str = ""
    duration: str = ""
    is_break_glass: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)


def request_name(wish: Wish, seed: str) -> str:
    """`<service>-<kind>-<six letters>`, the last from `seed`: the same seed gives the same name."""
    tail = hashlib.sha256(seed.encode()).hexdigest()[:_HASH]
    service = wish.service.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    head = "-".join(filter(None, (_ODD.sub("-", one.lower()).strip("-") for one in (service, wish.kind))))
    return f"{head[: LONGEST_NAME - _HASH - 1].strip('-') or 'request'}-{tail}"


def request_bytes(name: str, wish: Wish) -> bytes:
    """The file, in the order in which people read it. Equal wishes give equal bytes."""
    spec: dict[str, Any] = {
        "type": wish.kind,
        "service": wish.service,
        "environment": wish.environment,
        "subject": wish.subject,
        "requestedBy": wish.requested_by,
        "onBehalfOf": wish.on_behalf_of,
        "reason": " ".join(wish.reason.split()),
        "duration": wish.duration,
        "breakGlass": wish.is_break_glass,
        "parameters": ordered(dict(wish.parameters)),
    }
    said = {key: value for key, value in spec.items() if value not in ("", {}, False)}
    return written({"apiVersion": API_VERSION, "kind": "Request", "metadata": {"name": name}, "spec": said})
