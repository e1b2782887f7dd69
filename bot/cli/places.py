"""Where a command looks: the platform repo around a folder, and what stands in it. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from bot.adapters.folder import Folder
from bot.catalog.check import check
from bot.catalog.entity import Catalog, Checked
from bot.errors import UserError
from bot.report.catalog import unread_text
from bot.report.formats.text import LOOKED_FOR

_BESIDE_CATALOG = ("templates", "rules")


@dataclass(frozen=True)
class Place:
    """The working files of a repo, as they are on disk."""

    root: Path
    files: Folder
    checked: Checked

    @property
    def catalog(self) -> Catalog:
        return self.checked.catalog


def opened(folder: Path) -> Place:
    """The repo that a folder belongs to. Says on stderr what of it cannot be read. Raises UserError."""
    root = root_around(folder)
    files = Folder(root)
    try:
        checked = check(files, is_root=is_root(root))
    except OSError as error:
        raise UserError(
            f"{error.filename or root} cannot be read: {error.strerror}.",
            fix="Mend its permissions and try again.",
        ) from error
    if not checked.catalog.entities:
        raise UserError(LOOKED_FOR, path=str(root), fix="Name the folder of your catalog.")
    if note := unread_text(checked.findings):
        click.echo(note, err=True)
    return Place(root, files, checked)


def rooms_of(catalog: Catalog) -> frozenset[str]:
    """The platform repo's own folders, by default and as its Platform names them."""
    rooms = {"catalog", "templates", "rules", "schemas"}
    for platform in catalog.of_kind("Platform"):
        for name in ("catalog", "templates", "rules", "schemas"):
            said = platform.spec.get(name)
            rooms.update(one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str))
    return frozenset(rooms)


def root_around(folder: Path) -> Path:
    """The nearest folder that looks like a platform repo, else the git repo around, else the folder itself.

    Raises UserError when there is no such folder.
    """
    if not folder.exists():
        raise UserError(f"There is no folder {folder}.", fix="Name a folder that holds entities.")
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder.", fix=f"Name the folder that it is in: {folder.parent}")
    whole = folder.resolve()
    ways = (whole, *whole.parents)
    return next((way for way in ways if _is_platform(way) or (way / ".git").exists()), folder)


def is_root(folder: Path) -> bool:
    """Whether nothing of the repo lies outside of the folder."""
    whole = folder.resolve()
    return (whole / ".git").exists() or not any((parent / ".git").exists() for parent in whole.parents)


def _is_platform(folder: Path) -> bool:
    return (folder / "catalog").is_dir() and any((folder / name).is_dir() for name in _BESIDE_CATALOG)
