"""One look at the page, by one acting person: what is asked for, and what the handlers answer with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

from flask import request

from bot.localhub import refs
from bot.localhub.access import Actor, can_see
from bot.localhub.api.call import Call
from bot.localhub.git import Git
from bot.localhub.problems import Problem, not_found
from bot.localhub.records import Account, Repository
from bot.localhub.world import World

COOKIE = "localhub_person"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: a template below `localhub/` and the facts that it shows."""

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)
    status: int = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class Went:
    """A change was made, or the thing lives elsewhere: the browser goes to `url`."""

    url: str
    person: str = ""
    """Whom to act as from now on; empty: as before."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes as they are."""

    data: bytes
    content_type: str
    name: str = ""
    """With a name the browser saves it and does not show it."""


Answer = Shown | Went | Sent


class Visit(Call):
    """A request with its form; the acting person is the actor."""

    @property
    def has_repo(self) -> bool:
        """Whether the path names a repository."""
        return self._repo is not None

    @property
    def git(self) -> Git:
        """Git in the path's repository."""
        return self.world.git(self.repo)

    @property
    def full_name(self) -> str:
        """`owner/name` of the path's repository."""
        return self.world.full_name(self.repo)

    def form(self, name: str, default: str = "") -> str:
        """A form's field without NUL; lines end in LF, as browsers send CRLF."""
        return request.form.get(name, default).replace("\r\n", "\n").replace("\0", "")

    def arg(self, name: str, default: str = "") -> str:
        """A query parameter. Git and paths know no NUL."""
        return super().arg(name, default).replace("\0", "")

    def url(self, *parts: object) -> str:
        """An address below the path's repository."""
        return address(self.full_name, *parts)

    def located(self, rest: str) -> tuple[str, str, str]:
        """`<branch, tag or sha>/<path>` as (name, sha, path); the longest branch or tag wins. Problem 404."""
        names = {name.split("/", 2)[2] for name in refs.known(self.world, self.repo.id)}
        pieces = rest.strip("/").split("/")
        for count in range(len(pieces), 0, -1):
            name = "/".join(pieces[:count])
            if name in names or count == 1:
                sha = refs.resolve(self.world, self.repo, name)
                if sha is not None:
                    return name, sha, "/".join(pieces[count:])
        raise not_found()


def address(*parts: object) -> str:
    """A path on this site, quoted; slashes in parts stay."""
    return "".join(f"/{quote(str(part).encode(errors='surrogateescape'), safe='/')}" for part in parts)


def people(world: World) -> list[Account]:
    """All users, those first who administer nothing."""
    admins = {
        account_id
        for org in world.store.find(Account, type="Organization")
        for account_id, role in org.members.items()
        if role == "admin"
    }
    users = world.store.find(Account, type="User")
    return sorted(users, key=lambda user: user.is_site_admin or user.id in admins)


def acting(world: World) -> Actor:
    """Whom the cookie names; without one, the first of `people`."""
    everybody = people(world)
    wanted = request.cookies.get(COOKIE, "").lower()
    named = next((user for user in everybody if user.login_key == wanted), None)
    return Actor(named or next(iter(everybody), None), address=request.remote_addr or "")


def sentence(problem: Problem) -> str:
    """A refusal in one line: the most exact words that it has."""
    said = [error if isinstance(error, str) else _words(error) for error in problem.errors]
    return " ".join(said) if said else problem.message


def _words(error: Mapping[str, str]) -> str:
    if "message" in error:
        return error["message"]
    words = {"missing_field": "is missing", "invalid": "is not valid"}
    return f"The {error.get('field', 'value')} {words.get(error.get('code', ''), 'is not accepted')}."


def seen(visit: Visit) -> list[Repository]:
    """The repositories that exist for the acting person, by name."""
    found = [repo for repo in visit.world.store.find(Repository) if can_see(visit.world, visit.actor, repo)]
    return sorted(found, key=lambda repo: visit.world.full_name(repo).lower())
