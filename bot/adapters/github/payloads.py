"""The fields of GitHub's answers that Roadcrew reads, and nothing else of them. Source: GitHub's OpenAPI."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Payload(BaseModel):
    # What GitHub sent may hold a token: it is not repeated in errors.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class App(_Payload):
    """`GET /app`."""

    id: int
    slug: str
    html_url: str = ""
    permissions: dict[str, str] = Field(default_factory=dict)
    events: list[str] = Field(default_factory=list)


class Bot(_Payload):
    """`GET /users/{username}` of an App's bot account."""

    id: int


class Installation(_Payload):
    """`GET /repos/{owner}/{repo}/installation`."""

    id: int
    permissions: dict[str, str] = Field(default_factory=dict)
    suspended_at: datetime | None = None
    target_type: str = "Organization"
    """`Organization` or `User`: the latter has no teams, and grants no permission for them."""


class Token(_Payload):
    """`POST /app/installations/{id}/access_tokens`."""

    token: str = Field(repr=False)
    expires_at: datetime


class Account(_Payload):
    """A user, bot or organisation."""

    login: str
    type: str = "User"


class CommitAccount(_Payload):
    """The account behind a commit; GitHub may answer an empty object."""

    login: str = ""


class Repo(_Payload):
    """A repository."""

    full_name: str
    default_branch: str = ""


class Side(_Payload):
    """The head or base of a pull request. `repo` is null when the fork was deleted."""

    ref: str
    sha: str
    repo: Repo | None = None


class Label(_Payload):
    """A label of a pull request."""

    name: str


class PullFacts(_Payload):
    """A pull request. The list form has no `merged`, no `merged_by` and no counts of lines."""

    number: int
    title: str = ""
    body: str | None = None
    state: str
    draft: bool = False
    html_url: str = ""
    user: Account | None = None
    head: Side
    base: Side
    merged: bool = False
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    labels: tuple[Label, ...] = ()
    additions: int = 0
    deletions: int = 0


class GitPerson(_Payload):
    """Whom a commit names."""

    email: str | None = None


class GitCommit(_Payload):
    """What git itself says of a commit."""

    author: GitPerson | None = None
    committer: GitPerson | None = None


class CommitFacts(_Payload):
    """A line of `GET /repos/{owner}/{repo}/pulls/{pull_number}/commits`.

    The accounts are null, or empty, where an address is none's.
    """

    sha: str
    commit: GitCommit
    author: CommitAccount | None = None
    committer: CommitAccount | None = None


class Review(_Payload):
    """One review of a pull request, in the order in which they were submitted.

    One that is not submitted yet has no time; of one whose commit is gone GitHub may tell none.
    """

    user: Account | None = None
    state: str
    body: str | None = None
    submitted_at: datetime | None = None
    commit_id: str | None = None


class AppRef(_Payload):
    """The App behind a comment or a check run."""

    id: int


class IssueComment(_Payload):
    """A comment of an issue or a pull request."""

    id: int
    body: str | None = None
    user: Account | None = None
    performed_via_github_app: AppRef | None = None


class ThreadComment(IssueComment):
    """The same with its place and its times."""

    issue_url: str
    html_url: str
    created_at: datetime
    updated_at: datetime


class IssueFacts(_Payload):
    """An issue, or the issue behind a pull request, which lists show too."""

    number: int
    body: str | None = None
    user: Account | None = None
    created_at: datetime
    performed_via_github_app: AppRef | None = None
    pull_request: dict[str, object] | None = None


class ReactionFacts(_Payload):
    """Someone's reaction to a text."""

    content: str
    user: Account | None = None


class IssueEvent(_Payload):
    """A line of `GET /repos/{owner}/{repo}/issues/{issue_number}/events`."""

    event: str
    created_at: datetime


class Collaborator(_Payload):
    """`GET /repos/{owner}/{repo}/collaborators/{username}/permission`."""

    permission: str
    """Only `admin`, `write`, `read` and `none`."""
    role_name: str = ""
    """Also `maintain` and `triage`, and the names of an organisation's own roles."""


class Membership(_Payload):
    """`GET /orgs/{org}/teams/{team_slug}/memberships/{username}`."""

    state: str


class MergeResult(_Payload):
    """`PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge`."""

    sha: str


class RunOutput(_Payload):
    """What a check run shows, as far as it is counted."""

    annotations_count: int = 0


class Run(_Payload):
    """A check run."""

    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None = None
    external_id: str | None = None
    started_at: datetime | None = None
    output: RunOutput = RunOutput()
    app: AppRef | None = None


class Runs(_Payload):
    """`GET /repos/{owner}/{repo}/commits/{ref}/check-runs`."""

    check_runs: list[Run]


class HookDelivery(_Payload):
    """A line of `GET /app/hook/deliveries`."""

    id: int
    guid: str
    delivered_at: datetime
    status_code: int = 0


_QUIET = ConfigDict(hide_input_in_errors=True)
PULLS: TypeAdapter[list[PullFacts]] = TypeAdapter(list[PullFacts], config=_QUIET)
REVIEWS: TypeAdapter[list[Review]] = TypeAdapter(list[Review], config=_QUIET)
COMMENTS: TypeAdapter[list[IssueComment]] = TypeAdapter(list[IssueComment], config=_QUIET)
THREAD: TypeAdapter[list[ThreadComment]] = TypeAdapter(list[ThreadComment], config=_QUIET)
ISSUES: TypeAdapter[list[IssueFacts]] = TypeAdapter(list[IssueFacts], config=_QUIET)
REACTIONS: TypeAdapter[list[ReactionFacts]] = TypeAdapter(list[ReactionFacts], config=_QUIET)
LABELS: TypeAdapter[list[Label]] = TypeAdapter(list[Label], config=_QUIET)
COMMITS: TypeAdapter[list[CommitFacts]] = TypeAdapter(list[CommitFacts], config=_QUIET)
EVENTS: TypeAdapter[list[IssueEvent]] = TypeAdapter(list[IssueEvent], config=_QUIET)
DELIVERIES: TypeAdapter[list[HookDelivery]] = TypeAdapter(list[HookDelivery], config=_QUIET)
