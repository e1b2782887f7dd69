"""Data for Rego as OPA loads it, which is not how it reads input: `NO` is a text. Reads no files.

Of several documents in a file the first counts. From OPA's v1/loader and internal/yaml.
"""

from __future__ import annotations

import codecs
import json
from contextlib import suppress
from typing import Any

from bot.catalog.broken import Broken
from bot.catalog.text import decode, pieces
from bot.catalog.yaml11 import load_for_opa
from bot.catalog.yaml12 import EMPTY

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NoJson(Exception):
    """A file that is called JSON and is none. The text is a sentence's end."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column


def data_of(path: str, data: bytes) -> Any:
    """What a file of data holds; None if it is empty. Raises Broken and NoJson."""
    if path.lower().endswith(".json"):
        return json_of(data)
    values = [load_for_opa(one.text) for one in pieces(decode(narrow(data)))]
    first = values[0] if values else None
    return None if first is EMPTY else first


def json_of(data: bytes) -> Any:
    """Raises NoJson and Broken."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise NoJson(error.msg, error.lineno, error.colno) from None
    except UnicodeDecodeError as error:
        raise NoJson("it is not UTF-8", data.count(b"\n", 0, error.start) + 1, 1) from None
    except ValueError:
        raise NoJson("a number has too many digits", 1, 1) from None
    except RecursionError:
        raise Broken("yaml-depth", line=1, column=1, facts={"limit": 1000}) from None


def narrow(data: bytes) -> bytes:
    """UTF-8 for UTF-16 that says so, which OPA and conftest read too; all else as it is."""
    if data.startswith(_WIDE):
        with suppress(UnicodeDecodeError):
            return data.decode("utf-16").encode()
    return data
