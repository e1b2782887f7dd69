"""What was granted, as a document: who got what, where, until when, who asked, who approved, how it ended.

Deterministic both ways. It says all that is needed to end it: no template, no catalog. It knows no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bot.catalog.broken import Broken
from bot.catalog.text import decode
from bot.catalog.yaml12 import load
from bot.templating.canonical import dump

GRANTS = "roadcrew/grants"
"""The branch that holds what is in force: a folder each, `<environment>/<name>/`."""
GRANT_FILE = "grant.lease"
"""The document in a grant's folder. It is YAML, but no Kubernetes object. kubectl, Argo CD and Flux read what
ends in .yaml, .yml or .json, with a dot before it or not; so this one needs no exception there."""
ENDED = "ended"
"""The folder of what has ended: `ended/<year>-<month>/<name>.yaml`."""

Because = Literal["expired", "late", "removed", "revoked", "by-hand", "broken", "recorded"]
"""Why a grant ended. `late`: its time was over before it could begin; `by-hand`: a person took its folder
away; `broken`: its document could not be read; `recorded`: the ledger says so, the branch forgot it."""
AtEnd = Literal["remove", "propose"]
"""What happens when its time is over: its folder goes at once, or a pull request asks people for that."""

_LARGEST = 65_536
_API, _KIND = "roadcrew.dev/v1", "Grant"


@dataclass(frozen=True, slots=True)
class Extension:
    """Someone let it last longer."""

    at: datetime
    by: str
    until: datetime
    reason: str = ""
    command: str = ""
    """The name of the command that did it, unique for ever."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended. `by`: the login of who revoked it; empty where nobody did."""

    at: datetime
    because: Because
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Logins are GitHub's; `subject` is an entity's reference. Times are UTC, to the second."""

    name: str
    """Of the request too. Unique for ever: what ended never begins again under its name."""
    kind: str
    request: str
    """The path of the request's file on the default branch."""
    environment: str
    service: str
    subject: str
    requested_by: str
    reason: str
    starts_at: datetime
    expires_at: datetime | None = None
    """None: it lasts until its request's file is gone."""
    latest_end: datetime | None = None
    """No extension passes it."""
    at_end: AtEnd = "remove"
    author: str = ""
    """Who opened the pull request that brought the request, where it is another than the requester."""
    on_behalf_of: str = ""
    approved_by: tuple[str, ...] = ()
    source_commit: str = ""
    base_commit: str = ""
    """The default branch before the pull request that brought the request: its template renders the grant."""
    pull: int = 0
    url: str = ""
    """Of the pull request."""
    is_break_glass: bool = False
    parameters: tuple[str, ...] = ()
    """What was asked for, each as `name=value`; without what may be a secret."""
    extensions: tuple[Extension, ...] = ()
    ended: Ending | None = None

    @property
    def folder(self) -> str:
        return f"{self.environment}/{self.name}"

    def is_over(self, now: datetime) -> bool:
        """Whether its time is; at its very end it is."""
        return self.expires_at is not None and now >= self.expires_at


def ended_path(grant: Grant) -> str:
    """Where the document of a grant that has ended stands. Raises ValueError for one that has not."""
    if grant.ended is None:
        raise ValueError(f"{grant.name} has not ended")
    return f"{ENDED}/{grant.ended.at:%Y-%m}/{grant.name}.yaml"


def grant_bytes(grant: Grant) -> bytes:
    """The document. Equal grants give equal bytes."""
    spec: dict[str, Any] = {
        "type": grant.kind,
        "request": grant.request,
        "sourceCommit": grant.source_commit,
        "baseCommit": grant.base_commit,
        "pull": grant.pull,
        "url": grant.url,
        "service": grant.service,
        "environment": grant.environment,
        "subject": grant.subject,
        "parameters": [*grant.parameters],
        "requestedBy": grant.requested_by,
        "author": grant.author,
        "onBehalfOf": grant.on_behalf_of,
        "approvedBy": [*grant.approved_by],
        "reason": grant.reason,
        "startsAt": stamp(grant.starts_at),
        "expiresAt": stamp(grant.expires_at),
        "latestEnd": stamp(grant.latest_end),
        "atEnd": grant.at_end,
        "breakGlass": grant.is_break_glass,
        "extensions": [
            _said(
                {
                    "at": stamp(one.at),
                    "by": one.by,
                    "until": stamp(one.until),
                    "reason": one.reason,
                    "command": one.command,
                }
            )
            for one in grant.extensions
        ],
    }
    if grant.ended is not None:
        spec |= {
            "endedAt": stamp(grant.ended.at),
            "endedBy": grant.ended.by,
            "because": grant.ended.because,
            "endedReason": grant.ended.reason,
        }
    return dump({"apiVersion": _API, "kind": _KIND, "metadata": {"name": grant.name}, "spec": _said(spec)})


