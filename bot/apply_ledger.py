"""The write of records: one JSON line for each thing that happened, on a branch of its own.

Compare-and-swap; a lost race looks again. Lines that stand there are never changed, whoever wrote them.
"""

from __future__ import annotations

from bot.errors import Refused, Retry
from bot.leases.ledger import LEDGER, line, month_file, names
from bot.model.acts import Record
from bot.model.plan import Applied, Held, Outcome, Unchanged
from bot.model.tree import Tree
from bot.ports import Ports, PushRaced

_RACES = 5


def ensure_record(effect: Record, ports: Ports) -> Outcome:
    """The line stands there, once for its name. Raises Retry when the branch keeps moving."""
    ref, path = f"refs/heads/{LEDGER}", month_file(effect.at)
    for _ in range(_RACES):
        tip = ports.mirror.fetch(effect.repo, [ref]).get(ref)
        tree = ports.mirror.tree(effect.repo, tip) if tip else None
        if effect.name in names(tree, ports.memo):
            return Unchanged(tip or "")
        try:
            sha = ports.mirror.push(
                effect.repo,
                LEDGER,
                expected=tip,
                files={path: _standing(tree, path) + line(effect)},
                message=f"Record {' '.join(effect.name.split())}\n",
                at=effect.at,
            )
        except PushRaced:
            continue
        except Refused as refused:
            return Held(
                refused.reason, f"let the App push to `{LEDGER}`: its branch protection says who may."
            )
        return Applied(sha)
    raise Retry(f"{LEDGER} kept moving while it was written", after=5)


def _standing(tree: Tree | None, path: str) -> bytes:
    """What people wrote there that is no line of ours is left as it is."""
    data = tree.read(path) if tree is not None and tree.entry(path) else b""
    return data if data.endswith(b"\n") or not data else data + b"\n"
