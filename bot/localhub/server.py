"""Runs a hub on a loopback port, in this process: `with LocalHub(folder) as hub: ... hub.url ...`.

The folder keeps everything; a hub on the same folder goes on where the last one stopped.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import threading
import time
from pathlib import Path
from typing import Any, Self

from waitress.server import create_server
from waitress.wasyncore import close_all, loop

from bot.errors import UserError
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
_LOOK_SECONDS = 0.5
_LAST_PORT = 65_535


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
        has_content_limits: bool = False,
    ) -> None:
        """`has_content_limits`: refuse what GitHub would as too much content, 80 a minute and 500 an hour.

        Raises UserError when the folder cannot be used or belongs to another hub, and when there is no git.
        """
        if shutil.which("git") is None:
            raise UserError("There is no git on the PATH.", fix="Install git 2.39 or newer.")
        super().__init__(World(folder, clock=clock))
        self.faults = Faults()
        self.limits = Limits(clock)
        if has_content_limits:
            self.limits.settings.like_github()
        self.requests = Requests()
        self.hooks = Sender(self.world, self.faults)
        self.admin_token = secrets.token_hex(16)
        self._address = (host, port)
        self._threads = threads
        self._server: Any = None
        self._loop: threading.Thread | None = None
        self._is_stopping = threading.Event()
        self._has_ended = False

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
        """Listen, tell of what moved on disk meanwhile, and send what was left unsent.

        Raises UserError, and lets go of the folder, when the address cannot be had.
        """
        flask = site.build(
            self.world,
            limits=self.limits,
            sender=self.hooks,
            faults=self.faults,
            requests=self.requests,
            admin_token=self.admin_token,
        )
        front = Front(flask, self.faults, self.requests)
        try:
            self._server = _listening(front, *self._address, threads=self._threads)
        except UserError:
            self.stop()
            raise
        host = self._address[0]
        name = f"[{host}]" if ":" in host else host
        self.world.html_url = f"http://{name}:{self._server.effective_port}"
        self.world.api_url = self.world.html_url + PREFIX
        self.hooks.start()
        for repo in self.world.store.find(Repository):
            pushes.sync(self.world, repo, Actor(self.world.store.get(Account, repo.owner_id)))
        self._loop = threading.Thread(target=self._run, name="localhub", daemon=True)
        self._loop.start()
        return self

    def _run(self) -> None:
        try:
            while not self._is_stopping.is_set():
                loop(timeout=1.0, use_poll=True, map=self._server._map, count=1)  # noqa: SLF001
        finally:
            self._has_ended = True

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
        """Wait until the server ends; for the command line. A signal is heard within half a second."""
        # The system gives a signal to any thread that takes it first, such as one that starts git just now.
        # Only the main one acts on it, so that one must not sleep for good in a lock that nobody lets go.
        while self._loop is not None and not self._has_ended:
            time.sleep(_LOOK_SECONDS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _listening(front: Front, host: str, port: int, *, threads: int) -> Any:
    """A server that listens. Raises UserError."""
    fix = "Choose another host or port; port 0 takes a free one."
    if not host:
        raise UserError("The host to listen on is blank.", fix=fix)
    if not 0 <= port <= _LAST_PORT:
        raise UserError(f"There is no port {port}: ports go from 0 to {_LAST_PORT}.", fix=fix)
    try:
        # One address: for a name with several, waitress makes a server of another kind.
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        # Bound here: waitress leaves its sockets open when it cannot bind them.
        bound = socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(f"Cannot listen on {host} port {port}: {said}.", fix=fix) from None
    return create_server(front, sockets=[bound], threads=threads, ident="localhub")
