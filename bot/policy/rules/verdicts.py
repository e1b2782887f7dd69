"""Verdicts of many things by many rules: asked of the judge once for the same rule and content.

What was stopped is asked again: how fast a machine is today is no property of the content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bot.catalog.entity import Catalog
from bot.catalog.reference import ReferenceBroken, parse_ref
from bot.model.tree import Memo
from bot.policy.requests import Case, digest_of, plain
from bot.policy.rules.lookups import Lookups
from bot.policy.rules.match import concerns, is_file_meant
from bot.policy.rules.ruleset import RuleSet, Ruling
from bot.policy.verdict import Json, Judge, Language, Outcome, Shared, Verdict

STOPPED = "stopped: "
"""What the reason of a verdict begins with whose policy was stopped."""
_MOST_KEPT = 400
"""Verdicts of one request that are kept, before those of old rules are let go of."""
_WIDE = frozenset({"catalog", "inventory"})
"""What is too much to hand over to rules that do not ask for it."""
BESIDE = frozenset({"pull", "siblings"})
"""What rules may need of what stands beside the judged thing; a case has marks for it, not digests."""
_MOST_MORE = 20
"""How many times what it lacks a rule may be asked of, so that it goes with others: a glance is far cheaper
than another crossing."""
_TRACED = frozenset({"catalog"})
"""What a verdict says itself that it asked for."""
_Stamped = tuple[Verdict, str]
"""A verdict and the digests of the answers that it depends on."""
_Key = tuple[str, str]
"""Digests of a policy and of what it asks for."""
_SKIPPED = Verdict(Outcome.SKIP, checks=0)


@dataclass(frozen=True)
class Around:
    """What rules may ask for besides the request. `inventory`: all rendered objects, when someone asks."""

    rules: RuleSet
    catalog: Catalog = field(repr=False)
    now: str
    inventory: Callable[[], Sequence[Json]] = field(default=tuple, repr=False)
    _known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def lookups(self) -> Lookups:
        """The answers that expressions get of the catalog."""
        return Lookups(self.entities)

    def stamp(self, verdict: Verdict) -> str:
        """Of the answers that a verdict depends on."""
        if not verdict.looked:
            return ""
        return " ".join([self._answer(function, ref) for function, ref in verdict.looked])

    def _answer(self, function: str, ref: str) -> str:
        key = f"{function} {ref}"
        if key not in self._known:
            self._known[key] = digest_of(self.lookups.answer(function, ref))
        return str(self._known[key])

    def beside(self, inventory: Callable[[], Sequence[Json]]) -> Around:
        """The same with other objects around."""
        known = {key: one for key, one in self._known.items() if key != "inventory"}
        return replace(self, inventory=inventory, _known=known)

    @cached_property
    def entities(self) -> Mapping[str, Any]:
        """By reference, as expressions see them."""
        return {one.ref: plain(one) for one in self.catalog.entities if self.catalog.get(one.ref) is one}

    @cached_property
    def objects(self) -> tuple[Json, ...]:
        return tuple(self.inventory())

    def digest(self, needs: frozenset[str]) -> str:
        """Of those of these things that are asked for."""
        for one in needs - self._known.keys():
            self._known[one] = digest_of(self._value(one))
        return " ".join(self._known[one] for one in sorted(needs))

    def _value(self, need: str) -> Json:
        match need:
            case "catalog":
                return self.entities
            case "inventory":
                return self.objects
            case "data":
                return self.rules.data
            case "parameters":
                return self.rules.parameters
            case _:
                return self.now

    def shared(self, needs: frozenset[str]) -> Shared:
        """All of it that one of these rules may ask for."""
        return Shared(
            catalog=self.entities if "catalog" in needs else {},
            parameters=self.rules.parameters,
            inventory=self.objects if "inventory" in needs else (),
            data=self.rules.data,
            now=self.now,
        )

    def owner_of(self, ref: str) -> str:
        """Who answers for an entity: a full reference, or empty."""
        entity = self.catalog.get(ref)
        owner = entity.spec.get("owner") if entity is not None else None
        try:
            return parse_ref(owner, "group") if isinstance(owner, str) else ""
        except ReferenceBroken:
            return owner if isinstance(owner, str) else ""


def verdicts(
    judge: Judge, rulings: Sequence[Ruling], cases: Sequence[Case], around: Around, memo: Memo
) -> Iterator[tuple[Ruling, Case, Verdict]]:
    """Every rule's verdict of every case that it concerns, rule by rule, in order.

    `memo` makes it cheaper and never different.
    """
    digests = [around.digest(one.needs - BESIDE - _TRACED) for one in rulings]
    asked = digest_of([[one.policy.digest, digest] for one, digest in zip(rulings, digests, strict=True)])
    beside = sorted({need for one in rulings for need in one.needs & BESIDE})
    signs = [" ".join([asked, *(one.marks.get(need, "") for need in beside)]) for one in cases]
    rows = [_row(case, sign, around, memo) for case, sign in zip(cases, signs, strict=True)]
    if fresh := [at for at, row in enumerate(rows) if row is None]:
        rounds = [_Round(cases[at], around, memo) for at in fresh]
        _ask(judge, list(zip(rulings, digests, strict=True)), rounds, around)
        for at, one in zip(fresh, rounds, strict=True):
            one.keep(memo)
            rows[at] = tuple([one.verdict(*each) for each in zip(rulings, digests, strict=True)])
            _keep_row(cases[at], signs[at], rows[at] or (), around, memo)
    for place, ruling in enumerate(rulings):
        for case, row in zip(cases, rows, strict=True):
            verdict = row[place] if row is not None else _SKIPPED
            if verdict is not _SKIPPED and verdict.outcome is not Outcome.SKIP:
                yield ruling, case, verdict


_Row = tuple[Verdict, ...]
"""Of one case, a verdict a rule."""


def _row(case: Case, sign: str, around: Around, memo: Memo) -> _Row | None:
    """What all these rules said of it last, if nothing changed. `sign`: of the rules and what they need."""
    known = memo.get(("row", case.digest))
    if case.problem or known is None or known[0] != sign:
        return None
    row: _Row = known[1]
    return row if all(around.stamp(row[at]) == stamp for at, stamp in known[2]) else None


def _keep_row(case: Case, sign: str, row: _Row, around: Around, memo: Memo) -> None:
    if not case.problem and not any(one.reason.startswith(STOPPED) for one in row):
        stamps = tuple([(at, around.stamp(one)) for at, one in enumerate(row) if one.looked])
        memo["row", case.digest] = (sign, row, stamps)


def _ask(
    judge: Judge, rulings: Sequence[tuple[Ruling, str]], rounds: Sequence[_Round], around: Around
) -> None:
    """Lets each round learn what it lacks. Rules that lack about the same are asked together."""
    lacking = [{at for at, one in enumerate(rounds) if one.lacks(*each)} for each in rulings]
    for places, wanted in together([one for one, _ in rulings], lacking, rounds):
        shared = around.shared(frozenset(need for place in places for need in rulings[place][0].needs))
        requests = [rounds[at].case.request for at in wanted]
        answers = judge([rulings[place][0].policy for place in places], requests, shared)
        for place, found in zip(places, answers, strict=True):
            for at, verdict in zip(wanted, found, strict=True):
                if at in lacking[place]:
                    rounds[at].learn(*rulings[place], verdict)


def together(
    rulings: Sequence[Ruling], lacking: Sequence[set[int]], rounds: Sequence[_Round]
) -> list[tuple[list[int], list[int]]]:
    """Places of rules and the cases that they are asked of in one call, so that requests cross once.

    A rule goes with others when all that it lacks crosses for them anyway and hardly more is asked of it than
    it lacks: what it is not concerned by, it sees at a glance. Those that see the whole catalog go first, and
    not with others: it crosses once.
    """
    groups: list[tuple[list[int], set[int]]] = []
    order = sorted(range(len(rulings)), key=lambda one: (not rulings[one].needs & _WIDE, -len(lacking[one])))
    for place in order:
        mine = lacking[place]
        group = next((one for one in groups if _goes_with(rulings, lacking, rounds, place, one)), None)
        if group is not None:
            group[0].append(place)
        elif mine:
            groups.append(([place], mine))
    return [(sorted(places), sorted(wanted)) for places, wanted in groups]


def _goes_with(
    rulings: Sequence[Ruling],
    lacking: Sequence[set[int]],
    rounds: Sequence[_Round],
    place: int,
    group: tuple[list[int], set[int]],
) -> bool:
    ruling, mine, first = rulings[place], lacking[place], rulings[group[0][0]]
    if not mine or bool(ruling.needs & _WIDE) != bool(first.needs & _WIDE):
        return False
    if mine == group[1]:
        return True
    is_cel = ruling.language is first.language is Language.CEL
    if not is_cel or not mine <= group[1] or len(group[1]) > _MOST_MORE * len(mine):
        return False
    # Only of what it is not concerned by may it be asked besides: no verdict is to be found twice.
    more = group[1] - mine
    return all(rounds[at].is_idle(ruling) for at in more)


class _Round:
    """One case on its way through all rules: what is known of it, and what is learned."""

    def __init__(self, case: Case, around: Around, memo: Memo) -> None:
        self.case = case
        self._around = around
        self._kept: Mapping[_Key, _Stamped] = memo.get(("verdicts", case.digest), {})
        self._learned: dict[_Key, _Stamped] = {}
        self._idle: set[str] = set()

    def is_idle(self, ruling: Ruling) -> bool:
        """Whether this rule, by its own `match` alone, is not concerned by the case."""
        return ruling.policy.digest in self._idle

    def _key(self, ruling: Ruling, digest: str) -> _Key:
        if ruling.needs.isdisjoint(BESIDE):
            return ruling.policy.digest, digest
        beside = [self.case.marks.get(one, "") for one in sorted(ruling.needs & BESIDE)]
        return ruling.policy.digest, " ".join([digest, *beside])

    def lacks(self, ruling: Ruling, digest: str) -> bool:
        """Whether the judge must be asked. `digest`: of what the rule needs from around."""
        key = self._key(ruling, digest)
        if self._is_unread(ruling) or self._still(key) is not None:
            return False
        if _may_concern(ruling, self.case):
            return True
        if self.case.request.operation != "DELETE":
            self._idle.add(ruling.policy.digest)
        self._learned[key] = (_SKIPPED, "")
        return False

    def _still(self, key: _Key) -> Verdict | None:
        """What is known, if all that it depends on is as it was."""
        found = self._learned.get(key) or self._kept.get(key)
        return found[0] if found is not None and self._around.stamp(found[0]) == found[1] else None

    def _is_unread(self, ruling: Ruling) -> bool:
        """Whether the rule asks for what could not be read. Whether there is a text, it can see by itself."""
        return bool(self.case.problem) and reads_documents(ruling)

    def learn(self, ruling: Ruling, digest: str, verdict: Verdict) -> None:
        self._learned[self._key(ruling, digest)] = (verdict, self._around.stamp(verdict))

    def verdict(self, ruling: Ruling, digest: str) -> Verdict:
        if self._is_unread(ruling):
            unread = Verdict(Outcome.NOT_EVALUATED, reason=self.case.problem)
            return unread if _may_concern(ruling, self.case) else _SKIPPED
        return self._still(self._key(ruling, digest)) or _SKIPPED

    def keep(self, memo: Memo) -> None:
        """Writes a new table instead of changing one that others may be reading."""
        learned = self._learned.items()
        lasting = {key: one for key, one in learned if not one[0].reason.startswith(STOPPED)}
        if lasting:
            old = self._kept if len(self._kept) < _MOST_KEPT else {}
            memo["verdicts", self.case.digest] = {**old, **lasting}


def reads_documents(ruling: Ruling) -> bool:
    """Whether a rule for files asks for what is in YAML and JSON, and not only for the text."""
    return ruling.language is Language.REGO or "documents" in str(ruling.policy.documents)


def _may_concern(ruling: Ruling, case: Case) -> bool:
    """Cheap, and never wrong in saying no: what is skipped here need not cross to the judge."""
    if ruling.judges == "file" and not is_file_meant(case.path, ruling.paths):
        return False
    if ruling.language is Language.CEL:
        spec = ruling.policy.documents[0]["spec"]
        if case.request.operation == "DELETE" and not _sees_old(ruling):
            return False
        return concerns(spec.get("match", {}), ruling.judges, case.request)
    # Rego and Gatekeeper judge what will be there, as conftest and Gatekeeper's webhook do.
    return case.request.operation != "DELETE" or ruling.language is Language.ADMISSION


def _sees_old(ruling: Ruling) -> bool:
    return "oldObject" in str(ruling.policy.documents[0])
