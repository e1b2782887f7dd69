"""`roadcrew serve`: the web front, and without Redis the work too, in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import click

from bot import __version__
from bot.cli.options import epilog, with_settings
from bot.errors import Retry
from bot.ports import WatchableQueue
from bot.settings import Settings, load_settings
from workers.bench import BuildWork

SelfCheck = Callable[[Settings], Sequence[str]]
"""Asks GitHub whether the App is set up as it must be; what is missing, in sentences."""


@click.command(epilog=epilog())
@with_settings
def serve(**flags: Any) -> None:
    """Receive GitHub's webhooks and do the work.

    With Redis, the work is done by `roadcrew worker` processes. Flags go before variables.
    """
    settings = load_settings(flags)
    from bot.wiring import build_work, check_setup, start_logging

    start_logging(settings)
    run(settings, build_work, check_setup)


def run(settings: Settings, build_work: BuildWork, self_check: SelfCheck = lambda _: ()) -> None:
    """Serves until SIGTERM or SIGINT. Raises UserError when it cannot start."""
    for warning in (*settings.warnings, *self_check(settings)):
        click.echo(f"Warning: {warning}", err=True)
    if settings.redis_url is None:
        _alone(settings, build_work)
    else:
        _with_redis(settings, settings.redis_url.get_secret_value())


def _alone(settings: Settings, build_work: BuildWork) -> None:
    from bot.adapters.queue.local import LocalRunner
    from bot.adapters.queue.sqlite import SqliteQueue

    with SqliteQueue(settings.cache_dir / "queue.sqlite") as queue, ExitStack() as stack:
        work = build_work(settings, queue)
        stack.callback(work.close)
        runner = LocalRunner(
            queue,
            work,
            threads=settings.concurrency,
            sweep=settings.platform_repo,
            sweep_seconds=settings.sweep_seconds,
            lease_seconds=settings.lease_seconds,
        )
        with runner:
            _serve(settings, queue, f"works in this process, its queue is {settings.cache_dir}/queue.sqlite")


def _with_redis(settings: Settings, url: str) -> None:
    from bot.adapters.queue.broker import CeleryQueue, celery_app, connect

    with connect(url) as client:
        queue = CeleryQueue(client, celery_app(url))
        try:
            queue.probe()
        except Retry as error:
            # Redis may come later than we do, so this ends nothing.
            click.echo(
                f"Warning: {error.reason} Until it can be written, deliveries are answered with 503. "
                "Check ROADCREW_REDIS_URL and that Redis runs.",
                err=True,
            )
        _serve(settings, queue, "leaves the work to `roadcrew worker`")


def _serve(settings: Settings, queue: WatchableQueue, how: str) -> None:
    from bot.web.app import WEBHOOKS, create_app
    from bot.web.server import serve_http

    def listening(address: str) -> None:
        click.echo(
            f"Roadcrew {__version__} listens on {address}{WEBHOOKS}, "
            f"watches {settings.platform_repo}, and {how}."
        )

    serve_http(
        create_app(settings.secrets, queue, platform=settings.platform_repo),
        host=settings.host,
        port=settings.port,
        threads=settings.web_threads,
        listening=listening,
    )
