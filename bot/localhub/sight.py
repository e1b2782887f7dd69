"""The world as one viewer sees it: implements `View` for the shapes. It changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from bot.localhub import access, diffs
from bot.localhub.mergeability import base_tip, mergeable_state
from bot.localhub.records import (
    Account,
    App,
    CheckRun,
    CheckSuite,
    Comment,
    Installation,
    Issue,
    Label,
    Permission,
    Protection,
    Pull,
    Reaction,
    Repository,
    Team,
    Thread,
)
from bot.localhub.view import Commit, PullCounts
from bot.localhub.world import World

_COUNTS: dict[tuple[str, str], tuple[int, diffs.DiffTotals]] = {}
"""A memo on commit ids: it can go stale in no way."""
_MAX_COUNTS = 10_000


class Sight:
    """Lookups for the shapes, in the name of `viewer`."""

    def __init__(self, world: World, viewer: access.Actor = access.NOBODY) -> None:
        self._world = world
        self._store = world.store
        self._viewer = viewer

    @property
    def html_url(self) -> str:
        return self._world.html_url

    @property
    def api_url(self) -> str:
        return self._world.api_url

    def account(self, account_id: int) -> Account:
        return self._store.get(Account, account_id)

    def repo(self, repo_id: int) -> Repository:
        return self._store.get(Repository, repo_id)

    def app(self, app_id: int) -> App:
        return self._store.get(App, app_id)

    def team(self, team_id: int) -> Team:
        return self._store.get(Team, team_id)

    def installation(self, installation_id: int) -> Installation:
        return self._store.get(Installation, installation_id)

    def label(self, label_id: int) -> Label:
        return self._store.get(Label, label_id)

    def suite(self, suite_id: int) -> CheckSuite:
        return self._store.get(CheckSuite, suite_id)

    def full_name(self, repo: Repository) -> str:
        return self._world.full_name(repo)

    def permission_of(self, repo: Repository, account: Account) -> Permission | None:
        return access.permission_of(self._world, repo, account)

    def viewer_permission(self, repo: Repository) -> Permission | None:
        if self._viewer.is_user and self._viewer.account is not None:
            return access.permission_of(self._world, repo, self._viewer.account)
        return None

    def association(self, repo: Repository, account: Account) -> str:
        owner = self.account(repo.owner_id)
        if owner.id == account.id:
            return "OWNER"
        if account.id in owner.members:
            return "MEMBER"
        if account.id in repo.collaborators:
            return "COLLABORATOR"
        pulls = self._store.find(Pull, repo_id=repo.id)
        has_merged = any(pull.merged_at and pull.author_id == account.id for pull in pulls)
        return "CONTRIBUTOR" if has_merged else "NONE"

    def protection(self, repo: Repository, branch: str) -> Protection | None:
        return self._store.first(Protection, repo_id=repo.id, branch=branch)

    def repos_of(self, account: Account) -> Sequence[Repository]:
        return self._store.find(Repository, owner_id=account.id)

    def forks_count(self, repo: Repository) -> int:
        return len(self._store.find(Repository, parent_id=repo.id))

    def open_pulls_count(self, repo: Repository) -> int:
        return sum(pull.state == "open" for pull in self._store.find(Pull, repo_id=repo.id))

    def size_kb(self, repo: Repository) -> int:
        objects = self._world.path(repo) / "objects" / "pack"
        return sum(pack.stat().st_size for pack in objects.glob("*.pack")) // 1024

    def account_by_email(self, email: str) -> Account | None:
        return self._store.first(Account, email=email) or self._by_noreply(email)

    def _by_noreply(self, email: str) -> Account | None:
        """`<id>+<login>@users.noreply.github.com`, which GitHub gives to everybody."""
        name, _, host = email.partition("@")
        return self._world.account(name.rpartition("+")[2]) if host == "users.noreply.github.com" else None

    def commit(self, repo: Repository, sha: str) -> Commit:
        return self._world.git(repo).commit(sha)

    def pull_counts(self, pull: Pull) -> PullCounts:
        git = self._world.git(self.repo(pull.repo_id))
        key = (base_tip(self._world, pull), pull.head_sha)
        if key not in _COUNTS:
            if len(_COUNTS) > _MAX_COUNTS:
                _COUNTS.clear()
            before = git.merge_base(*key) or diffs.EMPTY_TREE
            _COUNTS[key] = (git.count(f"{key[0]}..{key[1]}"), diffs.totals(git, before, key[1]))
        commits, sums = _COUNTS[key]
        return PullCounts(
            commits, sums.additions, sums.deletions, sums.changed_files, self.comments_count(pull)
        )

    def mergeable_state(self, pull: Pull) -> str:
        return mergeable_state(self._world, pull)

    def pulls_of_head(self, repo_id: int, head_sha: str) -> Sequence[Pull]:
        pulls = self._store.find(Pull, repo_id=repo_id)
        return [
            p for p in pulls if p.head_sha == head_sha and p.head_repo_id == repo_id and p.state == "open"
        ]

    def runs_of_suite(self, suite: CheckSuite) -> Sequence[CheckRun]:
        return self._store.find(CheckRun, suite_id=suite.id)

    def reactions_of(self, subject_id: int) -> Sequence[Reaction]:
        return self._store.find(Reaction, subject_id=subject_id)

    def thread(self, repo_id: int, number: int) -> Thread | None:
        pull = self._store.first(Pull, repo_id=repo_id, number=number)
        return pull or self._store.first(Issue, repo_id=repo_id, number=number)

    def comments_count(self, thread: Thread) -> int:
        return len(self._store.find(Comment, repo_id=thread.repo_id, number=thread.number))

    def installation_repos_count(self, installation: Installation) -> int:
        if installation.repository_selection == "selected":
            return len(installation.repository_ids)
        return len(self._store.find(Repository, owner_id=installation.account_id))
