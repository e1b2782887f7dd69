"""A Rego module's outline: its package, its rules' heads, what it calls and refers to. Compiles nothing.

This is no parser: it must be right on text that an engine accepts, and harmless on text that none does.
Checked against `opa parse` on whole libraries.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bot.policy.rego.tokens import Token, tokens

Path = tuple[str, ...]

_GOES_ON = frozenset(
    [
        "=",
        ":=",
        "==",
        "!=",
        "<",
        ">",
        "<=",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "&",
        "|",
        ",",
        ".",
        "(",
        "[",
        "{",
        ":",
        ";",
        "if",
        "contains",
        "in",
        "not",
        "some",
        "every",
        "with",
        "as",
        "else",
        "default",
    ]
)
"""After these a line's first name is no new statement."""
_INSIDE = frozenset(["if", "else", "contains", "in", "with", "as", "not", "some", "every"])
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_NOT_CALLED = frozenset(
    ["if", "in", "not", "contains", "else", "some", "every", "with", "as", "import", "package", "default"]
)


@dataclasses.dataclass(slots=True)
class Head:
    """A rule as it is defined. `name` is empty where OPA gives a reference such as `a.b` none.

    `bodies`: how many rules OPA makes of it. `has_if`, `has_contains`: how its head is written.
    """

    name: str
    line: int
    column: int
    bodies: int = 1
    is_default: bool = False
    is_function: bool = False
    is_partial: bool = False
    """It makes a set: `contains`, or v0's `name[x]` without a value."""
    has_if: bool = False
    has_contains: bool = False
    has_value: bool = False
    is_old: bool = False
    """A body without `if`, which v1 does not read."""
    is_trap: bool = False
    """`name[x] if ..`: it makes an object of truths, where a set was meant."""
    span: tuple[int, int] = (0, 0)
    """Numbers of its name among the tokens, and of what stands behind it."""
    opens: tuple[int, ...] = ()
    """Numbers of the braces that open its bodies; none where it has no braces."""


@dataclasses.dataclass(frozen=True, slots=True)
class Outline:
    """What a module says of itself. `package` has no leading `data`."""

    package: Path
    heads: tuple[Head, ...]
    imports: tuple[Path, ...]
    imported: frozenset[str]
    """The names that imports give: the last part, or what stands after `as`."""
    calls: frozenset[str]
    references: frozenset[Path]
    """Below `data`, as far as they are written out; `()` may be anything."""


def outline(text: str) -> Outline:
    """The outline of any text."""
    listed = list(tokens(text))
    reader = _Reader(listed)
    reader.read()
    calls, references = _uses(listed)
    imported = frozenset(reader.imported)
    return Outline(reader.package, tuple(reader.heads), tuple(reader.imports), imported, calls, references)


def namespace(package: Path) -> str:
    """As conftest names it: `main`, `lib.kubernetes`, `a["b-c"]`."""
    if not package:
        return ""
    return package[0] + "".join(f".{part}" if _is_plain(part) else f'["{part}"]' for part in package[1:])


def query(package: Path, rule: str) -> str:
    """The reference to a rule."""
    return f"data.{namespace(package)}.{rule}"


def _is_plain(part: str) -> bool:
    return part.isascii() and part.isidentifier()


