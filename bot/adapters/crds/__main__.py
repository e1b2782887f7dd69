"""`python -m bot.adapters.crds OUT KIND.GROUP... -- FILE...`: makes the files beside this one anew.

Reads CustomResourceDefinitions, writes `OUT/<group>_<kind>.json` for each kind named. Fetches nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from bot.kubernetes.crd import CustomKind, custom_kind
from bot.kubernetes.crd_packed import packed


def main(arguments: Sequence[str]) -> int:
    """Says what it wrote; 1 when a kind was not found."""
    out, *rest = arguments
    cut = rest.index("--")
    wanted = set(rest[:cut])
    for kind in _kinds(rest[cut + 1 :]):
        name = f"{kind.kind}.{kind.group}"
        if name in wanted:
            wanted.discard(name)
            path = Path(out) / f"{kind.group}_{kind.kind.lower()}.json"
            path.write_text(_text(kind))
            print(f"{path}: {', '.join(kind.versions)}, {path.stat().st_size:,} bytes")  # noqa: T201
    for name in sorted(wanted):
        print(f"{name} is in none of the files", file=sys.stderr)  # noqa: T201
    return 1 if wanted else 0


def _kinds(paths: Sequence[str]) -> Iterator[CustomKind]:
    for path in paths:
        for document in yaml.safe_load_all(Path(path).read_text()):
            if isinstance(document, dict) and document.get("kind") == "CustomResourceDefinition":
                yield custom_kind(document)


def _text(kind: CustomKind) -> str:
    versions = {name: packed(schema) for name, schema in kind.versions.items()}
    said = {"group": kind.group, "kind": kind.kind, "versions": versions}
    return json.dumps(said, separators=(",", ":"), sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
