"""Which place made a part of a rendered object: the catalog's where that is sure, else the template's.

For judges that only know the finished object. Says nothing rather than guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.catalog.entity import Pointer, Position
from bot.catalog.yaml12 import places
from bot.templating.blame import blame
from bot.templating.deploy import Deploy, start_of
from bot.templating.jinja import is_partial, is_shared
from bot.templating.judged import spoken
from bot.templating.lines import spot_in_sources
from bot.templating.template import Template

_LONGEST_NUMBER = 19


def origin(
    deploy: Deploy, template: Template | None, text: str, value: Mapping[str, Any], pointer: Pointer
) -> tuple[str, Position]:
    """Path and position of what a person would change about `pointer` of an object.

    `text` is the object as it is rendered, in canonical YAML. The parameter that became the value there; else
    the template's line that wrote it, or what is nearest around it; else where the entity asks for it.
    """
    for there in _readings(_at(value, pointer)) if pointer else ():
        caused = blame(deploy, spoken(value, pointer), there)
        if caused is not None:
            return caused
    made = template_spot(template, text, value, pointer) if template is not None else None
    return made or (deploy.entity.path, start_of(deploy.entity))


def _readings(there: object) -> Iterator[object]:
    """The value, and what a parameter may have been before it was quoted."""
    if there is not None:
        yield there
    if isinstance(there, str) and there.isascii() and there.isdigit() and len(there) < _LONGEST_NUMBER:
        yield int(there)
    if there in ("true", "false"):
        yield there == "true"


def template_spot(
    template: Template, text: str, value: Mapping[str, Any], pointer: Pointer
) -> tuple[str, Position] | None:
    """The template's line that wrote `pointer` of an object, else its `kind:`; None where neither is sure."""
    file, kind_line = _file_of(template.files, str(value.get("kind", "")))
    if not file:
        return None
    table = places(text)
    while pointer:
        if pointer in table:
            key, place = table[pointer]
            found, line = spot_in_sources(text, template.files, file, (key or place)[0] + 1)
            if line:
                return template.path(found), Position(line, 0)
        pointer = pointer[:-1]
    return (template.path(file), Position(kind_line, 0)) if kind_line else None


def _file_of(files: Mapping[str, str], kind: str) -> tuple[str, int]:
    """The only file that writes an object of that kind, and the line if it does so once."""
    written = re.compile(rf"^kind:[ \t]*[\"']?{re.escape(kind)}[\"']?[ \t]*$", re.MULTILINE)
    found = {
        name: [match.start() for match in written.finditer(text)]
        for name, text in files.items()
        if not is_shared(name) and not is_partial(name)
    }
    there = {name: starts for name, starts in found.items() if starts}
    if len(there) != 1:
        return "", 0
    (name, starts), *_ = there.items()
    return name, files[name].count("\n", 0, starts[0]) + 1 if len(starts) == 1 else 0


def _at(value: Any, pointer: Pointer) -> Any:
    for step in pointer:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
