"""`source.yaml`: what a folder on an environment's branch was rendered from. Deterministic both ways."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.catalog.broken import Broken
from bot.catalog.text import decode
from bot.catalog.yaml12 import load
from bot.templating.canonical import dump
from bot.templating.render import RenderedComponent

PIN_FILE = "source.yaml"

_HEAD = {"apiVersion": "roadcrew.dev/v1", "kind": "Source"}
_FIELDS = ("component", "commit", "template", "version")
_LARGEST = 4_096
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Pin:
    """Where a component's manifests come from: promoting moves it, rolling back moves it back."""

    component: str
    commit: str
    template: str
    version: str


def pin(component: RenderedComponent, commit: str) -> bytes:
    """The bytes of `source.yaml`. `commit`: the platform commit that was rendered."""
    values = (component.ref, commit, component.template, component.version)
    return dump({**_HEAD, **dict(zip(_FIELDS, values, strict=True))})


def read_pin(data: bytes) -> Pin | None:
    """The pin in these bytes; None when they are not what `pin` writes (someone edited the file)."""
    if len(data) > _LARGEST:
        return None
    try:
        raw = load(decode(data))
    except Broken:
        return None
    if not isinstance(raw, dict) or not all(isinstance(raw.get(name), str) for name in _FIELDS):
        return None
    if {key: raw.get(key) for key in _HEAD} != _HEAD or not _COMMIT.fullmatch(raw["commit"]):
        return None
    return Pin(*(raw[name] for name in _FIELDS))
