"""`roadcrew request`: writes requests and opens their pull requests as the user; lists what there is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bot.adapters.git.clone import push_file, token_of_user
from bot.adapters.git.local import open_local
from bot.adapters.github.asyou import open_pull
from bot.catalog.check import layout_of
from bot.catalog.entity import Catalog, Entity
from bot.catalog.fields import is_dns_label
from bot.catalog.near import NameIndex
from bot.catalog.search import NotOne, find
from bot.cli.places import Place, opened
from bot.cli.plan import place_of
from bot.cli.request_places import faults_of
from bot.errors import UserError
from bot.leases.grant import GRANTS
from bot.leases.kind import RequestKind, request_kinds
from bot.leases.parameters import Misread, read_parameters
from bot.leases.request import request_path, requests
from bot.leases.standing import Standing, standing
from bot.leases.written import BRANCH, Wish, request_bytes, request_name
from bot.report.asked import requests_text
from bot.report.catalog import not_one_text
from bot.report.requests import kinds_text, request_pull, written_text
from bot.report.sentences import say

_SERVICES = ("component:", "resource:", "system:")
_FOLDER = click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))


@click.group()
def request() -> None:
    """Ask for access, databases, secrets and whatever else the platform has templates of requests for."""


@request.command(short_help="List what can be asked for.")
@_FOLDER
def kinds(folder: Path) -> None:
    """List the kinds of requests of the repo around DIR: what each needs, who approves, how long it lasts."""
    place = opened(folder)
    click.echo(kinds_text(tuple(_kinds(place).values())))


@request.command("list", short_help="List what was asked for, and is in force or waits.")
@_FOLDER
def list_(folder: Path) -> None:
    """List the requests in the catalog of the repo around DIR that are in force, or wait for it.

    What is in force is told by the branch roadcrew/grants as it was last fetched; without it, all wait.

    Exit codes: 0 listed, 2 could not.
    """
    place = opened(folder)
    click.echo(requests_text(requests(place.catalog), _standing(place.root)))


def _standing(folder: Path) -> Standing:
    if not (folder / ".git").exists():
        return Standing()
    with open_local(folder) as repository:
        tip = repository.branch(GRANTS)
        return standing(repository.tree(tip)) if tip is not None else Standing()


@request.command(short_help="Write a request.")
@click.argument("kind")
@_FOLDER
@click.option("--service", required=True, metavar="REF", help="The component that it is for.")
@click.option("--env", "environment", required=True, metavar="NAME", help="In which environment.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is needed.")
@click.option("--for", "duration", default="", metavar="DURATION", help="How long, such as 4h or 1d12h.")
@click.option("--set", "words", multiple=True, metavar="NAME=VALUE", help="A parameter; may be repeated.")
@click.option("--subject", default="", metavar="USER", help="Whom it is for, if not you.")
@click.option("--name", default="", metavar="NAME", help="The request's name.  [default: after the service]")
@click.option("--open", "is_opened", is_flag=True, help="Push it as a branch, and open its pull request.")
@click.option(
    "--api-url",
    envvar="ROADCREW_API_URL",
    default="https://api.github.com",
    show_default=True,
    metavar="URL",
    help="GitHub's API, for --open.  [env: ROADCREW_API_URL]",
)
def new(kind: str, folder: Path, **options: Any) -> None:
    """Write a request to catalog/requests/ of the repo around DIR. It is granted once merged and approved.

    With --open it is committed on a branch of its own instead, and a pull request opened for it with your
    token, GITHUB_TOKEN or GH_TOKEN. Your files stay as they are.

    Exit codes: 0 done, 2 could not.
    """
    place = opened(folder)
    chosen = _kind(kind, _kinds(place))
    wish = _wish(chosen, place.catalog, options)
    name = options["name"] or request_name(wish, f"{wish}{datetime.now(UTC).isoformat()}")
    if not is_dns_label(name):
        raise UserError(f"{name!r} is no name.", fix="Use lower case letters, digits and hyphens.")
    path = request_path(layout_of(place.catalog).catalog[0], name)
    if place.files.entry(path) is not None:
        raise UserError("There is a request of this name already.", path=path, fix="Say another --name.")
    data = request_bytes(name, wish)
    for finding in faults_of(place, path, data):
        sentence = say(finding)
        raise UserError(sentence.message, fix=sentence.fix)
    if options["is_opened"]:
        click.echo(_opened(place, chosen, wish, (name, path, data), options["api_url"]))
    else:
        _write(place.root / path, data)
        click.echo(written_text(path, chosen))


def _kinds(place: Place) -> Mapping[str, RequestKind]:
    return request_kinds(place.files, place.catalog, {})


def _kind(name: str, known: Mapping[str, RequestKind]) -> RequestKind:
    """Raises UserError."""
    if name in known:
        return known[name]
    near = NameIndex(known).near(name)
    there = f"There is {', '.join(known)}." if known else "Add a template with `spec.type: request`."
    fix = f"Did you mean {' or '.join(near)}?" if near else there
    raise UserError(f"There is no kind of request called {name!r}.", fix=fix)


def _wish(kind: RequestKind, catalog: Catalog, options: Mapping[str, Any]) -> Wish:
    """Raises UserError."""
    parameters = read_parameters(options["words"], kind)
    if isinstance(parameters, Misread):
        fix = "Write --set name=value, each name once."
        raise UserError(f"{parameters.word!r} is no parameter.", fix=fix)
    service = _ref(catalog, options["service"], _SERVICES)
    return Wish(
        kind=kind.name,
        service=service.removeprefix("component:").removeprefix("default/"),
        environment=options["environment"],
        reason=options["reason"],
        subject=_ref(catalog, options["subject"], ("user:",)) if options["subject"] else "",
        duration=options["duration"],
        parameters=parameters,
    )


def _ref(catalog: Catalog, text: str, kinds: tuple[str, ...]) -> str:
    """The full reference of an entity of these kinds; the first of them wins. Raises UserError."""
    only = {one.ref for one in catalog.entities if one.ref.startswith(kinds)}
    first = None if ":" in text else find(catalog, f"{kinds[0]}{text}", only=only)
    if isinstance(first, Entity):
        return first.ref
    found = find(catalog, text, only=only)
    if isinstance(found, NotOne):
        raise UserError(not_one_text(found))
    return found.ref


def _opened(place: Place, kind: RequestKind, wish: Wish, file: tuple[str, str, bytes], api_url: str) -> str:
    """The pull request's URL. Raises UserError."""
    name, path, data = file
    token = token_of_user()
    if not token:
        raise UserError(
            "There is no token to open a pull request with.",
            fix="Set GITHUB_TOKEN or GH_TOKEN, or leave out --open and open it by hand.",
        )
    with open_local(place.root) as repository:
        base = repository.branch_name(repository.default_base())
        repo, _ = place_of(place.root, repository.origin())
    if repo.owner == "local":
        raise UserError(
            "This clone has no origin that a pull request could go to.",
            fix="Add one with `git remote add origin URL`, or leave out --open.",
        )
    title, body = request_pull(name, kind.title, wish, 0)
    branch = f"{BRANCH}{name}"
    push_file(place.root, base, branch, (path, data), f"{title}\n")
    return open_pull(api_url, token, repo, head=branch, base=base, title=title, body=body)


def _write(path: Path, data: bytes) -> None:
    """Raises UserError; replaces nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}.", fix="Mend its permissions."
        ) from error
