"""The composition root: settings become adapters, adapters become ports. Nobody else builds an adapter."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from bot.adapters.budget import Priority, SharedBudget
from bot.adapters.every_judge import EveryJudge
from bot.adapters.git.mirror import GitMirror
from bot.adapters.github.forge import GitHub
from bot.adapters.github.redaction import guard_logs
from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.errors import Refused, Retry
from bot.model.event import Event, RepoRef
from bot.pipeline import run as run_event
from bot.pipeline import say_given_up
from bot.policy.verdict import Judge
from bot.ports import Ports, Queue, Work
from bot.report.selfcheck import sentences
from bot.settings import Settings
from bot.templating.jobs import Runner

log = logging.getLogger(__name__)

_REMEMBERED = 200_000
"""Results by content id that a process keeps before it forgets them all: some hundred MB at most."""


def now() -> datetime:
    """The clock of everything that runs for real."""
    return datetime.now(UTC)


def start_logging(settings: Settings) -> None:
    """One line an event on stderr, for people and for what collects logs. No secret gets through."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    redis = urlsplit(settings.redis_url.get_secret_value()).password if settings.redis_url else None
    guard_logs(*(secret.get_secret_value() for secret in settings.secrets), *filter(None, [redis]))


def build_forge(settings: Settings) -> GitHub:
    """GitHub, with the write budget that all workers share when there is Redis."""
    storage = settings.redis_url.get_secret_value() if settings.redis_url else "memory://"
    return GitHub.connect(
        api_url=settings.api_url,
        app_id=settings.app_id,
        private_key=settings.key.get_secret_value(),
        budget=SharedBudget(storage, clock=now, limits=settings.write_limits),
        clock=now,
    )


def check_setup(settings: Settings) -> tuple[str, ...]:
    """What stands in the way of the App's work, in sentences. Asks GitHub; never raises."""
    with build_forge(settings) as forge:
        found = forge.self_check(settings.platform_repo)
    return tuple(f"{said.message} {said.fix}".strip() for said in sentences(found))


def build_ports(settings: Settings, queue: Queue, *, forge: GitHub, run: Runner, judge: Judge) -> Ports:
    """The world as `settings` describe it. Sends nothing yet."""
    identity = _identity(forge, settings.platform_repo)
    mirror = GitMirror(
        settings.cache_dir / "mirrors",
        git_url=settings.web_url,
        token_for=forge.token_for,
        identity=identity,
    )
    return Ports(
        forge=forge,
        mirror=mirror,
        queue=queue,
        clock=now,
        run=run,
        schemas=ShippedSchemas(),
        judge=judge,
        identity_email=lambda: identity()[1],
        patient=forge.at(Priority.CAMPAIGN),
    )


def build_work(settings: Settings, queue: Queue) -> Work:
    """What the workers call."""
    forge, sandbox, judge = build_forge(settings), Sandbox(), EveryJudge(settings.opa)

    def close() -> None:
        judge.close()
        sandbox.close()
        forge.close()

    return replace(work(build_ports(settings, queue, forge=forge, run=sandbox, judge=judge)), close=close)


def work(ports: Ports) -> Work:
    """The pipeline on these ports."""

    def handle(event: Event) -> None:
        _forget_at(_REMEMBERED, ports.memo)
        run_event(event, ports)

    def failed(event: Event, reason: str) -> None:
        try:
            say_given_up(event, reason, ports)
        except (Retry, Refused) as problem:
            log.warning("delivery=%s was given up, and that could not be shown: %s", event.delivery, problem)

    return Work(handle, failed)


def _forget_at(limit: int, memo: Any) -> None:
    if len(memo) > limit:
        memo.clear()


def _identity(forge: GitHub, repo: RepoRef) -> Callable[[], tuple[str, str]]:
    """The name and address of the App's commits. Asked once, when it is needed."""

    @cache
    def asked() -> tuple[str, str]:
        return forge.access.author(repo)

    return asked
