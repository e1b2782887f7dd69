"""`roadcrew demo`: the main story on a local GitHub, then a page to play on oneself."""

from __future__ import annotations

import signal
import sys

import click
from rich.console import Console

from bot.demo.play import play
from bot.demo.stage import ORGANIZATION, PLATFORM, Stage


@click.command()
@click.option("--once", is_flag=True, help="Play it and exit: 0 when every step came to its end, else 1.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The page's port; 0 picks a free one.")
def demo(*, once: bool, port: int) -> None:
    """Play the main story: a pull request goes in, a checked, rendered, audited change comes out."""
    console = Console(soft_wrap=True)
    # Whoever ends it, nothing of it stays behind: neither processes nor files.
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def wait(stage: Stage) -> None:
        console.print(f"\nNow play yourself: [bold]{stage.hub.url}/{ORGANIZATION}/{PLATFORM}[/]")
        console.print("Edit a file there, open a pull request, and the bot answers live. Ctrl-C ends it.")
        try:
            stage.hub.wait()
        except KeyboardInterrupt:
            console.print("Good bye.")

    sys.exit(0 if play(console, is_once=once, port=port, wait=wait) else 1)
