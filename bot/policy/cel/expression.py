"""One expression, compiled once and evaluated many times. An error is never taken for an answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from cel_expr_python import cel

from bot.policy.cel import timed, tolerant
from bot.policy.cel import values as carried
from bot.policy.cel.environment import environment
from bot.policy.cel.faults import Beyond, CelFault, CelProblem, Unavailable, problem, raised
from bot.policy.cel.functions import authorizer
from bot.policy.cel.functions.kyverno import ELSEWHERE
from bot.policy.cel.host import Host
from bot.policy.cel.rewrite import BROKEN_FIELD, NOW, OPTIONAL, Rewritten, rewritten
from bot.policy.cel.scan import Path, paths, tokens
from bot.policy.cel.variables import VARIABLES, Variables

_LONGEST = 100_000
_ELSEWHERE = {authorizer.NAME: authorizer.REASON}
_LISTED = "cel.bind(o__, ({}\n), o__.hasValue() ? [o__.value()] : [])"
_BOOL, _ERROR = cel.Type.BOOL, cel.Type.ERROR
_BROKEN = (RuntimeError, ValueError, TypeError, OverflowError, SystemError)
"""What the engine raises for texts and values that it cannot take."""


def compile_expression(
    text: str, names: Collection[str], *, kyverno: bool = False, functions: tuple[Host, ...] = ()
) -> Expression:
    """The expression, or CelProblem with the place of what is wrong. The same text is compiled once.

    `names`: what it may name, all of dynamic type. `kyverno`: with Kyverno's functions. `functions`: more
    of one's own; keep the tuple, for it is part of what is remembered.
    """
    return _compiled(text, frozenset(names), functions, kyverno)


@lru_cache(maxsize=4096)
def _compiled(text: str, names: frozenset[str], functions: tuple[Host, ...], kyverno: object) -> Expression:
    return Expression(text, names, functions, kyverno=bool(kyverno))


@dataclass(frozen=True, slots=True)
class _Form:
    """How the text is put to the engine.

    `kinds` as in `rewrite.Kinds`; `is_listed`: its optional result as a list of none or one.
    """

    kinds: tuple[tuple[str, str], ...] = ()
    is_listed: bool = False
    is_tolerant: bool = False
    is_timed: bool = False


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
        self._elsewhere = {**_ELSEWHERE, **(ELSEWHERE if kyverno else {})}
        self._env = environment(names, functions, kyverno=kyverno)
        self._programs: dict[_Form, cel.Expression] = {}
        self._program(_Form())

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The selections in the text, such as ("object", "spec", "replicas"), longest first."""
        return paths(self.text, self._names)

    def evaluate(self, values: Mapping[str, object]) -> Any:
        """The result in plain Python: int stays int, double is float. Raises CelFault."""
        return carried.result(self._value(values))

    def boolean(self, values: Mapping[str, object]) -> bool:
        """Whether it holds. Raises CelFault unless the result is of type bool."""
        found = self._value(values)
        if found.type() != _BOOL:
            carried.result(found)
            raise CelFault(f"the result is of type {found.type().name()}, not bool")
        answer = found.value()
        if not isinstance(answer, bool):
            raise CelFault("the result is not bool")
        return answer

    def entering(self, values: Mapping[str, object]) -> tuple[Any, str]:
        """The result as it may enter another expression, and its kind (`rewrite.Kinds`). Raises CelFault."""
        data, kinds = self._data(values)
        found = self._run(_Form(kinds), data, values)
        if carried.is_optional(found):
            return carried.result(self._run(_Form(kinds, is_listed=True), data, values)), OPTIONAL
        return carried.entering(carried.result(found))

    def _value(self, values: Mapping[str, object]) -> cel.Value:
        data, kinds = self._data(values)
        return self._run(_Form(kinds), data, values)

    def _data(self, values: Mapping[str, object]) -> tuple[dict[str, Any], tuple[tuple[str, str], ...]]:
        """What of the values the text names, and which of them enter as something else."""
        data: dict[str, Any] = {}
        kinds: dict[str, str] = {}
        for name in self._used:
            if name in self._elsewhere:
                data[name] = carried.ELSEWHERE
            elif name in values:
                data[name], kinds[name] = carried.entering(values[name])
        variables = values.get(VARIABLES) if self._reads_variables else None
        if isinstance(variables, Variables):
            data[VARIABLES], some = variables.read(self._variables)
            kinds |= some
        return data, tuple((name, kind) for name, kind in kinds.items() if kind)

    def _run(self, form: _Form, data: dict[str, Any], values: Mapping[str, object]) -> cel.Value:
        found = self._evaluated(form, data)
        if found.type() != _ERROR:
            return found
        said = carried.error(found)
        if carried.STRANGE in said:
            _complain(said, self._elsewhere, values)
            data = carried.plain(data)
            found = self._evaluated(form, data)
            said = carried.error(found)
        if BROKEN_FIELD in said:
            _complain(said, self._elsewhere, values)
        if tolerant.concerns(said):
            found = self._evaluated(replace(form, is_tolerant=True), data)
            said = carried.error(found)
            if carried.STRANGE in said or BROKEN_FIELD in said:
                _complain(said, self._elsewhere, values)
        return found

    def _evaluated(self, form: _Form, data: Mapping[str, object]) -> cel.Value:
        """Raises CelFault for what the engine gives no value of, not even an error."""
        try:
            return self._program(form).eval(data=data)
        except _BROKEN as broken:
            said = str(broken)
            if not timed.concerns(said) or form.is_timed:
                raise raised(said) from broken
        return self._evaluated(replace(form, is_timed=True), data)

    @cached_property
    def _used(self) -> tuple[str, ...]:
        named = {token.text for token in tokens(self.text) if token.kind == "name"}
        return tuple(sorted(named & {*self._names, *self._elsewhere, NOW}))

    @cached_property
    def _reads_variables(self) -> bool:
        return any(token.kind == "name" and token.text == VARIABLES for token in tokens(self.text))

    @cached_property
    def _variables(self) -> tuple[str, ...]:
        return tuple(sorted({str(path[1]) for path in self.paths if path[0] == VARIABLES and len(path) > 1}))

    def _program(self, form: _Form) -> cel.Expression:
        program = self._programs.get(form)
        if program is None:
            program = self._programs[form] = self._compile(form)
        return program

    def _compile(self, form: _Form) -> cel.Expression:
        text = rewritten(self.text, dict(form.kinds))
        put = tolerant.tolerant(text.text) if form.is_tolerant else text.text
        put = timed.timed(put) if form.is_timed else put
        try:
            return self._env.compile(_LISTED.format(put) if form.is_listed else put)
        except _BROKEN as broken:
            if form == _Form():
                raise _placed(problem(str(broken)), text, self.text) from None
            raise Beyond(problem(str(broken)).message) from None


def _complain(said: str, elsewhere: Mapping[str, str], values: Mapping[str, object]) -> None:
    """Raise what stands behind an error about a value that the engine does not take."""
    name = carried.elsewhere(said)
    if name in elsewhere:
        raise Unavailable(elsewhere[name])
    missing, variables = values.get(name), values.get(VARIABLES)
    if isinstance(missing, carried.Elsewhere):
        raise Unavailable(missing.reason)
    if isinstance(variables, Variables):
        variables.complain(said)


def _placed(wrong: CelProblem, text: Rewritten, original: str) -> CelProblem:
    """With the place in the author's text."""
    lines = text.text.split("\n")
    before = sum(len(line) + 1 for line in lines[: wrong.line - 1])
    offset = min(text.origin(before + wrong.column - 1), len(original))
    start = original.rfind("\n", 0, offset) + 1
    return CelProblem(wrong.message, original.count("\n", 0, offset) + 1, offset - start + 1)
