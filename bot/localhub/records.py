"""Everything that the local GitHub remembers, as frozen records with ids. The store keeps them.

A record holds what was said and done, never what can be computed from git (counts, diffs) or other records.
Times are UTC in GitHub's own form, `2026-01-31T12:00:00Z`. `INDEXES` name the fields by which one finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from bot.localhub.checkrecords import Annotation, CheckAction, CheckRun, CheckSuite, Indexes
from bot.localhub.issuerecords import Issue, IssueEvent

__all__ = [
    "Account",
    "AccountType",
    "Annotation",
    "App",
    "CheckAction",
    "CheckRun",
    "CheckSuite",
    "Comment",
    "Delivery",
    "Indexes",
    "Installation",
    "Issue",
    "IssueEvent",
    "KnownRefs",
    "Label",
    "Permission",
    "Protection",
    "Pull",
    "Reaction",
    "Record",
    "Repository",
    "RequiredCheck",
    "Restrictions",
    "Review",
    "State",
    "Team",
    "Thread",
    "Token",
]

AccountType = Literal["User", "Organization", "Bot"]
Permission = Literal["pull", "triage", "push", "maintain", "admin"]
"""What an account may do in a repository, least first."""
State = Literal["open", "closed"]


@dataclass(frozen=True, slots=True)
class Account:
    """A user, an organization, or the `<slug>[bot]` user of an App."""

    INDEXES: ClassVar[Indexes] = (("login_key",), ("type",), ("email",))
    id: int
    login: str
    type: AccountType
    created_at: str
    name: str | None = None
    email: str | None = None
    is_site_admin: bool = False
    app_id: int | None = None
    """Of a Bot: its App."""
    members: Mapping[int, Literal["admin", "member"]] = field(default_factory=dict)
    """Of an Organization: account id -> role."""
    base_permission: Literal["none", "read", "write", "admin"] = "read"
    """Of an Organization: what each member may do in all its repositories."""

    @property
    def login_key(self) -> str:
        """GitHub compares logins without case."""
        return self.login.lower()


@dataclass(frozen=True, slots=True)
class Team:
    """A team of an organization. `repos` maps repository ids to the permission that the team gives there."""

    INDEXES: ClassVar[Indexes] = (("org_id",),)
    id: int
    org_id: int
    slug: str
    name: str
    created_at: str
    updated_at: str
    description: str | None = None
    privacy: Literal["secret", "closed"] = "closed"
    members: Mapping[int, Literal["maintainer", "member"]] = field(default_factory=dict)
    repos: Mapping[int, Permission] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App with its webhook. The private key is kept too: a restarted hub can still hand it out."""

    INDEXES: ClassVar[Indexes] = (("slug",),)
    id: int
    slug: str
    name: str
    owner_id: int
    bot_id: int
    hook_id: int
    client_id: str
    private_key: str
    public_key: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    created_at: str
    updated_at: str
    webhook_url: str = ""
    """Where deliveries go; empty means that none are sent."""
    webhook_secret: str = ""
    description: str | None = None
    external_url: str = "https://example.invalid"


