"""The shape of a reply's words, and the small pieces that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.model.plan import Fact
from bot.report.markdown import code, fence, prose
from bot.report.sentences.words import CONTROL, Words, put

Facts = Mapping[str, Fact]
Wording = str | Callable[[Facts], str]
"""A sentence with `{facts}`, or a function from the facts to Markdown."""

_LINES = 80
_LONGEST = 12_000
_WHO = 8


def fill(sentence: str, facts: Facts) -> str:
    """Markdown: the sentence with the facts in it, as `bot/report/sentences/` puts them, all escaped."""
    return prose(put(Words("", sentence, ""), facts).message)


def with_near(sentence: str, otherwise: str, *, before: str = "") -> Wording:
    """The sentence, and then what may have been meant, by the fact `near`; or else what to do instead."""

    def wording(facts: Facts) -> str:
        near = many(facts, "near")
        if not near:
            return fill(f"{sentence} {otherwise}".strip(), facts)
        return f"{fill(sentence, facts)} Did you mean {either([before + one for one in near])}?".strip()

    return wording


def many(facts: Facts, key: str) -> tuple[str, ...]:
    """A fact that is a list; empty where it is not there."""
    value = facts.get(key, ())
    return value if isinstance(value, tuple) else (str(value),)


def either(words: Sequence[str], joint: str = "or") -> str:
    """Code spans: `a`, `b` or `c`."""
    spans = [code(one) for one in words]
    return f" {joint} ".join(filter(None, [", ".join(spans[:-1]), *spans[-1:]]))


def block(text: str) -> str:
    """Several lines as they are, in a block that they cannot leave; cut where they are too many."""
    cleaned = "\n".join(CONTROL.sub(" ", line).rstrip() for line in text.split("\n"))
    lines = cleaned[:_LONGEST].split("\n")
    more = [f"... and {len(lines) - _LINES:,} more lines"] if len(lines) > _LINES else []
    return fence("\n".join([*lines[:_LINES], *more]))


_PERMISSIONS = {
    "read": "everyone who can read this repository",
    "user": "everyone whom the catalog has as a User",
}


def people(who: Sequence[str]) -> str:
    """Markdown: those who could, from `<kind>:<name>` of Holders. Named, not mentioned."""
    shown = [_holder(*one.partition(":")[::2]) for one in who[:_WHO]]
    shown += [f"{len(who) - _WHO} more"] if len(who) > _WHO else []
    return " or ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def _holder(kind: str, name: str) -> str:
    match kind:
        case "permission":
            known = _PERMISSIONS.get(name)
            return known or f"everyone with {code(name)} permission"
        case "group":
            return f"the members of {code(name)}"
        case "groups":
            return f"whoever belongs to each of {' and '.join(map(code, name.split()))}"
        case "team":
            return f"the members of the team {code(name)}"
    return code(name)
