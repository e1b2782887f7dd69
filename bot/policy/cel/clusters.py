"""What Kubernetes' own compiler would say of an expression of an admission policy. Evaluates nothing.

Our engine has more functions than a cluster and takes more kinds of lists. Here its checker is given exactly
the functions and types of a version of Kubernetes: what it refuses then, an API server refuses. What is not
checked passes: this finds fault only where the API server does.
Source: k8s.io/apiserver 0.37, pkg/cel/environment/base.go and plugin/cel/compile.go; cel-go's validators.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

import re2
from cel_expr_python import cel

from bot.policy.cel.environment import redeclared
from bot.policy.cel.expression import compile_expression
from bot.policy.cel.faults import CelFault, CelProblem, problem
from bot.policy.cel.kubernetes import NEWEST, Known, known
from bot.policy.cel.scan import Token, closing, tokens
from bot.policy.cel.tree import Node, tree

_CONFIG = """
name: cluster
extensions:
- name: optional
- name: two-var-comprehensions
- name: sets
- name: lists
stdlib:
  exclude_functions:
  - name: _<_
  - name: _<=_
  - name: _>_
  - name: _>=_
  - name: string
"""
_ENGINES = frozenset(
    re.findall(
        r"\S+",
        """bool bytes contains distinct double duration dyn endsWith first flatten getDate getDayOfMonth
        getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds getMinutes getMonth getSeconds
        hasValue in int last lists.range matches optional.none optional.of optional.ofNonZeroValue or
        orValue reverse sets.contains sets.equivalent sets.intersects size slice sort startsWith string
        timestamp type uint value""",
    )
)
"""Functions that the engine declares itself, as Kubernetes does."""
_BROKEN = (RuntimeError, ValueError, TypeError)
_T = cel.Type
_OPTIONAL, _PARAMETER = re.compile(r"optional_type<(?:[^<>]|<[^<>]*>)*>"), re.compile(r"~\w+")
_DYNAMIC = frozenset(
    one.name for one in known() if "optional_type<" in one.gives or "<optional" in str(one.takes)
)
"""Functions of which the types are not known as well as in Kubernetes."""
_LITERALS = frozenset({"duration", "timestamp", "int", "uint", "double", "bool"})
_UNDECLARED = re.compile(r"(undeclared reference to '\w+)\.[\w.]+'")
_CLAUSE = re.compile(r"%(?:%|(?:\.[0-9]+)?[a-zA-Z])")
_LOOSE = ("request", "namespaceObject", "variables")
"""Names of which a part may be of a type that is not known here."""
_REQUEST: Mapping[str, str] = {
    **{f"{kind}.{one}": "string" for kind in ("kind", "requestKind") for one in ("group", "version", "kind")},
    **{
        f"{kind}.{one}": "string"
        for kind in ("resource", "requestResource")
        for one in ("group", "version", "resource")
    },
    **dict.fromkeys(("kind", "requestKind", "resource", "requestResource", "userInfo"), "dyn"),
    **dict.fromkeys(("subResource", "requestSubResource", "name", "namespace", "operation"), "string"),
    "userInfo.username": "string",
    "userInfo.uid": "string",
    "userInfo.groups": "list<string>",
    "userInfo.extra": "map<string,list<string>>",
    "dryRun": "bool",
    "options": "dyn",
}
_NAMESPACE: Mapping[str, str] = {
    **dict.fromkeys(("metadata", "spec", "status"), "dyn"),
    **{
        f"metadata.{one}": "string" for one in ("name", "generateName", "namespace", "UID", "resourceVersion")
    },
    "metadata.labels": "map<string,string>",
    "metadata.annotations": "map<string,string>",
    "metadata.creationTimestamp": "timestamp",
    "metadata.deletionTimestamp": "timestamp",
    "metadata.deletionGracePeriodSeconds": "int",
    "metadata.generation": "int",
    "metadata.finalizers": "list<string>",
    "spec.finalizers": "list<string>",
    "status.conditions": "list<dyn>",
    "status.phase": "string",
}
_FIELDS = {"request": _REQUEST, "namespaceObject": _NAMESPACE}
AUTHORIZER = {
    "authorizer": "kubernetes.authorization.Authorizer",
    "authorizer.requestResource": "kubernetes.authorization.ResourceCheck",
}
"""The names of the authorizer, for `names`."""


def refused(
    text: str, names: Mapping[str, str], gives: Collection[str] = (), *, version: int = NEWEST
) -> tuple[CelProblem | None, str]:
    """Why no API server of this minor version compiles the text, and else of what type it is.

    `names`: what it may name, and the types: `variables.x` of the variables before it, `dyn` for objects.
    `gives`: the types that it may have; empty for any.
    """
    return _known(text, tuple(sorted(names.items())), frozenset(gives), version)


@lru_cache(maxsize=4096)
def _known(
    text: str, names: tuple[tuple[str, str], ...], gives: frozenset[str], version: int
) -> tuple[CelProblem | None, str]:
    """The same text is looked at once: a policy comes by for every lot of requests."""
    try:
        return None, _checked(text, dict(names), gives, version)
    except CelProblem as found:
        return found, "dyn"


def _checked(text: str, names: dict[str, str], gives: Collection[str], version: int) -> str:
    found = tokens(text)
    for at, said in (*_unknown_macros(found, version), *_unknown_functions(found, version)):
        raise _placed(text, at, said)
    put, types, is_loose = _named(text, found, names)
    env = _environment(tuple(sorted({**names, **types}.items())), version)
    try:
        program = env.compile(put)
    except _BROKEN as broken:
        found_wrong = problem(str(broken))
        said = _UNDECLARED.sub(r"\1'", found_wrong.message)
        raise CelProblem(said, found_wrong.line, found_wrong.column) from None
    for offset, said in _invalid(tree(program.serialize()), is_strict=not is_loose):
        raise _placed(text, offset, said)
    given = _written(program.return_type())
    if gives and given not in gives and not (is_loose and given == "dyn"):
        raise CelProblem(f"must evaluate to {' or '.join(sorted(gives))} but got {given}")
    return given


def _placed(text: str, offset: int, said: str) -> CelProblem:
    start = text.rfind("\n", 0, offset) + 1
    return CelProblem(said, text.count("\n", 0, offset) + 1, offset - start + 1)


@lru_cache(maxsize=64)
def _environment(names: tuple[tuple[str, str], ...], version: int) -> cel.Env:
    functions: dict[str, list[cel.Overload]] = redeclared()
    for number, one in enumerate(known()):
        if one.since <= version and not one.is_macro and one.name not in _ENGINES and one.name[0].isalpha():
            overloads = functions.setdefault(one.name, [])
            # Of an empty list all will do, and the first is taken: a sum is then a whole number.
            overloads.insert(0 if one.gives == "int" else len(overloads), _overload(number, one))
    for one in _networks(version):
        functions["string"].append(one)
    functions.pop("cel.@mapInsert", None)
    return cel.NewEnv(
        config=cel.NewEnvConfigFromYaml(_CONFIG),
        variables={name: _type(kind) for name, kind in names},
        functions=[cel.FunctionDecl(name, overloads) for name, overloads in functions.items()],
    )


def _networks(version: int) -> Iterator[cel.Overload]:
    for number, one in enumerate(known()):
        if one.name == "string" and one.takes[0].startswith("net.") and one.since <= version:
            yield _overload(number, one)


def _overload(number: int, one: Known) -> cel.Overload:
    takes = [_type(kind) for kind in one.takes]
    return cel.Overload(f"known_{number}", _type(one.gives), takes, is_member=one.is_member)


def _type(text: str) -> cel.Type:
    """The engine takes no optional types and no type parameters from outside: these are dynamic here."""
    return _T(_PARAMETER.sub("dyn", _OPTIONAL.sub("dyn", text)))


def _written(type_: cel.Type) -> str:
    """As it is written here. Opaque values are `dyn`."""
    said = str(type_.name())
    if "." in said or "optional" in said or "UNKNOWN" in said:
        return "dyn" if "optional" not in said else "optional_type"
    return said.lower().replace(" ", "")


def _unknown_macros(found: Sequence[Token], version: int) -> Iterator[tuple[int, str]]:
    """Macros of the engine that this version lacks."""
    macros = {(one.name, int(one.takes[0])): one.since for one in known() if one.is_macro}
    names = {name for name, _ in macros}
    for index, token in enumerate(found[:-1]):
        if token.kind != "name" or found[index + 1].text != "(":
            continue
        before = [one.text for one in found[max(0, index - 2) : index]]
        if token.text == "bind" and before == ["cel", "."]:
            yield found[index - 2].start, "undeclared reference to 'cel'"
        if token.text in names and before[-1:] == ["."]:
            since = macros.get((token.text, _count(found, index + 1)), 0)
            if since > version:
                yield token.start, f"undeclared reference to '{token.text}'"


def _unknown_functions(found: Sequence[Token], version: int) -> Iterator[tuple[int, str]]:
    """Functions of the engine that this version lacks."""
    since = {one.name: one.since for one in known() if one.name in _ENGINES and not one.is_macro}
    for index, token in enumerate(found[:-1]):
        if token.kind == "name" and found[index + 1].text == "(":
            space = "".join(one.text for one in found[max(0, index - 2) : index])
            name = space + token.text if space in {"lists.", "sets.", "optional."} else token.text
            if since.get(name, 0) > version:
                yield token.start, f"undeclared reference to '{name}'"


def _count(found: Sequence[Token], opening: int) -> int:
    end = closing(found, opening)
    if end is None or end == opening + 1:
        return 0
    depth, commas = 0, 0
    for one in found[opening:end]:
        if one.kind == "sign":
            depth += (one.text in {"(", "[", "[?", "{"}) - (one.text in {")", "]", "}"})
            commas += one.text == "," and depth == 1
    return commas + 1


def _named(text: str, found: Sequence[Token], names: dict[str, str]) -> tuple[str, dict[str, str], bool]:
    """The text with `request.kind.group` and `variables.x` as names of their own, and the types of these.

    And whether something is left of which the type is not known. All characters stay in their places. Raises
    CelProblem for a field that there is not.
    """
    made, types = text, dict[str, str]()
    is_loose = any(one.text in _DYNAMIC - _ENGINES for one in found)
    for index, token in enumerate(found):
        before = found[index - 1].text if index else ""
        if token.kind != "name" or before in {".", ".?"}:
            continue
        if token.text == "exists_one" or token.text not in _LOOSE or token.text not in names:
            continue
        path, end, is_asked = _path(found, index)
        kind, depth = _kind(token.text, path, names, text, token.start)
        if _is_indexed(found, end) and kind == "dyn" and token.text in _FIELDS and path[:1] != ["options"]:
            raise _placed(
                text, found[end + 1].start, f"found no matching overload for '_[_]' of {token.text}"
            )
        if is_asked or depth == 0 or (kind == "dyn" and depth < len(path)):
            is_loose = True
            continue
        last = found[index + 2 * depth]
        name = "_".join([token.text, *path[:depth]])
        is_loose = is_loose or (kind == "dyn" and token.text != "variables")
        if len(name) == last.end - token.start:
            made = made[: token.start] + name + made[last.end :]
            types[name] = kind
    made = re.sub(r"\.exists_one(\s*\((?:[^(),]*,){2})", r".existsOne \1", made)
    return made, types, is_loose


def _path(found: Sequence[Token], index: int) -> tuple[list[str], int, bool]:
    """The fields that are selected with dots from a name, and whether `has` is asked of the last."""
    path: list[str] = []
    at = index
    while [one.text for one in found[at + 1 : at + 2]] == ["."] and found[at + 2 : at + 3]:
        is_call = [one.text for one in found[at + 3 : at + 4]] == ["("]
        if found[at + 2].kind != "name" or is_call:
            break
        path.append(found[at + 2].text)
        at += 2
    before = [one.text for one in found[max(0, index - 2) : index]]
    return path, at, before == ["has", "("]


def _is_indexed(found: Sequence[Token], at: int) -> bool:
    return [one.text for one in found[at + 1 : at + 2]] in (["["], ["[?"])


def _kind(name: str, path: Sequence[str], names: Mapping[str, str], text: str, at: int) -> tuple[str, int]:
    """The type of the longest part of the path that has one, and its length. Raises CelProblem."""
    if name == "variables":
        if not path:
            return "dyn", 0
        if f"variables.{path[0]}" not in names:
            raise _placed(text, at, f"undefined field '{path[0]}'")
        return names[f"variables.{path[0]}"], 1
    fields = _FIELDS[name]
    for length in range(1, len(path) + 1):
        part = ".".join(path[:length])
        if part not in fields:
            above = ".".join(path[: length - 1])
            if any(one.startswith(f"{above}." if above else "") for one in fields):
                raise _placed(text, at, f"undefined field '{path[length - 1]}'")
            return fields[above], length - 1
    return (fields[".".join(path)], len(path)) if path else ("dyn", 0)


def _invalid(root: Node, *, is_strict: bool) -> Iterator[tuple[int, str]]:
    """What cel-go's validators, which Kubernetes switches on, find fault with."""
    calls = [one for one in root.walk() if one.name == "format" and one.has_target and len(one.parts) > 1]
    arguments = {id(one) for call in calls for one in call.parts[1].walk()}
    for one in root.walk():
        if one.kind in {"list", "map"} and id(one) not in arguments:
            yield from _mixed(one.parts, one.optional, is_strict=is_strict)
            yield from _mixed(one.keys, frozenset(), is_strict=is_strict)
        if one.kind == "call":
            yield from _literal(one)


