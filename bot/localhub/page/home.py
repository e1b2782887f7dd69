"""The front page, the pages of accounts, their pictures, and the choice of whom to act as."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template

from bot.localhub import access, refs
from bot.localhub.page.frame import Frame
from bot.localhub.page.visit import Answer, Sent, Shown, Visit, Went, people, seen
from bot.localhub.problems import not_found
from bot.localhub.records import Account, App, Pull, Repository

_HUES = 360
_STEP = 137
"""The golden angle: neighbouring ids get colours far apart."""


@dataclass(frozen=True, slots=True)
class RepoLine:
    """A repository of a list."""

    repo: Repository
    full_name: str
    open_pulls: int
    branches: int
    permission: str
    """What the acting person may do there."""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person of the front page."""

    account: Account
    roles: str


def routes(frame: Frame) -> None:
    """Register this file's addresses."""

    @frame.get("/")
    def front(visit: Visit) -> Answer:
        newest = sorted(seen(visit), key=lambda repo: repo.pushed_at, reverse=True)
        facts = {
            "lines": [_repo_line(visit, repo) for repo in newest],
            "persons": [PersonLine(one, _roles(visit, one)) for one in people(visit.world)],
            "apps": visit.world.store.find(App),
        }
        return Shown("home.html", facts)

    @frame.post("/-/acting")
    def act_as(visit: Visit) -> Answer:
        login = visit.form("login")
        if login not in {account.login for account in people(visit.world)}:
            raise not_found()
        back = visit.form("back", "/")
        is_own = back.startswith("/") and not back.startswith(("//", "/\\"))
        return Went(back if is_own else "/", person=login)

    @frame.get("/<owner:login>")
    def account(visit: Visit, login: str) -> Answer:
        found = visit.world.account(login)
        if found is None:
            raise not_found()
        own = [_repo_line(visit, repo) for repo in seen(visit) if repo.owner_id == found.id]
        members = [visit.view.account(one) for one in sorted(found.members)]
        return Shown("account.html", {"account": found, "lines": own, "members": members})

    @frame.get("/avatars/u/<int:account_id>")
    def avatar(visit: Visit, account_id: int) -> Answer:
        known = [one for one in visit.world.store.find(Account) if one.id == account_id]
        if not known:
            raise not_found()
        hue = account_id * _STEP % _HUES
        initials = "".join(part[:1] for part in known[0].login.split("-"))[:2].upper()
        svg = render_template(
            "localhub/avatar.svg", hue=hue, initials=initials, is_person=known[0].type == "User"
        )
        return Sent(svg.encode(), "image/svg+xml")


def _repo_line(visit: Visit, repo: Repository) -> RepoLine:
    pulls = visit.world.store.find(Pull, repo_id=repo.id)
    account = visit.actor.account
    held = access.permission_of(visit.world, repo, account) if account else None
    return RepoLine(
        repo,
        visit.world.full_name(repo),
        sum(pull.state == "open" for pull in pulls),
        len(refs.branches(visit.world, repo)),
        {"pull": "read", "push": "write"}.get(held or "pull", held or "read"),
    )


def _roles(visit: Visit, account: Account) -> str:
    """`admin of acme, member of shop`."""
    said = ["site administrator"] if account.is_site_admin else []
    orgs = visit.world.store.find(Account, type="Organization")
    said += [f"{org.members[account.id]} of {org.login}" for org in orgs if account.id in org.members]
    return ", ".join(said) or "no organization"
