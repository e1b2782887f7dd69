"""How a command is quoted in the answer to it: without the values of parameters, for one may be a secret.

Whoever wrote it can see it; a reply is mailed to many, and stays when the comment is deleted.
"""

from __future__ import annotations

import re

from bot.commands.call import Call, Unclear

HIDDEN = "\u2026"
_VALUE = re.compile(r"""(?<![^\s"'])([A-Za-z0-9_.]+)=("[^"]*"?|'[^']*'?|[^\s]+)""")
_PLACED = {"request": 2}
"""By command: how many words, a kind and a service, come before its parameters."""


def quoted(one: Call | Unclear) -> str:
    """The line, with `name=value` as `name=\u2026`. What stands in the place of a parameter is hidden too."""
    text = _VALUE.sub(rf"\1={HIDDEN}", one.text)
    for word in one.words[_PLACED[one.name] :] if isinstance(one, Call) and one.name in _PLACED else ():
        if "=" not in word and word:
            text = text.replace(word, HIDDEN)
    return text


def nameless(word: str) -> str:
    """A parameter as it was written, without its value; of what is no parameter nothing."""
    name, equals, _ = word.partition("=")
    return f"{name}={HIDDEN}" if equals else HIDDEN
