"""Answers to questions: /help, /explain, /owner, /dependents."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.markdown import code, prose, table
from bot.report.replies.wording import Facts, Wording, block, either, fill, many, people, with_near


def _all(facts: Facts) -> str:
    rows = [
        (code(usage), prose(says))
        for usage, says in zip(many(facts, "usages"), many(facts, "says"), strict=True)
    ]
    lines = [
        "What you can write here, each on a line of its own:",
        table(("command", "what it does"), rows),
        "`/help COMMAND` tells more of one. `/roadcrew` can stand before each, as in `/roadcrew help`.",
    ]
    return "\n\n".join(lines)


def _one(facts: Facts) -> str:
    blocks = [f"{code(str(facts['usage']))}: {prose(str(facts['says']))}"]
    words = [fill("- {word}: {help:plain}", _word(one)) for one in many(facts, "words")]
    examples = [f"- {code(one)}" for one in many(facts, "examples")]
    who = many(facts, "who")
    blocks += ["\n".join(words)] if words else []
    blocks += ["For example:\n" + "\n".join(examples)] if examples else []
    blocks.append(f"Here it is for {people(who)}." if who else "Here it is for nobody.")
    return "\n\n".join(blocks)


def _word(text: str) -> Facts:
    word, _, help_ = text.partition(": ")
    return {"word": word, "help": help_}


def _text(facts: Facts) -> str:
    more = facts.get("more", 0)
    rest = fill("And {more} more entities: name one to see it.", facts) if more else ""
    return "\n\n".join(filter(None, [block(str(facts["text"])), rest]))


def _many(facts: Facts) -> str:
    said = fill("Several entities have the name {name}. Say which:", facts)
    return f"{said} {either(many(facts, 'candidates'))}."


_ENTITIES: Mapping[str, Wording] = {
    "text": _text,
    "no-entity": with_near("There is no {name} in the catalog.", "Look at its spelling."),
    "entity-many": _many,
    "entity-needed": "Say of which entity: {usage}.",
    "nothing-touched": "This pull request changes no entity. Name one: {usage}.",
}
WORDS: Mapping[str, Mapping[str, Wording]] = {
    "help": {
        "all": _all,
        "one": _one,
        "unknown-command": with_near("There is no command {name}.", "`/help` lists them.", before="/"),
    },
    "explain": {
        "text": _text,
        "findings": "At {place} the check says:",
        "no-rule": with_near(
            "There is no rule {name}, and nothing is wrong at a place of that name.",
            "Findings show the names of their rules.",
        ),
    },
    "owner": _ENTITIES,
    "dependents": _ENTITIES,
}
