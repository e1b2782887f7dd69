"""Runs a hub on a loopback port, in this process: `with LocalHub(folder) as hub: ... hub.url ...`.

The folder keeps everything; a hub on the same folder goes on where the last one stopped.
"""

from __future__ import annotations

import secrets
import threading
import time
from pathlib import Path
from typing import Any, Self

from waitress.server import create_server
from waitress.wasyncore import close_all, loop

from bot.localhub import site
from bot.localhub.access import Actor
from bot.localhub.acts import pushes
from bot.localhub.api.rest import PREFIX
from bot.localhub.faults import Faults
from bot.localhub.front import Front, Requests
from bot.localhub.hooks import Sender
from bot.localhub.hub import Hub
from bot.localhub.limits import Limits
from bot.localhub.records import Account, Repository
from bot.localhub.world import Clock, World

THREADS = 24
"""Requests at a time; held ones take a thread each."""
_STOP_SECONDS = 15.0


class LocalHub(Hub):
    """A hub with its server. `faults`, `limits`, `requests` and `hooks` are there for tests to play with."""

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock = time.time,
        threads: int = THREADS,
    ) -> None:
        super().__init__(World(folder, clock=clock))
        self.faults = Faults()
        self.limits = Limits(clock)
        self.requests = Requests()
        self.hooks = Sender(self.world, self.faults)
        self.admin_token = secrets.token_hex(16)
        self._address = (host, port)
        self._threads = threads
        self._server: Any = None
        self._loop: threading.Thread | None = None
        self._is_stopping = threading.Event()

    @property
    def url(self) -> str:
        """The site, as `https://github.com`; git's addresses are `<url>/<owner>/<name>.git`."""
        return self.world.html_url

    git_url = url

    @property
    def api_url(self) -> str:
        """The REST API, as `https://api.github.com`."""
        return self.world.api_url

    def clone_url(self, full_name: str, token: str = "") -> str:
        """Git's address of a repository. With a token it holds a secret: for tests only."""
        scheme, _, host = self.url.partition("://")
        return f"{scheme}://{f'x-access-token:{token}@' if token else ''}{host}/{full_name}.git"

    def start(self) -> Self:
        """Listen, tell of what moved on disk meanwhile, and send what was left unsent."""
        flask = site.build(
            self.world,
            limits=self.limits,
            sender=self.hooks,
            faults=self.faults,
            requests=self.requests,
            admin_token=self.admin_token,
        )
        front = Front(flask, self.faults, self.requests)
        host, port = self._address
        self._server = create_server(front, host=host, port=port, threads=self._threads, ident="localhub")
        self.world.html_url = f"http://{host}:{self._server.effective_port}"
        self.world.api_url = self.world.html_url + PREFIX
        self.hooks.start()
        for repo in self.world.store.find(Repository):
            pushes.sync(self.world, repo, Actor(self.world.store.get(Account, repo.owner_id)))
        self._loop = threading.Thread(target=self._run, name="localhub", daemon=True)
        self._loop.start()
        return self

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            loop(timeout=1.0, use_poll=True, map=self._server._map, count=1)  # noqa: SLF001

    def stop(self) -> None:
        """Let held requests go, answer no more, keep everything."""
        self.faults.clear()
        server, thread = self._server, self._loop
        if server is not None and thread is not None:
            # waitress has no stop of its own that another thread may call.
            self._is_stopping.set()
            server.pull_trigger()
            thread.join(_STOP_SECONDS)
            server.task_dispatcher.shutdown()
            close_all(server._map)  # noqa: SLF001
        self._server = self._loop = None
        self.hooks.stop()
        self.world.close()

    def wait(self) -> None:
        """Wait until the server ends; for the command line."""
        if self._loop is not None:
            self._loop.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
