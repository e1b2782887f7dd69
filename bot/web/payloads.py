"""GitHub's webhook payloads, only the fields that we need, and the events that they mean.

Shapes: https://docs.github.com/webhooks/webhook-events-and-payloads. Unknown fields and actions are let pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from bot.commands.call import calls
from bot.model.event import (
    CheckRerun,
    Commanded,
    Event,
    Installed,
    PullChanged,
    PullClosed,
    Pushed,
    RepoRef,
)
from bot.model.spot import Spot

CHANGED: Final = frozenset(
    {
        "opened",
        "reopened",
        "synchronize",
        "edited",
        "ready_for_review",
        "converted_to_draft",
        "labeled",
        "unlabeled",
    }
)


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Repo(_Payload):
    id: int
    full_name: str

    @property
    def ref(self) -> RepoRef:
        return RepoRef.parse(self.full_name)


class _Account(_Payload):
    type: str = "User"


class _Text(_Payload):
    """What someone wrote: a comment, a review, or a pull request for its description."""

    id: int = 0
    body: str | None = None
    user: _Account | None = None
    commit_id: str | None = None


class _Head(_Payload):
    sha: str = ""


class _Opened(_Text):
    head: _Head = _Head()


class _Signed(_Payload):
    action: str
    repository: _Repo
    sender: _Account = _Account()


class _PullPayload(_Signed):
    number: int = Field(gt=0)
    pull_request: _Opened = _Opened()


class _Numbered(_Payload):
    number: int = Field(gt=0)
    # An issue's alone: whether it is that of a pull request.
    pull_request: dict[str, Any] | None = None


class _PullOfReview(_Payload):
    number: int = Field(gt=0)


class _ReviewPayload(_Signed):
    pull_request: _PullOfReview
    review: _Text = _Text()


class _CommentPayload(_Signed):
    issue: _Numbered
    comment: _Text


class _PushPayload(_Payload):
    # Git's limit on names is the file system's; what is no text fails the pattern.
    ref: str = Field(max_length=1024, pattern=r"^refs/[^\x00-\x20\x7f]+$")
    deleted: bool = False
    repository: _Repo


class _BaseRepo(_Payload):
    id: int


class _Base(_Payload):
    repo: _BaseRepo


class _PullOfCheck(_Payload):
    number: int
    base: _Base


class _Check(_Payload):
    head_sha: str = Field(pattern=r"^[0-9a-f]{40}$")
    # Empty for a push to a fork's branch, and may name pull requests of other repos of the network.
    pull_requests: tuple[_PullOfCheck, ...] = ()


class _CheckPayload(_Payload):
    action: str
    repository: _Repo


class _CheckRunPayload(_CheckPayload):
    check_run: _Check


class _CheckSuitePayload(_CheckPayload):
    check_suite: _Check


class _InstallationPayload(_Payload):
    action: str
    repositories: tuple[_Repo, ...] = ()
    repositories_added: tuple[_Repo, ...] = ()


_Events = tuple[Event, ...]


def _pull(delivery: str, data: Any) -> _Events:
    pull = _PullPayload.model_validate(data)
    repo = pull.repository.ref
    if pull.action == "closed":
        return (PullClosed(delivery=delivery, repo=repo, number=pull.number),)
    if pull.action not in CHANGED:
        return ()
    changed = PullChanged(delivery=delivery, repo=repo, number=pull.number)
    if pull.action != "opened":
        return (changed,)
    opened, spot = pull.pull_request, Spot(pull.number, "description")
    return (changed, *_commanded(f"{delivery}/command", pull, opened, spot, head=opened.head.sha))


def _review(delivery: str, data: Any) -> _Events:
    """An approval that comes or goes: rules may ask for one. And what is written with it."""
    review = _ReviewPayload.model_validate(data)
    if review.action not in ("submitted", "dismissed"):
        return ()
    number, text = review.pull_request.number, review.review
    changed = PullChanged(delivery=delivery, repo=review.repository.ref, number=number)
    if review.action != "submitted":
        return (changed,)
    spot = Spot(number, "review", text.id)
    return (changed, *_commanded(f"{delivery}/command", review, text, spot, head=text.commit_id or ""))


def _comment(delivery: str, data: Any) -> _Events:
    """Only new ones: what is edited never runs, whatever it says then."""
    if data.get("action") != "created":
        return ()
    payload = _CommentPayload.model_validate(data)
    issue, text = payload.issue, payload.comment
    spot = Spot(issue.number, "comment", text.id)
    return _commanded(delivery, payload, text, spot, is_pull=issue.pull_request is not None)


def _commanded(
    delivery: str, payload: _Signed, text: _Text, spot: Spot, *, head: str = "", is_pull: bool = True
) -> _Events:
    """At most one event: none for prose, and none for what programs write."""
    is_bot = "Bot" in (payload.sender.type, text.user.type if text.user else "")
    body = text.body or ""
    if is_bot or not calls(body):
        return ()
    return (
        Commanded(
            delivery=delivery,
            repo=payload.repository.ref,
            number=spot.number,
            is_pull=is_pull,
            source=spot.source,
            id=spot.id,
            digest=hashlib.sha256(body.encode()).hexdigest(),
            head=head,
        ),
    )


def _push(delivery: str, data: Any) -> _Events:
    push = _PushPayload.model_validate(data)
    branch = push.ref.removeprefix("refs/heads/")
    if push.deleted or branch == push.ref:
        return ()
    return (Pushed(delivery=delivery, repo=push.repository.ref, branch=branch),)


def _check_run(delivery: str, data: Any) -> _Events:
    if data.get("action") not in ("rerequested", "requested_action"):
        return ()
    payload = _CheckRunPayload.model_validate(data)
    return _rerun(delivery, payload.repository, payload.check_run)


def _check_suite(delivery: str, data: Any) -> _Events:
    if data.get("action") != "rerequested":
        return ()
    payload = _CheckSuitePayload.model_validate(data)
    return _rerun(delivery, payload.repository, payload.check_suite)


def _rerun(delivery: str, repo: _Repo, check: _Check) -> _Events:
    pulls = tuple(pull.number for pull in check.pull_requests if pull.base.repo.id == repo.id)
    return (CheckRerun(delivery=delivery, repo=repo.ref, head_sha=check.head_sha, pulls=pulls),)


def _installation(delivery: str, data: Any) -> _Events:
    payload = _InstallationPayload.model_validate(data)
    repos = {"created": payload.repositories, "added": payload.repositories_added}.get(payload.action, ())
    # One delivery, many events: each needs a name of its own.
    return tuple(Installed(delivery=f"{delivery}/{repo.full_name}", repo=repo.ref) for repo in repos)


_READERS: Final[Mapping[str, Callable[[str, Any], _Events]]] = {
    "pull_request": _pull,
    "pull_request_review": _review,
    "issue_comment": _comment,
    "push": _push,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "installation": _installation,
    "installation_repositories": _installation,
}
ALWAYS_SENT: Final = frozenset({"installation", "installation_repositories", "ping"})
"""GitHub sends these to every App; they are not subscribed to."""
SUBSCRIBED: Final = frozenset(_READERS) - ALWAYS_SENT
"""The events that the App's manifest asks for."""


def parse_events(kind: str, delivery: str, data: Mapping[str, Any]) -> tuple[Event, ...]:
    """The events that a delivery means; none when there is nothing to do.

    Raises ValueError (pydantic's is one) when the payload is not of GitHub's shape.
    """
    reader = _READERS.get(kind)
    return () if reader is None else reader(delivery, data)
