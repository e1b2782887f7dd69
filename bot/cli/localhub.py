"""`roadcrew localhub`: a local GitHub in a folder, until interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import UserError

if TYPE_CHECKING:
    from bot.localhub.server import LocalHub


@click.command("localhub")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".roadcrew/localhub"),
    show_default=True,
    help="Where its repositories and records live; a hub on the same folder goes on where it stopped.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=0, show_default=True, help="The port to listen on; 0 takes a free one.")
@click.option("--org", default="", help="Make this organization, unless it is there.")
@click.option(
    "--user", default="developer", show_default=True, help="Make this user, and print a token of it."
)
@click.option(
    "--seed",
    "seeds",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="Make a repository from this folder, named after it, unless it is there. May be repeated.",
)
@click.option(
    "--content-limits/--no-content-limits",
    "has_content_limits",
    default=True,
    show_default=True,
    help="Refuse more than 80 comments and the like a minute or 500 an hour, as GitHub does.",
)
def localhub(
    *,
    folder: Path,
    host: str,
    port: int,
    org: str,
    user: str,
    seeds: tuple[Path, ...],
    has_content_limits: bool,
) -> None:
    """Run a local GitHub: git over HTTP, the REST API, signed webhooks."""
    from bot.localhub.server import LocalHub

    with LocalHub(folder, host=host, port=port, has_content_limits=has_content_limits) as hub:
        _people(hub, user, org)
        for seed in seeds:
            _seed(hub, seed.resolve(), org or user, user)
        try:
            click.echo(f"site   {hub.url}")
            click.echo(f"api    {hub.api_url}")
            click.echo(f"admin  {hub.admin_token}")
            click.echo(f"user   {user} {hub.user_token(user)}")
            for repo in hub.repos():
                click.echo(f"repo   {hub.clone_url(hub.world.full_name(repo))}")
            hub.wait()
        except KeyboardInterrupt:
            click.echo("stopped; everything is kept")


def _people(hub: LocalHub, user: str, org: str) -> None:
    """The user and the organization, unless they are there. Raises UserError."""
    from bot.localhub.problems import Problem

    flag, name = "--user", user
    try:
        if hub.world.account(user) is None:
            hub.create_user(user)
        flag, name = "--org", org
        if org and hub.world.account(org) is None:
            hub.create_org(org, owners=[user])
    except Problem:
        raise UserError(
            f"{flag} '{name}' is no login.", fix="Logins are at most 39 letters, digits and hyphens."
        ) from None


def _seed(hub: LocalHub, folder: Path, owner: str, user: str) -> None:
    """The folder as a repository, unless it is there. Raises UserError."""
    from bot.localhub.problems import Problem

    if hub.world.repo(owner, folder.name) is not None:
        return
    try:
        hub.create_repo(f"{owner}/{folder.name}", folder, by=user)
    except Problem:
        raise UserError(
            f"--seed {folder}: '{folder.name}' is no name for a repository.",
            fix="Names are letters, digits, '.', '-' and '_'.",
        ) from None
    except OSError as error:
        raise UserError(f"--seed {folder} cannot be read: {error.strerror}.") from None
