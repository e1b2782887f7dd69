"""Commits and branches: who changed what, when, why, and with whose word for it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.localhub import diffs, refs
from bot.localhub.page import patches
from bot.localhub.page.frame import Frame
from bot.localhub.page.told import CommitLine, commit_line, commit_lines, marks, pull_word, run_lines
from bot.localhub.page.visit import Answer, Shown, Visit
from bot.localhub.problems import not_found
from bot.localhub.records import Protection, Pull

PAGE = 50
MAX_BRANCHES = 500
_MIN_SHA = 4


@dataclass(frozen=True, slots=True)
class BranchLine:
    """A branch with its newest commit, and the newest pull request that was made from it."""

    name: str
    tip: CommitLine
    is_default: bool
    is_protected: bool
    pull: Pull | None
    pull_word: str


def routes(frame: Frame) -> None:
    """Register this file's addresses."""

    @frame.get("/<owner:owner>/<name:name>/commits")
    def commits_of_default(visit: Visit) -> Answer:
        return _commits(visit, visit.repo.default_branch)

    @frame.get("/<owner:owner>/<name:name>/commits/<path:rest>")
    def commits(visit: Visit, rest: str) -> Answer:
        return _commits(visit, rest)

    @frame.get("/<owner:owner>/<name:name>/commit/<sha>")
    def commit(visit: Visit, sha: str) -> Answer:
        found = visit.git.resolve(sha) if len(sha) >= _MIN_SHA and sha.isalnum() else None
        if found is None:
            raise not_found()
        runs = run_lines(visit, found)
        files = diffs.first_parent_files(visit.git, found)
        holders = [name for name, tip in refs.branches(visit.world, visit.repo).items() if tip == found]
        facts = {
            "line": commit_line(visit, visit.git.commit(found)),
            "runs": runs,
            "diff": patches.shown(files, marks(runs)),
            "head": found,
            "holders": holders,
        }
        return Shown("commit.html", facts)

    @frame.get("/<owner:owner>/<name:name>/branches")
    def branches(visit: Visit) -> Answer:
        tips = refs.branches(visit.world, visit.repo)
        lines = [_branch(visit, name, sha) for name, sha in list(tips.items())[:MAX_BRANCHES]]
        lines.sort(key=lambda line: (not line.is_default, not line.name.startswith("env/"), line.name))
        return Shown("branches.html", {"lines": lines, "total": len(tips)})


def _commits(visit: Visit, rest: str) -> Answer:
    name, sha, path = visit.located(rest)
    page = visit.number("page", 1, most=100_000)
    wanted = [f"--max-count={PAGE + 1}", f"--skip={(page - 1) * PAGE}", sha]
    shas = (
        visit.git.run("--literal-pathspecs", "rev-list", *wanted, "--", *([path] if path else []))
        .decode()
        .split()
    )
    lines = commit_lines(visit, visit.git.read_commits(shas[:PAGE]))
    facts = {
        "ref": name,
        "path": path,
        "lines": lines,
        "page": page,
        "has_more": len(shas) > PAGE,
        "branches": list(refs.branches(visit.world, visit.repo)),
    }
    return Shown("commits.html", facts)


def _branch(visit: Visit, name: str, sha: str) -> BranchLine:
    repo = visit.repo
    pulls = [
        pull
        for pull in visit.world.store.find(Pull, head_repo_id=repo.id, head_ref=name)
        if pull.repo_id == repo.id
    ]
    newest = pulls[-1] if pulls else None
    return BranchLine(
        name,
        commit_line(visit, visit.git.commit(sha)),
        name == repo.default_branch,
        visit.world.store.first(Protection, repo_id=repo.id, branch=name) is not None,
        newest,
        pull_word(newest) if newest else "",
    )
