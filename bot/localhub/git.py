"""Runs git on bare repositories, by argv and with an environment of its own. Never a work tree or a shell.

Everything here is by object id or full ref name; what a ref means to GitHub is not known here.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.localhub.view import Commit, Signature, TreeEntry

ZERO = "0" * 40
TIMEOUT = 60.0
"""Seconds that one git command may take."""
MAX_MEMO = 10_000
"""Values that are remembered; ids never change their meaning, so forgetting costs time only."""
_CONFIG = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
[gc]
\tauto = 0
[receive]
\tautogc = false
\thideRefs = refs/pull
[uploadpack]
\tallowAnySHA1InWant = true
\tallowFilter = true
[http]
\treceivepack = true
"""


class GitError(Exception):
    """A git command ended with an error; the text is what git said."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said.strip() or f"git ended with {code}")
        self.code = code


def environment(**more: str) -> dict[str, str]:
    """All that git gets to see of our environment: PATH, and no configuration but the repository's own."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        **more,
    }


def create(path: Path, *, default_branch: str) -> None:
    """Make an empty bare repository. Written by hand: `git init` costs ten times as much."""
    for folder in ("objects/pack", "objects/info", "refs/heads", "refs/tags", "info"):
        (path / folder).mkdir(parents=True, exist_ok=True)
    (path / "config").write_text(_CONFIG, encoding="utf-8")
    (path / "HEAD").write_text(f"ref: refs/heads/{default_branch}\n", encoding="utf-8")


