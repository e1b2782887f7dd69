"""What the shapes may ask while they turn a record into GitHub's JSON. A shape never changes anything.

Convention: `bot/localhub/shapes/<noun>.py` holds pure `<name>_json(view, record) -> dict[str, Any]`:

accounts   user_json (simple-user), public_user_json (GET /users/{u}), private_user_json (GET /user),
           organization_json (organization-simple; also the webhooks' block),
           membership_json(view, org, account, role)
teams      team_json(view, team), team_full_json(view, team)
apps       app_json, installation_json, installation_lite_json (webhooks' block), hook_config_json(view, app),
           token_json(view, token) (POST access_tokens), ping_json(view, app)
repos      repository_json (full), minimal_repository_json (lists), repository_hook_json (webhooks' block),
           repository_push_json (the block of a push), repository_lite_json (installation events),
           permission_json(view, repo, account), collaborator_json(view, repo, account)
branches   branch_json(view, repo, branch, sha), short_branch_json, protection_json(view, protection)
commits    commit_json(view, repo, commit), commit_full_json(view, repo, commit, files),
           file_json(view, repo, sha, file), comparison_json(view, repo, comparison)
gitdata    ref_json(view, repo, ref, sha, type), tree_json(view, repo, sha, entries, truncated=),
           blob_json(view, repo, sha, data), short_blob_json, git_commit_json(view, repo, commit),
           content_file_json(view, repo, ref, entry, data), content_item_json(view, repo, ref, entry),
           push_commit_json(view, repo, commit, files) (the webhooks' commits)
pulls      pull_json (full), pull_simple_json (lists), pull_hook_json(view, pull, action) (webhooks' block),
           pull_review_hook_json (the same in pull_request_review), merge_result_json(sha),
           review_json(view, review), review_hook_json(view, review)
issues     issue_json(view, pull), issue_hook_json(view, pull), comment_json(view, comment),
           comment_hook_json(view, comment), label_json, reaction_json
checks     check_run_json, check_run_hook_json, check_suite_json, check_suite_hook_json,
           annotation_json(view, run, annotation)
hooks      delivery_json (list item), delivery_full_json, rate_json, rate_limit_json
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.localhub.records import (
    Account,
    App,
    CheckRun,
    CheckSuite,
    Installation,
    Label,
    Permission,
    Protection,
    Pull,
    Reaction,
    Repository,
    Team,
    Thread,
)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when, as a git commit says it; `date` in GitHub's UTC form."""

    name: str
    email: str
    date: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A git commit."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file of a diff. `patch` starts at the first `@@`; None for binary, empty and too large changes."""

    path: str
    status: str
    """`added`, `removed`, `modified`, `renamed`, `copied`, `changed`."""
    sha: str
    """The blob after the change (before it, where the file was removed)."""
    additions: int
    deletions: int
    patch: str | None = None
    previous_path: str | None = None


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A line of a git tree. `size` in bytes, of blobs only."""

    path: str
    mode: str
    type: str
    """`blob`, `tree` or `commit`."""
    sha: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`base...head`. `commits` oldest first, one page of them; `total_commits` counts all."""

    base: str
    head: str
    base_commit: Commit
    merge_base: Commit
    ahead_by: int
    behind_by: int
    total_commits: int
    commits: tuple[Commit, ...]
    files: tuple[FileDiff, ...]


@dataclass(frozen=True, slots=True)
class PullCounts:
    """Numbers that only git and the thread know."""

    commits: int
    additions: int
    deletions: int
    changed_files: int
    comments: int
    review_comments: int = 0


class View(Protocol):
    """Lookups and addresses. Lookups of an unknown id raise KeyError."""

    @property
    def html_url(self) -> str:
        """The site's address without a slash at its end, as `https://github.com`."""
        ...

    @property
    def api_url(self) -> str:
        """The REST API's address without a slash at its end, as `https://api.github.com`."""
        ...

    def account(self, account_id: int) -> Account: ...
    def repo(self, repo_id: int) -> Repository: ...
    def app(self, app_id: int) -> App: ...
    def team(self, team_id: int) -> Team: ...
    def installation(self, installation_id: int) -> Installation: ...
    def label(self, label_id: int) -> Label: ...
    def suite(self, suite_id: int) -> CheckSuite: ...

    def full_name(self, repo: Repository) -> str:
        """`owner/name`."""
        ...

    def permission_of(self, repo: Repository, account: Account) -> Permission | None:
        """The most that the account may do there; None where it may not even read."""
        ...

    def viewer_permission(self, repo: Repository) -> Permission | None:
        """The same for whoever made this request; None for an anonymous one, for webhooks and for Apps."""
        ...

    def association(self, repo: Repository, account: Account) -> str:
        """GitHub's `author_association`: OWNER, MEMBER, COLLABORATOR, CONTRIBUTOR or NONE."""
        ...

    def protection(self, repo: Repository, branch: str) -> Protection | None: ...
    def repos_of(self, account: Account) -> Sequence[Repository]: ...
    def forks_count(self, repo: Repository) -> int: ...
    def open_pulls_count(self, repo: Repository) -> int: ...
    def size_kb(self, repo: Repository) -> int: ...

    def account_by_email(self, email: str) -> Account | None:
        """The user to whom GitHub would link a commit with this address."""
        ...

    def commit(self, repo: Repository, sha: str) -> Commit: ...
    def pull_counts(self, pull: Pull) -> PullCounts: ...

    def mergeable_state(self, pull: Pull) -> str:
        """`clean`, `dirty`, `blocked`, `behind`, `unstable`, `draft` or `unknown`."""
        ...

    def pulls_of_head(self, repo_id: int, head_sha: str) -> Sequence[Pull]:
        """Open pulls whose head is this commit on a branch of this very repository: never a fork's."""
        ...

    def runs_of_suite(self, suite: CheckSuite) -> Sequence[CheckRun]: ...
    def reactions_of(self, subject_id: int) -> Sequence[Reaction]:
        """To the comment or issue of this id."""
        ...

    def thread(self, repo_id: int, number: int) -> Thread | None:
        """The pull request or issue of this number; None where there is none."""
        ...

    def comments_count(self, thread: Thread) -> int: ...

    def installation_repos_count(self, installation: Installation) -> int: ...
