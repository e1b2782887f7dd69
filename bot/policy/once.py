"""A judge that asks no policy again that was stopped, for as long as one review lasts. Judges nothing itself.

An endless rule costs its time limit once then, however often a review has use of it, and a pile of them costs
no more than a few limits together.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.policy.rules.verdicts import STOPPED
from bot.policy.verdict import Judge, Outcome, Policy, Request, Shared, Verdict

MOST = 5
"""Policies that are stopped in one review before none is begun that has not judged yet."""


class StoppedOnce:
    """A `Judge`. Remembers by the policies' digests."""

    def __init__(self, judge: Judge) -> None:
        """`judge`: who judges."""
        self._judge = judge
        self._stopped: dict[str, str] = {}
        self._went: set[str] = set()

    def __call__(
        self, policies: Sequence[Policy], requests: Sequence[Request], shared: Shared
    ) -> Sequence[Sequence[Verdict]]:
        """For each policy, in order, its verdicts of all requests, in order."""
        found: dict[int, Sequence[Verdict]] = {}
        asked: list[int] = []
        for at, one in enumerate(policies):
            reason = self._why_not(one)
            if reason:
                found[at] = [Verdict(Outcome.NOT_EVALUATED, reason=reason)] * len(requests)
            else:
                asked.append(at)
        answers = self._judge([policies[at] for at in asked], requests, shared) if asked else []
        for at, verdicts in zip(asked, answers, strict=True):
            found[at] = verdicts
            self._learn(policies[at], verdicts)
        return [found[at] for at in range(len(policies))]

    def _why_not(self, policy: Policy) -> str:
        if policy.digest in self._stopped:
            return self._stopped[policy.digest]
        if len(self._stopped) >= MOST and policy.digest not in self._went:
            return f"{STOPPED}it was not begun, since {MOST} rules before it had to be stopped"
        return ""

    def _learn(self, policy: Policy, verdicts: Sequence[Verdict]) -> None:
        stopped = next((one.reason for one in verdicts if one.reason.startswith(STOPPED)), "")
        if stopped and policy.digest:
            self._stopped[policy.digest] = stopped
        elif not stopped:
            self._went.add(policy.digest)
