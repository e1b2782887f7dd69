"""A local GitHub and the real bot, for journeys: web front, queue, runner and adapters in this process.

Everything between the two goes over HTTP and git. What is said is held against GitHub's own description.
"""

import secrets
import sqlite3
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr
from waitress.server import create_server

from bot.adapters.every_judge import EveryJudge
from bot.adapters.queue.attempt import ENDS
from bot.adapters.queue.local import LocalRunner
from bot.adapters.queue.sqlite import SqliteQueue
from bot.adapters.sandbox import Sandbox
from bot.demo.stage import build_stage
from bot.localhub.server import LocalHub
from bot.model.event import RepoRef
from bot.settings import Settings
from bot.web.app import create_app
from bot.wiring import build_forge, build_ports, now
from bot.wiring import work as build
from tests.conformance.recorder import Conformance
from tests.platforms import PLATFORM

REPO = RepoRef(owner="acme", name="platform")
NAME = str(REPO)
ONE_STAGE = {path: text for path, text in PLATFORM.items() if path != "catalog/prod.yaml"}
"""Without a later environment nothing is promoted: the pull requests are those of the tests."""
PATIENCE = 60.0
SANDBOX, JUDGE = Sandbox(), EveryJudge()
"""One of each for all bots in this process: its children keep nothing of a job that another could see."""


