"""The `roadcrew` command. A subcommand's module is imported only when it is called: --help stays quick."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import click

from bot import __version__
from bot.errors import Refused, Retry, UserError

COMMANDS: Final = {
    "check": "Check a folder of catalog entities, offline.",
    "init": "Start a platform repo.",
    "catalog": "Ask who owns, uses or provides what, offline.",
    "rules": "Judge files by rules; list, explain, test and export a repo's rules.",
    "waiver": "Write an exception from a rule.",
    "request": "Ask for access, databases, secrets and more.",
    "grants": "List what is granted now, offline.",
    "audit": "Tell who asked for, approved, got and ended what, offline.",
    "render": "Render an environment's manifests from the files on disk.",
    "diff": "Show what a change does to the manifests, as a patch.",
    "plan": "Print what the bot would say and do about a change, offline.",
    "serve": "Receive GitHub's webhooks and do the work.",
    "worker": "Do the work of a `roadcrew serve` that shares Redis with it.",
    "localhub": "Run a local GitHub to try things on.",
    "demo": "Play the main story on a local GitHub.",
}
"""Command to one line of help; the command stands in the module and under the name that it is called by."""


class _Group(click.Group):
    """Imports late, and says what is wrong in a sentence instead of a stack trace."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"bot.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (UserError, Refused, Retry) as error:
            click.echo(str(error), err=True)
            raise click.exceptions.Exit(2) from None
        except KeyboardInterrupt:
            # 128 + SIGINT, as shells do. Who pressed Ctrl-C knows.
            raise click.exceptions.Exit(130) from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="roadcrew", message="%(prog)s %(version)s")
def main() -> None:
    """Keep an organisation's golden paths paved."""
