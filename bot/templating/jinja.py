"""Jinja as manifests may use it: `run_job`, the in-process runner.

Bounds output; time and memory are bounded by the child process that it runs in when templates are not ours.
Reads no file, no clock and no random number.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from types import CodeType, TracebackType
from typing import Any, NoReturn

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateNotFound
from jinja2.exceptions import SecurityError, TemplateError, TemplateRuntimeError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from bot.templating.contract import Contract, SchemaBroken
from bot.templating.jobs import OUT_OF_MEMORY, Recipe, RenderError, RenderJob, RenderResult, Violation
from bot.templating.manifests import manifests

_WITHOUT_FILTERS = ("random", "pprint", "urlize", "xmlattr")
_WITHOUT_GLOBALS = ("lipsum", "cycler", "joiner")
_REASON_CHARACTERS = 300
BYTES_A_CHARACTER = 4
"""Of canonical YAML, for each character that a job may render."""
_RECIPES = 32
"""How many stay ready for their next job."""
_OF_DICTS = frozenset(dir(dict))
_ADDRESS = re.compile(r"<[^<>\n]{1,200} at 0x[0-9a-f]{6,}>")
_FAILURES = (
    TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""All that a wrong expression can raise; MemoryError is said by another rule."""


class _TooMuch(Exception):
    """The job rendered more than it may. `file`: by then, where one is known."""

    def __init__(self, file: str = "") -> None:
        super().__init__(file)
        self.file = file


class _Refused(Exception):
    """The template itself says that a parameter will not do."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.reason)
        self.violation = violation


class _Undefined(StrictUndefined):
    """Names what was missing, and what there is instead."""

    @property
    def _undefined_message(self) -> str:
        holder = self._undefined_obj
        if self._undefined_hint or holder is missing or not isinstance(holder, Mapping):
            return super()._undefined_message
        there = ", ".join(sorted(str(key) for key in holder)[:30])
        return f"'{self._undefined_name}' is not there; there is: {there or 'nothing'}"


def run_job(job: RenderJob) -> RenderResult:
    """Fills and checks the parameters, renders each file that is no partial, and makes objects of the texts.

    Bad templates and bad parameters come back as values; nothing is raised for them.
    """
    try:
        return _run(job)
    except SchemaBroken as problem:
        return RenderResult(error=RenderError("template-contract", str(problem)))
    except _TooMuch as much:
        reason = f"more than {job.max_output} characters"
        return RenderResult(error=RenderError("template-too-big", reason, much.file))
    except MemoryError:
        return RenderResult(error=OUT_OF_MEMORY)
    except RecursionError:
        return RenderResult(error=RenderError("template-failed", "it calls itself without end"))


def _run(job: RenderJob) -> RenderResult:
    ready = _ready(job.recipe)
    parameters = ready.contract.fill(job.layers)
    broken = ready.contract.violations(parameters)
    if broken:
        return RenderResult(violations=broken)
    environment = ready.take()
    result = _rendered(job, environment, {**job.context, "parameters": parameters})
    if result.error or result.violations:
        return result  # and what was broken off in the middle is not used again
    ready.give_back(environment)
    return _with_objects(job, result.texts)


def _rendered(job: RenderJob, environment: Environment, context: Mapping[str, Any]) -> RenderResult:
    files = job.recipe.files
    texts: dict[str, str] = {}
    left = job.max_output
    for name in sorted(files):
        if not is_partial(name):
            try:
                texts[name] = _text(environment, name, context, left)
            except RecursionError:
                return RenderResult(error=RenderError("template-failed", "it calls itself without end", name))
            except MemoryError:
                return RenderResult(error=replace(OUT_OF_MEMORY, file=name))
            except _Refused as refused:
                return RenderResult(violations=(refused.violation,))
            except _FAILURES as problem:
                return RenderResult(error=_error(problem, name, files))
            left -= len(texts[name])
    return RenderResult(texts=texts)


def _with_objects(job: RenderJob, texts: Mapping[str, str]) -> RenderResult:
    try:
        made = manifests(texts, job.recipe.files)
    except ValueError as problem:  # a number of thousands of digits, which nobody can write
        return RenderResult(error=RenderError("template-failed", _said(problem)))
    if sum(map(len, made.files.values())) > job.max_output * BYTES_A_CHARACTER:
        raise _TooMuch
    return RenderResult(texts, made.files, made.objects, made.problems)


def is_partial(name: str) -> bool:
    """Whether a file is only there to be included or imported by others."""
    is_manifest = name.endswith((".yaml", ".yml")) and not is_shared(name)
    return name.rsplit("/", 1)[-1].startswith("_") or not is_manifest


def is_shared(name: str) -> bool:
    """Whether a file is one that all templates may use."""
    return name.startswith("shared/")


def _text(environment: Environment, name: str, context: Mapping[str, Any], limit: int) -> str:
    pieces: list[str] = []
    for piece in environment.get_template(name).generate(context):
        limit -= len(piece)
        if limit < 0:
            raise _TooMuch(name)
        pieces.append(piece)
    text = "".join(pieces)
    if found := _ADDRESS.search(text):
        raise TemplateRuntimeError(f"it prints {found[0].split(' at ')[0]}>, which is no value")
    return text


class _Ready:
    """A recipe made ready: what does not change from one of its jobs to the next."""

    def __init__(self, recipe: Recipe) -> None:
        self.contract = Contract(recipe.pages)
        self._files = recipe.files
        self._idle: deque[Environment] = deque(maxlen=4)

    def take(self) -> Environment:
        """An environment that is the caller's alone, with no template in it."""
        try:
            return self._idle.pop()
        except IndexError:
            return _environment(self._files)

    def give_back(self, environment: Environment) -> None:
        """For another job, which loads its templates anew: it must not see what this one set in them."""
        if environment.cache is not None:
            environment.cache.clear()
        self._idle.append(environment)


