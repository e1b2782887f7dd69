"""`roadcrew rules`: questions to rules, and judging by them, offline. Each stands in a module of its own."""

from __future__ import annotations

import click

from bot.cli.rules_eval import eval_
from bot.cli.rules_export import export
from bot.cli.rules_list import explain, list_
from bot.cli.rules_test import test


@click.group()
def rules() -> None:
    """Judge files by rules, list and explain a repo's rules, run their tests."""


for _command in (eval_, list_, explain, test, export):
    rules.add_command(_command)
