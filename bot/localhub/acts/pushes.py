"""Refs moved, by whatever road: tell of it, and let the pull requests that stand on them follow.

What was told is kept as KnownRefs; `sync` compares that with git, so no push stays unheard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.localhub import diffs, events
from bot.localhub.access import Actor
from bot.localhub.acts import checks, pulls
from bot.localhub.git import ZERO
from bot.localhub.records import Account, KnownRefs, Repository
from bot.localhub.refs import HEADS, TAGS
from bot.localhub.shapes.gitdata import push_commit_json
from bot.localhub.sight import Sight
from bot.localhub.view import Commit, FileDiff, Signature
from bot.localhub.world import World

MAX_COMMITS = 2048
"""So many commits a push event lists at most."""
MAX_TAGS = 3
"""GitHub sends no push events when more tags than this are pushed at once."""


def learn(world: World, repo: Repository) -> None:
    """Take git's refs as known, and tell nobody."""
    world.store.save(KnownRefs(id=repo.id, refs=world.git(repo).refs(HEADS, TAGS)))


def sync(world: World, repo: Repository, actor: Actor) -> int:
    """Tell what moved since the last time, in the name of `actor`. Gives the number of refs that moved."""
    with world.change():
        before = world.store.get(KnownRefs, repo.id).refs
        after = world.git(repo).refs(HEADS, TAGS)
        moved = [
            (name, before.get(name, ZERO), after.get(name, ZERO))
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        ]
        if not moved:
            return 0
        world.store.save(KnownRefs(id=repo.id, refs=after))
        world.store.save(replace(world.store.get(Repository, repo.id), pushed_at=world.now()))
        tags = sum(name.startswith(TAGS) for name, _, _ in moved)
        for name, old, new in moved:
            if name.startswith(HEADS) or tags <= MAX_TAGS:
                _tell(world, world.store.get(Repository, repo.id), (name, old, new), before, actor)
        return len(moved)


def _tell(
    world: World, repo: Repository, move: tuple[str, str, str], before: Mapping[str, str], actor: Actor
) -> None:
    name, old, new = move
    sender = actor.account or world.store.get(Account, repo.owner_id)
    kind, short = (
        ("branch", name.removeprefix(HEADS)) if name.startswith(HEADS) else ("tag", name[len(TAGS) :])
    )
    if old == ZERO:
        _tell_ref(world, "create", repo, sender, (kind, short))
    if new == ZERO:
        _tell_ref(world, "delete", repo, sender, (kind, short))
    _tell_push(world, repo, move, before, sender)
    if kind == "branch":
        if new != ZERO:
            checks.request_suites(world, repo, (short, old, new), sender)
        pulls.branch_moved(world, repo, (short, old, new), actor)


def _tell_ref(world: World, event: str, repo: Repository, sender: Account, what: tuple[str, str]) -> None:
    kind, ref = what
    block: dict[str, object] = {"ref": ref, "ref_type": kind, "pusher_type": "user"}
    if event == "create":
        block |= {"master_branch": repo.default_branch, "description": repo.description}
    events.emit(world, event, repo=repo, sender=sender, body=lambda _: block)


def _tell_push(
    world: World, repo: Repository, move: tuple[str, str, str], before: Mapping[str, str], sender: Account
) -> None:
    name, old, new = move

    def body(sight: Sight) -> Mapping[str, object]:
        commits = _pushed(world, repo, old, new, before)
        listed = [push_commit_json(sight, repo, commit, files) for commit, files in commits]
        head = world.git(repo).resolve(new) if new != ZERO else None
        one = diffs.changed_paths(world.git(repo), [head]) if head else {}
        page = f"{world.html_url}/{world.full_name(repo)}"
        span = f"{old[:12]}...{new[:12]}" if ZERO not in (old, new) else (new if old == ZERO else old)[:12]
        return {
            "ref": name,
            "before": old,
            "after": new,
            "created": old == ZERO,
            "deleted": new == ZERO,
            "forced": ZERO not in (old, new) and not world.git(repo).is_ancestor(old, new),
            "base_ref": None,
            "compare": f"{page}/compare/{span}",
            "commits": listed,
            "head_commit": head
            and push_commit_json(sight, repo, world.git(repo).commit(head), one.get(head, [])),
            "pusher": {"name": sender.login, "email": sender.email},
        }

    events.emit(world, "push", repo=repo, sender=sender, body=body)


def _pushed(
    world: World, repo: Repository, old: str, new: str, before: Mapping[str, str]
) -> list[tuple[Commit, list[FileDiff]]]:
    """The commits that came with the push, oldest first, with the files that each changed."""
    if new == ZERO:
        return []
    git = world.git(repo)
    known = [old] if old != ZERO else sorted(set(before.values()))
    commits = git.commits(
        f"--max-count={MAX_COMMITS}", "--topo-order", "--reverse", new, *(f"^{k}" for k in known)
    )
    files = diffs.changed_paths(git, [commit.sha for commit in commits])
    return [(commit, files.get(commit.sha, [])) for commit in commits]


def write_files(
    world: World,
    repo: Repository,
    branch: str,
    files: Mapping[str, bytes | str | None],
    message: str,
    *,
    actor: Actor,
    parent: str | None,
) -> str:
    """Commit the files (None: removed) onto the branch, by `git fast-import`. Gives the sha, tells nobody."""
    who = signature(world, actor, repo)
    stamp = f"{who.name} <{who.email}> {int(world.clock())} +0000\n".encode()
    text = message.encode()
    parts = [b"commit refs/heads/", branch.encode(), b"\nmark :1\nauthor ", stamp, b"committer ", stamp]
    parts += [b"data %d\n" % len(text), text, b"\n"]
    if parent:
        parts += [b"from ", parent.encode(), b"\n"]
    for path, content in files.items():
        parts += _file(path, content)
    parts.append(b"get-mark :1\ndone\n")
    argv = ("fast-import", "--quiet", "--done", "--force", "--cat-blob-fd=1")
    return world.git(repo).run(*argv, stdin=b"".join(parts)).decode().split()[-1]


def _file(path: str, content: bytes | str | None) -> list[bytes]:
    quoted = b'"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").encode() + b'"'
    if content is None:
        return [b"D ", quoted, b"\n"]
    data = content.encode() if isinstance(content, str) else content
    return [b"M 100644 inline ", quoted, b"\ndata %d\n" % len(data), data, b"\n"]


def signature(world: World, actor: Actor, repo: Repository) -> Signature:
    """As whom the actor commits; nobody commits as the repository's owner."""
    account = actor.account or world.store.get(Account, repo.owner_id)
    email = account.email or f"{account.id}+{account.login}@users.noreply.github.com"
    return Signature(account.name or account.login, email, world.now())