@lru_cache(maxsize=_RECIPES)
def _ready(recipe: Recipe) -> _Ready:
    return _Ready(recipe)


class _Texts(BaseLoader):
    """The recipe's own files and no others.

    Compiled code is shared between jobs, and so are the functions that it defines. Templates, which hold
    what an imported file has set, are not.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._defined: dict[str, dict[str, Any]] = {}

    def load(self, environment: Environment, name: str, globals: Any = None) -> Template:  # noqa: A002, ARG002
        if name not in self._files:
            raise TemplateNotFound(name, f"'{name}' is neither in this template's manifests/ nor in shared/")
        made = environment.template_class
        if name in self._defined:
            return made.from_module_dict(environment, self._defined[name], environment.globals)
        template = made.from_code(environment, _compiled(name, self._files[name]), environment.globals)
        self._defined[name] = template.root_render_func.__globals__
        return template


@lru_cache(maxsize=1024)
def _compiled(name: str, text: str) -> CodeType:
    return _environment({}).compile(text, name, filename=name)


class _Sandboxed(ImmutableSandboxedEnvironment):
    """As Jinja's own, which comes to the same answer for keys of mappings by way of an exception."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute not in _OF_DICTS:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def _environment(files: Mapping[str, str]) -> Environment:
    environment = _Sandboxed(
        loader=_Texts(files),
        undefined=_Undefined,
        finalize=_printed,
        autoescape=False,  # the output is YAML, not HTML, and it is parsed before anyone uses it
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in _WITHOUT_FILTERS:
        environment.filters.pop(name, None)
    for name in _WITHOUT_GLOBALS:
        environment.globals.pop(name, None)
    environment.filters["tojson"] = _to_json
    environment.globals["fail"] = _fail
    return environment


def _printed(value: Any) -> Any:
    """What `{{ value }}` writes: as YAML would have it, and only values that have one spelling."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case str() | int() | float() | _Undefined():
            return value
        case _:
            kind = type(value).__name__
            raise TemplateRuntimeError(f"it prints a {kind}; write | tojson behind it")


def _to_json(value: Any) -> str:
    """JSON, which is YAML too. Jinja's own filter would escape `<` and `&` for HTML."""
    return json.dumps(value, ensure_ascii=False, default=_no_json)


def _no_json(value: Any) -> NoReturn:
    if isinstance(value, _Undefined):
        str(value)  # raises, and names what is missing
    raise TemplateRuntimeError(f"it writes a {type(value).__name__} as JSON; write | list before | tojson")


def _fail(reason: object, parameter: str = "") -> NoReturn:
    """`fail(reason)` ends the rendering; `fail(reason, "replicas.min")` says which parameter must change."""
    said = str(reason)[:_REASON_CHARACTERS]
    if parameter:
        raise _Refused(Violation(tuple(parameter.split(".")), "fail", said))
    raise TemplateRuntimeError(said)


def _error(problem: BaseException, name: str, files: Mapping[str, str]) -> RenderError:
    """What went wrong, in the innermost line that the template's author wrote."""
    file, line = name, 0
    if isinstance(problem, TemplateSyntaxError):
        file, line = problem.name or name, problem.lineno
    else:
        for frame_file, frame_line in _frames(problem.__traceback__):
            if frame_file in files:
                file, line = frame_file, frame_line
    rule = "template-forbidden" if isinstance(problem, SecurityError) else "template-failed"
    return RenderError(rule, _said(problem), file, line)


def _said(problem: BaseException) -> str:
    text = str(problem).strip().split("\n", 1)[0][:_REASON_CHARACTERS].rstrip(".")
    return text if isinstance(problem, TemplateError) and text else f"{type(problem).__name__}: {text}"


def _frames(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next
