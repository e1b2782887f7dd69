"""Who may do what, as GitHub says it at this moment. It never writes and remembers nothing."""

from __future__ import annotations

import logging
from urllib.parse import quote

from bot.adapters.budget import Priority
from bot.adapters.github.access import Access
from bot.adapters.github.api import read
from bot.adapters.github.faults import Missing
from bot.adapters.github.payloads import Collaborator, Membership
from bot.errors import Refused
from bot.model.event import RepoRef

log = logging.getLogger(__name__)

ROLES = ("none", "read", "triage", "write", "maintain", "admin")


def permission(access: Access, priority: Priority, repo: RepoRef, login: str) -> str:
    """One of `ROLES`. An organisation's own role counts as what it is built on."""
    what = f"what {login} may do in {repo}"
    path = f"/repos/{repo}/collaborators/{quote(login, safe='')}/permission"
    try:
        found = read(access.api(repo, priority).get(path, what=what), Collaborator, what=what)
    except Missing:
        return "none"
    said = found.role_name if found.role_name in ROLES else found.permission
    return said if said in ROLES else "none"


def is_team_member(access: Access, priority: Priority, organization: str, team: str, login: str) -> bool:
    """Whether the account is an active member. What we may not see nobody is in: closed by default."""
    place = "/".join(quote(part, safe="") for part in (organization, "teams", team, "memberships", login))
    what = f"whether {login} is in {organization}/{team}"
    try:
        answer = access.organization(organization, priority).get(f"/orgs/{place}", what=what)
    except Missing:
        return False
    except Refused as refused:
        log.warning("%s: nobody counts as its member. %s", f"{organization}/{team}", refused.reason)
        return False
    return read(answer, Membership, what=what).state == "active"
