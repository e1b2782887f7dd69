"""A person at the local GitHub: what they do goes over REST and git, as from any laptop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import requests

from bot.adapters.git.mirror import GitMirror
from bot.demo.stage import ORGANIZATION, PLATFORM, Stage
from bot.model.event import RepoRef

REPO = RepoRef(owner=ORGANIZATION, name=PLATFORM)
_TIMEOUT = 10.0
T = TypeVar("T")


class Person:
    """Someone with a token and a clone."""

    def __init__(self, stage: Stage, login: str, folder: Path) -> None:
        self._api = f"{stage.hub.api_url}/repos/{REPO}"
        token = stage.tokens[login]
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
        self._clone = GitMirror(
            folder / login,
            git_url=stage.hub.git_url,
            token_for=lambda _: token,
            identity=lambda: (login, f"{login}@users.noreply.github.com"),
        )

    def push(self, branch: str, files: Mapping[str, bytes | None], message: str) -> str:
        """One commit on top of the branch, or of main where the branch is new."""
        refs = self._clone.fetch(REPO, ["refs/heads/main", f"refs/heads/{branch}"])
        tip = refs.get(f"refs/heads/{branch}")
        if tip is None:
            return self._first_push(branch, refs["refs/heads/main"], files, message)
        return self._clone.push(
            REPO, branch, expected=tip, files=files, message=message, at=datetime.now(UTC)
        )

    def _first_push(self, branch: str, main: str, files: Mapping[str, bytes | None], message: str) -> str:
        self.post("/git/refs", {"ref": f"refs/heads/{branch}", "sha": main})
        return self._clone.push(
            REPO, branch, expected=main, files=files, message=message, at=datetime.now(UTC)
        )

    def open_pull(self, branch: str, title: str, body: str) -> int:
        """The number of the new pull request."""
        made = self.post("/pulls", {"title": title, "body": body, "head": branch, "base": "main"})
        return int(made["number"])

    def approve(self, number: int) -> None:
        """A review that approves."""
        self.post(f"/pulls/{number}/reviews", {"event": "APPROVE", "body": "Looks right to me."})

    def comment(self, number: int, body: str) -> int:
        """The id of a new comment."""
        return int(self.post(f"/issues/{number}/comments", {"body": body})["id"])

    def merge(self, number: int) -> str:
        """The merge commit."""
        return str(self._send("PUT", f"/pulls/{number}/merge", {"merge_method": "merge"})["sha"])

    def get(self, path: str) -> Any:
        """JSON of the platform repo's resource."""
        return self._send("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Makes something in the platform repo."""
        return self._send("POST", path, body)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        answer = requests.request(
            method, f"{self._api}{path}", json=body, headers=self._headers, timeout=_TIMEOUT
        )
        answer.raise_for_status()
        return answer.json()


def wait_for(probe: Callable[[], T | None], *, seconds: float = 30.0) -> T | None:
    """The first answer that is something, asked for again and again within the time; else None."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = probe()
        if found:
            return found
        time.sleep(0.05)
    return None
