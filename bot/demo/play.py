"""Plays the story: starts the local GitHub and the bot, narrates each step with its time, and cleans up."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests
from rich.console import Console
from rich.markup import escape

from bot.demo.people import wait_for
from bot.demo.stage import ORGANIZATION, PLATFORM, Stage, build_stage
from bot.demo.story import Step, Story, check
from bot.errors import RoadcrewError, UserError
from bot.localhub.server import LocalHub

PATIENCE = 60.0
"""Seconds that one step may take."""
_START_SECONDS = 60.0
_LAST_LINES = 30
_LISTENS = re.compile(r"listens on (http://\S+/webhooks)")


def play(
    console: Console,
    *,
    is_once: bool,
    port: int = 0,
    wait: Callable[[Stage], None],
    patience: float = PATIENCE,
) -> bool:
    """Whether every step reached its expected state within `patience` seconds.

    Without `is_once`, `wait` keeps the stage open. Raises UserError when the stage cannot be built.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="roadcrew-demo-")))
        started = time.monotonic()
        hub = stack.enter_context(LocalHub(folder / "hub", port=port, has_content_limits=True))
        stage, environment = _prepare(hub, folder)
        _say(console, "a local GitHub, with a platform repo and two service repos", started, [hub.url])
        started = time.monotonic()
        try:
            address = stack.enter_context(_bot(environment, folder / "bot.log"))
        except UserError as error:
            console.print(f"[red]\u2718[/] [bold]the bot: roadcrew serve[/]: {escape(str(error))}")
            return False
        hub.set_webhook(stage.app, url=address)
        _say(
            console,
            "the bot: roadcrew serve, with its queue in a file",
            started,
            [environment["ROADCREW_CACHE_DIR"]],
        )
        for step in Story(stage, folder / "people").steps():
            if not _is_done(console, step, patience):
                console.print("The end of the bot's log:", style="dim")
                console.print(escape(_end_of(folder / "bot.log")), style="dim")
                return False
        if not is_once:
            wait(stage)
    return True


def _prepare(hub: LocalHub, folder: Path) -> tuple[Stage, Mapping[str, str]]:
    secret = secrets.token_hex(24)
    stage = build_stage(hub, webhook_url="", webhook_secret=secret)
    key = folder / "app.pem"
    key.touch(mode=0o600)
    key.write_text(stage.app.private_key)
    environment = {
        "ROADCREW_APP_ID": str(stage.app.id),
        "ROADCREW_PRIVATE_KEY_FILE": str(key),
        "ROADCREW_WEBHOOK_SECRETS": secret,
        "ROADCREW_PLATFORM_REPO": f"{ORGANIZATION}/{PLATFORM}",
        "ROADCREW_API_URL": hub.api_url,
        "ROADCREW_WEB_URL": hub.url,
        "ROADCREW_CACHE_DIR": str(folder / "bot"),
        "ROADCREW_PORT": "0",
    }
    return stage, environment


@contextmanager
def _bot(environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """The real command in a process of its own, until the end of the block; where it takes webhooks."""
    # Nothing of the user's own ROADCREW_* variables may reach it; git must be found.
    search = {"PATH": str(Path(shutil.which("git") or "/usr/bin/git").parent)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"], env={**search, **environment}, stdout=out, stderr=out
        )
    try:
        (address,) = wait_for(lambda: _started(process, log), seconds=_START_SECONDS) or ("",)
        if not address:
            raise UserError(f"The bot did not start. The end of its log:\n{_end_of(log)}")
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=25)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _started(process: subprocess.Popen[bytes], log: Path) -> tuple[str] | None:
    """Where it listens, as it says itself; nowhere when it has ended. None: not yet."""
    has_ended = process.poll() is not None
    said = _LISTENS.search(log.read_text(errors="replace"))
    if said is None and not has_ended:
        return None
    return (said[1] if said else "",)


def _is_done(console: Console, step: Step, patience: float) -> bool:
    """Plays a step and says how it went."""
    started = time.monotonic()
    try:
        facts = check(step, seconds=patience)
        why = f"this did not come about within {patience:g} s"
    except (requests.RequestException, RoadcrewError) as error:
        facts, why = None, str(error)
    if facts is None:
        console.print(f"[red]\u2718[/] [bold]{escape(step.title)}[/]: {escape(why)}")
        return False
    _say(console, step.title, started, facts)
    return True


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:])


def _say(console: Console, title: str, started: float, facts: list[str]) -> None:
    console.print(f"[green]\u2714[/] [bold]{escape(title)}[/] [dim]{time.monotonic() - started:.2f} s[/]")
    for fact in facts:
        console.print(f"    {escape(fact)}", style="dim", highlight=False)
