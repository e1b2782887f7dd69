"""What the App must be allowed to do, and whether it is.

It reads and never writes. It gives facts: the words are in `bot/report/selfcheck.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.adapters.github.access import Access
from bot.errors import Refused, Retry, UserError
from bot.model.event import RepoRef
from bot.model.plan import Fact, Finding, Severity

PERMISSIONS: Mapping[str, str] = {
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "members": "read",
    "metadata": "read",
    "pull_requests": "write",
}
"""Comments on pull requests need `pull_requests`; branches and manifests `contents`; check runs `checks`.

Commands in issues and issues of our own need `issues`; who is in which team `members`.
"""
EVENTS = frozenset(
    {"check_run", "check_suite", "issue_comment", "pull_request", "pull_request_review", "push"}
)
_OF_ORGANIZATIONS = frozenset({"members"})
"""What nobody can grant on a personal account: it has no teams. Without it nobody is in any team, no more."""
_LEVELS = ("", "read", "write", "admin")


def self_check(access: Access, repo: RepoRef) -> tuple[Finding, ...]:
    """What stands in the way of working on `repo`; nothing when all is well. Never raises on purpose."""
    found: list[Finding] = []
    try:
        _look(access, repo, found)
    except UserError as error:
        found.append(_finding("app-credentials", said=str(error)))
    except Refused as error:
        found.append(_finding("app-access", said=error.reason))
    except Retry as error:
        found.append(_finding("github-away", severity=Severity.WARN, said=error.reason))
    return tuple(found)


def _look(access: Access, repo: RepoRef, found: list[Finding]) -> None:
    app = access.described()
    page = app.html_url
    for name, has in _lacking(app.permissions):
        facts: dict[str, Fact] = {"permission": name, "needs": PERMISSIONS[name], "has": has, "page": page}
        found.append(_finding("app-permission", severity=_weight(name), **facts))
    found += [_finding("app-event", event=event, page=page) for event in sorted(EVENTS - set(app.events))]
    installation = access.installation(repo)
    if installation.suspended_at is not None:
        found.append(_finding("installation-suspended", owner=repo.owner))
    asked = {str(finding.facts.get("permission")) for finding in found}
    if installation.target_type != "Organization":
        asked |= _OF_ORGANIZATIONS
    for name, has in _lacking(installation.permissions):
        if name not in asked:
            facts = {"permission": name, "needs": PERMISSIONS[name], "has": has, "owner": repo.owner}
            found.append(_finding("installation-permission", severity=_weight(name), **facts))
    if installation.suspended_at is None:
        access.token(repo)


def _weight(permission: str) -> Severity:
    return Severity.WARN if permission in _OF_ORGANIZATIONS else Severity.DENY


def _lacking(granted: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names of permissions that are below what is needed, with what there is."""
    levels = {name: granted.get(name, "") for name in PERMISSIONS}
    return [(name, has) for name, has in levels.items() if _rank(has) < _rank(PERMISSIONS[name])]


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else 0


def _finding(rule: str, *, severity: Severity = Severity.DENY, **facts: Fact) -> Finding:
    return Finding(rule, severity, path="", facts=facts)
