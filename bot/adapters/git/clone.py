"""The user's own clone, for `roadcrew request new --open`: one commit with one file on a branch, pushed.

It runs the user's git with the user's settings and credentials. The files on disk, the index and the branch
that is checked out stay as they are; a branch that exists is never moved.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bot.errors import UserError

_TIMEOUT = 120.0
_TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
_SHOWN = 300


def token_of_user() -> str:
    """The token that the user's own tools use; empty without one."""
    return next((value for name in _TOKENS if (value := os.environ.get(name, "").strip())), "")


def push_file(folder: Path, base: str, branch: str, file: tuple[str, bytes], message: str) -> str:
    """A commit on top of origin's `base` that adds the file, pushed to origin as `branch`; the commit's id.

    Raises UserError with git's own words; then nothing was pushed.
    """
    path, data = file
    _git(folder, "fetch", "--quiet", "origin", f"refs/heads/{base}")
    start = _git(folder, "rev-parse", "FETCH_HEAD").strip()
    blob = _git(folder, "hash-object", "-w", "--stdin", given=data).strip()
    with tempfile.TemporaryDirectory(prefix="roadcrew-") as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        _git(folder, "read-tree", start, more=index)
        _git(folder, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", more=index)
        tree = _git(folder, "write-tree", more=index).strip()
    commit = _git(folder, "commit-tree", tree, "-p", start, given=message.encode()).strip()
    # The lease on nothing: a branch that is there already is someone's, and is not moved.
    lease = f"--force-with-lease=refs/heads/{branch}:"
    _git(folder, "push", "--quiet", lease, "origin", f"{commit}:refs/heads/{branch}")
    return commit


def _git(
    folder: Path, *arguments: str, given: bytes | None = None, more: Mapping[str, str] | None = None
) -> str:
    environment = {**os.environ, **(more or {}), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - argv only, our own words and checked names
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's git, from PATH
            env=environment,
            input=given,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        raise UserError("The git program was not found.", fix="Install git, or leave out --open.") from None
    except subprocess.TimeoutExpired:
        raise UserError(f"git {arguments[0]} did not finish within {_TIMEOUT:.0f} s.") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise UserError(
            f"git {arguments[0]} did not work: {lines[-1].removeprefix('fatal: ')[:_SHOWN]}",
            fix=f"See that `git {arguments[0]}` works in this clone, or leave out --open.",
        )
    return done.stdout.decode("utf-8", "replace")
