"""The options of `roadcrew rules eval`: conftest's own, and what only the API server would know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from bot.adapters.opa import find_opa
from bot.cli.rules_files import PARSERS
from bot.errors import UserError
from bot.report.conftest import RESULT_FORMATS

F = TypeVar("F", bound=Callable[..., Any])

STDOUT = "stdout"
"""conftest's word for text."""


def _with(options: Sequence[Callable[[F], F]], function: F) -> F:
    for option in reversed(options):
        function = option(function)
    return function


def for_rego(function: F) -> F:
    """Options that are conftest's own."""
    options = [
        click.option(
            "--namespace",
            "-n",
            "namespaces",
            multiple=True,
            metavar="NAME",
            help="Rego packages to judge by; globs are allowed.  [default: main]",
        ),
        click.option("--all-namespaces", is_flag=True, help="Judge by all Rego packages."),
        click.option("--combine", is_flag=True, help="Give Rego all files as one list of {path, contents}."),
        click.option(
            "--data", "-d", multiple=True, metavar="PATH", help="YAML or JSON that Rego sees below `data`."
        ),
        click.option(
            "--rego-version",
            type=click.Choice(["auto", "v0", "v1"], case_sensitive=False),
            default="auto",
            show_default=True,
            help="The syntax of Rego files; auto decides for each.",
        ),
    ]
    return _with(options, function)


def for_admission(function: F) -> F:
    """Options for what the API server would know."""
    options = [
        click.option(
            "--operation",
            type=click.Choice(["CREATE", "UPDATE", "DELETE"], case_sensitive=False),
            help="What is done with the objects.  [default: CREATE, with --old UPDATE]",
        ),
        click.option("--old", metavar="FILE", help="How the objects were before."),
        click.option("--params", metavar="FILE", help="The parameters, whatever bindings refer to."),
        click.option(
            "--namespace-object", "space", metavar="FILE", help="The Namespace that the objects are in."
        ),
        click.option(
            "--kubernetes", default="", metavar="VERSION", help="The cluster's version, such as 1.34."
        ),
    ]
    return _with(options, function)


def for_ci(function: F) -> F:
    """Options on what is printed, and how it ends."""
    options = [
        click.option(
            "--fail-on-warn", is_flag=True, help="Exit with 1 for warnings, then with 2 for failures."
        ),
        click.option("--no-fail", is_flag=True, help="Exit with 0 whatever is found."),
        click.option(
            "--ignore", default="", metavar="REGEX", help="Leave out files of folders whose path it matches."
        ),
        click.option(
            "--format",
            "--output",
            "-o",
            "style",
            type=click.Choice([*RESULT_FORMATS, STDOUT]),
            default="text",
            show_default=True,
            help="The form of the results; json is conftest's.",
        ),
        click.option("--verbose", "-v", is_flag=True, help="Say which rules judged, and by which engine."),
        click.option("--quiet", is_flag=True, help="Print nothing when all is well."),
        click.option("--no-color", is_flag=True, help="Print without colours."),
        click.option("--suppress-exceptions", is_flag=True, help="Leave exceptions out of the results."),
        click.option(
            "--parser",
            type=click.Choice(PARSERS),
            help="What all inputs are, whatever they are called.",
        ),
        click.option("--stdin-filename", default="", metavar="NAME", help="What standard input is called."),
    ]
    return _with(options, function)


def for_opa(function: F) -> F:
    """Which program judges by Rego; the setting of `roadcrew serve`."""
    option = click.option(
        "--opa",
        default="",
        envvar="ROADCREW_OPA",
        metavar="PROGRAM",
        help="The opa that judges by Rego, if it is not the one on PATH.  [ROADCREW_OPA]",
    )
    return option(function)


def usable(opa: str) -> str:
    """The same. Raises UserError where there is no such program: another one must not judge in its place."""
    if opa and find_opa(opa) is None:
        raise UserError(f"{opa} is no opa that can be used.", fix="Name one of version 0.64 or later.")
    return opa