def _mixed(parts: Sequence[Node], optional: frozenset[int], *, is_strict: bool) -> Iterator[tuple[int, str]]:
    kinds = [
        one.of if at in optional and one.type == "optional_type" else one.type for at, one in enumerate(parts)
    ]
    for one, kind in zip(parts[1:], kinds[1:], strict=True):
        is_known = _is_sure(kind, is_strict=is_strict) and _is_sure(kinds[0], is_strict=is_strict)
        if is_known and kind != kinds[0]:
            yield one.offset, f"expected type '{kinds[0]}' but found '{kind}'"


def _is_sure(kind: str, *, is_strict: bool) -> bool:
    """Whether the type is known well enough to be compared with another one."""
    return bool(kind) and "?" not in kind and ("dyn" not in kind or (is_strict and kind == "dyn"))


def _literal(call: Node) -> Iterator[tuple[int, str]]:
    """Texts that are no duration, time or pattern, and clauses without values."""
    texts = [one.text for one in call.parts]
    if call.name in _LITERALS and len(texts) == 1 and texts[0] is not None:
        if not _is_one(call.name, texts[0]):
            yield call.parts[0].offset, f"invalid {call.name} argument"
    elif call.name == "matches" and len(texts) == 2 and texts[1] is not None:  # noqa: PLR2004 - text, pattern
        if not _is_pattern(texts[1]):
            yield call.parts[1].offset, "invalid matches argument"
    elif call.name == "format" and len(texts) > 1 and texts[0] is not None and call.parts[1].kind == "list":
        wanted = len([one for one in _CLAUSE.findall(texts[0]) if one != "%%"])
        given = len(call.parts[1].parts)
        if given > wanted:
            said = f"too many arguments supplied to string.format (expected {wanted}, got {given})"
            yield call.parts[1].offset, said
        elif given < wanted:
            yield call.parts[1].offset, f"index {given} out of range"


def _is_one(name: str, text: str) -> bool:
    quoted = "".join(f"\\U{ord(one):08x}" for one in text)
    try:
        compile_expression(f'{name}("{quoted}")', ()).evaluate({})
    except CelFault:
        return False
    return True


def _is_pattern(text: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options=options)
    except re2.error:
        return False
    return True
