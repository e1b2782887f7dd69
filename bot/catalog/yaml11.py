"""YAML as kubectl, Helm and conftest read it (sigs.k8s.io/yaml): `yes` is true, `0400` is octal, `<<` merges.

For files that those tools read beside us. The catalog is read by YAML 1.2. Tags that nobody knows are passed
over, as in templates of CloudFormation.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.catalog.scalars import Scalar
from bot.catalog.yaml12 import Dialect, Places, loaded, placed

_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
for _value, _names in ((True, ("y", "yes", "on", "true")), (False, ("n", "no", "off", "false"))):
    for _name in _names:
        _WORDS |= {_name: _value, _name.capitalize(): _value, _name.upper(): _value}

_INT = re.compile(r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST = 400
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def resolve(text: str) -> Scalar:
    """The value of a plain scalar. What JSON cannot hold, such as `.inf`, stays a text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789.+-" or len(text) > _LONGEST:
        return text
    if _INT.fullmatch(text) and (whole := _whole(text.replace("_", ""))) is not None:
        return whole if _SMALLEST <= whole <= _LARGEST else float(whole)
    plain = text.replace("_", "") if text[0] != "_" else text
    if _FLOAT.fullmatch(plain):
        value = float(plain)
        if value in (float("inf"), float("-inf")):
            return text
        # Those tools go through JSON, where 1.0 is written as 1.
        return int(value) if value.is_integer() and _SMALLEST <= value <= _LARGEST else value
    return text


def resolve_for_opa(text: str) -> Scalar:
    """The same as OPA reads its data since 1.21: of the words for truths only `true` and `false` are some."""
    return text if text.lower() in _WORDY else resolve(text)


_WORDY = frozenset({"y", "yes", "on", "n", "no", "off"})


def _whole(text: str) -> int | None:
    """None for what only looks like one, such as `0888`."""
    digits = text.lstrip("+-")
    try:
        value = int(digits, 8 if re.fullmatch(r"0[0-9]+", digits) else 0)
    except ValueError:
        return None
    return -value if text.startswith("-") else value


_ALIASES = 5_000
"""Files for CI are full of them."""
_DIALECT = Dialect(resolve, is_lenient=True, aliases=_ALIASES)
_LAST = replace(_DIALECT, takes_last=True)
_OPA = replace(_LAST, resolve=resolve_for_opa)


def load(text: str, *, takes_last: bool = False) -> Any:
    """The document's value, or EMPTY. Raises Broken. `takes_last`: two equal keys are no error."""
    return loaded(text, _LAST if takes_last else _DIALECT)


def load_for_opa(text: str) -> Any:
    """The same of OPA's data, where `NO` and `y` are texts, and keys may be there twice."""
    return loaded(text, _OPA)


def places(text: str) -> Places:
    """Where everything stands. Raises Broken where `load` does; of equal keys the last counts."""
    return placed(text, _LAST)
