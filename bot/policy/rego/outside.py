"""Calls that reach out, for an engine that would do them: in their place stand functions without an answer.

A test may put its own in their place, `with http.send as mock`. Whoever calls them without that gets an
error, and nobody takes what is undefined for an answer. Runs nothing.
"""

from __future__ import annotations

import re

from bot.policy.rego.dialect import Edit, edited
from bot.policy.rego.modules import REACHES_OUT
from bot.policy.rego.outline import outline
from bot.policy.rego.tokens import tokens

PACKAGE = "roadcrew_outside"
ARITIES = {
    "http.send": 1,
    "net.lookup_ip_addr": 1,
    "opa.runtime": 0,
    "parse_config": 2,
    "parse_config_file": 1,
    "parse_combined_config_files": 1,
}
"""How many arguments each takes."""
_NAMED = re.compile(rf"data\.{PACKAGE}\.(\w+)")


def fenced(text: str) -> str:
    """The same module with functions of `PACKAGE` in the place of those that reach out. Lines stay."""
    found = outline(text)
    if not any(name in text for name in REACHES_OUT):
        return text
    own = {head.name for head in found.heads} | found.imported
    listed = list(tokens(text))
    edits: list[Edit] = []
    for at, one in enumerate(listed):
        if one.kind != "name" or (at and listed[at - 1].text == ".") or one.text in own:
            continue
        for name in REACHES_OUT:
            parts = name.replace(".", " . ").split()
            if [each.text for each in listed[at : at + len(parts)]] == parts:
                end = listed[at + len(parts) - 1].end
                edits.append(Edit(one.start, end, f"data.{PACKAGE}.{_plain(name)}"))
    return edited(text, edits)


def module() -> str:
    """The functions: each gives two values at once, which no engine can evaluate, and of any type."""
    lines = [f"package {PACKAGE}", "import rego.v1"]
    for name in REACHES_OUT:
        head = f"{_plain(name)}({', '.join('_' * ARITIES[name])})"
        lines += [f"{head} := json.unmarshal(`{number}`)" for number in (1, 2)]
    return "\n".join(lines) + "\n"


def said_of(message: str) -> str:
    """Which call an engine's error is of, in a sentence; empty for other errors."""
    found = _NAMED.search(message)
    name = next((one for one in REACHES_OUT if found and _plain(one) == found[1]), "")
    return f"it calls {name}, which {REACHES_OUT[name]}" if name else ""


ASKER = "roadcrew_asker"
"""Package of what stands for whoever asks, where nobody does; the path of its module, too."""
_USER = "userInfo"
_FORMS = (["input", ".", "review", ".", _USER], ["input", ".", "review", "[", f'"{_USER}"', "]"])


def without_asker(text: str) -> str | None:
    """The same template where nobody asks: whatever looks at `input.review.userInfo` has no answer.

    None if it reads it in a way that cannot be followed.
    """
    if _USER not in text:
        return text
    listed = list(tokens(text))
    edits = [
        Edit(listed[at].start, listed[at + len(form) - 1].end, f"data.{ASKER}.{_USER}")
        for at in range(len(listed))
        for form in _FORMS
        if [one.text for one in listed[at : at + len(form)]] == form
    ]
    said = [one for one in listed if one.text.strip('"`') == _USER]
    return edited(text, edits) if len(said) == len(edits) else None


def asker() -> str:
    """The module: one rule with two values, which no engine can evaluate, and of any type."""
    lines = [f"package {ASKER}", "import rego.v1", f"{_USER} := one if {{"]
    return "\n".join([*lines, "    some text in [`1`, `2`]", "    one := json.unmarshal(text)", "}"])


def _plain(name: str) -> str:
    return name.replace(".", "_")
