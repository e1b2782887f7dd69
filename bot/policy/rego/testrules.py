"""Rego's `test_*` rules as `opa test` counts them: each rule is a test, and may have cases. Runs nothing.

Two rules of one name are `test_a` and `test_a#01`. Of a test with cases (`test_a[note] if ..`), every case
that its body comes to must hold. An engine knows neither, so it is told both in the text of the module. From
OPA's v1/tester/runner.go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from bot.policy.rego import outline as out
from bot.policy.rego.dialect import INFIX, Edit, Tokens, closes, edited, is_whole
from bot.policy.rego.engine import Json
from bot.policy.rego.modules import Known, known, namespace_of
from bot.policy.rego.outline import Head, Path, outline
from bot.policy.rego.tokens import Token, tokens

TEST, LATER = "test_", "todo_test_"
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_GROUND = frozenset({"true", "false", "null"})


@dataclasses.dataclass(frozen=True, slots=True)
class TestRule:
    """One test. `query` asks an engine for it, and `lost` for the cases that do not hold, by their keys.

    Without `query` it is a function, which nobody calls; without `lost` it has no cases.
    """

    name: str
    path: str
    line: int
    query: str = ""
    lost: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class _Named:
    """A rule's reference: its parts up to the test's name, and the keys of its cases."""

    parts: Path
    tail: tuple[Tokens, ...]
    last: Token
    """The part that is the test's name."""
    end: int
    """Number of the token behind the reference."""
    is_dynamic: bool


def test_rules(modules: Sequence[Known], namespace: str) -> tuple[tuple[Known, ...], list[TestRule]]:
    """All modules, those of the namespace as an engine must be told them, and the tests of the namespace."""
    seen: dict[Path, int] = {}
    documents: list[Mapping[str, Json]] = []
    found: list[TestRule] = []
    for one in modules:
        text = one.module.text
        if namespace_of(one) != namespace:
            text = without_tests(text)
        elif TEST in text:
            writer = _Writer(one, seen)
            found += writer.tests()
            text = writer.text()
        documents.append({"path": one.module.path, "text": text, "version": one.module.version})
    return known(documents), found


@lru_cache(maxsize=512)
def without_tests(text: str) -> str:
    """The module as it judges: its tests are blank lines.

    Nothing else may need them. Where a package is looked at as a whole, the embedded engine evaluates its
    tests too, and keeps for others what they saw `with input as` theirs.
    """
    heads = [one for one in outline(text).heads if one.name.startswith((TEST, LATER))]
    if not heads:
        return text
    listed = list(tokens(text))
    edits = []
    for one in heads:
        first = one.span[0] - one.is_default
        # What stands above belongs to it: annotations without a rule are an error.
        start = listed[first - 1].end if first else 0
        end = listed[one.span[1] - 1].end
        edits.append(Edit(start, end, "\n" * text.count("\n", start, end)))
    return edited(text, edits)


class _Writer:
    """Goes over the rules of one module. `seen`: how often each test was met, in the whole package."""

    def __init__(self, one: Known, seen: dict[Path, int]) -> None:
        self._one = one
        self._seen = seen
        self._listed = list(tokens(one.module.text))
        self._edits: list[Edit] = []
        self._added: list[str] = []

    def tests(self) -> Iterator[TestRule]:
        """In the order in which they stand."""
        for head in self._one.outline.heads:
            named = self._named(head)
            if named is None:
                continue
            if named.parts[-1].startswith(LATER) or head.is_function:
                query = "" if head.is_function else self._query(named.parts)
                yield TestRule(out.namespace(named.parts), self._one.module.path, head.line, query)
                continue
            for number in range(head.bodies):
                yield self._test(head, named, number)

    def text(self) -> str:
        """The module with its tests told apart. Lines stay what they are."""
        return "\n".join([edited(self._one.module.text, self._edits), *self._added])

    def _query(self, parts: Path) -> str:
        return f"data.{out.namespace((*self._one.outline.package, *parts))}"

    def _test(self, head: Head, named: _Named, number: int) -> TestRule:
        """The test that one body of a rule is."""
        times = self._seen.get(named.parts, 0)
        self._seen[named.parts] = times + 1
        parts, name = named.parts, out.namespace(named.parts)
        if times:
            new = f"roadcrew_{times}_{named.parts[-1]}"
            name = out.namespace((*named.parts[:-1], f"{named.parts[-1]}#{times:02}"))
            name = name if len(parts) > 1 else f"{named.parts[-1]}#{times:02}"
            parts = (*named.parts[:-1], new)
            self._rename(head, named, number, new)
        lost = self._cases(head, named, number, parts) if _has_cases(head, named) else ""
        return TestRule(name, self._one.module.path, head.line, self._query(parts), lost)

    def _rename(self, head: Head, named: _Named, number: int, new: str) -> None:
        """A rule's own name gives way; a further body gets a head of its own."""
        said = f'"{new}"' if named.last.kind == "string" else new
        if not number:
            self._edits.append(Edit(named.last.start, named.last.end, said))
            return
        start, end = self._listed[head.span[0]].start, self._listed[head.opens[0]].start
        text = self._one.module.text
        whole = text[start : named.last.start] + said + text[named.last.end : end]
        at = self._listed[head.opens[number]].start
        self._edits.append(Edit(at, at, f" {' '.join(whole.split())} "))

    def _named(self, head: Head) -> _Named | None:
        """None where it is no test."""
        at = head.span[0]
        if at >= len(self._listed):
            return None
        ground: list[tuple[str, Token]] = [(self._listed[at].text, self._listed[at])]
        keys: list[Tokens] = []
        at += 1
        while at + 1 < len(self._listed):
            one = self._listed[at]
            if one.text == "." and one.kind == "sign":
                part: Tokens = [self._listed[at + 1]]
                at += 2
            elif one.text == "[" and one.kind == "sign" and not one.is_first:
                end = closes(self._listed, at)
                part = self._listed[at + 1 : end]
                at = end + 1
            else:
                break
            is_word = self._listed[at - 1] is part[-1] if part else False
            if part and not keys and len(part) == 1 and (is_word or part[0].kind == "string"):
                ground.append((part[0].text.strip('"'), part[0]))
            else:
                keys.append([part[0]._replace(kind="string", text=f'"{part[0].text}"')] if is_word else part)
        place = next((n for n, (name, _) in enumerate(ground) if name.startswith((TEST, LATER))), None)
        if place is None:
            return None
        tail = [[one._replace(kind="string", text=f'"{name}"')] for name, one in ground[place + 1 :]]
        parts = tuple(name for name, _ in ground[: place + 1])
        is_dynamic = any(not _is_ground(key) for key in keys)
        return _Named(parts, (*tail, *keys), ground[place][1], at, is_dynamic)

    def _cases(self, head: Head, named: _Named, number: int, parts: Path) -> str:
        """Writes a rule for the cases that are come to and do not hold; how to ask for it."""
        body = _statements(self._body(head, named, number))
        cut = max((_bound(body, key) for key in named.tail), default=0)
        text = self._one.module.text
        keys = [_key(text, key) for key in named.tail]
        # The embedded engine loses a variable that is only another name of one.
        names = [
            said if len(key) == 1 else f"roadcrew_key_{at}"
            for at, (key, said) in enumerate(zip(named.tail, keys, strict=True))
        ]
        test = self._query(parts)
        lines = [*_declared(text, body[:cut], named.tail)]
        lines += [f"{name} := {key}" for name, key in zip(names, keys, strict=True) if name != key]
        lines.append(f"not {test}{''.join(f'[{name}]' for name in names)}")
        rule = f"roadcrew_lost_{len(self._seen)}_{len(self._added)}_{sum(self._seen.values())}"
        listed = f"[{', '.join(names)}]"
        is_new = self._one.module.version == "v1"
        opened = f"{rule} contains {listed} if {{" if is_new else f"{rule}[{listed}] {{"
        self._added.append("\n".join([opened, *lines, "}"]))
        return self._query((rule,))

    def _body(self, head: Head, named: _Named, number: int) -> Tokens:
        if head.opens:
            opened = head.opens[number]
            return self._listed[opened + 1 : closes(self._listed, opened)]
        depth = 0
        for at in range(named.end, head.span[1]):
            one = self._listed[at]
            if one.kind == "name" and one.text == "if" and not depth:
                return self._listed[at + 1 : head.span[1]]
            depth += one.kind == "sign" and (one.text in _OPEN) - (one.text in _CLOSE)
        return []


