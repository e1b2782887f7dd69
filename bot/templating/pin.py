"""`source.yaml`: what a folder on an environment's branch was rendered from. Deterministic both ways."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.catalog.broken import Broken
from bot.catalog.text import decode
from bot.catalog.yaml12 import load
from bot.templating.canonical import dump
from bot.templating.render import RenderedComponent, Rendering

PIN_FILE = "source.yaml"

_HEAD = {"apiVersion": "roadcrew.dev/v1", "kind": "Source"}
_FIELDS = ("component", "commit", "template", "version", "digest")
_LARGEST = 4_096
_DIGEST = re.compile(r"(?:[0-9a-f]{64})?")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Pin:
    """Where a component's manifests come from: promoting moves it, rolling back moves it back."""

    component: str
    commit: str
    template: str
    version: str
    digest: str = ""
    """Of what it renders in all environments; empty in pins that were written before there was one."""


def render_digest(folder: str, renderings: Iterable[tuple[str, Rendering]]) -> str:
    """SHA-256 over what one folder holds in all environments, given by name.

    An environment in which the component is not rendered counts as one that is not there.
    """
    held = sorted(
        f"{name}:{rendering.components[folder].digest}\n"
        for name, rendering in renderings
        if folder in rendering.components
    )
    return hashlib.sha256("".join(held).encode()).hexdigest()


def pin(component: RenderedComponent, commit: str, digest: str) -> bytes:
    """The bytes of `source.yaml`. `commit`: the platform commit that was rendered.

    `digest` is that of all environments, so that a pin moves whenever promoting it would bring something new.
    """
    values = (component.ref, commit, component.template, component.version, digest)
    return dump({**_HEAD, **dict(zip(_FIELDS, values, strict=True))})


def read_pin(data: bytes) -> Pin | None:
    """The pin in these bytes; None when they are not what `pin` writes (someone edited the file)."""
    if len(data) > _LARGEST:
        return None
    try:
        raw = load(decode(data))
    except Broken:
        return None
    if not isinstance(raw, dict):
        return None
    said = {"digest": "", **raw}
    if not all(isinstance(said.get(name), str) for name in _FIELDS):
        return None
    if {key: raw.get(key) for key in _HEAD} != _HEAD or not _COMMIT.fullmatch(said["commit"]):
        return None
    return Pin(*(said[name] for name in _FIELDS)) if _DIGEST.fullmatch(said["digest"]) else None
