"""Files that `roadcrew rules` is pointed at, from disk or standard input. What is wrong gets a sentence."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.adapters.folder import MAX_ENTRIES, SKIPPED
from bot.catalog.broken import Broken
from bot.errors import UserError
from bot.model.plan import Finding, Severity
from bot.policy.documents import LARGEST, Document, documents_of
from bot.policy.evaluate import Input
from bot.policy.rego.data import NoJson, data_of, json_of, narrow
from bot.report.sentences import say

STDIN = "-"
DATA = (".yaml", ".yml", ".json")
RULES = (*DATA, ".rego")
PARSERS = ("yaml", "json")
"""conftest's names for what this command reads."""


def rule_bytes(paths: Sequence[str]) -> dict[str, bytes]:
    """The rule files at and below the paths. Raises UserError."""
    return {path: _read(path) for path in _listed(paths, RULES, None)}


def inputs(paths: Sequence[str], ignore: str, stdin_name: str, parser: str = "") -> list[Input]:
    """The files to judge, in the order of the paths. `parser`: one of PARSERS for all. Raises UserError."""
    found = []
    for path in _listed(paths, DATA, _pattern(ignore)):
        name = stdin_name or path if path == STDIN else path
        whole = os.path.abspath(name)  # noqa: PTH100 - conftest's own: links stay as they are
        data = narrow(_read(path))
        documents = _judged(name, data, parser or _parser(path, name))
        if path == STDIN:
            _refuse_texts(name, documents)
        folder, base = os.path.split(whole)
        found.append(Input(name, documents, base, folder, data.decode(errors="replace")))
    if not found:
        raise UserError(
            f"There are no YAML or JSON files in {', '.join(paths)}.",
            fix="Name the files or folders to judge, or - for standard input.",
        )
    return found


