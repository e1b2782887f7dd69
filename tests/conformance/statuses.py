"""Which 2xx and 3xx statuses GitHub's description gives each operation: githubkit's client leaves them out.

The table beside this file was made by `python -m tests.conformance.statuses api.github.com.json`, where the
argument is the file of that name in npm's `@octokit/openapi` (GitHub's description, version 23.0.2, MIT).
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("statuses.tsv")
METHODS = ("delete", "get", "head", "patch", "post", "put")


@cache
def successes() -> dict[tuple[str, str], frozenset[int]]:
    """(method, path template) -> statuses below 400."""
    table = {}
    for line in TABLE.read_text().splitlines():
        method, template, codes = line.split("\t")
        table[method, template] = frozenset(map(int, codes.split()))
    return table


def extract(description: Path) -> str:
    """The table, from an OpenAPI description of GitHub's."""
    lines = []
    for template, operations in json.loads(description.read_text())["paths"].items():
        for method in METHODS:
            if method in operations:
                codes = sorted(code for code in operations[method]["responses"] if code < "400")
                lines.append(f"{method.upper()}\t{template}\t{' '.join(codes)}\n")
    return "".join(sorted(lines))


if __name__ == "__main__":
    TABLE.write_text(extract(Path(sys.argv[1])))
