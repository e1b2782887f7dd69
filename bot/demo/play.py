"""Plays the story: starts the local GitHub and the bot, narrates each step with its time, and cleans up."""

from __future__ import annotations

import secrets
import shutil
import socket
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
from bot.demo.story import Story
from bot.errors import UserError
from bot.localhub.server import LocalHub

_STEP_SECONDS = 60.0
_START_SECONDS = 60.0


def play(console: Console, *, is_once: bool, port: int = 0, wait: Callable[[Stage], None]) -> bool:
    """Whether every step reached its expected state. Without `is_once`, `wait` keeps the stage open."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="roadcrew-demo-")))
        started = time.monotonic()
        hub = stack.enter_context(LocalHub(folder / "hub", port=port))
        stage, environment, bot_port = _prepare(hub, folder)
        _say(console, "a local GitHub, with a platform repo and two service repos", started, [hub.url])
        started = time.monotonic()
        log = stack.enter_context((folder / "bot.log").open("wb"))
        stack.enter_context(_bot(environment, bot_port, log.fileno()))
        _say(
            console,
            "the bot: roadcrew serve, with its queue in a file",
            started,
            [environment["ROADCREW_CACHE_DIR"]],
        )
        failed = _tell(console, Story(stage, folder / "people"))
        if failed:
            _explain(console, failed, folder / "bot.log")
            return False
        if not is_once:
            wait(stage)
    return True


def _prepare(hub: LocalHub, folder: Path) -> tuple[Stage, Mapping[str, str], int]:
    port, secret = _free_port(), secrets.token_hex(24)
    stage = build_stage(hub, webhook_url=f"http://127.0.0.1:{port}/webhooks", webhook_secret=secret)
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
        "ROADCREW_PORT": str(port),
    }
    return stage, environment, port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _bot(environment: Mapping[str, str], port: int, log: int) -> Iterator[None]:
    """The real command in a process of its own, until the end of the block."""
    # Nothing of the user's own ROADCREW_* variables may reach it; git must be found.
    search = {"PATH": str(Path(shutil.which("git") or "/usr/bin/git").parent)}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"], env={**search, **environment}, stdout=log, stderr=log
    )
    try:
        if wait_for(lambda: _is_up(process, port), seconds=_START_SECONDS) is None:
            raise UserError("The bot did not start.", fix="Its log says why.")
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=25)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_up(process: subprocess.Popen[bytes], port: int) -> bool:
    if process.poll() is not None:
        raise UserError(f"The bot ended at once, with exit code {process.returncode}.")
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=2).ok
    except requests.ConnectionError:
        return False


def _tell(console: Console, story: Story) -> str:
    """Plays each step; the title of the first that did not reach its end, empty when all did."""
    for step in story.steps():
        started = time.monotonic()
        step.act()
        facts = wait_for(step.check, seconds=_STEP_SECONDS)
        if facts is None:
            return step.title
        _say(console, step.title, started, facts)
    return ""


def _say(console: Console, title: str, started: float, facts: list[str]) -> None:
    console.print(f"[green]\u2714[/] [bold]{escape(title)}[/] [dim]{time.monotonic() - started:.2f} s[/]")
    for fact in facts:
        console.print(f"    {escape(fact)}", style="dim", highlight=False)


def _explain(console: Console, title: str, log: Path) -> None:
    console.print(f"[red]\u2718[/] [bold]{escape(title)}[/]: this did not come within {_STEP_SECONDS:.0f} s")
    console.print("The end of the bot's log:", style="dim")
    lines = log.read_text(errors="replace").splitlines()[-30:]
    console.print(escape("\n".join(lines)), style="dim", highlight=False)
