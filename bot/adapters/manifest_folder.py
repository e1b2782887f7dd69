"""Rendered manifests in a folder on disk, as they stand on an environment's branch.

Replaces the folders of components and nothing else. What nobody rendered is never removed or followed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.catalog.broken import Broken
from bot.catalog.text import decode
from bot.catalog.yaml12 import load
from bot.errors import UserError
from bot.templating.canonical import dump
from bot.templating.pin import PIN_FILE

_LARGEST = 1_000_000


@dataclass
class Written:
    """How many files changed, and the paths of those that were left alone in a component's folder."""

    changed: int = 0
    left: list[str] = field(default_factory=list)


def write_folders(
    out: Path, folders: Mapping[str, Mapping[str, bytes]], *, forbidden: Collection[Path]
) -> Written:
    """After it, each folder below `out` holds these files, and no other that was rendered once.

    Raises UserError before anything is written when a folder is a link or a file, or inside of a forbidden
    one; OSError while writing.
    """
    for name in folders:
        _must_be_free(out / name, forbidden)
    out.mkdir(parents=True, exist_ok=True)
    done = Written()
    for name, files in folders.items():
        home = out / name
        home.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            done.changed += _put(home / path, data)
        for stale in sorted(one for one in home.iterdir() if one.name not in files and one.name != PIN_FILE):
            if _is_rendered(stale):
                stale.unlink()
                done.changed += 1
            else:
                done.left.append(f"{name}/{stale.name}")
    return done


def _must_be_free(home: Path, forbidden: Collection[Path]) -> None:
    if home.is_symlink() or (home.exists() and not home.is_dir()):
        raise UserError(f"{home} is not a folder.", fix="Choose another --out, or move it away.")
    whole = home.resolve()
    for one in forbidden:
        if whole == one.resolve() or one.resolve() in whole.parents:
            raise UserError(
                f"{home} is inside of {one}, which manifests are rendered from.",
                fix="Choose an --out beside the platform repo's own folders.",
            )


def _put(path: Path, data: bytes) -> int:
    if path.is_symlink():
        path.unlink()
    elif path.is_file() and path.read_bytes() == data:
        return 0
    path.write_bytes(data)
    return 1


def _is_rendered(path: Path) -> bool:
    """Whether it is a manifest as we write them: named after its object, in the one canonical spelling."""
    if path.is_symlink() or path.suffix != ".yaml" or not path.is_file() or path.stat().st_size > _LARGEST:
        return False
    data = path.read_bytes()
    try:
        value = load(decode(data))
    except Broken:
        return False
    return isinstance(value, dict) and path.name in _names(value) and dump(value) == data


def _names(value: Mapping[str, object]) -> Iterator[str]:
    metadata, kind = value.get("metadata"), value.get("kind")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if isinstance(kind, str) and isinstance(name, str):
        yield f"{kind.lower()}-{name.replace(':', '_')}.yaml"
