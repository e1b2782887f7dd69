"""Pull requests that people told us to merge: at exactly the head that they saw, or not at all.

GitHub compares the head in the same step, and keeps to the branch's protection. We never go around it.
"""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile

from bot.adapters.budget import Priority
from bot.adapters.github.access import Access
from bot.adapters.github.api import READ_BACKS, Api, read, read_list
from bot.adapters.github.faults import Conflict, Unanswered
from bot.adapters.github.payloads import EVENTS, MergeResult, PullFacts
from bot.errors import Refused, Retry
from bot.model.event import RepoRef

_MOVES = frozenset({"head_ref_force_pushed", "head_ref_restored"})
_MERGED = "merged"
_IN_BETWEEN = "base branch was modified"
"""GitHub's 405 when someone else merged in the same moment: it works the next time."""


def merge_pull(
    access: Access, priority: Priority, repo: RepoRef, number: int, *, sha: str, subject: str, message: str
) -> str:
    """The merge commit. Raises Refused with GitHub's reason, Retry when it is not known what became of it."""
    api, what = access.api(repo, priority), f"the merge of {repo}#{number}"
    payload = {"merge_method": "merge", "sha": sha, "commit_title": subject, "commit_message": message}
    try:
        answer = api.change_once("PUT", f"/repos/{repo}/pulls/{number}/merge", payload, what=what)
    except Conflict as conflict:
        if found := _merged(api, repo, number, sha):
            return found
        raise Refused(f"GitHub did not merge {repo}#{number}: {conflict.said}.") from conflict
    except Unanswered as lost:
        if lost.may_be_done and (found := _look_for(api, repo, number, sha)):
            return found
        raise
    except Refused as refused:
        if found := _merged(api, repo, number, sha):
            return found
        if _IN_BETWEEN in refused.reason.lower():
            raise Retry(f"{repo}#{number}: its base branch moved while it was merged", after=2) from refused
        raise
    return read(answer, MergeResult, what=what).sha


def _merged(api: Api, repo: RepoRef, number: int, sha: str) -> str:
    """The commit that merged this very head; empty while none did."""
    what = f"pull request {repo}#{number}"
    facts = read(api.get(f"/repos/{repo}/pulls/{number}", what=what, fresh=True), PullFacts, what=what)
    return (facts.merge_commit_sha or "") if facts.merged and facts.head.sha == sha else ""


def _look_for(api: Api, repo: RepoRef, number: int, sha: str) -> str:
    for seconds in READ_BACKS:
        api.pause(seconds)
        try:
            found = _merged(api, repo, number, sha)
        except Unanswered:
            continue
        if found:
            return found
    return ""


def head_moved_at(access: Access, priority: Priority, repo: RepoRef, number: int) -> datetime | None:
    """When the head was last moved by force, or its branch made anew; None when it never was.

    What happens to the branch after the merge moves the pull request no more.
    """
    what = f"the events of {repo}#{number}"
    pages = access.api(repo, priority).pages(f"/repos/{repo}/issues/{number}/events", what=what)
    listed = (one for page in pages for one in read_list(page, EVENTS, what=what))
    before = takewhile(lambda one: one.event != _MERGED, listed)
    return max((one.created_at for one in before if one.event in _MOVES), default=None)
