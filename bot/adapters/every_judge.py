"""The Judge for policies of all languages: children for CEL, opa or the embedded engine for Rego."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from bot.adapters.judges import Judges
from bot.adapters.opa import find_opa
from bot.adapters.rego_embedded import Embedded, find_embedded
from bot.policy.admission.native import native_params, native_policy
from bot.policy.rego.constraint import judge_gatekeeper
from bot.policy.rego.engine import NoEngine, RegoEngine
from bot.policy.rego.gatekeeper import severity_of
from bot.policy.rego.judging import judge_rego
from bot.policy.rego.suites import judge_tests
from bot.policy.verdict import Json, Language, Policy, Request, Shared, Verdict


class EveryJudge:
    """A `Judge`. Threads may share it. `opa`: the program to use, where it is not the one on PATH."""

    def __init__(self, opa: str = "") -> None:
        """Starts nothing: what is needed is started when it is first asked."""
        self._opa = opa
        self._rego: RegoEngine | None = None
        self._judges = Judges()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends what was started. The next call would start others."""
        self._judges.close()
        if isinstance(self._rego, Embedded):
            self._rego.close()

    @property
    def rego(self) -> RegoEngine:
        """The user's own opa, else the embedded engine, else none."""
        if self._rego is None:
            self._rego = find_opa(self._opa) or find_embedded() or NoEngine()
        return self._rego

    def __call__(
        self, policies: Sequence[Policy], requests: Sequence[Request], shared: Shared
    ) -> list[list[Verdict]]:
        """For each policy, in order, its verdicts of all requests, in order."""
        places = [at for at, one in enumerate(policies) if one.language not in _REGO]
        judged = self._judges([policies[at] for at in places], requests, shared)
        found = dict(zip(places, judged, strict=True))
        for at, one in enumerate(policies):
            if one.language is Language.REGO:
                found[at] = judge_rego(self.rego, one, requests, shared)
            elif one.language is Language.REGO_TEST:
                found[at] = judge_tests(self.rego, one, requests, shared)
            elif one.language is Language.GATEKEEPER:
                found[at] = judge_gatekeeper(self.rego, one, requests, shared, self._native)
        return [found[at] for at in range(len(policies))]

    def _native(
        self, source: Mapping[str, Json], requests: Sequence[Request], shared: Shared
    ) -> Sequence[Verdict]:
        """Judges Gatekeeper's CEL where all CEL is judged."""
        policy = native_policy(source, severity_of(source["constraint"]))
        params = native_params(source)
        (found,) = self._judges([policy], [replace(one, params=params) for one in requests], shared)
        return found


_REGO = frozenset({Language.REGO, Language.REGO_TEST, Language.GATEKEEPER})
