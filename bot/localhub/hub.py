"""The local GitHub in Python: seed a world and act in it as its users do, by names.

Everything goes through the acts, so webhooks are sent as for the same deed over REST. No HTTP here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from bot.localhub import refs
from bot.localhub.access import Actor
from bot.localhub.acts import (
    accounts,
    apps,
    checks,
    issues,
    merging,
    protection,
    pulls,
    pushes,
    repos,
    threads,
)
from bot.localhub.lists import Lists
from bot.localhub.records import (
    Account,
    App,
    CheckRun,
    Comment,
    Installation,
    Issue,
    Permission,
    Protection,
    Pull,
    Repository,
    RequiredCheck,
    Restrictions,
    Review,
    Team,
)

Files = Mapping[str, bytes | str]


class Hub(Lists):
    """Deeds by names, and the lists of `Lists`. `by` is the login of whoever acts."""

    # Accounts and Apps

    def create_user(self, login: str, *, name: str | None = None, email: str | None = None) -> Account:
        """A user. Without `email` it gets a noreply address."""
        return accounts.create_account(self.world, login, "User", name=name, email=email)

    def create_org(
        self, login: str, *, owners: Sequence[str] = (), members: Sequence[str] = (), name: str | None = None
    ) -> Account:
        """An organization with owners and members."""
        with self.world.change():
            org = accounts.create_account(self.world, login, "Organization", name=name)
            for owner in owners:
                org = accounts.set_member(self.world, org, self.account(owner), "admin")
            for member in members:
                org = accounts.set_member(self.world, org, self.account(member), "member")
            return org

    def create_team(
        self,
        org: str,
        name: str,
        *,
        members: Sequence[str] = (),
        maintainers: Sequence[str] = (),
        grants: Mapping[str, Permission] | None = None,
    ) -> Team:
        """A team with members, and what it may do in which repositories."""
        with self.world.change():
            team = accounts.create_team(self.world, self.account(org), name)
            for login in members:
                team = accounts.set_team_member(self.world, team, self.account(login), "member")
            for login in maintainers:
                team = accounts.set_team_member(self.world, team, self.account(login), "maintainer")
            for full_name, permission in (grants or {}).items():
                team = accounts.grant_team(self.world, team, self.repo(full_name), permission)
            return team

    def user_token(self, login: str) -> str:
        """A new token of the user, for REST and git."""
        return accounts.create_user_token(self.world, self.account(login))

    def create_app(
        self,
        name: str,
        *,
        owner: str,
        permissions: Mapping[str, str],
        events: Sequence[str],
        webhook_url: str = "",
        webhook_secret: str = "",
        private_key: str = "",
    ) -> App:
        """Register an App; its `private_key` is in the record. A brought key (PEM) saves 50 ms."""
        return apps.create_app(
            self.world,
            name,
            owner=self.account(owner),
            permissions=permissions,
            subscribed=events,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            private_key=private_key,
        )

    def set_webhook(self, app: App, *, url: str | None = None, secret: str | None = None) -> App:
        """Change the address or the secret."""
        return apps.set_webhook(self.world, self.world.store.get(App, app.id), url=url, secret=secret)

    def install(self, app: App, account: str, *, repos: Sequence[str] | None = None) -> Installation:
        """Install the App for all repositories of the account, or for some (`owner/name`)."""
        chosen = None if repos is None else [self.repo(name) for name in repos]
        owner = self.account(account)
        return apps.install(self.world, app, owner, sender=owner, repos=chosen)

    def add_repositories(self, installation: Installation, *full_names: str, by: str) -> Installation:
        """Add repositories to an installation on selected ones."""
        current = self.world.store.get(Installation, installation.id)
        added = [self.repo(name) for name in full_names]
        return apps.change_repositories(self.world, current, sender=self.account(by), add=added)

    def uninstall(self, installation: Installation, *, by: str) -> None:
        """Take the App away; its tokens end."""
        apps.uninstall(self.world, installation, sender=self.account(by))

    def installation_token(self, installation: Installation) -> str:
        """A token for an hour with all that the installation has."""
        return apps.create_token(self.world, installation).secret

    # Repositories

    def create_repo(
        self,
        full_name: str,
        files: Files | Path | None = None,
        *,
        private: bool = False,
        by: str = "",
        description: str | None = None,
        default_branch: str = "main",
        message: str = "Initial commit",
    ) -> Repository:
        """A repository with one commit of the files: path -> content, or all files below a folder."""
        owner, name = full_name.split("/", 1)
        return repos.create_repo(
            self.world,
            self.account(owner),
            name,
            actor=self._writer(owner, by),
            files=_read(files) if isinstance(files, Path) else files,
            is_private=private,
            description=description,
            default_branch=default_branch,
            message=message,
        )

    def _writer(self, owner: str, by: str) -> Actor:
        return self.as_user(by or owner)

    def fork(self, full_name: str, *, by: str) -> Repository:
        """The user's fork."""
        return repos.fork(self.world, self.repo(full_name), self.account(by), actor=self.as_user(by))

    def grant(self, full_name: str, login: str, permission: Permission) -> None:
        """Make the user a collaborator."""
        repos.set_collaborator(self.world, self.repo(full_name), self.account(login), permission)

    def commit(
        self,
        full_name: str,
        branch: str,
        files: Mapping[str, bytes | str | None],
        *,
        by: str,
        message: str = "Change files",
        start: str = "",
    ) -> str:
        """Commit files (None: delete) onto the branch, as in the web editor; gives the sha.

        A new branch starts at `start` (a branch or sha), or at the default branch.
        """
        tip = refs.tip(self.world, self.repo(full_name), branch)
        return self.force(full_name, branch, files, by=by, message=message, start=tip or start)

    def force(
        self,
        full_name: str,
        branch: str,
        files: Mapping[str, bytes | str | None],
        *,
        by: str,
        message: str = "Change files",
        start: str = "",
    ) -> str:
        """Make the branch one commit on top of `start` (else: of the default branch), whatever it held."""
        with self.world.change():
            repo, actor = self.repo(full_name), self.as_user(by)
            parent = refs.resolve(self.world, repo, start)
            sha = pushes.write_files(self.world, repo, branch, files, message, actor=actor, parent=parent)
            pushes.sync(self.world, repo, actor)
            return sha

    def delete_branch(self, full_name: str, branch: str, *, by: str) -> None:
        """Delete the branch."""
        with self.world.change():
            repo = self.repo(full_name)
            self.world.git(repo).delete_ref(refs.HEADS + branch)
            pushes.sync(self.world, repo, self.as_user(by))

    def sync(self, full_name: str, *, by: str = "") -> int:
        """Tell of refs that were moved directly on disk; how many moved."""
        owner = full_name.split("/", 1)[0]
        return pushes.sync(self.world, self.repo(full_name), self._writer(owner, by))

    def protect(
        self,
        full_name: str,
        branch: str = "main",
        *,
        checks: Mapping[str, App | None] | None = None,
        strict: bool = False,
        approvals: int | None = None,
        push_apps: Sequence[App] | None = None,
        push_users: Sequence[str] = (),
        enforce_admins: bool = False,
        dismiss_stale: bool = False,
    ) -> Protection:
        """Protect the branch. `checks`: name -> the App that must say it. `push_apps` restricts pushes."""
        required = None
        if checks is not None:
            required = tuple(RequiredCheck(name, app.id if app else None) for name, app in checks.items())
        allowed = None
        if push_apps is not None or push_users:
            users = tuple(self.account(login).id for login in push_users)
            allowed = Restrictions(users, (), tuple(app.id for app in push_apps or ()))
        return protection.protect(
            self.world,
            Protection(
                id=0,
                repo_id=self.repo(full_name).id,
                branch=branch,
                required_checks=required,
                is_strict=strict,
                required_approvals=approvals,
                restrictions=allowed,
                enforce_admins=enforce_admins,
                dismiss_stale_reviews=dismiss_stale,
            ),
        )

    # Pull requests

    def open_pull(
        self,
        full_name: str,
        *,
        head: str,
        by: str,
        title: str = "A change",
        body: str | None = None,
        base: str = "main",
        draft: bool = False,
    ) -> Pull:
        """Open a pull request. `head` is a branch, or `owner:branch` of a fork of the same name."""
        repo = self.repo(full_name)
        owner, colon, branch = head.rpartition(":")
        source = self.repo(f"{owner}/{repo.name}") if colon else repo
        return pulls.open_pull(
            self.world,
            repo,
            actor=self.as_user(by),
            title=title,
            body=body,
            base=base,
            head=branch,
            head_repo=source,
            is_draft=draft,
        )

    def edit_pull(
        self,
        full_name: str,
        number: int,
        *,
        by: str,
        title: str | None = None,
        body: str | None = None,
        base: str | None = None,
    ) -> Pull:
        """Change title, body or base."""
        pull = self.pull(full_name, number)
        return pulls.edit(self.world, pull, actor=self.as_user(by), title=title, body=body, base=base)

    def close(self, full_name: str, number: int, *, by: str) -> Pull:
        """Close without merging."""
        pull = self.pull(full_name, number)
        return pulls.set_state(self.world, pull, "closed", actor=self.as_user(by))

    def reopen(self, full_name: str, number: int, *, by: str) -> Pull:
        """Open again."""
        pull = self.pull(full_name, number)
        return pulls.set_state(self.world, pull, "open", actor=self.as_user(by))

    def set_draft(self, full_name: str, number: int, *, draft: bool, by: str) -> Pull:
        """Mark as draft, or as ready for review."""
        pull = self.pull(full_name, number)
        return pulls.set_draft(self.world, pull, is_draft=draft, actor=self.as_user(by))

    def merge(self, full_name: str, number: int, *, by: str, method: merging.Method = "merge") -> str:
        """Merge; gives the new tip of the base branch."""
        pull = self.pull(full_name, number)
        return merging.merge(self.world, pull, actor=self.as_user(by), method=method)

    def comment(self, full_name: str, number: int, body: str, *, by: str) -> Comment:
        """Write a comment, in an issue or a pull request."""
        thread = self.thread(full_name, number)
        return threads.create_comment(self.world, thread, body, actor=self.as_user(by))

    def edit_comment(self, comment: Comment, body: str, *, by: str) -> Comment:
        """Change a comment."""
        return threads.edit_comment(self.world, comment, body, actor=self.as_user(by))

    def delete_comment(self, comment: Comment, *, by: str) -> None:
        """Delete a comment."""
        threads.delete_comment(self.world, comment, actor=self.as_user(by))

    def react(self, to: Comment | Issue | Pull, content: threads.Content, *, by: str) -> None:
        """React to a comment, or to the text of an issue or pull request."""
        subject = to.id if isinstance(to, Comment) else to.issue_id
        threads.react(self.world, subject, content, actor=self.as_user(by))

    def review(
        self,
        full_name: str,
        number: int,
        event: Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"],
        *,
        by: str,
        body: str = "",
        commit: str | None = None,
    ) -> Review:
        """Judge a pull request, as it is at `commit` (None: now)."""
        pull = self.pull(full_name, number)
        actor = self.as_user(by)
        return threads.create_review(self.world, pull, event, actor=actor, body=body, commit_id=commit)

    def label(self, full_name: str, number: int, *names: str, by: str) -> Pull | Issue:
        """Put labels on."""
        thread = self.thread(full_name, number)
        return threads.add_labels(self.world, thread, names, actor=self.as_user(by))

    def open_issue(
        self, full_name: str, *, by: str, title: str = "A question", body: str | None = None
    ) -> Issue:
        """Open an issue."""
        repo = self.repo(full_name)
        return issues.open_issue(self.world, repo, actor=self.as_user(by), title=title, body=body)

    def close_issue(self, full_name: str, number: int, *, by: str) -> Issue:
        """Close an issue as completed."""
        issue = self.issue(full_name, number)
        return issues.edit_issue(self.world, issue, actor=self.as_user(by), state="closed")

    def rerequest(self, run: CheckRun, *, by: str) -> None:
        """Press "Re-run" on a check run."""
        checks.rerequest_run(self.world, run, sender=self.account(by))


def _read(folder: Path) -> dict[str, bytes]:
    """All files below a folder but `.git`, by their path."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    relative = {path.relative_to(folder): path for path in found}
    return {name.as_posix(): path.read_bytes() for name, path in relative.items() if ".git" not in name.parts}