def stamp(at: datetime | None) -> str:
    """As documents and the ledger write a time: `2026-11-21T11:00:00Z`; nothing for None."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def read_stamp(text: str) -> datetime | None:
    """None for what `stamp` does not write."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def read_grant(data: bytes) -> Grant | None:
    """The grant in these bytes; None when they are not what `grant_bytes` writes."""
    if len(data) > _LARGEST:
        return None
    try:
        return _Document.model_validate(load(decode(data))).grant()
    except (Broken, ValidationError, ValueError):
        return None


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in ("", [], 0, False)}


def _stamped(text: str) -> str:
    if text and read_stamp(text) is None:
        raise ValueError("is no time")
    return text


_Stamp = Annotated[str, AfterValidator(_stamped)]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Extension(_Closed):
    at: _Stamp
    by: str = ""
    until: _Stamp
    reason: str = ""
    command: str = ""


class _Spec(_Closed):
    type: str = ""
    request: str = ""
    environment: _Name
    service: str = ""
    subject: str = ""
    parameters: list[str] = []
    requestedBy: str = ""  # noqa: N815 - the document's own spelling, here and below
    author: str = ""
    onBehalfOf: str = ""  # noqa: N815
    approvedBy: list[str] = []  # noqa: N815
    reason: str = ""
    sourceCommit: str = ""  # noqa: N815
    baseCommit: str = ""  # noqa: N815
    pull: int = 0
    url: str = ""
    startsAt: _Stamp = Field(min_length=1)  # noqa: N815
    expiresAt: _Stamp = ""  # noqa: N815
    latestEnd: _Stamp = ""  # noqa: N815
    atEnd: AtEnd = "remove"  # noqa: N815
    breakGlass: bool = False  # noqa: N815
    extensions: list[_Extension] = []
    endedAt: _Stamp = ""  # noqa: N815
    endedBy: str = ""  # noqa: N815
    because: Because | None = None
    endedReason: str = ""  # noqa: N815


class _Metadata(_Closed):
    name: _Name


class _Document(_Closed):
    apiVersion: Literal["roadcrew.dev/v1"]  # noqa: N815
    kind: Literal["Grant"]
    metadata: _Metadata
    spec: _Spec

    def grant(self) -> Grant:
        said = self.spec
        return Grant(
            name=self.metadata.name,
            kind=said.type,
            request=said.request,
            environment=said.environment,
            service=said.service,
            subject=said.subject,
            parameters=tuple(said.parameters),
            requested_by=said.requestedBy,
            reason=said.reason,
            starts_at=_time(said.startsAt),
            expires_at=read_stamp(said.expiresAt),
            latest_end=read_stamp(said.latestEnd),
            at_end=said.atEnd,
            author=said.author,
            on_behalf_of=said.onBehalfOf,
            approved_by=tuple(said.approvedBy),
            source_commit=said.sourceCommit,
            base_commit=said.baseCommit,
            pull=said.pull,
            url=said.url,
            is_break_glass=said.breakGlass,
            extensions=tuple(_extensions(said.extensions)),
            ended=_ending(said),
        )


def _time(text: str) -> datetime:
    found = read_stamp(text)
    if found is None:
        raise ValueError(f"{text!r} is no time")
    return found


def _extensions(said: Sequence[_Extension]) -> Sequence[Extension]:
    return [Extension(_time(one.at), one.by, _time(one.until), one.reason, one.command) for one in said]


def _ending(said: _Spec) -> Ending | None:
    if said.because is None:
        return None
    return Ending(_time(said.endedAt), said.because, said.endedBy, said.endedReason)
