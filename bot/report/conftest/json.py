"""Results as conftest's JSON: empty lists are left out, `notEvaluated` is beside the others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.policy.evaluate import Checked, Said


def as_json(results: Sequence[Checked]) -> str:
    """`[{filename, namespace, successes, warnings, failures, exceptions, notEvaluated}]`.

    Each result is `{msg, loc: {file, line}, metadata}`; `loc` where the very line is known. Standard input
    has an empty filename.
    """
    return json.dumps([_checked(one) for one in results], indent="\t", ensure_ascii=False)


def _checked(one: Checked) -> dict[str, Any]:
    found: dict[str, Any] = {
        "filename": "" if one.filename == "-" else one.filename,
        "namespace": one.namespace,
        "successes": one.successes,
    }
    lists = {"warnings": one.warnings, "failures": one.failures, "exceptions": one.exceptions}
    found |= {name: [_said(said) for said in listed] for name, listed in lists.items() if listed}
    if one.not_evaluated:
        found["notEvaluated"] = [
            {**_said(said), "metadata": {"rule": said.rule}} for said in one.not_evaluated
        ]
    return found


def _said(said: Said) -> dict[str, Any]:
    found: dict[str, Any] = {"msg": said.message}
    if said.is_exact and said.line:
        found["loc"] = {"file": "" if said.path == "-" else said.path, "line": said.line}
    return found | ({"metadata": dict(said.metadata)} if said.metadata else {})