def _has_cases(head: Head, named: _Named) -> bool:
    """Whether it makes an object of cases, rather than one value or a set."""
    whole = len(named.parts) + len(named.tail)
    is_short = whole == 2 and not head.has_if  # noqa: PLR2004 - `name[x]`, as OPA has it
    if head.has_contains or not named.tail or (is_short and not head.has_value):
        return False
    return named.is_dynamic or is_short


def _is_ground(key: Tokens) -> bool:
    return len(key) == 1 and (key[0].kind in {"string", "raw", "number"} or key[0].text in _GROUND)


def _key(text: str, key: Tokens) -> str:
    # What was a name after a dot is no longer what stands in the text.
    return key[0].text if len(key) == 1 else text[key[0].start : key[-1].end]


def _statements(listed: Tokens) -> list[Tokens]:
    """The expressions of a body."""
    found: list[list[Token]] = [[]]
    depth = 0
    for at, one in enumerate(listed):
        word = one.text if one.kind in {"sign", "name"} else ""
        if depth == 0 and word == ";":
            found.append([])
            continue
        is_more = word in INFIX | {"with", "as"} or (at > 0 and not is_whole(listed[at - 1]))
        if depth == 0 and one.is_first and at and not is_more:
            found.append([])
        depth += (word in _OPEN) - (word in _CLOSE)
        found[-1].append(one)
    return [one for one in found if one]


def _bound(said: Sequence[Tokens], key: Tokens) -> int:
    """After how many of the statements the key is known: what may fail comes behind them."""
    wanted = _variables(key)
    places = [next((n + 1 for n, one in enumerate(said) if _binds(one, name)), 0) for name in wanted]
    return max(places, default=0)


def _variables(listed: Tokens) -> set[str]:
    """Names that stand alone, and no part of a reference or function."""
    return {
        one.text
        for at, one in enumerate(listed)
        if one.kind == "name"
        and (at == 0 or listed[at - 1].text != ".")
        and (at + 1 == len(listed) or listed[at + 1].text != "(")
    }


def _binds(statement: Tokens, name: str) -> bool:
    if name not in _variables(statement) or statement[0].text in {"not", "every"}:
        return False
    words = [one.text for one in statement if one.kind in {"sign", "name"}]
    return "in" in words or ":=" in words or "=" in words or "[" in words


def _declared(text: str, said: Sequence[Tokens], keys: Sequence[Tokens]) -> Iterator[str]:
    """The statements as written; of `some a, b` only what is used, since OPA wants the rest used too."""
    used = {name for one in [*said, *keys] if not _is_declaration(one) for name in _variables(one)}
    for one in said:
        if not _is_declaration(one):
            yield text[one[0].start : one[-1].end]
        elif names := [each.text for each in one[1:] if each.kind == "name" and each.text in used]:
            yield f"some {', '.join(names)}"


def _is_declaration(statement: Tokens) -> bool:
    return statement[0].text == "some" and all(one.text != "in" for one in statement)
