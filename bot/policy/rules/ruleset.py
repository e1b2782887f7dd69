"""All policies of a platform repo as one set, each as people know it: its words, its weight, its place.

Values only. How files become one is in `load.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from bot.model.plan import Finding, Severity
from bot.policy.verdict import Json, Language, Policy

OFF = "off"


@dataclass(frozen=True)
class Weight:
    """How much a rule weighs: `severity` (or `off`), and from when on it denies. Empty: as it says."""

    severity: str = ""
    deny_from: date | None = None

    def on(self, today: date, said: Severity) -> Severity | None:
        """The severity of a violation that the policy itself gives `said`; None where it is off."""
        if self.severity == OFF:
            return None
        if self.deny_from is not None and today >= self.deny_from:
            return Severity.DENY
        return Severity(self.severity) if self.severity else said


@dataclass(frozen=True)
class Ruling:
    """A policy and what people are told of it.

    `judges`: entity, object, pull or file. `needs`: what besides a request decides its verdicts, of catalog,
    parameters, inventory, data and now. `heaviest`: the most that the policy itself says.
    """

    policy: Policy
    judges: str
    weight: Weight = Weight()
    heaviest: Severity = Severity.DENY
    title: str = ""
    description: str = ""
    fix: str = ""
    link: str = ""
    waivable: bool = True
    max_waiver_days: int = 90
    needs: frozenset[str] = frozenset()
    source: bytes = field(default=b"", repr=False, compare=False)
    """The file that the policy stands in, and as which document, where that is known."""
    index: int = 0

    @property
    def name(self) -> str:
        return self.policy.name

    @property
    def paths(self) -> tuple[str, ...]:
        """Patterns of the files that a rule for files asks for; none for all YAML and JSON."""
        if self.language is Language.REGO:
            return tuple(self.policy.options.get("paths", ()))
        return tuple(self.policy.documents[0]["spec"].get("match", {}).get("paths", ()))

    @property
    def language(self) -> Language:
        return self.policy.language

    def severity(self, today: date) -> Severity | None:
        """The most that it may weigh on this day; None while it is off."""
        return self.weight.on(today, self.heaviest)

    def called(self, part: str) -> str:
        """The name of what said so: of Rego's rules each has its own, `main.deny_latest`."""
        return f"{self.name}.{part}" if self.language is Language.REGO and part else self.name


@dataclass(frozen=True)
class RuleSet:
    """Rulings by name, sorted; what is wrong with the files; and what the policies are given besides.

    `overrides`: what a `kind: Rule` without `judges` says of a policy or of a Rego rule, by its name.
    """

    rulings: tuple[Ruling, ...] = ()
    findings: tuple[Finding, ...] = ()
    parameters: tuple[Json, ...] = field(default=(), repr=False)
    data: Mapping[str, Json] = field(default_factory=dict, repr=False)
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    @cached_property
    def _by_name(self) -> Mapping[str, Ruling]:
        return {one.name: one for one in self.rulings}

    def get(self, name: str) -> Ruling | None:
        """The ruling of this name, or the one that a Rego rule of this name belongs to."""
        found = self._by_name.get(name) or self._by_name.get(name.rpartition(".")[0])
        if found is None:
            return None
        return found if found.name == name else self.part(found, name)

    def part(self, ruling: Ruling, name: str) -> Ruling:
        """The ruling with what is said of this part of it."""
        said = self.overrides.get(name)
        return overridden(ruling, said) if said is not None and name != ruling.name else ruling

    def knows(self, name: str) -> bool:
        """Whether there is a policy of that name, or of whose parts one may be called so."""
        found = self.get(name)
        return found is not None and (found.name == name or found.language is Language.REGO)

    def active(self, judges: str, today: date) -> tuple[Ruling, ...]:
        """Those that judge such things on this day."""
        return tuple(one for one in self.rulings if one.judges == judges and one.severity(today) is not None)


def overridden(ruling: Ruling, spec: Mapping[str, Any]) -> Ruling:
    """A ruling with the words and the weight that a `kind: Rule` without `judges` gives to it."""
    return replace(
        ruling,
        weight=weight_of(spec),
        description=str(spec.get("description") or ruling.description),
        fix=str(spec.get("fix") or ruling.fix),
        waivable=bool(spec.get("waivable", ruling.waivable)),
        max_waiver_days=int(spec.get("maxWaiverDays", ruling.max_waiver_days)),
    )


def weight_of(spec: Mapping[str, Any]) -> Weight:
    """What a Rule's spec says, which was checked before."""
    day = spec.get("denyFrom")
    return Weight(str(spec.get("severity") or ""), date.fromisoformat(day) if day else None)
