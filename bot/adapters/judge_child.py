"""The other end of `judges.py`: a process without powers that holds requests and judges them.

What a policy breaks, breaks here.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.adapters.child_end import serve
from bot.policy.inline import judge_inline
from bot.policy.verdict import Language, Outcome, Policy, Request, Shared, Verdict
from bot.policy.wire import (
    policy_from_json,
    request_from_json,
    shared_from_json,
    to_line,
    verdicts_to_json,
)

_MESSAGE = 500
_OPEN_FILES = 16
"""Time zones are read from the system's files when first named. No expression can name a file."""


class _Held:
    """What was handed over last."""

    requests: Sequence[Request] = ()
    shared: Shared = Shared()


def _answer(line: bytes, held: _Held) -> bytes:
    asked = json.loads(line)
    if "shared" in asked:
        held.shared = shared_from_json(asked["shared"])
        return str(_size()).encode()
    if "requests" in asked:
        held.requests = [request_from_json(one) for one in asked["requests"]]
        return b"true"
    found = verdicts_to_json(_judged(policy_from_json(asked["policy"]), held))
    return to_line({"verdicts": found, "size": _size()})


_STATM = Path("/proc/self/statm")


def _size() -> int:
    """Bytes of memory that this process holds; where the system does not say, the most that it ever held."""
    try:
        return int(_STATM.read_bytes().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _judged(policy: Policy, held: _Held) -> Sequence[Verdict]:
    try:
        (found,) = judge_inline([policy], held.requests, held.shared)
    except MemoryError:
        # Memory may be torn: the parent starts another process.
        raise
    except Exception as problem:  # noqa: BLE001 - a process edge: whatever a policy breaks, it gets an answer
        reason = f"{type(problem).__name__}: {problem}"[:_MESSAGE]
        return [Verdict(Outcome.NOT_EVALUATED, reason=reason) for _ in held.requests]
    return found


def _warm() -> None:
    """Loads what the engine loads late, while files can still be opened."""
    page: dict[str, Any] = {
        "spec": {
            "judges": "object",
            "validations": [
                {"expression": "object.a.matches('^a') && quantity('1') == quantity('1')"},
                {"expression": "catalog.owned('a') == [] && now > timestamp('2000-01-01T00:00:00Z')"},
                {"expression": "secrets.found('password: open sesame').size() < 9"},
            ],
        }
    }
    judge_inline(
        [Policy("warm", Language.CEL, (page,), "")],
        [Request(object={"a": "b"})],
        Shared(catalog={"b": {}}, now="2026-01-01"),
    )


def main(arguments: Sequence[str]) -> None:
    """`arguments`: memory in bytes, processor seconds a line."""
    held = _Held()
    serve(arguments, lambda line: _answer(line, held), _warm, open_files=_OPEN_FILES)


if __name__ == "__main__":
    main(sys.argv[1:])
