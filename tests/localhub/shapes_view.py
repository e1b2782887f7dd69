"""A small fixed world for the shapes: one organization, its repository, a fork, people, an App, a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.localhub.records import (
    Account,
    App,
    CheckRun,
    CheckSuite,
    Comment,
    Installation,
    Label,
    Permission,
    Protection,
    Pull,
    Reaction,
    Repository,
    RequiredCheck,
    Restrictions,
    Review,
    Team,
    Thread,
    Token,
)
from bot.localhub.view import Commit, FileDiff, PullCounts, Signature

AT = "2026-01-31T12:00:00Z"
LATER = "2026-02-01T08:30:00Z"
SHA, OTHER, TREE = "a" * 40, "b" * 40, "c" * 40
PERMISSIONS = {"checks": "write", "contents": "write", "metadata": "read", "pull_requests": "write"}

ORG = Account(id=1, login="acme", type="Organization", created_at=AT, members={2: "admin", 3: "member"})
OWNER = Account(id=2, login="platform-lead", type="User", created_at=AT, name="Platform lead")
DEVELOPER = Account(id=3, login="developer", type="User", created_at=AT, email="developer@acme.test")
STRANGER = Account(id=4, login="stranger", type="User", created_at=AT)
BOT = Account(id=5, login="roadcrew[bot]", type="Bot", created_at=AT, app_id=10)
TEAM = Team(6, 1, "platform", "Platform", AT, LATER, members={2: "maintainer"}, repos={20: "admin"})
APP = App(
    id=10,
    slug="roadcrew",
    name="Roadcrew",
    owner_id=1,
    bot_id=5,
    hook_id=11,
    client_id="Iv23liRoadcrew",
    private_key="",
    public_key="",
    permissions=PERMISSIONS,
    events=("pull_request", "push"),
    created_at=AT,
    updated_at=LATER,
    webhook_url="http://127.0.0.1:9/webhook",
    webhook_secret="a secret of good length",
)
INSTALLATION = Installation(12, 10, 1, "all", PERMISSIONS, ("pull_request", "push"), AT, LATER)
TOKEN = Token(
    13, "ghs_token", AT, installation_id=12, permissions=PERMISSIONS, expires_at="2026-01-31T13:00:00Z"
)
REPO = Repository(
    20, 1, "platform", AT, LATER, LATER, description="Golden paths", topics=("paved",), is_template=True
)
FORK = Repository(21, 4, "platform", AT, LATER, LATER, parent_id=20, source_id=20)
PRIVATE = Repository(22, 2, "notes", AT, LATER, LATER, is_private=True, homepage="http://127.0.0.1/notes")
LABEL = Label(30, 20, "needs: review", "d73a4a", "Someone has to look")
BARE_LABEL = Label(31, 20, "bug", is_default=True)
PULL = Pull(
    id=40,
    issue_id=41,
    repo_id=20,
    number=7,
    author_id=3,
    title="Add the billing service",
    body="It takes money.",
    base_ref="main",
    base_sha=SHA,
    head_repo_id=20,
    head_owner_id=1,
    head_ref="feature/billing",
    head_sha=OTHER,
    created_at=AT,
    updated_at=LATER,
    is_mergeable=True,
    merge_commit_sha=SHA,
    label_ids=(30, 31),
    assignee_ids=(3, 2),
    requested_reviewer_ids=(2,),
    requested_team_ids=(6,),
)
BARE = replace(
    PULL, body=None, label_ids=(), assignee_ids=(), requested_reviewer_ids=(), requested_team_ids=()
)
PULLS = {
    "everything on it": PULL,
    "no body, nobody on it": BARE,
    "from a fork": replace(PULL, head_repo_id=21, head_owner_id=4, author_id=4, maintainer_can_modify=True),
    "its fork was deleted": replace(BARE, head_repo_id=None, head_owner_id=4, author_id=4),
    "mergeable not known yet": replace(BARE, is_mergeable=None, merge_commit_sha=None),
    "a draft": replace(BARE, is_draft=True),
    "opened by the App": replace(BARE, author_id=5, app_id=10),
    "merged": replace(
        PULL,
        state="closed",
        closed_at=LATER,
        closed_by_id=2,
        merged_at=LATER,
        merged_by_id=2,
        is_mergeable=None,
    ),
    "closed, not merged": replace(
        BARE, state="closed", closed_at=LATER, closed_by_id=3, is_mergeable=None, merge_commit_sha=None
    ),
}
COMMENT = Comment(50, 20, 7, 3, "Please look.", AT, AT)
BOT_COMMENT = Comment(51, 20, 7, 5, "", AT, LATER, app_id=10)
REACTIONS = [Reaction(52, 50, 2, "+1", AT), Reaction(53, 50, 5, "eyes", AT), Reaction(54, 50, 3, "+1", AT)]
REVIEWS = {
    "approved": Review(60, 20, 7, 2, "", "APPROVED", OTHER, AT),
    "changes requested": Review(61, 20, 7, 2, "Mend it.", "CHANGES_REQUESTED", OTHER, AT),
    "pending": Review(62, 20, 7, 2, "Not yet", "PENDING", OTHER),
    "dismissed": Review(63, 20, 7, 2, "Old", "DISMISSED", SHA, LATER),
}
SUITE = CheckSuite(70, 20, 10, OTHER, "feature/billing", AT, LATER, SHA, OTHER)
FORK_SUITE = CheckSuite(71, 20, 10, SHA, None, AT, LATER, status="completed", conclusion="failure")
RUN = CheckRun(80, 70, 20, 10, "roadcrew", OTHER, "in_progress", AT)
DONE_RUN = replace(
    RUN,
    id=81,
    status="completed",
    conclusion="action_required",
    completed_at=LATER,
    external_id="roadcrew:7",
    details_url="http://127.0.0.1/why",
    title="Needs you",
    summary="Three findings",
    text="All of them",
)
FORK_RUN = replace(RUN, id=82, suite_id=71, head_sha=SHA)
PROTECTION = Protection(90, 20, "main")
STRICT_PROTECTION = replace(
    PROTECTION,
    required_checks=(RequiredCheck("roadcrew", 10), RequiredCheck("tests")),
    is_strict=True,
    required_approvals=1,
    restrictions=Restrictions((2,), (6,), (10,)),
    enforce_admins=True,
)
COMMIT = Commit(
    OTHER,
    TREE,
    (SHA,),
    Signature("Developer", "developer@acme.test", AT),
    Signature("Somebody", "unknown@elsewhere.test", LATER),
    "Add the billing service\n\nRequested-by: developer",
)
ROOT = replace(COMMIT, sha=SHA, parents=())
FILES = (
    FileDiff("catalog/new café.yaml", "added", SHA, 3, 0, "@@ -0,0 +1,3 @@"),
    FileDiff("logo.png", "modified", SHA, 0, 0),
    FileDiff("old.yaml", "removed", SHA, 0, 9, "@@ -1,9 +0,0 @@"),
    FileDiff("after.yaml", "renamed", SHA, 0, 0, None, "before.yaml"),
)


def _by_id(*records: Any) -> dict[int, Any]:
    return {record.id: record for record in records}


@dataclass(frozen=True)
class FixedView:
    """Implements `View` over the records above. Only the organization's members may do anything."""

    html_url: str = "http://127.0.0.1:8080"
    api_url: str = "http://127.0.0.1:8080/api/v3"
    viewer: Permission | None = None
    protected: Protection | None = None

    def account(self, account_id: int) -> Account:
        return _by_id(ORG, OWNER, DEVELOPER, STRANGER, BOT)[account_id]

    def repo(self, repo_id: int) -> Repository:
        return _by_id(REPO, FORK, PRIVATE)[repo_id]

    def app(self, app_id: int) -> App:
        return _by_id(APP)[app_id]

    def team(self, team_id: int) -> Team:
        return _by_id(TEAM)[team_id]

    def installation(self, installation_id: int) -> Installation:
        return _by_id(INSTALLATION)[installation_id]

    def label(self, label_id: int) -> Label:
        return _by_id(LABEL, BARE_LABEL)[label_id]

    def suite(self, suite_id: int) -> CheckSuite:
        return _by_id(SUITE, FORK_SUITE)[suite_id]

    def full_name(self, repo: Repository) -> str:
        return f"{self.account(repo.owner_id).login}/{repo.name}"

    def permission_of(self, repo: Repository, account: Account) -> Permission | None:
        roles: dict[str, Permission] = {"admin": "admin", "member": "maintain"}
        role = ORG.members.get(account.id)
        return roles[role] if role else None

    def viewer_permission(self, repo: Repository) -> Permission | None:
        return self.viewer

    def association(self, repo: Repository, account: Account) -> str:
        return "MEMBER" if account.id in ORG.members else "NONE"

    def protection(self, repo: Repository, branch: str) -> Protection | None:
        return self.protected

    def repos_of(self, account: Account) -> Sequence[Repository]:
        return [repo for repo in (REPO, FORK, PRIVATE) if repo.owner_id == account.id]

    def forks_count(self, repo: Repository) -> int:
        return 1

    def open_pulls_count(self, repo: Repository) -> int:
        return 2

    def size_kb(self, repo: Repository) -> int:
        return 12

    def account_by_email(self, email: str) -> Account | None:
        return DEVELOPER if email == DEVELOPER.email else None

    def commit(self, repo: Repository, sha: str) -> Commit:
        return {COMMIT.sha: COMMIT, ROOT.sha: ROOT}[sha]

    def pull_counts(self, pull: Pull) -> PullCounts:
        return PullCounts(commits=1, additions=3, deletions=9, changed_files=4, comments=2)

    def mergeable_state(self, pull: Pull) -> str:
        return "clean"

    def pulls_of_head(self, repo_id: int, head_sha: str) -> Sequence[Pull]:
        return [PULL] if (repo_id, head_sha) == (PULL.repo_id, PULL.head_sha) else []

    def runs_of_suite(self, suite: CheckSuite) -> Sequence[CheckRun]:
        return [run for run in (RUN, DONE_RUN, FORK_RUN) if run.suite_id == suite.id]

    def reactions_of(self, subject_id: int) -> Sequence[Reaction]:
        return [reaction for reaction in REACTIONS if reaction.subject_id == subject_id]

    def thread(self, repo_id: int, number: int) -> Thread | None:
        return PULL

    def comments_count(self, thread: Thread) -> int:
        return 2

    def installation_repos_count(self, installation: Installation) -> int:
        return 1
