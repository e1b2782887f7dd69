"""Judges in this very process, language by language. It bounds nothing: `bot/adapters` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.policy.admission import judge_admission
from bot.policy.rules.judge import judge_rule
from bot.policy.verdict import Language, Outcome, Policy, Request, Shared, Verdict

_JUDGES: Mapping[Language, Callable[[Policy, Sequence[Request], Shared], list[Verdict]]] = {
    Language.CEL: judge_rule,
    Language.ADMISSION: judge_admission,
}


def judge_inline(
    policies: Sequence[Policy], requests: Sequence[Request], shared: Shared
) -> list[list[Verdict]]:
    """For each policy, in order, its verdicts of all requests, in order. A `Judge`."""
    return [_judged(one, requests, shared) for one in policies]


def _judged(policy: Policy, requests: Sequence[Request], shared: Shared) -> list[Verdict]:
    judge = _JUDGES.get(policy.language)
    if judge is None:
        reason = f"no engine for {policy.language} is at hand"
        return [Verdict(Outcome.NOT_EVALUATED, reason=reason) for _ in requests]
    return judge(policy, requests, shared)
