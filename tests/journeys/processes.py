"""The bot as the processes that people run, on a troupe's stage: started, killed with -9, waited for.

Run as `python -m tests.journeys.processes`, this is `roadcrew worker` that takes a dead one's work over after
3 seconds instead of 60. Everything else is the real command.
"""

import os
import re
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import redis
import requests

from bot.localhub.faults import Fault
from tests.fixtures.nursery import Nursling
from tests.journeys.troupe import NAME, until

LEASE = 3.0
WRITES = r"(?!.*/(access_tokens|git-upload-pack|attempts)$).*"
"""Paths of what changes the world: not of a token, a fetch or a redelivery."""
COMMANDS = {
    "serve": ["bot", "serve"],
    "worker": ["bot", "worker"],
    "hasty-worker": ["tests.journeys.processes"],
    "late-serve": ["tests.journeys.late", str(4 * 3600 + 60)],
}


class Processes:
    """All processes of one bot. With a Redis URL: a front and workers, which share it."""

    def __init__(self, troupe, redis_url="", **settings):
        self.troupe = troupe
        self.cache = troupe.folder / "bot"
        self._redis_url = redis_url
        self._running = []
        given = {
            "app_id": troupe.stage.app.id,
            "private_key": troupe.key,
            "webhook_secrets": troupe.secret,
            "platform_repo": NAME,
            "api_url": troupe.hub.api_url,
            "web_url": troupe.hub.url,
            "cache_dir": self.cache,
            "redis_url": redis_url,
            "port": 0,
            # One event after the other: only so the nth write is the same in every run.
            "concurrency": 1,
            "write_limits": "10000/second",
            "sweep_seconds": 86400,
            **settings,
        }
        search = {"PATH": str(Path(shutil.which("git")).parent)}
        self._environment = search | {f"ROADCREW_{name.upper()}": str(value) for name, value in given.items()}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in list(self._running):
            self.kill(process)

    def start(self, role):
        """The process, once it takes deliveries or work."""
        log = self.troupe.folder / f"{role}.log"
        process = Nursling(*COMMANDS[role], environment=self._environment, log=log)
        self._running.append(process)
        if role.endswith("serve"):
            line = process.stdout.readline()
            found = re.search(r"listens on (http://\S+)/webhooks", line)
            assert found, f"{line}\n{log.read_text()}"
            self._address = found[1]
            self.troupe.hub.set_webhook(self.troupe.stage.app, url=f"{self._address}/webhooks")
        return process

    def kill(self, process, number=signal.SIGKILL):
        """Signals the whole process group and waits for its end."""
        if process.poll() is None:
            os.killpg(process.pid, number)
        process.wait(60)
        process.stdout.close()
        self._running.remove(process)

    def work(self, role="serve"):
        """Starts a process that works, and settles after the sweep at its start."""
        before = self.sweeps()
        process = self.start(role)
        self.swept(before)
        return process

    def settle(self):
        """Until all deliveries are sent, and nothing waits or runs."""

        def is_quiet():
            return self.troupe.hub.hooks.wait_idle(1.0) and self._is_idle()

        # Twice: the work makes deliveries, and deliveries make work.
        until(lambda: is_quiet() and is_quiet(), "quiet")

    def forget(self):
        """Takes away all that the bot keeps on disk: mirrors, and the queue where there is no Redis."""
        shutil.rmtree(self.cache)

    def flush(self):
        """Takes away all that it keeps in Redis."""
        with redis.Redis.from_url(self._redis_url) as client:
            client.flushall()

    def swept(self, before=0):
        """Settles after more than so many sweeps."""
        until(lambda: self.sweeps() > before, "a sweep")
        self.settle()

    def _is_idle(self):
        health = requests.get(f"{self._address}/healthz", timeout=30).json()
        return health["waiting"] == health["running"] == 0

    def sweeps(self):
        """How many sweeps the queue has heard of."""
        if self._redis_url:
            with redis.Redis.from_url(self._redis_url, decode_responses=True) as client:
                names = client.keys("roadcrew:job:sweep-*")
            return len([name for name in names if "/" not in name])
        file = self.cache / "queue.sqlite"
        if not file.exists():
            return 0
        with closing(sqlite3.connect(file, timeout=30)) as db:
            query = "SELECT count(*) FROM job WHERE id LIKE 'sweep-%' AND id NOT LIKE '%/%'"
            return db.execute(query).fetchone()[0]


class Trap:
    """Holds the nth write (from 1) that is made from now on: `before` it is done, or `after` it and unanswered."""

    def __init__(self, troupe, number, moment):
        self._troupe = troupe
        match = {"method": "POST|PUT|PATCH|DELETE", "path": WRITES, "skip": number - 1}
        self._faults = [Fault(kind="hold", after=moment == "after", **match)]
        if moment == "before":
            # What is let go is not done: its sender had died before it reached GitHub.
            self._faults.append(Fault(kind="answer", body='{"message": "Server Error"}', **match))
        for fault in self._faults:
            troupe.hub.faults.add(fault)

    def wait(self):
        assert self._faults[0].wait_held(60), "there is no such write"

    def release(self):
        for fault in self._faults:
            fault.release()
            self._troupe.hub.faults.remove(fault.id)


def main():
    """`bot.cli.worker` with another lease."""
    from bot.settings import load_settings
    from bot.wiring import build_work, start_logging
    from workers.app import make_app, run_worker

    settings = load_settings()
    start_logging(settings)
    sys.exit(run_worker(make_app(settings, build_work, lease=LEASE)))


if __name__ == "__main__":
    main()
