"""Two branches side by side, and the form that makes a pull request of them."""

from __future__ import annotations

from bot.localhub import diffs, refs
from bot.localhub.acts import pulls
from bot.localhub.page import patches
from bot.localhub.page.frame import Frame
from bot.localhub.page.timeline import MAX_COMMITS
from bot.localhub.page.told import commit_lines
from bot.localhub.page.visit import Answer, Shown, Visit, Went
from bot.localhub.problems import not_found
from bot.localhub.records import Pull


def routes(frame: Frame) -> None:
    """Register this file's addresses."""

    @frame.get("/<owner:owner>/<name:name>/compare")
    def choose(visit: Visit) -> Answer:
        base = visit.arg("base") or visit.repo.default_branch
        return _compared(visit, base, visit.arg("head"))

    @frame.get("/<owner:owner>/<name:name>/compare/<path:span>")
    def compare(visit: Visit, span: str) -> Answer:
        base, dots, head = span.partition("...")
        return _compared(visit, base, head) if dots else _compared(visit, visit.repo.default_branch, base)

    @frame.post("/<owner:owner>/<name:name>/pulls")
    def open_pull(visit: Visit) -> Answer:
        visit.account()
        visit.demand("contents:write")
        pull = pulls.open_pull(
            visit.world,
            visit.repo,
            actor=visit.actor,
            title=visit.form("title"),
            base=visit.form("base"),
            head=visit.form("head"),
            body=visit.form("body") or None,
            is_draft=visit.form("draft") == "1",
        )
        return Went(visit.url("pull", pull.number))


def _compared(visit: Visit, base: str, head: str) -> Answer:
    branches = list(refs.branches(visit.world, visit.repo))
    facts: dict[str, object] = {"base": base, "head_ref": head, "branches": branches, "diff": None}
    if head:
        facts |= _difference(visit, base, head)
    return Shown("compare.html", facts)


def _difference(visit: Visit, base: str, head: str) -> dict[str, object]:
    old, new = (refs.resolve(visit.world, visit.repo, name) for name in (base, head))
    if old is None or new is None:
        raise not_found()
    commits = visit.git.commits("--reverse", "--topo-order", f"--max-count={MAX_COMMITS}", f"{old}..{new}")
    before = visit.git.merge_base(old, new) or diffs.EMPTY_TREE
    lines = commit_lines(visit, commits)
    standing = [
        pull
        for pull in visit.world.store.find(Pull, head_repo_id=visit.repo.id, head_ref=head)
        if pull.state == "open" and pull.repo_id == visit.repo.id and pull.base_ref == base
    ]
    return {
        "lines": lines,
        "diff": patches.shown(diffs.files_of(visit.git, before, new)),
        "head": new,
        "standing": standing[0] if standing else None,
        "suggested": lines[0].message.subject
        if len(lines) == 1
        else head.replace("-", " ").replace("/", ": "),
        "are_branches": refs.tip(visit.world, visit.repo, base) and refs.tip(visit.world, visit.repo, head),
    }
