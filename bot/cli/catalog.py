"""`roadcrew catalog`: questions about the entities of a repo, offline, from its files on disk."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from bot.catalog.entity import Entity
from bot.catalog.relations_owner import ownership
from bot.catalog.relations_tree import DEEPEST, Step, dependencies, dependents
from bot.catalog.search import NotOne, find
from bot.catalog.search import search as search_entities
from bot.cli.places import Place, opened
from bot.errors import UserError
from bot.report import catalog as words
from bot.report import catalog_json as documents

F = TypeVar("F", bound=Callable[..., Any])

_LIMIT = 20
_EXITS = "Exit codes: 0 answered, 1 there is {}, 2 could not run."


def _asked(function: F) -> F:
    """Where to look, and in which form to answer."""
    folder = click.option(
        "--dir",
        "folder",
        metavar="DIR",
        default=".",
        type=click.Path(path_type=Path),
        help="A folder of the repo to ask; any one inside of it will do.  [default: where you are]",
    )
    style = click.option(
        "--format",
        "style",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="text for people, json for scripts.",
    )
    return folder(style(function))


@click.group()
def catalog() -> None:
    """Ask the catalog: who owns it, who depends on it, what is it.

    NAME is a reference, [kind:][namespace/]name in any case: component:default/cart, component:cart, or just
    cart where only one entity has that name. The answer comes from the files on disk, committed or not.
    """


@catalog.command(epilog=_EXITS.format("no such entity, or no owner"))
@click.argument("name")
@_asked
def owner(name: str, folder: Path, style: str) -> None:
    """Say who owns NAME, who they are and how to reach them.

    What names no owner has that of the system, or whatever else it is part of.
    """
    place = opened(folder)
    entity = _found(place, name, style)
    found = ownership(place.catalog, entity)
    text = words.owner_text(place.catalog, entity, found)
    _answer(style, text, lambda: documents.owner_document(entity, found))
    sys.exit(0 if place.catalog.get(found.owner) else 1)


_depth = click.option(
    "--depth", type=click.IntRange(min=1), help="How many steps to go.  [default: as far as it goes]"
)


@catalog.command(
    "dependents", short_help="List what depends on NAME.", epilog=_EXITS.format("no such entity")
)
@click.argument("name")
@_depth
@_asked
def ask_dependents(name: str, depth: int | None, folder: Path, style: str) -> None:
    """List what depends on NAME: directly, through the APIs that it provides, and what depends on those."""
    place = opened(folder)
    entity = _found(place, name, style)
    steps = dependents(place.catalog.relations, entity.ref, depth=depth or DEEPEST)
    _tree(place, entity, steps, style, up=True)


@catalog.command(
    "dependencies", short_help="List what NAME depends on.", epilog=_EXITS.format("no such entity")
)
@click.argument("name")
@_depth
@_asked
def ask_dependencies(name: str, depth: int | None, folder: Path, style: str) -> None:
    """List what NAME depends on: components, resources, those who provide its APIs, its template."""
    place = opened(folder)
    entity = _found(place, name, style)
    steps = dependencies(place.catalog.relations, entity.ref, depth=depth or DEEPEST)
    _tree(place, entity, steps, style, up=False)


def _tree(place: Place, entity: Entity, steps: tuple[Step, ...], style: str, *, up: bool) -> None:
    text = words.tree_text(place.catalog, entity, steps, up=up)
    _answer(style, text, lambda: documents.tree_document(place.catalog, entity, steps, up=up))


@catalog.command(short_help="Show all that is known of NAME.", epilog=_EXITS.format("no such entity"))
@click.argument("name")
@_asked
def show(name: str, folder: Path, style: str) -> None:
    """Show NAME: what it is, whose it is, where it stands, its relations and links."""
    place = opened(folder)
    entity = _found(place, name, style)
    found = ownership(place.catalog, entity)
    text = words.show_text(place.catalog, entity, found)
    _answer(style, text, lambda: documents.show_document(place.catalog, entity, found))


@catalog.command(short_help="Find entities by words.", epilog=_EXITS.format("nothing that has all the words"))
@click.argument("words_", metavar="WORD...", nargs=-1, required=True)
@click.option(
    "--limit", type=click.IntRange(min=1), default=_LIMIT, show_default=True, help="How many to list at most."
)
@_asked
def search(words_: tuple[str, ...], limit: int, folder: Path, style: str) -> None:
    """Find entities by words in their name, title, description, tags, type and kind, best first."""
    if not any(word.strip() for word in words_):
        raise UserError(
            "There is no word to look for.", fix="Say one that stands in a name or a description."
        )
    place = opened(folder)
    hits = search_entities(place.catalog, words_)
    text = words.search_text(hits, words_, limit)
    _answer(style, text, lambda: documents.search_document(hits, limit))
    sys.exit(0 if hits else 1)


def _found(place: Place, name: str, style: str) -> Entity:
    """The one entity of this name; else says why there is none, and ends."""
    found = find(place.catalog, name)
    if isinstance(found, NotOne):
        click.echo(words.not_one_text(found), err=True)
        if style == "json":
            click.echo(json.dumps(documents.not_one_document(found), indent=2))
        sys.exit(1)
    return found


def _answer(style: str, text: str, document: Callable[[], Mapping[str, Any]]) -> None:
    click.echo(json.dumps(document(), indent=2, default=str) if style == "json" else text)
