"""`roadcrew worker`: takes work from Redis, many processes on many machines if need be."""

from __future__ import annotations

import sys
from typing import Any

import click

from bot import __version__
from bot.cli.options import epilog, with_settings
from bot.settings import load_settings


@click.command(epilog=epilog())
@with_settings
def worker(**flags: Any) -> None:
    """Do the work of a `roadcrew serve` that shares Redis with it.

    Any number may run; each also keeps the clock for sweeps and retries. Flags go before variables.
    """
    settings = load_settings(flags)
    from bot.wiring import build_work, start_logging
    from workers.app import make_app, run_worker

    start_logging(settings)
    app = make_app(settings, build_work)
    queues = ", ".join(str(number) for number in settings.worker_queues)
    click.echo(
        f"Roadcrew {__version__} works on {settings.platform_repo}, {settings.concurrency} events at a time, "
        f"from queues {queues}."
    )
    sys.exit(run_worker(app))
