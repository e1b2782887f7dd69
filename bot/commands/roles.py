"""Who may: roles by GitHub permission, team, and ownership in the catalog. An unknown role is nobody's.

Decides from facts that were gathered when the work is done, not when the command was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.catalog.accounts import groups_of, is_agent, login_of, user_of, users_of
from bot.catalog.entity import Catalog, Entity
from bot.catalog.reference import ReferenceBroken, parse_ref
from bot.commands.settings import CommandSettings, Role
from bot.model.commands import PERMISSIONS
from bot.model.pull import Person


class _Rights(Protocol):
    """What GitHub says of an account now. `teams`: of those that were asked for."""

    @property
    def permission(self) -> str: ...
    @property
    def teams(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class Asker:
    """Who wrote a command, by what GitHub and the base branch's catalog say now."""

    login: str
    permission: str = "none"
    teams: frozenset[str] = frozenset()
    """Of GitHub, such as `acme/security`."""
    user: str = ""
    """The reference of its User; empty where the catalog knows none."""
    groups: frozenset[str] = frozenset()
    """References of the catalog's groups, also of those above the user's own."""
    is_bot: bool = False
    is_agent: bool = False
    """Whether it is no person: the catalog's User says so, or GitHub."""
    acts_for: str = ""
    """The reference of the person that an agent works for."""
    selves: frozenset[str] = frozenset()
    """References of all Users that claim the account, and of their groups: what is theirs is its own."""
    address: str = ""
    """The one that its User says, in small letters."""


@dataclass(frozen=True)
class Matter:
    """What a command is about, as far as roles depend on it."""

    author: str = ""
    """The login that opened the pull request."""
    requester: str = ""
    """The login that asked for what it holds."""
    subject: str = ""
    """The reference of the user or group that gets it."""
    owners: frozenset[str] = frozenset()
    """References of groups and users."""
    approvers: tuple[str, ...] = ()
    """Roles: those that the request's kind names."""
    on_behalf_of: str = ""
    """The reference of the person whom the requester, an agent, acts for."""
    sharing: frozenset[str] = frozenset()
    """References of others who own what it reaches: as `owner`, only who is all of them approves it."""
    hands: frozenset[str] = frozenset()
    """Logins, in small letters, of those who wrote what it holds besides its author."""
    strange: frozenset[str] = frozenset()
    """Addresses of those who did so, and whose account nobody can tell."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Someone who could: a `login`, a `user` or `group` of the catalog, a `team`, or all with a `permission`.

    `groups`: who is one of all of these, with a space between two. The permission `user` is that of all whom
    the catalog knows.
    """

    kind: Literal["login", "user", "group", "groups", "team", "permission"]
    name: str


def asker_of(person: Person, catalog: Catalog, rights: _Rights) -> Asker:
    """`catalog`: the base branch's. Who is who is not for a pull request to say."""
    user = user_of(person.login, catalog)
    claims = users_of(person.login, catalog)
    is_bot = person.is_bot or person.login.lower().endswith("[bot]")
    return Asker(
        login=person.login,
        permission=rights.permission,
        teams=frozenset(one.lower() for one in rights.teams),
        user=user.ref if user is not None else "",
        groups=groups_of(user.ref, catalog) if user is not None else frozenset(),
        is_bot=is_bot,
        is_agent=is_bot or any(is_agent(one) for one in claims),
        acts_for=_acts_for(user) if user is not None else "",
        selves=frozenset(ref for one in claims for ref in (one.ref, *groups_of(one.ref, catalog))),
        address=_address(user) if user is not None else "",
    )


def _acts_for(user: Entity) -> str:
    bounds = user.spec.get("agent")
    said = bounds.get("actsFor") if isinstance(bounds, Mapping) else None
    try:
        return parse_ref(said, "user") if isinstance(said, str) and said else ""
    except ReferenceBroken:
        return ""


def _address(user: Entity) -> str:
    profile = user.spec.get("profile")
    said = profile.get("email") if isinstance(profile, Mapping) else None
    return said.strip().lower() if isinstance(said, str) else ""


def may(asker: Asker, roles: Iterable[str], matter: Matter, settings: CommandSettings) -> bool:
    """Whether the asker holds any of the roles in this matter."""
    return any(_holds(asker, role, matter, settings) for role in roles)


def _holds(asker: Asker, role: str, matter: Matter, settings: CommandSettings) -> bool:
    match role:
        case "author" | "requester":
            return _is_login(asker, matter.author if role == "author" else matter.requester)
        case "subject" | "owner":
            wanted = {matter.subject} if role == "subject" else matter.owners
            return bool(wanted & (asker.groups | {asker.user}) - {""})
        case "approver":
            return _approves(asker, matter, settings)
        case "user":
            return bool(asker.user) and _reaches(asker, "read")
    own = settings.roles.get(role, Role())
    return _reaches(asker, role) if role in PERMISSIONS else _has(asker, own)


