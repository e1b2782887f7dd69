"""A person's own git, with which anything can be pushed that git can hold: over HTTP, as from any laptop."""

import os
import subprocess
from pathlib import Path

from tests.journeys.troupe import NAME

FILE, LINK, FOLDER, SUBMODULE = "100644", "120000", "040000", "160000"
_WHO = {
    "GIT_AUTHOR_NAME": "developer",
    "GIT_AUTHOR_EMAIL": "developer@example.com",
    "GIT_COMMITTER_NAME": "developer",
    "GIT_COMMITTER_EMAIL": "developer@example.com",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
}


class Laptop:
    """A bare clone of the platform repo. Trees are made object by object: no file name is checked."""

    def __init__(self, troupe, *, by="developer", name=NAME):
        self.folder = Path(troupe.folder) / f"laptop-{by}"
        self._url = troupe.hub.clone_url(name, troupe.stage.tokens[by])
        subprocess.run(["git", "init", "--quiet", "--bare", str(self.folder)], check=True, timeout=30)
        self.git("fetch", "--quiet", self._url, "+refs/heads/*:refs/heads/*")

    def git(self, *argv, stdin=b""):
        """What git prints."""
        done = subprocess.run(
            ["git", "--git-dir", str(self.folder), *argv],
            input=stdin,
            capture_output=True,
            env={"PATH": os.environ["PATH"], **_WHO},
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def said(self, *argv, stdin=b""):
        return self.git(*argv, stdin=stdin).decode().strip()

    def blob(self, data):
        return self.said("hash-object", "-w", "--stdin", stdin=data)

    def grafted(self, tree, path, mode, sha):
        """The tree with this entry at `path`: bytes, split at `/`, and nothing else about it is special."""
        name, _, rest = path.partition(b"/")
        entries = self._entries(tree)
        if rest:
            below = entries[name][1] if name in entries else ""
            entries[name] = (FOLDER, self.grafted(below, rest, mode, sha))
        else:
            entries[name] = (mode, sha)
        # Each is a raw entry, in git's own order: folders sort as if their names ended with a slash.
        order = sorted(entries, key=lambda one: one + (b"/" if entries[one][0] == FOLDER else b""))
        raw = b"".join(
            entries[one][0].lstrip("0").encode() + b" " + one + b"\0" + bytes.fromhex(entries[one][1])
            for one in order
        )
        return self.said("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw)

    def _entries(self, tree):
        if not tree:
            return {}
        lines = self.git("ls-tree", "-z", tree).split(b"\0")
        heads = (line.partition(b"\t") for line in lines if line)
        return {name: (head.split()[0].decode(), head.split()[2].decode()) for head, _, name in heads}

    def push(self, branch, entries, *, start="main", parents=None):
        """One commit with these entries (path -> mode and bytes, or a commit for a submodule), pushed."""
        tree = self.said("rev-parse", f"{start}^{{tree}}") if start else ""
        for path, (mode, data) in entries.items():
            sha = data if mode == SUBMODULE else self.blob(data)
            tree = self.grafted(tree, path, mode, sha)
        above = [start] if parents is None and start else parents or []
        flags = [word for parent in above for word in ("-p", self.said("rev-parse", parent))]
        commit = self.said("commit-tree", tree, *flags, stdin=b"Change files\n")
        self.git("update-ref", f"refs/heads/{branch}", commit)
        self.git("push", "--quiet", "--force", self._url, f"{commit}:refs/heads/{branch}")
        return commit
