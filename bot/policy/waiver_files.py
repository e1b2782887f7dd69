"""Writes the file of a waiver, for the command line and for a command in a thread. Judges nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from bot.catalog.own import API_VERSION

FOLDER = "waivers"
"""Below the catalog's first folder: where waivers are written. They are read wherever they stand."""
REQUESTED_BY = "roadcrew.dev/requested-by"
"""An annotation: who asked, where it is not who wrote the file."""
_LONGEST = 63


@dataclass(frozen=True)
class Draft:
    """What is to be written. Targets and owner are full references; targets may hold `*`."""

    rules: Sequence[str]
    reason: str
    owner: str
    expires: date
    targets: Sequence[str] = ()
    paths: Sequence[str] = ()
    environments: Sequence[str] = ()
    requested_by: str = ""
    """The login of who asked us to write it."""


def waiver_name(draft: Draft, tail: str = "") -> str:
    """After the first target and the first rule; with `tail` at its end."""
    of = [re.split(r"[:/]", one)[-1] for one in (*draft.targets, *draft.paths)[:1]]
    parts = (re.sub(r"[^A-Za-z0-9-]+", "-", one).strip("-") for one in (*of, *draft.rules[:1]))
    room = _LONGEST - len(tail) - 1 if tail else _LONGEST
    text = "-".join(parts)[:room].strip("-") or "waiver"
    return f"{text}-{tail}" if tail else text


def waiver_document(name: str, draft: Draft) -> dict[str, Any]:
    """The entity, its keys in the order in which people read them."""
    rules = {"rule": draft.rules[0]} if len(draft.rules) == 1 else {"rules": [*draft.rules]}
    spec: dict[str, Any] = {
        **rules,
        "targets": [*draft.targets],
        "paths": [*draft.paths],
        "environments": [*draft.environments],
        "reason": draft.reason.strip(),
        "owner": draft.owner,
        "expires": draft.expires.isoformat(),
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "Waiver",
        "metadata": {"name": name, **_asked(draft)},
        "spec": {key: value for key, value in spec.items() if value != []},
    }


def _asked(draft: Draft) -> dict[str, Any]:
    return {"annotations": {REQUESTED_BY: draft.requested_by}} if draft.requested_by else {}


def waiver_text(document: dict[str, Any]) -> str:
    """The file. Equal documents give equal texts."""
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    return text


def waiver_path(catalog_folder: str, name: str) -> str:
    """Where it is written. `catalog_folder`: the first of the layout."""
    return f"{catalog_folder}/{FOLDER}/{name}.yaml" if catalog_folder != "." else f"{FOLDER}/{name}.yaml"