@dataclass(frozen=True, slots=True)
class Installation:
    """An App's access to an account's repositories: all, or the selected `repository_ids`."""

    INDEXES: ClassVar[Indexes] = (("app_id",), ("account_id",))
    id: int
    app_id: int
    account_id: int
    repository_selection: Literal["all", "selected"]
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    created_at: str
    updated_at: str
    repository_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that stands for a user (`account_id`), or for an installation until `expires_at`."""

    INDEXES: ClassVar[Indexes] = (("secret",),)
    id: int
    secret: str
    created_at: str
    account_id: int | None = None
    scopes: tuple[str, ...] = ("repo", "read:org", "user")
    installation_id: int | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
    repository_ids: tuple[int, ...] | None = None
    """Of an installation token: None is all that the installation has."""
    has_asked_repositories: bool = False
    expires_at: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository; its objects and branches are in `repos/<owner>/<name>.git`."""

    INDEXES: ClassVar[Indexes] = (("owner_id", "name_key"), ("owner_id",), ("parent_id",))
    id: int
    owner_id: int
    name: str
    created_at: str
    updated_at: str
    pushed_at: str
    default_branch: str = "main"
    description: str | None = None
    is_private: bool = False
    is_archived: bool = False
    is_template: bool = False
    parent_id: int | None = None
    """Of a fork: what it was forked from."""
    source_id: int | None = None
    """Of a fork: the root of its network."""
    collaborators: Mapping[int, Permission] = field(default_factory=dict)
    """account id -> permission, given to that account directly."""
    next_number: int = 1
    allow_merge_commit: bool = True
    allow_squash_merge: bool = True
    allow_rebase_merge: bool = True
    delete_branch_on_merge: bool = False
    topics: tuple[str, ...] = ()
    homepage: str | None = None

    @property
    def name_key(self) -> str:
        """GitHub compares names without case."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class KnownRefs:
    """The branches and tags that the hub has told the world about; its id is the repository's."""

    INDEXES: ClassVar[Indexes] = ()
    id: int
    refs: Mapping[str, str] = field(default_factory=dict)
    """Full name -> sha."""


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """A check that must be green; `app_id` pins who may say so (None: anyone)."""

    context: str
    app_id: int | None = None


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Who may push to a protected branch."""

    user_ids: tuple[int, ...] = ()
    team_ids: tuple[int, ...] = ()
    app_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Protection:
    """What a protected branch demands. None means that this demand is not made."""

    INDEXES: ClassVar[Indexes] = (("repo_id", "branch"), ("repo_id",))
    id: int
    repo_id: int
    branch: str
    required_checks: tuple[RequiredCheck, ...] | None = None
    is_strict: bool = False
    """Whether the head must contain the base's tip before a merge."""
    required_approvals: int | None = None
    dismiss_stale_reviews: bool = False
    require_code_owner_reviews: bool = False
    restrictions: Restrictions | None = None
    enforce_admins: bool = False
    required_linear_history: bool = False
    allow_force_pushes: bool = False
    allow_deletions: bool = False
    required_conversation_resolution: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a repository. `color` is six hexadecimal digits."""

    INDEXES: ClassVar[Indexes] = (("repo_id",),)
    id: int
    repo_id: int
    name: str
    color: str = "ededed"
    description: str | None = None
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request, and the issue of the same number that carries its thread (`issue_id`)."""

    INDEXES: ClassVar[Indexes] = (("repo_id", "number"), ("repo_id",), ("head_repo_id", "head_ref"))
    id: int
    issue_id: int
    repo_id: int
    number: int
    author_id: int
    title: str
    body: str | None
    base_ref: str
    """A branch name without `refs/heads/`."""
    base_sha: str
    head_repo_id: int | None
    """None when the fork was deleted."""
    head_owner_id: int
    head_ref: str
    head_sha: str
    created_at: str
    updated_at: str
    state: State = "open"
    is_draft: bool = False
    is_mergeable: bool | None = None
    """None: not known (yet), or closed."""
    merge_commit_sha: str | None = None
    """Open: the test merge. Merged: what the merge made on the base branch."""
    closed_at: str | None = None
    closed_by_id: int | None = None
    merged_at: str | None = None
    merged_by_id: int | None = None
    label_ids: tuple[int, ...] = ()
    assignee_ids: tuple[int, ...] = ()
    requested_reviewer_ids: tuple[int, ...] = ()
    requested_team_ids: tuple[int, ...] = ()
    maintainer_can_modify: bool = False
    app_id: int | None = None
    """The App that opened it, where one did."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of a thread (issue comment). `app_id`: the App by which it was written."""

    INDEXES: ClassVar[Indexes] = (("repo_id", "number"), ("repo_id",))
    id: int
    repo_id: int
    number: int
    author_id: int
    body: str
    created_at: str
    updated_at: str
    app_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction to an issue comment, or to an issue's own text."""

    INDEXES: ClassVar[Indexes] = (("subject_id",),)
    id: int
    subject_id: int
    """Of the comment, or of the issue: no two things here have the same id."""
    account_id: int
    content: Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
    created_at: str


@dataclass(frozen=True, slots=True)
class Review:
    """A review of a pull request; it judges `commit_id`. PENDING ones have no `submitted_at`."""

    INDEXES: ClassVar[Indexes] = (("repo_id", "number"),)
    id: int
    repo_id: int
    number: int
    author_id: int
    body: str
    state: Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"]
    commit_id: str
    submitted_at: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to send an event to an App. `guid` names the event, `id` the attempt."""

    INDEXES: ClassVar[Indexes] = (("app_id",),)
    id: int
    guid: str
    app_id: int
    event: str
    action: str | None
    installation_id: int | None
    repository_id: int | None
    delivered_at: str
    is_redelivery: bool
    duration: float
    """Seconds."""
    status: str
    """`OK`, `Invalid HTTP Response: 500`, `timed out`, …"""
    status_code: int
    """0 when there was no answer."""
    url: str
    request_headers: Mapping[str, str]
    request_payload: str
    """The exact JSON text that was signed and sent."""
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_payload: str = ""


Thread = Pull | Issue
"""What has a number, a text, comments and labels."""

Record = (
    Account
    | Team
    | App
    | Installation
    | Token
    | Repository
    | KnownRefs
    | Protection
    | Label
    | Pull
    | Issue
    | IssueEvent
    | Comment
    | Reaction
    | Review
    | CheckSuite
    | CheckRun
    | Delivery
)
