"""`roadcrew plan`: what the bot would say and do about a change, offline, from a clone. Writes nothing."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from bot.adapters.every_judge import EveryJudge
from bot.adapters.git.local import LocalRepository, open_local
from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check as check_catalog
from bot.cli.rules_options import for_opa, usable
from bot.deciders import decide
from bot.deciders.decider import Branch, Snapshot
from bot.deciders.review import ROOMS
from bot.model.event import PullChanged, Pushed, RepoRef
from bot.model.plan import Effect, EnsureCheck, EnsureComment, EnsureFiles, Plan
from bot.model.pull import Person, Pull
from bot.pipeline import words
from bot.policy.verdict import Judge
from bot.report.terminal import plan_text, uncommitted_text
from bot.templating.environment import environments
from bot.templating.jobs import Runner


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--base",
    default="",
    help="The branch that the change would go to.  [default: origin's default branch, else main or master]",
)
@click.option("--head", default="HEAD", show_default=True, help="The change.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="text for people, markdown is the very comment, json has everything.",
)
@for_opa
def plan(folder: Path, base: str, head: str, style: str, opa: str) -> None:
    """Print the comment, the check and the effects that the bot would produce.

    DIR is a clone of the platform repo, or a folder in it. Commits are compared, not files on disk.

    Exit codes: 0 the check would pass, 1 it would fail, 2 could not run.
    """
    with open_local(folder) as repository, Sandbox() as run, EveryJudge(usable(opa)) as judge:
        base = base or repository.default_base()
        snapshot = snapshot_of(repository, folder, base, head, run=run, judge=judge)
        if head == "HEAD" and (paths := repository.uncommitted(ROOMS)):
            click.echo(uncommitted_text(paths), err=True)
        event = PullChanged(delivery="offline", repo=snapshot.repo, number=0)
        decided = decide(event, snapshot)
        said = words(event, snapshot, decided, {})
        merged = [*_on_merge(repository, snapshot).effects] if not decided.denies else []
    comment = next((effect for effect in said if isinstance(effect, EnsureComment)), None)
    check = next((effect for effect in said if isinstance(effect, EnsureCheck)), None)
    on_merge = [effect for effect in merged if isinstance(effect, EnsureFiles)]
    if style == "json":
        click.echo(json.dumps(_document(comment, check, [*said], on_merge, decided), indent=2))
    elif style == "markdown":
        click.echo(comment.body if comment else "\n".join(decided.why))
    else:
        click.echo(plan_text(decided, check, on_merge))
    failed = decided.denies or (check is not None and check.conclusion == "failure")
    sys.exit(1 if failed else 0)


def place_of(folder: Path, origin: str) -> tuple[RepoRef, str]:
    """The repo and the address of its page, from the URL that it was cloned from."""
    server, path = _server(origin)
    found = re.fullmatch(r"([A-Za-z0-9_.-]+)/([A-Za-z0-9_.-]+?)(?:\.git)?/?", path)
    if not server or found is None:
        name = re.sub(r"[^A-Za-z0-9_.-]", "-", folder.resolve().name) or "repo"
        return RepoRef(owner="local", name=name), ""
    repo = RepoRef(owner=found[1], name=found[2])
    return repo, f"{server}/{repo}"


def _server(origin: str) -> tuple[str, str]:
    """Where the pages are, and the path there; never the user or the password that a URL may hold."""
    if "://" not in origin:  # git@host:path
        host, _, path = origin.rpartition("@")[2].partition(":")
        return f"https://{host}", path
    url = urlsplit(origin)
    servers = {"ssh": f"https://{url.hostname}", "https": f"https://{_host(url.netloc)}"}
    servers["http"] = f"http://{_host(url.netloc)}"
    return servers.get(url.scheme, ""), url.path.removeprefix("/")


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2]


def snapshot_of(
    repository: LocalRepository, folder: Path, base: str, head: str, *, run: Runner, judge: Judge
) -> Snapshot:
    """A pull request of `head` to `base`, as a clone shows it: with its merge result. Raises UserError."""
    repo, page = place_of(folder, repository.origin())
    base_sha, head_sha = repository.commit(base), repository.commit(head)
    base = repository.branch_name(base)
    root = repository.merge_base(base_sha, head_sha)
    base_tree, head_tree = repository.tree(base_sha), repository.tree(head_sha)
    merged = base_tree.merge(base=repository.tree(root), theirs=head_tree) if root else None
    additions, deletions = repository.lines(root, head_sha) if root else (0, 0)
    pull = Pull(
        repo=repo,
        number=0,
        title=head,
        author=Person("you"),
        base_branch=base,
        base_sha=base_sha,
        head_branch=head,
        head_sha=head_sha,
        head_repo=repo,
        url=f"{page}/pull/0" if page else "",
        additions=additions,
        deletions=deletions,
    )
    return Snapshot(
        repo=repo,
        now=datetime.now(UTC),
        run=run,
        schemas=ShippedSchemas(),
        judge=judge,
        clock=lambda: datetime.now(UTC),
        default_branch=base,
        pull=pull,
        base=base_tree,
        head=head_tree,
        merged=merged.tree if merged else None,
        conflicts=merged.conflicts if merged else (),
        unsafe=merged.unsafe if merged else (),
    )


def _on_merge(repository: LocalRepository, snapshot: Snapshot) -> Plan:
    """What a push of the merge result to the base branch would lead to."""
    if snapshot.merged is None or snapshot.pull is None:
        return Plan()
    catalog = check_catalog(snapshot.merged, whole=True, memo=snapshot.memo).catalog
    first = next(iter(environments(catalog)), None)
    if first is None:
        return Plan()
    tip = repository.branch(first.branch)
    branch = Branch(first.branch, tip, repository.tree(tip) if tip else None)
    after = replace(
        snapshot,
        pull=None,
        tip=snapshot.pull.head_sha,
        tip_at=repository.committed_at(snapshot.pull.head_sha),
        tip_tree=snapshot.merged,
        first_environment=branch,
    )
    pushed = Pushed(delivery="offline", repo=snapshot.repo, branch=snapshot.default_branch)
    return decide(pushed, after)


def _document(
    comment: EnsureComment | None,
    check: EnsureCheck | None,
    effects: list[Effect],
    on_merge: list[EnsureFiles],
    decided: Plan,
) -> Mapping[str, Any]:
    return {
        "comment": comment.body if comment else None,
        "check": _plain(check) if check else None,
        "effects": [_tagged(effect) for effect in effects],
        "on_merge": [_tagged(effect) for effect in on_merge],
        "why": list(decided.why),
    }


def _tagged(effect: Effect) -> Mapping[str, Any]:
    return {"kind": type(effect).__name__, **_plain(effect)}


def _plain(value: Any) -> Any:
    """Dataclasses and bytes as JSON can say them."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if hasattr(value, "model_dump"):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, datetime) else value
