"""Kyverno's references of container images: `image("nginx:1.27").registry()`. Asks no registry.

A reference without a registry is Docker Hub's, one without a tag is `latest`, as Kyverno's parser has it.

Source: pkg.go.dev/github.com/google/go-containerregistry/pkg/name#ParseReference
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.cel.host import Tagged, member, plain, tagged, untagged

_KIND = "image"
_HUB = "index.docker.io"
_REPOSITORY = re.compile(r"[a-z0-9_./-]{2,255}")
_TAG = re.compile(r"[A-Za-z0-9_.-]{1,128}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REGISTRY = re.compile(r"[A-Za-z0-9._-]+(:[0-9]*)?|\[[0-9a-fA-F:.]+\](:[0-9]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Image:
    """A reference's parts. `tag` is empty where there is a digest and none was written."""

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def identifier(self) -> str:
        """The tag and the digest, as far as there are any."""
        return f"{self.tag}@{self.digest}" if self.tag and self.digest else self.tag or self.digest


def parsed(text: str) -> Image:
    """The parts of a reference. Raises ValueError."""
    name, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise ValueError(f"could not parse reference: {text!r:.200}")
    base, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        base, tag = name, ""
    if tag and not _TAG.fullmatch(tag):
        raise ValueError(f"could not parse reference: {text!r:.200}")
    registry, repository = _placed(base)
    return Image(registry, repository, tag or ("" if digest else "latest"), digest)


def _placed(base: str) -> tuple[str, str]:
    registry, slash, rest = base.partition("/")
    is_registry = bool(slash) and ("." in registry or ":" in registry or registry == "localhost")
    if not is_registry:
        registry, rest = _HUB, base
    if registry == "docker.io":
        registry = _HUB
    if not _REPOSITORY.fullmatch(rest) or not _REGISTRY.fullmatch(registry):
        raise ValueError(f"could not parse reference: {base!r:.200}")
    return registry, f"library/{rest}" if registry == _HUB and "/" not in rest else rest


def _is_image(text: str) -> bool:
    try:
        parsed(text)
    except ValueError:
        return False
    return True


def _image(text: str) -> Tagged:
    parsed(text)
    return tagged(_KIND, text)


def _of(value: Mapping[str, Any]) -> Image:
    return parsed(untagged(_KIND, value))


def _separated(value: Mapping[str, Any]) -> str:
    found = _of(value)
    return f"@{found.digest}" if found.digest else f":{found.tag}"


IMAGES = (
    plain("image", "string", "map", _image),
    plain("parseImageReference", "string", "map", _image),
    plain("isImage", "string", "bool", _is_image),
    member("containsDigest", "map", "bool", lambda one: bool(_of(one).digest)),
    member("registry", "map", "string", lambda one: _of(one).registry),
    member("repository", "map", "string", lambda one: _of(one).repository),
    member("identifier", "map", "string", lambda one: _of(one).identifier),
    member("identifierWithSeparator", "map", "string", _separated),
    member("tag", "map", "string", lambda one: _of(one).tag),
    member("digest", "map", "string", lambda one: _of(one).digest),
)