def _parser(path: str, name: str) -> str:
    """By the name, as conftest does: standard input is YAML. Raises UserError for all other formats."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - names of standard input are no paths
    if suffix == ".json":
        return "json"
    if path != STDIN and suffix not in DATA:
        raise UserError(
            "Only YAML and JSON files can be judged, and this is neither by its name.",
            path=name,
            fix="Convert it, leave it to conftest, or say --parser yaml if that is what it holds.",
        )
    return "yaml"


def _judged(name: str, data: bytes, parser: str) -> tuple[Document, ...]:
    """As conftest reads it: a key may be there twice, and JSON is JSON. Raises UserError."""
    if parser == "json" and data.strip():
        return (Document(name, _json(name, data), data.decode("utf-8-sig", "replace")),)
    return tuple(parsed(name, data, takes_last=True))


def _json(name: str, data: bytes) -> Any:
    """Raises UserError."""
    try:
        return json_of(data)
    except NoJson as error:
        raise UserError(
            f"This is no JSON: {error}.",
            path=name,
            line=error.line,
            column=error.column,
            fix="Mend it there.",
        ) from None
    except Broken as broken:
        raise unreadable(name, broken) from None


def _refuse_texts(name: str, documents: Sequence[Document]) -> None:
    """Whatever is no YAML at all reads as one long text, which no rule minds."""
    for one in documents:
        if one.value is not None and not isinstance(one.value, Mapping | list):
            raise UserError(
                "Standard input holds a bare text or number, and no YAML that rules could judge.",
                path=name,
                line=one.place()[0],
                fix="Convert it to YAML or JSON, or leave it to conftest.",
            )


def objects_in(path: str | None) -> tuple[Document, ...]:
    """The documents of a file that an option names; none without one. Raises UserError."""
    if path is None:
        return ()
    documents = parsed(path, _read(path))
    if not any(isinstance(one.value, Mapping | list) for one in documents):
        raise UserError("There is no object in this file.", path=path)
    return tuple(documents)


def parsed(path: str, data: bytes, *, takes_last: bool = False) -> list[Document]:
    """Raises UserError with the place of what cannot be read."""
    try:
        return documents_of(path, data, takes_last=takes_last)
    except Broken as broken:
        raise unreadable(path, broken) from None


def unreadable(path: str, broken: Broken) -> UserError:
    """In the words of `roadcrew check`."""
    facts = Finding(broken.rule, Severity.DENY, path, broken.line, broken.column, broken.facts)
    sentence = say(facts)
    return UserError(sentence.message, path=path, line=broken.line, column=broken.column, fix=sentence.fix)


def _pattern(ignore: str) -> re.Pattern[str] | None:
    try:
        return re.compile(ignore) if ignore else None
    except re.error as error:
        raise UserError(f"--ignore {ignore!r} is no regular expression: {error}.") from None


def _listed(paths: Sequence[str], suffixes: tuple[str, ...], ignore: re.Pattern[str] | None) -> Iterator[str]:
    """A path that is named is taken whatever its name; in folders, those with the suffixes."""
    seen: set[str] = set()
    for path in paths:
        if path == STDIN:
            found: Iterator[str] = iter([STDIN])
        elif not os.path.lexists(path):
            raise UserError(f"There is no file or folder {path}.", fix="Mend the path.")
        else:
            found = _walked(path, suffixes, ignore) if os.path.isdir(path) else iter([path])  # noqa: PTH112
        for one in found:
            if one not in seen:
                seen.add(one)
                yield one


def _walked(root: str, suffixes: tuple[str, ...], ignore: re.Pattern[str] | None) -> Iterator[str]:
    """Sorted; links are followed as conftest does, each folder once."""
    visited: set[str] = set()
    number = 0
    for folder, folders, files in os.walk(root, followlinks=True, onerror=_refused):
        real = os.path.realpath(folder)
        folders[:] = [] if real in visited else sorted(set(folders) - SKIPPED)
        if real in visited:
            continue
        visited.add(real)
        for name in sorted(files):
            path = os.path.normpath(os.path.join(folder, name))  # noqa: PTH118
            number += 1
            if number > MAX_ENTRIES:
                raise UserError(f"There are more than {MAX_ENTRIES:,} files in this folder.", path=root)
            if name.lower().endswith(suffixes) and not (ignore and ignore.search(path)):
                yield path


def _refused(error: OSError) -> None:
    raise UserError(f"{error.filename} cannot be read: {error.strerror}.", fix="Mend its permissions.")


def _read(path: str) -> bytes:
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror}.", fix="Mend the path or its permissions."
        ) from error
    if len(data) > LARGEST:
        raise UserError(f"It has more than {LARGEST // 2**20} MiB.", path=path, fix="Split it.")
    return data


def data_below(paths: Sequence[str]) -> dict[str, Any]:
    """What Rego sees below `data`, as OPA loads it: a file at the root, a file in a folder below its folders.

    `a.b:path` puts what is there below `data.a.b`. Raises UserError.
    """
    found: dict[str, Any] = {}
    for given in paths:
        prefix, path = _prefix(given)
        is_folder = Path(path).is_dir()
        for file in _listed([path], DATA, None):
            steps = [*prefix, *(Path(file).relative_to(path).parent.parts if is_folder else ())]
            _laid(found, _nested(steps, _data(file)), file)
    return found


def _data(file: str) -> Any:
    """Raises UserError."""
    data = _read(file)
    if file.lower().endswith(".json"):
        return _json(file, data)
    try:
        return data_of(file, data)
    except Broken as broken:
        raise unreadable(file, broken) from None


def _prefix(given: str) -> tuple[list[str], str]:
    prefix, colon, path = given.partition(":")
    if colon and not os.path.lexists(given) and re.fullmatch(r"[\w.]+", prefix):
        return prefix.split("."), path
    return [], given


def _nested(steps: Sequence[str], value: Any) -> Any:
    for step in reversed(steps):
        value = {step: value}
    return value


def _laid(below: dict[str, Any], above: Any, file: str) -> None:
    """Raises UserError where two files say different things of one place."""
    if not isinstance(above, Mapping):
        raise UserError("Data for Rego must be a mapping.", path=file, fix="Give the value a name.")
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(below.get(key), dict):
            _laid(below[key], value, file)
        elif key in below and below[key] != value:
            raise UserError(f"It gives {key!r} another value than a file before it.", path=file)
        else:
            below[key] = value
