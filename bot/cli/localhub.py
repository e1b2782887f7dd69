"""`roadcrew localhub`: a local GitHub in a folder, until interrupted."""

from __future__ import annotations

from pathlib import Path

import click


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
def localhub(*, folder: Path, host: str, port: int, org: str, user: str, seeds: tuple[Path, ...]) -> None:
    """Run a local GitHub: git over HTTP, the REST API, signed webhooks."""
    from bot.localhub.server import LocalHub

    hub = LocalHub(folder, host=host, port=port)
    if hub.world.account(user) is None:
        hub.create_user(user)
    if org and hub.world.account(org) is None:
        hub.create_org(org, owners=[user])
    owner = org or user
    for seed in seeds:
        if hub.world.repo(owner, seed.resolve().name) is None:
            hub.create_repo(f"{owner}/{seed.resolve().name}", seed, by=user)
    with hub:
        click.echo(f"site   {hub.url}")
        click.echo(f"api    {hub.api_url}")
        click.echo(f"admin  {hub.admin_token}")
        click.echo(f"user   {user} {hub.user_token(user)}")
        for repo in hub.repos():
            click.echo(f"repo   {hub.clone_url(hub.world.full_name(repo))}")
        try:
            hub.wait()
        except KeyboardInterrupt:
            click.echo("stopped; everything is kept")