class _Reader:
    """Goes over the statements of a module."""

    def __init__(self, listed: Sequence[Token]) -> None:
        self.all = listed
        self.at = 0
        self.package: Path = ()
        self.imports: list[Path] = []
        self.imported: list[str] = []
        self.heads: list[Head] = []

    def read(self) -> None:
        """Every statement from the first token to the last."""
        while self.at < len(self.all):
            token = self.all[self.at]
            if token.text in {"package", "import"} and token.kind == "name":
                path, self.at = reference(self.all, self.at + 1)
                if token.text == "import":
                    self.imports.append(path)
                    self.imported += [self._alias() or one for one in path[-1:]]
                elif not self.heads and not self.package:
                    self.package = path
            elif token.kind == "name":
                self._rule()
            else:
                self.at += 1

    def _alias(self) -> str:
        """What an import is called after `as`; empty without."""
        if [one.text for one in self.all[self.at : self.at + 1]] != ["as"]:
            return ""
        self.at += 2
        return self.all[min(self.at, len(self.all)) - 1].text

    def _rule(self) -> None:
        is_default = self.all[self.at].text == "default"
        self.at += is_default
        if self.at >= len(self.all):
            return
        token = self.all[self.at]
        head = Head(token.text, token.line, token.column, is_default=is_default)
        first = self.at
        parts = self._head(head)
        self._bodies(head)
        head.span = (first, self.at)
        is_keyed = head.is_partial
        head.is_trap = is_keyed and head.has_if and not head.has_contains and not head.has_value
        head.is_partial = head.has_contains or (parts == 1 and is_keyed and not head.has_if)
        if parts and head.has_contains:
            head.name = ""
        self.heads.append(head)

    def _head(self, head: Head) -> int:
        """Reads the reference; how many parts follow the name."""
        self.at += 1
        parts = 0
        while self.at < len(self.all):
            text, kind = self.all[self.at].text, self.all[self.at].kind
            if text == "." and kind == "sign":
                self.at += 2
            elif text == "[" and not self.all[self.at].is_first:
                self._group()
                head.is_partial = True
            elif text == "(":
                self._group()
                head.is_function = True
                break
            else:
                break
            parts += 1
        return parts

    def _bodies(self, head: Head) -> None:
        """Reads to the statement's end, and counts its bodies."""
        bodies, in_else = list[int](), False
        while self.at < len(self.all) and not self._is_next():
            before, token = self.all[self.at - 1], self.all[self.at]
            word = token.text if token.kind in {"name", "sign"} else ""
            if word == "{" and _may_be_body(before):
                head.is_old |= before.text != "if"
                bodies += [] if in_else else [self.at]
            elif word == "else":
                in_else = True
            elif word == "contains" and not bodies:
                head.has_contains = True
            elif word == "if":
                head.has_if = True
            elif word in {"=", ":="} and not bodies and not in_else:
                head.has_value = True
            if word in _OPEN:
                self._group()
            else:
                self.at += 1
        head.bodies, head.opens = max(1, len(bodies)), tuple(bodies)

    def _is_next(self) -> bool:
        """Whether a new statement begins here, at no depth."""
        before, token = self.all[self.at - 1], self.all[self.at]
        if token.kind != "name" or token.text in _INSIDE:
            return False
        if before.kind in {"name", "sign"} and before.text in _GOES_ON:
            return False
        return token.is_first or before.text == "}"

    def _group(self) -> None:
        """Over all between brackets."""
        depth = 0
        while self.at < len(self.all):
            token = self.all[self.at]
            self.at += 1
            if token.kind != "sign":
                continue
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
            if depth <= 0:
                return


def _may_be_body(before: Token) -> bool:
    """Whether a brace after this opens a body, and no set or object."""
    if before.kind in {"name", "sign"} and before.text in {"if", "else"}:
        return True
    return not (before.kind in {"name", "sign"} and before.text in _GOES_ON)


def reference(listed: Sequence[Token], at: int) -> tuple[Path, int]:
    """The parts of a reference that are written out, and where they end."""
    parts: list[str] = []
    if at < len(listed) and listed[at].kind == "name":
        parts.append(listed[at].text)
        at += 1
    while at + 1 < len(listed):
        if listed[at].text == "." and listed[at + 1].kind == "name":
            parts.append(listed[at + 1].text)
            at += 2
        elif listed[at].text == "[" and listed[at + 1].kind == "string":
            parts.append(listed[at + 1].text.strip('"'))
            at += 3
        else:
            break
    return tuple(parts), at


def _uses(listed: Sequence[Token]) -> tuple[frozenset[str], frozenset[Path]]:
    calls: set[str] = set()
    references: set[Path] = set()
    for at, token in enumerate(listed):
        if token.kind != "name" or (at and listed[at - 1].text == "."):
            continue
        path, end = reference(listed, at)
        if path and path[0] == "data":
            references.add(path[1:])
        if path[0] not in _NOT_CALLED and _is_called(listed, end):
            calls.add(".".join(path))
    return frozenset(calls), frozenset(references)


def _is_called(listed: Sequence[Token], at: int) -> bool:
    """Whether a bracket follows at once: with a space between them OPA sees two expressions."""
    return at < len(listed) and listed[at].text == "(" and listed[at].start == listed[at - 1].end
