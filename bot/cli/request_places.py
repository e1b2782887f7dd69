"""The repo around a folder with one more file, and what its check would say of that. Writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check
from bot.cli.places import Place
from bot.leases.checked import requests_findings
from bot.leases.manifests import Workshop
from bot.model.plan import Finding, Severity
from bot.model.tree import Entry, Files


@dataclass(frozen=True)
class WithFile:
    """Files, and one more. It never hides one that is there."""

    files: Files
    path: str
    data: bytes = field(repr=False)

    def list(self, prefix: str = "") -> Sequence[Entry]:
        found = [*self.files.list(prefix)]
        is_inside = prefix in ("", ".") or self.path.startswith(f"{prefix.rstrip('/')}/")
        return sorted([*found, self._entry], key=lambda one: one.path) if is_inside else found

    def entry(self, path: str) -> Entry | None:
        return self._entry if path == self.path else self.files.entry(path)

    def size(self, path: str) -> int:
        return len(self.data) if path == self.path else self.files.size(path)

    def read(self, path: str) -> bytes:
        return self.data if path == self.path else self.files.read(path)

    @property
    def _entry(self) -> Entry:
        said = b"blob %d\x00%b" % (len(self.data), self.data)
        return Entry(self.path, hashlib.sha1(said, usedforsecurity=False).hexdigest())


def faults_of(place: Place, path: str, data: bytes) -> tuple[Finding, ...]:
    """What keeps a request from being asked for. Who asks is judged in the pull request alone."""
    files = WithFile(place.files, path, data)
    checked = check(files, whole=True)
    found = [one for one in checked.findings if one.path == path]
    with Sandbox() as run:
        found += requests_findings(Workshop(files, checked.catalog, run, ShippedSchemas()), only=(path,))
    return tuple(one for one in found if one.severity is Severity.DENY)