def until(condition, what="it", seconds=PATIENCE):
    """The first true answer; fails with `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come about in time"
        time.sleep(0.02)
    return found


def assert_ended_well(states, end="done"):
    """All that was queued ended so, or newer work took it over; at least one of them ended so."""
    found = {str(state) for state in states.values()}
    assert end in found, states
    assert found <= {end, "superseded"}, states


class Troupe:
    """The stage and its players. `bot()` runs the bot for a block; the hub is there all the time."""

    def __init__(self, folder: Path, key: str, *, files=ONE_STAGE):
        self.folder = folder
        self.secret = secrets.token_hex(24)
        self.later = 0.0
        """By how many seconds GitHub's clock is ahead of the true time: a few do no harm."""
        self.hub = LocalHub(folder / "hub", clock=self.github_clock)
        self.conformance = Conformance()
        self.files = files
        self.key = key
        self.stage = None
        self.port = 0
        self.ahead = timedelta()
        """By how much the bot's clock is ahead of GitHub's. Tokens and queue keep to the true time."""

    def __enter__(self):
        self._start_hub()
        self.stage = build_stage(
            self.hub, webhook_url="", webhook_secret=self.secret, files=self.files, private_key=self.key
        )
        return self

    def _start_hub(self):
        self.hub.start()
        server = self.hub._server
        server.application = self.conformance.around(server.application)

    @contextmanager
    def github_down(self):
        """Nobody answers at the hub's address for a block; then the same world is back."""
        port = urlsplit(self.hub.url).port
        self.hub.stop()
        yield
        self.hub = LocalHub(self.folder / "hub", port=port, clock=self.github_clock)
        self.stage = replace(self.stage, hub=self.hub)
        self._start_hub()

    @contextmanager
    def entered(self):
        """As a `with` of it, on a stage that stands already."""
        try:
            yield self
        finally:
            self.__exit__()

    def __exit__(self, *_):
        for delivery in self.hub.deliveries(self.stage.app):
            self.conformance.hear(delivery.event, delivery.request_payload)
        self.hub.stop()

    def settings(self, **more):
        given = {
            "app_id": self.stage.app.id,
            "private_key": SecretStr(self.key),
            "webhook_secrets": SecretStr(self.secret),
            "platform_repo": REPO,
            "api_url": self.hub.api_url,
            "web_url": self.hub.url,
            "cache_dir": self.folder / "bot",
            "write_limits": "10000/second",
            "sweep_seconds": 86400,
        }
        return Settings(**{**given, **more})

    @contextmanager
    def bot(self, *, sweeps=False, **more):
        """The bot at work; its queue, to look at."""
        settings = self.settings(**more)
        with ExitStack() as stack:
            queue = stack.enter_context(SqliteQueue(settings.cache_dir / "queue.sqlite"))
            forge = build_forge(settings)
            stack.callback(forge.close)
            ports = build_ports(settings, queue, forge=forge, run=SANDBOX, judge=JUDGE)
            work = build(replace(ports, clock=self.clock))
            sweep = REPO if sweeps else None
            stack.enter_context(LocalRunner(queue, work, threads=2, sweep=sweep, sweep_seconds=3600))
            self._listen(stack, create_app(settings.secrets, queue, platform=REPO))
            yield queue

    def github_clock(self):
        """Seconds since 1970."""
        return time.time() + self.later

    def clock(self):
        """The bot's."""
        return now() + timedelta(seconds=self.later) + self.ahead

    def _listen(self, stack, app):
        server = create_server(app, host="127.0.0.1", port=self.port, threads=4)
        self.port = server.effective_port
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        self.hub.set_webhook(self.stage.app, url=f"http://127.0.0.1:{self.port}/webhooks")

        def stop():
            # The server's thread may close the trigger before this one has done pulling it.
            with suppress(OSError):
                server.trigger.pull_trigger(server.close)
            server.task_dispatcher.shutdown()

        stack.callback(stop)

    def settle(self, queue):
        """Until all deliveries are sent and all work has ended; how each event ended."""

        def is_quiet():
            return self.hub.hooks.wait_idle(1.0) and all(state in ENDS for state in queue.states().values())

        # Twice: the work makes deliveries, and deliveries make work.
        until(lambda: is_quiet() and is_quiet(), "quiet")
        return queue.states()

    def swept(self, queue):
        """`settle`, once the sweep at the bot's start has begun."""
        until(lambda: any(delivery.startswith("sweep-") for delivery in queue.states()), "a sweep")
        return self.settle(queue)

    def ended_well(self, queue, *, swept=False):
        """`settle` or `swept`; and nothing failed. What newer work took over is superseded, and that is well.

        Which of two events of one pull request is worked on is a matter of time, and no test's.
        """
        states = (self.swept if swept else self.settle)(queue)
        assert_ended_well(states)
        return states

    def waiting(self):
        """What waits in the bot's queue: delivery -> (seconds until its time comes, why it waits)."""
        with closing(sqlite3.connect(self.folder / "bot" / "queue.sqlite", timeout=30)) as file:
            rows = file.execute("SELECT id, due, reason FROM job WHERE state = 'waiting'").fetchall()
        return {delivery: (due - time.time(), reason) for delivery, due, reason in rows}

    def delivery(self, name):
        """The newest delivery of `event` or `event.action`, as the hub's log has it."""
        found = [
            one
            for one in self.hub.deliveries(self.stage.app)
            if name in (one.event, f"{one.event}.{one.action}")
        ]
        return found[-1]

    def redeliver(self, name):
        """Someone presses "Redeliver" on the newest of them."""
        return self.hub.hooks.redeliver(self.delivery(name))

    def hurry(self):
        """Someone presses "Redeliver" on all that waits in the bot's queue: its time has come."""
        waiting = self.waiting()
        for one in self.hub.deliveries(self.stage.app):
            if one.guid in waiting and not one.is_redelivery:
                self.hub.hooks.redeliver(one)

    def change(self, branch, files, *, by="developer"):
        """Commits files (None: deletes) to a branch, new or not."""
        return self.hub.commit(NAME, branch, files, by=by, message="Change files")

    def open(self, files, *, branch="change", by="developer"):
        """A pull request with these files; its number."""
        self.change(branch, files, by=by)
        return self.hub.open_pull(NAME, head=branch, by=by).number

    def merge(self, number, *, by="reviewer"):
        self.hub.review(NAME, number, "APPROVE", by=by)
        return self.hub.merge(NAME, number, by=by)

    def bodies(self, number):
        """The bot's comments of a thread."""
        bot = self.hub.account("roadcrew[bot]").id
        return [comment.body for comment in self.hub.comments(NAME, number) if comment.author_id == bot]

    def runs(self, sha, *, latest=True):
        return [run for run in self.hub.check_runs(NAME, sha, latest=latest) if run.name == "roadcrew"]

    def conclusion(self, number):
        """The newest check run of a pull request's head: its conclusion, None while there is none."""
        runs = self.runs(self.hub.pull(NAME, number).head_sha)
        return runs[-1].conclusion if runs else None

    def dev(self):
        """What stands on env/dev."""
        return {path: data.decode() for path, data in self.hub.files(NAME, "env/dev").items()}

    def log(self, branch="env/dev"):
        """Messages of a branch's commits, newest first."""
        if branch not in self.hub.branches(NAME):
            return []
        out = self.hub.git(NAME).run("log", "--format=%B%x00", branch).decode()
        return [message.strip() for message in out.split("\0") if message.strip()]

    def writes(self):
        """How many requests changed something."""
        return [
            one
            for one in self.conformance.exchanges
            if one.method != "GET" and "/access_tokens" not in one.path
        ]
