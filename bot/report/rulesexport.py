"""What `roadcrew rules export` says of the rules that stay behind."""

from __future__ import annotations

from collections.abc import Mapping

from bot.policy.export import Exported
from bot.report.markdown import count
from bot.report.sentences.words import clean

LEFT: Mapping[str, str] = {
    "rego": "is Rego; a cluster judges by CEL",
    "kyverno": "is Kyverno's; a cluster with Kyverno reads it as it is",
    "params": "wants parameters, and has no binding that names them",
    "name": "has a name that Kubernetes does not take",
    "kinds": "names no kinds, and would judge every object that a controller makes",
    "glob": "matches {what}, and Kubernetes wants the kind in full",
    "match": "has {what}, which a cluster does not know",
    "asks": "asks for {what}, which a cluster does not know",
}


def left_lines(found: Exported) -> list[str]:
    """A sentence for each rule that could not be exported."""
    return [
        f"Not exported: {clean(one.rule)} {LEFT[one.reason].format(what=clean(one.what))}."
        for one in found.left
    ]


def done_text(environment: str, folder: str, found: Exported) -> str:
    """What was written where."""
    return f"{clean(environment) or 'all'}: {count(len(found.objects), 'object')} in {clean(folder)}"
