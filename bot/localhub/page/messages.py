"""A commit message in its parts: subject, text, and the trailers by which a change can be audited."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (.+)")
_PULL = re.compile(r"([A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100})#([0-9]{1,9})")
_SHA = re.compile(r"\b[0-9a-f]{40}\b")
_LOGIN = re.compile(r"@([A-Za-z0-9][A-Za-z0-9-]{0,38})")


@dataclass(frozen=True, slots=True)
class Trailer:
    """A `Key: value` line at the end of a message."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Message:
    """A commit message. `body` is without the trailers."""

    subject: str
    body: str
    trailers: tuple[Trailer, ...]

    def trailer(self, key: str) -> str:
        """The value of the first trailer of this name; empty where there is none."""
        return next((one.value for one in self.trailers if one.key.lower() == key.lower()), "")


def parsed(text: str) -> Message:
    """Trailers are the last paragraph, if every line of it is `Key: value`: `git interpret-trailers`."""
    subject, _, rest = text.strip("\n").partition("\n")
    paragraphs = re.split(r"\n{2,}", rest.strip("\n")) if rest.strip() else []
    found = [_TRAILER.fullmatch(line) for line in paragraphs[-1].split("\n")] if paragraphs else []
    trailers = tuple(Trailer(one[1], one[2]) for one in found if one)
    if found and len(trailers) == len(found):
        return Message(subject, "\n\n".join(paragraphs[:-1]), trailers)
    return Message(subject, "\n\n".join(paragraphs), ())


def parts(value: str, full_name: str) -> list[tuple[str, str]]:
    """A trailer's value as (text, address): pulls, commits of `full_name` and people get an address."""
    found: list[tuple[str, str]] = []
    at = 0
    for match in re.finditer(f"{_PULL.pattern}|{_SHA.pattern}|{_LOGIN.pattern}", value):
        found.append((value[at : match.start()], ""))
        found.append(_linked(match, full_name))
        at = match.end()
    return [part for part in (*found, (value[at:], "")) if part[0]]


def _linked(match: re.Match[str], full_name: str) -> tuple[str, str]:
    text = match[0]
    if match[1]:
        return text, f"/{match[1]}/pull/{match[2]}"
    return (text, f"/{match[3]}") if match[3] else (text[:10], f"/{full_name}/commit/{text}")
