"""Who judges for `roadcrew rules`: children for CEL, the user's opa or the embedded engine for Rego."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bot.adapters.judges import Judges
from bot.adapters.opa import find_opa
from bot.adapters.rego_embedded import find_embedded
from bot.policy.rego.constraint import judge_gatekeeper
from bot.policy.rego.engine import NoEngine, RegoEngine
from bot.policy.rego.judging import judge_rego
from bot.policy.verdict import Judge, Language, Policy, Request, Shared, Verdict

REGO = frozenset({Language.REGO, Language.GATEKEEPER})


@contextmanager
def judging() -> Iterator[Judge]:
    """A judge of all languages, until it is left."""
    with Judges() as judges, engine() as rego:

        def judge(
            policies: Sequence[Policy], requests: Sequence[Request], shared: Shared
        ) -> list[list[Verdict]]:
            by_cel = [one for one in policies if one.language not in REGO]
            found = {
                one.name: verdicts
                for one, verdicts in zip(by_cel, judges(by_cel, requests, shared), strict=True)
            }
            for one in policies:
                if one.language is Language.REGO:
                    found[one.name] = judge_rego(rego, one, requests, shared)
                elif one.language is Language.GATEKEEPER:
                    found[one.name] = judge_gatekeeper(rego, one, requests, shared)
            return [found[one.name] for one in policies]

        yield judge


@contextmanager
def engine() -> Iterator[RegoEngine]:
    """The user's own opa, else the embedded one, else none."""
    opa = find_opa()
    if opa is not None:
        yield opa
        return
    embedded = find_embedded()
    if embedded is None:
        yield NoEngine()
        return
    try:
        yield embedded
    finally:
        embedded.close()
