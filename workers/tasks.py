"""The four tasks. Each calls one function; what may go wrong there is written down there."""

from __future__ import annotations

from celery import Celery

from bot.adapters.queue.broker import LEASES, RELEASE, SWEEP, WORK
from workers.bench import Bench


def add_tasks(app: Celery, bench: Bench) -> None:
    """Registers the tasks under the names that senders use."""

    @app.task(name=WORK, shared=False)
    def work(delivery: str) -> None:
        bench.take(delivery)

    @app.task(name=RELEASE, shared=False)
    def release() -> None:
        bench.release()

    @app.task(name=SWEEP, shared=False)
    def sweep() -> None:
        bench.sweep()

    @app.task(name=LEASES, shared=False)
    def leases() -> None:
        bench.leases()
