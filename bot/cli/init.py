"""`roadcrew init`: starts a platform repo from the shipped catalog, templates and rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import click

from bot.adapters.starter import starter_files
from bot.catalog.broken import Broken
from bot.catalog.yaml12 import load
from bot.errors import UserError
from bot.report.starter import GITIGNORE, MODEL, made_text, organization_words, readme

_LOGIN = re.compile(r"[a-z0-9](-?[a-z0-9]){0,38}")
"""What GitHub takes for an organization; in lower case, because images and clusters are named after it."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--organization",
    default=MODEL,
    metavar="NAME",
    show_default=True,
    help="Your GitHub organization: takes the place of the model's in all files.",
)
def init(folder: Path, organization: str) -> None:
    """Start a platform repo in DIR: catalog, templates, rules, a README and a .gitignore.

    DIR is made if it is missing. It must be empty, but for a .git.

    Exit codes: 0 done, 2 could not.
    """
    name = _organization(organization)
    files = _files(name)
    try:
        _must_be_empty(folder)
        has_git = (folder / ".git").exists()
        for path, data in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(data)
    except OSError as error:
        raise UserError(
            f"{error.filename or folder} cannot be written: {error.strerror}.",
            fix="Choose another folder, or mend its permissions.",
        ) from error
    click.echo(made_text(str(folder), files, has_git=has_git))


def _organization(given: str) -> str:
    """The name in lower case. Raises UserError for what is none."""
    name = given.strip().lower()
    if not _LOGIN.fullmatch(name):
        raise UserError(
            f"{given!r} is not the name of a GitHub organization.",
            fix="Use at most 39 letters and digits, with single hyphens between them.",
        )
    try:
        is_text = isinstance(load(name), str)
    except Broken:
        is_text = False
    if not is_text:
        raise UserError(
            f"{given!r} is not a word in YAML, and it would stand there without quotes.",
            fix="Leave out --organization and put your name into the files by hand.",
        )
    return name


def _files(organization: str) -> Mapping[str, bytes]:
    shipped = {
        path: organization_words(data.decode(), organization).encode()
        for path, data in starter_files().items()
    }
    own = {"README.md": readme(organization), ".gitignore": GITIGNORE}
    return {**shipped, **{path: text.encode() for path, text in own.items()}}


def _must_be_empty(folder: Path) -> None:
    """Raises UserError, OSError."""
    if folder.exists() and not folder.is_dir():
        raise UserError(
            f"{folder} is not a folder.", fix="Name one that is empty, or that does not exist yet."
        )
    found = sorted(one.name for one in folder.iterdir() if one.name != ".git") if folder.exists() else []
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise UserError(
            f"{folder} is not empty: it holds {found[0]!r}{more}.",
            fix="Name a folder that is empty, but for a .git, or that does not exist yet.",
        )