def _is_login(asker: Asker, login: str) -> bool:
    return bool(login) and asker.login.lower() == login.lower()


def _reaches(asker: Asker, permission: str) -> bool:
    held = asker.permission
    return held in PERMISSIONS and PERMISSIONS.index(held) >= PERMISSIONS.index(permission)


def _has(asker: Asker, role: Role) -> bool:
    is_one = asker.login.lower() in role.users or bool(role.groups & asker.groups)
    has_permission = role.permission in PERMISSIONS and _reaches(asker, role.permission)
    return is_one or has_permission or bool(role.teams & asker.teams)


def _approves(asker: Asker, matter: Matter, settings: CommandSettings) -> bool:
    """A second pair of eyes: a person that neither wrote, nor asked, nor gets it, nor is acted for."""
    if asker.is_agent or asker.is_bot or is_party(asker, matter) or is_perhaps_party(asker, matter):
        return False
    is_all = matter.sharing <= asker.groups | {asker.user}
    left_out = {"approver"} if is_all else {"approver", "owner"}
    return may(asker, (one for one in matter.approvers if one not in left_out), matter, settings)


def is_party(asker: Asker, matter: Matter) -> bool:
    """Whether the matter is the asker's own: as author, requester, subject, or the person acted for.

    Accounts count: whatever any User gets that claims the asker's is the asker's own.
    """
    roles = ("author", "requester", "subject")
    theirs = bool({matter.subject, matter.on_behalf_of} & (asker.selves | {asker.user}) - {""})
    is_told = theirs or any(_holds(asker, one, matter, CommandSettings()) for one in roles)
    return is_told or is_hand(asker, matter)


def is_hand(asker: Asker, matter: Matter) -> bool:
    """Whether the asker wrote commits of it, as GitHub tells by their addresses."""
    return asker.login.lower() in matter.hands


def is_perhaps_party(asker: Asker, matter: Matter) -> bool:
    """Whether someone unknown wrote some of it who may be the asker: of whom no other address is known."""
    return bool(matter.strange) and (not asker.address or asker.address in matter.strange)


def holders(
    roles: Iterable[str], matter: Matter, settings: CommandSettings, catalog: Catalog
) -> tuple[Holder, ...]:
    """Who could, each once, in the order of the roles; empty when nobody can.

    Of approvers those are left out whom the matter concerns, as far as they are named one by one.
    """
    return tuple(dict.fromkeys(one for role in roles for one in _holders(role, matter, settings, catalog)))


def _holders(role: str, matter: Matter, settings: CommandSettings, catalog: Catalog) -> Iterator[Holder]:
    match role:
        case "author" | "requester":
            login = matter.author if role == "author" else matter.requester
            yield from (Holder("login", one) for one in [login] if one)
        case "subject":
            yield from (_holder(one, catalog) for one in [matter.subject] if one)
        case "owner":
            yield from (_holder(one, catalog) for one in sorted(matter.owners))
        case "approver":
            wanted = [one for one in matter.approvers if one != "approver"]
            if matter.sharing and "owner" in wanted:
                wanted.remove("owner")
                if matter.owners and "" not in matter.sharing:
                    yield Holder("groups", " ".join(sorted(matter.owners | matter.sharing)))
            found = holders(wanted, matter, settings, catalog)
            yield from (one for one in found if not _is_own(one, matter, catalog))
        case "user":
            yield Holder("permission", "user")
        case _ if role in PERMISSIONS:
            yield Holder("permission", role)
        case _:
            yield from _of_own(settings.roles.get(role, Role()), catalog)


def _of_own(role: Role, catalog: Catalog) -> Iterator[Holder]:
    yield from (_holder(one, catalog) for one in sorted(role.groups))
    yield from (Holder("team", one) for one in sorted(role.teams))
    yield from (Holder("login", one) for one in sorted(role.users))
    if role.permission:
        yield Holder("permission", role.permission)


def _holder(ref: str, catalog: Catalog) -> Holder:
    """A user with a known account is a login, so that people can be addressed."""
    entity = catalog.get(ref)
    if ref.startswith("user:"):
        return Holder("login", login_of(entity)) if entity is not None else Holder("user", ref)
    return Holder("group", ref)


def _is_own(holder: Holder, matter: Matter, catalog: Catalog) -> bool:
    if holder.kind != "login":
        return holder.kind == "group" and holder.name == matter.subject
    user = user_of(holder.name, catalog)
    asker = Asker(
        holder.name,
        user=user.ref if user is not None else "",
        selves=frozenset(one.ref for one in users_of(holder.name, catalog)),
    )
    return is_party(asker, matter) or (user is not None and is_agent(user))
