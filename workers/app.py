"""The Celery app of a worker: late acknowledgement, one task at a time, a clock for sweeps and retries."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any, Final

from celery import Celery, signals
from kombu import Queue

from bot.adapters.queue.broker import (
    CLOCK_QUEUE,
    LEASE,
    LEASES,
    RELEASE,
    SWEEP,
    TIME_LIMIT,
    CeleryQueue,
    celery_app,
    connect,
    queue_name,
)
from bot.adapters.queue.local import sweep_due
from bot.errors import Retry
from bot.settings import Settings
from workers.bench import Bench, BuildWork, redis_url
from workers.tasks import add_tasks

log = logging.getLogger("roadcrew.worker")

RELEASE_SECONDS: Final = 2.0
"""How often events are looked for whose time has come: retries, busy ones, those of dead workers."""


def make_app(settings: Settings, build_work: BuildWork, *, lease: float = LEASE) -> Celery:
    """The app of a worker that does this work. Raises UserError without a Redis URL.

    `lease`: seconds without a sign of life after which its work is given to another.
    """
    app = celery_app(redis_url(settings))
    app.conf.update(
        task_queues=[
            *(Queue(queue_name(number), routing_key=queue_name(number)) for number in settings.worker_queues),
            # One of its own: a long backlog must not stop the clock.
            Queue(CLOCK_QUEUE, routing_key=CLOCK_QUEUE),
        ],
        # A killed worker's task goes back to the queue instead of being lost.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=TIME_LIMIT,
        worker_prefetch_multiplier=1,
        worker_concurrency=settings.concurrency,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_max_retries=None,
        # In memory: there is nothing about the schedule that should outlive the process.
        beat_scheduler="celery.beat:Scheduler",
        beat_schedule={
            "release": _every(RELEASE_SECONDS, RELEASE, expires=10.0),
            "leases": _every(settings.lease_seconds, LEASES, expires=float(settings.lease_seconds)),
            "sweep": _every(settings.sweep_seconds, SWEEP, expires=float(settings.sweep_seconds)),
        },
    )
    bench = Bench(app, settings, build_work, lease=lease)
    add_tasks(app, bench)
    _at_start_and_end(app, settings, bench)
    return app


def run_worker(app: Celery) -> int:
    """Works until SIGTERM or SIGINT, lets tasks under way end, and returns the exit code."""
    worker = app.Worker(
        beat=True,
        quiet=True,
        loglevel="INFO",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _every(seconds: float, task: str, *, expires: float) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"queue": CLOCK_QUEUE, "expires": expires}}


def _at_start_and_end(app: Celery, settings: Settings, bench: Bench) -> None:
    def catch_up(**_: object) -> None:
        # Whatever was missed while no worker ran is found now, not after the first interval.
        try:
            with connect(redis_url(settings)) as client:
                queue = CeleryQueue(client, app)
                queue.release(early=True)
                queue.put(sweep_due(settings.platform_repo, datetime.now(UTC)))
        except Retry as error:
            log.warning("%s", error.reason)

    def close(**_: object) -> None:
        bench.close()

    signals.worker_ready.connect(catch_up, weak=False)
    signals.worker_process_shutdown.connect(close, weak=False)
