"""A hub with one organization, one repository and one App; a receiver of webhooks; a REST client; real git."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest

from bot.localhub.acts.apps import generate_key
from bot.localhub.records import App, Installation
from bot.localhub.server import LocalHub

PERMISSIONS = {
    "checks": "write",
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "members": "read",
    "administration": "write",
}
EVENTS = (
    "pull_request",
    "push",
    "issue_comment",
    "pull_request_review",
    "check_run",
    "check_suite",
    "create",
    "delete",
    "repository",
)
SECRET = "a secret of the tests, long enough"


def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Poll until the condition gives something true, and give that."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.005)
    return found


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Rest:
    """A REST client with one credential."""

    hub: LocalHub
    credential: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.credential:
            sent.setdefault("Authorization", f"Bearer {self.credential}")
        data = json.dumps(body) if body is not None and not isinstance(body, str) else body
        connection = http.client.HTTPConnection(self.hub.url.removeprefix("http://"), timeout=30)
        try:
            target = path if path.startswith("/_") else "/api/v3" + path.removeprefix(self.hub.api_url)
            connection.request(method, target, data, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Any:
        answer = self("GET", path, **headers)
        assert answer.status == 200, answer.raw
        return answer.json


@dataclass
class Received:
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def name(self) -> str:
        action = self.json.get("action")
        return self.headers["x-github-event"] + (f".{action}" if action else "")


class Receiver:
    """Takes webhooks and answers `status`."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.status = 202
        self.wait = threading.Event()
        self.wait.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.wait.wait(10)
                receiver.received.append(Received({k.lower(): v for k, v in self.headers.items()}, raw))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def names(self) -> list[str]:
        return [one.name for one in self.received]

    def of(self, name: str) -> list[Any]:
        return [one.json for one in self.received if one.name == name]

    def stop(self) -> None:
        self.wait.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture(scope="session")
def key() -> str:
    return generate_key()[0]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LocalHub]:
    """Users developer (owner), reviewer (member), stranger; acme/platform, private, with two files."""
    with LocalHub(tmp_path / "hub") as hub:
        for login in ("developer", "reviewer", "stranger"):
            hub.create_user(login)
        hub.create_org("acme", owners=["developer"], members=["reviewer"])
        hub.create_repo(
            "acme/platform",
            {"README.md": "# Platform\n", "catalog/shop.yaml": "kind: Component\n"},
            private=True,
            by="developer",
        )
        hub.grant("acme/platform", "reviewer", "push")
        yield hub


@pytest.fixture
def developer(hub: LocalHub) -> Rest:
    return Rest(hub, hub.user_token("developer"))


@pytest.fixture
def reviewer(hub: LocalHub) -> Rest:
    return Rest(hub, hub.user_token("reviewer"))


@pytest.fixture
def stranger(hub: LocalHub) -> Rest:
    return Rest(hub, hub.user_token("stranger"))


@dataclass
class Bot:
    """The App, its installation, and clients with its JWT and its installation token."""

    hub: LocalHub
    app: App
    installation: Installation

    def jwt(self, **claims: Any) -> str:
        now = int(self.hub.world.clock())
        said = {"iss": str(self.app.id), "iat": now - 10, "exp": now + 300} | claims
        return jwt.encode(said, self.app.private_key, algorithm="RS256")

    @property
    def as_app(self) -> Rest:
        return Rest(self.hub, self.jwt())

    def token(self, **asked: Any) -> str:
        answer = self.as_app("POST", f"/app/installations/{self.installation.id}/access_tokens", asked)
        assert answer.status == 201, answer.raw
        token: str = answer.json["token"]
        return token

    @property
    def rest(self) -> Rest:
        return Rest(self.hub, self.hub.installation_token(self.installation))


@pytest.fixture
def bot(hub: LocalHub, receiver: Receiver, key: str) -> Bot:
    app = hub.create_app(
        "Road Crew",
        owner="acme",
        permissions=PERMISSIONS,
        events=EVENTS,
        webhook_url=receiver.url,
        webhook_secret=SECRET,
        private_key=key,
    )
    installation = hub.install(app, "acme")
    assert hub.hooks.wait_idle()
    receiver.received.clear()
    return Bot(hub, app, installation)


@dataclass
class Clone:
    """A work tree of a user."""

    path: Path

    def __call__(self, *argv: str, fails: bool = False) -> str:
        identity = ["-c", "user.name=developer", "-c", "user.email=developer@example.com"]
        done = subprocess.run(
            ["git", *identity, *argv],
            cwd=self.path,
            capture_output=True,
            text=True,
            timeout=60,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.path),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_TERMINAL_PROMPT": "0",
            },
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr
        return (done.stdout + done.stderr).strip()

    def commit(self, files: dict[str, str], message: str = "Change") -> str:
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text, encoding="utf-8")
        self("add", "-A")
        self("commit", "-q", "-m", message)
        return self("rev-parse", "HEAD")


@pytest.fixture
def clone(hub: LocalHub, tmp_path: Path) -> Callable[..., Clone]:
    """`clone("acme/platform", by="developer")` gives a work tree with that user's token in its remote."""
    count = iter(range(100))

    def cloned(full_name: str = "acme/platform", *, by: str = "developer", token: str = "") -> Clone:
        work = Clone(tmp_path / f"work{next(count)}")
        work.path.mkdir()
        work("clone", "-q", hub.clone_url(full_name, token or hub.user_token(by)), ".")
        return work

    return cloned