class Git:
    """One bare repository. Methods raise GitError when git refuses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._commits: dict[str, Commit] = {}
        self._ranges: dict[tuple[str, ...], frozenset[str]] = {}

    def run(self, *argv: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """What `git <argv>` prints. Raises GitError when it ends with anything but 0."""
        code, out, err = self.try_run(*argv, stdin=stdin, env=env)
        if code != 0:
            raise GitError(code, err or out.decode(errors="replace"))
        return out

    def try_run(
        self, *argv: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, str]:
        """Exit code, output and error text."""
        done = subprocess.run(  # noqa: S603  (argv only)
            ["git", *argv],  # noqa: S607  (git is found on PATH, as for everybody)
            cwd=self.path,
            input=stdin,
            capture_output=True,
            env=environment(GIT_DIR=str(self.path), **(env or {})),
            timeout=TIMEOUT,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")

    def refs(self, *prefixes: str) -> dict[str, str]:
        """Full names of the refs below the prefixes -> object ids, sorted by name."""
        out = self.run("for-each-ref", "--format=%(objectname) %(refname)", *prefixes)
        pairs = (line.split(" ", 1) for line in out.decode().splitlines())
        return {name: sha for sha, name in pairs}

    def resolve(self, revision: str) -> str | None:
        """The commit that the revision names; None where there is none. An option is no revision."""
        code, out, _ = self.try_run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        return out.decode().strip() if code == 0 else None

    def update_ref(self, name: str, new: str, old: str | None = None) -> None:
        """Point the ref at `new`; only if it stands at `old` (ZERO: does not exist) where that is given."""
        self.run("update-ref", name, new, *([old] if old is not None else []))

    def delete_ref(self, name: str, old: str | None = None) -> None:
        """Remove the ref, as `update_ref`."""
        self.run("update-ref", "-d", name, *([old] if old is not None else []))

    def commits(self, *arguments: str) -> list[Commit]:
        """The commits that `git rev-list <arguments>` names, in its order."""
        shas = self.run("rev-list", *arguments, "--").decode().split()
        return self.read_commits(shas)

    def read_commits(self, shas: Sequence[str]) -> list[Commit]:
        """The commits with these ids. Raises GitError where one is missing or no commit."""
        missing = [sha for sha in shas if sha not in self._commits]
        if missing:
            if len(self._commits) > MAX_MEMO:
                self._commits.clear()
            asked = "".join(f"{sha}\n" for sha in missing).encode()
            out = self.run("cat-file", "--batch", stdin=asked)
            self._commits.update(_parsed_batch(out, missing))
        return [self._commits[sha] for sha in shas]

    def commit(self, sha: str) -> Commit:
        """The commit with this full id. Raises GitError where there is none."""
        return self.read_commits([sha])[0]

    def count(self, *arguments: str) -> int:
        """How many commits `git rev-list <arguments>` names."""
        return int(self.run("rev-list", "--count", *arguments, "--"))

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor; None for unrelated histories."""
        code, out, _ = self.try_run("merge-base", one, other)
        return out.decode().split()[0] if code == 0 else None

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`."""
        return self.try_run("merge-base", "--is-ancestor", older, newer)[0] == 0

    def merge_tree(self, ours: str, theirs: str) -> str | None:
        """The tree of a merge of two commits; None where they conflict."""
        code, out, err = self.try_run(
            "merge-tree", "--write-tree", "--allow-unrelated-histories", ours, theirs
        )
        if code not in (0, 1):
            raise GitError(code, err)
        return out.decode().split("\n", 1)[0] if code == 0 else None

    def commit_tree(
        self, tree: str, parents: Sequence[str], message: str, *, author: Signature, committer: Signature
    ) -> str:
        """Write a commit object; no ref moves. Gives its id."""
        argv = [part for parent in parents for part in ("-p", parent)]
        env = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": author.date,
            "GIT_COMMITTER_NAME": committer.name,
            "GIT_COMMITTER_EMAIL": committer.email,
            "GIT_COMMITTER_DATE": committer.date,
        }
        return self.run("commit-tree", tree, *argv, stdin=message.encode(), env=env).decode().strip()

    def tree(self, revision: str, *, recursive: bool = False) -> list[TreeEntry]:
        """The entries of a tree; `recursive` lists folders and all that is in them."""
        flags = ["-r", "-t"] if recursive else []
        out = self.run("ls-tree", "-z", "--long", "--full-tree", *flags, revision)
        return [_tree_entry(line) for line in out.decode(errors="surrogateescape").split("\0") if line]

    def entry(self, revision: str, path: str) -> TreeEntry | None:
        """What stands at the path in this commit; None where nothing does."""
        code, out, _ = self.try_run(
            "ls-tree", "-z", "--long", "--full-tree", revision, "--", path.rstrip("/")
        )
        lines = [line for line in out.decode(errors="surrogateescape").split("\0") if line]
        return _tree_entry(lines[0]) if code == 0 and lines else None

    def tree_id(self, revision: str) -> str | None:
        """The tree of a commit, or a tree's own id; None where there is none."""
        if not re.fullmatch(r"[0-9a-f]{40}", revision):
            return None
        code, out, _ = self.try_run("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")
        return out.decode().strip() if code == 0 else None

    def between(self, base: str, *tips: str) -> frozenset[str]:
        """The ids of the commits that the tips have and the base has not. Remembered: ids do not change."""
        key = (base, *tips)
        if key not in self._ranges:
            if len(self._ranges) > MAX_MEMO:
                self._ranges.clear()
            found = self.run("rev-list", *tips, f"^{base}", "--").decode().split()
            self._ranges[key] = frozenset(found)
        return self._ranges[key]

    def type_of(self, sha: str) -> str | None:
        """`commit`, `tree`, `blob` or `tag`; None where there is no such object."""
        if not re.fullmatch(r"[0-9a-f]{40}", sha):
            return None
        code, out, _ = self.try_run("cat-file", "-t", sha)
        return out.decode().strip() if code == 0 else None

    def blob(self, sha: str) -> bytes:
        """The bytes of a blob."""
        return self.run("cat-file", "blob", sha)

    def fetch(self, source: Path, refspec: str) -> None:
        """Copy objects from another repository of this machine and set a ref, as in `git fetch`."""
        self.run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", str(source), refspec)


def _tree_entry(line: str) -> TreeEntry:
    meta, path = line.split("\t", 1)
    mode, kind, sha, size = meta.split()
    return TreeEntry(path, mode, kind, sha, int(size) if size.isdigit() else None)


def _parsed_batch(out: bytes, asked: Sequence[str]) -> dict[str, Commit]:
    """The answer of `cat-file --batch`, which speaks of each asked id in turn."""
    found: dict[str, Commit] = {}
    start = 0
    for sha in asked:
        end = out.index(b"\n", start)
        header = out[start:end].decode().split()
        if len(header) != 3 or header[1] != "commit":  # noqa: PLR2004  (id, type, size)
            raise GitError(1, f"{sha} is no commit here")
        size = int(header[2])
        found[sha] = parsed_commit(header[0], out[end + 1 : end + 1 + size])
        start = end + 1 + size + 1
    return found


def parsed_commit(sha: str, raw: bytes) -> Commit:
    """A commit object's bytes as a value."""
    head, _, message = raw.decode(errors="replace").partition("\n\n")
    parents: list[str] = []
    fields: dict[str, str] = {}
    for line in head.split("\n"):
        name, _, value = line.partition(" ")
        if name == "parent":
            parents.append(value)
        else:
            fields.setdefault(name, value)
    return Commit(
        sha,
        fields["tree"],
        tuple(parents),
        _signature(fields["author"]),
        _signature(fields["committer"]),
        message.rstrip("\n"),
    )


def _signature(line: str) -> Signature:
    """`Name <email> seconds zone`, with the time in UTC."""
    who, _, when = line.rpartition("> ")
    name, _, email = who.rpartition(" <") if " <" in who else ("", "", who.lstrip("<"))
    return Signature(name, email, iso(float(when.split()[0])))


def iso(seconds: float) -> str:
    """Seconds since 1970 in GitHub's form, `2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
