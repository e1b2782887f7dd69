"""One expression, compiled once and evaluated many times. An error is never taken for an answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property, lru_cache
from typing import Any

from cel_expr_python import cel

from bot.policy.cel import values as carried
from bot.policy.cel.environment import environment
from bot.policy.cel.faults import CelFault, CelProblem, Unavailable, problem
from bot.policy.cel.functions import authorizer
from bot.policy.cel.host import Host
from bot.policy.cel.rewrite import Rewritten, rewritten
from bot.policy.cel.scan import Path, paths
from bot.policy.cel.variables import VARIABLES, Variables

_LONGEST = 100_000
_OPTIONAL = "optional_type"


def compile_expression(
    text: str, names: Collection[str], *, kyverno: bool = False, functions: tuple[Host, ...] = ()
) -> Expression:
    """The expression, or CelProblem with the place of what is wrong. The same text is compiled once.

    `names`: what it may name, all of dynamic type. `kyverno`: with Kyverno's functions. `functions`: more of one's
    own; keep the tuple, for it is part of what is remembered.
    """
    return _compiled(text, frozenset(names), functions, kyverno)


@lru_cache(maxsize=4096)
def _compiled(text: str, names: frozenset[str], functions: tuple[Host, ...], kyverno: bool) -> Expression:  # noqa: FBT001 # for the cache
    return Expression(text, names, functions, kyverno=kyverno)


class Expression:
    """Evaluates one text. Holds no values, and may be used for any number of them."""

    def __init__(
        self, text: str, names: frozenset[str], functions: tuple[Host, ...] = (), *, kyverno: bool = False
    ) -> None:
        """Compile. Raises CelProblem."""
        if len(text) > _LONGEST:
            raise CelProblem(f"longer than {_LONGEST:,} characters")
        self.text = text
        self._names = names
        self._env = environment(names, functions, kyverno=kyverno)
        self._program = self._compile()
        self._variants: dict[frozenset[str], cel.Expression] = {frozenset(): self._program}

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The selections in the text, such as ("object", "spec", "replicas"), longest first."""
        return paths(self.text, self._names)

    @cached_property
    def variables(self) -> frozenset[str]:
        """The names of the variables that it reads."""
        return frozenset(str(path[1]) for path in self.paths if path[0] == VARIABLES and len(path) > 1)

    @cached_property
    def is_optional(self) -> bool:
        """Whether its result is an optional value, which only another expression can take."""
        return self._program.return_type().name().startswith(_OPTIONAL)

    def evaluate(self, values: Mapping[str, object]) -> Any:
        """The result in plain Python: int stays int, double is float. Raises CelFault."""
        return carried.result(self._value(values))

    def boolean(self, values: Mapping[str, object]) -> bool:
        """Whether it holds. Raises CelFault unless the result is of type bool."""
        found = self._value(values)
        answer = carried.result(found)
        if found.type() != cel.Type.BOOL or not isinstance(answer, bool):
            raise CelFault(f"the result is of type {found.type().name()}, not bool")
        return answer

    def as_list(self, values: Mapping[str, object]) -> Any:
        """An optional result as a list of none or one. Raises CelFault."""
        return carried.result(self._run(self._listed, values, frozenset()))

    @cached_property
    def _listed(self) -> cel.Expression:
        return self._env.compile(f"[?({rewritten(self.text).text}\n)]")

    def _value(self, values: Mapping[str, object]) -> cel.Value:
        variables = values.get(VARIABLES)
        optional = frozenset[str]()
        if isinstance(variables, Variables):
            optional = variables.optional & self.variables
        program = self._variants.get(optional) or self._variant(optional)
        return self._run(program, values, optional)

    def _variant(self, optional: frozenset[str]) -> cel.Expression:
        try:
            made = self._variants[optional] = self._compile(optional)
        except CelProblem as wrong:
            raise CelFault(wrong.message) from wrong
        return made

    def _run(
        self, program: cel.Expression, values: Mapping[str, object], optional: frozenset[str]
    ) -> cel.Value:
        del optional
        variables = values.get(VARIABLES)
        data = {name: values[name] for name in self._used if name in values}
        if isinstance(variables, Variables):
            data[VARIABLES] = variables.read(self.variables)
        if authorizer.NAME in self._used:
            data[authorizer.NAME] = _NOBODY
        found = _evaluated(program, data)
        said = carried.error(found)
        if carried.STRANGE in said:
            _complain(said, variables)
            found = _evaluated(program, carried.plain(data))
        return found

    @cached_property
    def _used(self) -> tuple[str, ...]:
        return tuple({str(path[0]): None for path in self.paths})

    def _compile(self, optional: frozenset[str] = frozenset()) -> cel.Expression:
        text = rewritten(self.text, optional)
        try:
            return self._env.compile(text.text)
        except (RuntimeError, ValueError, TypeError) as broken:
            raise _placed(problem(str(broken)), text, self.text) from None


class _Nobody:
    """The authorizer's value. The engine takes no value of this type: reading it is an error."""


_NOBODY = _Nobody()


def _complain(said: str, variables: object) -> None:
    """Raise what stands behind an error about a value that the engine does not take."""
    if _Nobody.__name__ in said:
        raise Unavailable(authorizer.REASON)
    if isinstance(variables, Variables):
        variables.complain(said)


def _evaluated(program: cel.Expression, data: Mapping[str, object]) -> cel.Value:
    try:
        return program.eval(data=data)
    except (RuntimeError, ValueError, TypeError, OverflowError) as broken:
        raise CelFault(str(broken)[:1_000]) from broken


def _placed(wrong: CelProblem, text: Rewritten, original: str) -> CelProblem:
    """With the place in the author's text."""
    lines = text.text.split("\n")
    before = sum(len(line) + 1 for line in lines[: wrong.line - 1])
    offset = min(text.origin(before + wrong.column - 1), len(original))
    start = original.rfind("\n", 0, offset) + 1
    return CelProblem(wrong.message, original.count("\n", 0, offset) + 1, offset - start + 1)
