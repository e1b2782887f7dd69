"""The repo around a folder with one more file, and what its check would say of that. Writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check
from bot.cli.places import Place
from bot.leases.judged import Around, request_findings
from bot.leases.kind import RequestKind
from bot.leases.manifests import NOMINAL, GrantFacts, Workshop, granted_duration, render_request, subject_of
from bot.leases.request import Request, requests
from bot.model.plan import Finding, Severity
from bot.model.tree import Entry, Files
from bot.templating.environment import environments


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


def faults_of(place: Place, path: str, data: bytes, kind: RequestKind) -> tuple[Finding, ...]:
    """What keeps a request from being asked for. Who asks is judged in the pull request alone."""
    files = WithFile(place.files, path, data)
    checked = check(files, whole=True)
    found = [one for one in checked.findings if one.path == path]
    around = Around(checked.catalog, {kind.name: kind})
    for one in requests(checked.catalog):
        if one.path == path:
            found += [*request_findings(one, around), *_rendered(one, kind, files, around)]
    return tuple(one for one in found if one.severity is Severity.DENY)


def _rendered(request: Request, kind: RequestKind, files: Files, around: Around) -> tuple[Finding, ...]:
    catalog = around.catalog
    environment = next((one for one in environments(catalog) if one.name == request.environment), None)
    if environment is None:
        return ()
    subject = catalog.get(request.subject) if request.subject else None
    lasts = granted_duration(request, kind)
    # Whom it is for is who opens the pull request, where nobody is named: that is known only there.
    facts = GrantFacts(
        subject=subject_of(subject or next(iter(catalog.of_kind("User")), None), ""),
        expires_at=NOMINAL + lasts if lasts is not None else None,
    )
    with Sandbox() as run:
        workshop = Workshop(files, catalog, run, ShippedSchemas())
        return render_request(request, kind, environment, facts, workshop).findings
