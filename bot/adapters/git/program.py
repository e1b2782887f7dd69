"""Runs the git program: argv only, an environment of our own, bounded in time, errors as ours.

The token travels in the environment (`GIT_CONFIG_VALUE_n`), never in argv or a URL, and is bound to
the server's address; redirects are refused so that it cannot follow one to another host.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.errors import Refused, Retry

_PASSED_ON = ("PATH", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy")
_PASSED_ON_TLS = ("SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO")
_TIMEOUT = 120.0

_DENIED = re.compile(
    r"Authentication failed|could not read Username|HTTP 401|HTTP 403"
    r"|error: 40[13]|Permission.*denied|Repository not found|not found$",
    re.IGNORECASE | re.MULTILINE,
)
_DAMAGED = re.compile(
    r"not a git repository|corrupt|bad object|missing (?:blob|tree|commit|object)|unable to read"
    r"|object file .* is empty|invalid index-pack|loose object|bad tree object",
    re.IGNORECASE,
)


class Damaged(Exception):
    """The local repository cannot be used any more. It is a cache: build it anew."""


class GitFailed(Exception):
    """Git said no for a reason that only the caller can judge. `stderr` is its own words."""

    def __init__(self, stderr: str) -> None:
        super().__init__(stderr)
        self.stderr = stderr


def environment(url: str = "", token: str = "") -> Mapping[str, str]:
    """The whole environment of a git process: an allow-list, our settings, and the credential."""
    kept = {name: os.environ[name] for name in _PASSED_ON + _PASSED_ON_TLS if name in os.environ}
    settings = [
        ("http.followRedirects", "false"),
        ("credential.helper", ""),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        ("core.hooksPath", os.devnull),
        ("protocol.version", "2"),
        ("http.lowSpeedLimit", "1000"),
        ("http.lowSpeedTime", "30"),
    ]
    if token:
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        settings.append((f"http.{url}.extraHeader", f"Authorization: Basic {basic}"))
    numbered = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        numbered[f"GIT_CONFIG_KEY_{number}"] = key
        numbered[f"GIT_CONFIG_VALUE_{number}"] = value
    fixed = {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    return kept | fixed | numbered


def run_git(
    arguments: Sequence[str], *, folder: Path, env: Mapping[str, str], timeout: float = _TIMEOUT
) -> str:
    """Git's standard output. Raises Damaged, Refused, Retry or GitFailed."""
    try:
        done = subprocess.run(  # noqa: S603 - argv only, our own words and validated refs
            ["git", "--git-dir", str(folder), *arguments],  # noqa: S607 - the user's git, from PATH
            env=dict(env),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise Refused("The git program was not found. Install git and start Roadcrew again.") from None
    except subprocess.TimeoutExpired:
        raise Retry(f"git {arguments[0]} did not finish within {timeout:.0f} s", after=30) from None
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace")
    raise _failure(done.stderr.decode("utf-8", "replace"), done.stdout.decode("utf-8", "replace"))


def merge_commits(folder: Path, ours: str, theirs: str) -> tuple[str, tuple[str, ...]] | None:
    """The tree of git's own merge, or the paths in conflict; None where this git cannot say."""
    command = ["git", "--git-dir", str(folder), "merge-tree", "--write-tree", "--name-only", "--no-messages"]
    try:
        done = subprocess.run(  # noqa: S603 - argv only, object ids
            [*command, "-z", ours, theirs],
            env=dict(environment()),
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    if done.returncode not in {0, 1}:
        return None
    tree, *paths = done.stdout.decode("utf-8", "surrogateescape").rstrip("\0").split("\0")
    return tree.strip(), tuple(sorted(set(paths))) if done.returncode else ()


def _failure(stderr: str, stdout: str) -> Exception:
    if "[rejected]" in stdout or "[remote rejected]" in stdout:
        return GitFailed(f"{stdout}\n{stderr}")
    if _DAMAGED.search(stderr):
        return Damaged(stderr.strip())
    if _DENIED.search(stderr):
        return Refused(
            f"The git server refused access: {_last_line(stderr)}. See that the GitHub App is installed on "
            "this repo and may read and write its contents."
        )
    return Retry(f"The git server did not answer as it should: {_last_line(stderr)}", after=10)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("fatal: ").rstrip(".") if lines else "no reason given"
