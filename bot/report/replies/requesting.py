"""Answers to /access, /request and /waive."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.replies.wording import Facts, Wording, either, fill, many, people, with_near


def _asked(facts: Facts) -> str:
    number = facts.get("opened")
    where = f"#{number}" if number else fill("the pull request from `request/{name:plain}`", facts)
    return f"{where} asks for it; it says who may approve."


def _waived(facts: Facts) -> str:
    number = facts.get("opened")
    where = f"#{number}" if number else fill("the pull request from `request/{name:plain}`", facts)
    return f"{where} asks for it. Someone else approves it there with a review on GitHub, and merges it."


def _glass(facts: Facts) -> str:
    number = facts.get("opened")
    where = f"#{number}" if number else fill("the pull request from `request/{name:plain}`", facts)
    return (
        f"{where} asks for it, without approval (break-glass). It is in force once that is merged, which "
        "Roadcrew does as soon as its check has passed. Should GitHub not let it, that is said here too."
    )


def _many(facts: Facts) -> str:
    said = fill("Several entities have the name {name}. Say which:", facts)
    return f"{said} {either(many(facts, 'candidates'))}."


def _no_kind(facts: Facts) -> str:
    said = fill("There is no kind of request called {kind}.", facts)
    near, known = many(facts, "near"), many(facts, "known")
    if near:
        return f"{said} Did you mean {either(near)}?"
    return f"{said} There is {either(known, 'and')}." if known else f"{said} There is none at all."


def _no_glass(facts: Facts) -> str:
    who = people(many(facts, "who"))
    said = fill("You may not take {kind} without approval.", facts)
    could = f" {who[:1].upper()}{who[1:]} may." if who else ""
    return f"{said}{could} Without `--break-glass` it can be approved."


def _word(facts: Facts) -> str:
    needed = many(facts, "needed")
    ask = f" It needs {either(needed, 'and')}." if needed else ""
    return fill("{word} is no parameter: write `name=value`.", facts) + ask


_COMMON: Mapping[str, Wording] = {
    "asked": _asked,
    "denied": "It cannot be asked for like this:",
    "no-entity": with_near("There is no {name} in the catalog.", "Look at its spelling."),
    "entity-many": _many,
}
_REQUEST: Mapping[str, Wording] = {
    **_COMMON,
    "no-kind": _no_kind,
    "no-duration": "{duration} is no span of time. Write days, hours and minutes, such as `4h` or `1d12h`.",
    "no-glass": _no_glass,
    "asked-glass": _glass,
    "glass-other": (
        "Nobody takes {kind} for someone else without approval: leave `--subject` out, or `--break-glass`."
    ),
    "glass-taken": (
        "You have {name} for this service already, without approval: one at a time. `/revoke` ends it; more "
        "can be asked for without `--break-glass`."
    ),
    "glass-twice": "This is asked for above already: without approval, one at a time.",
    "no-user": with_near("There is no user {name} in the catalog.", "Look at the spelling."),
    "word-form": _word,
    "word-twice": "{word} says again what was said before it.",
    "word-inside": "{word} is part of something that has a value already.",
}
WORDS: Mapping[str, Mapping[str, Wording]] = {
    "access": _REQUEST,
    "request": _REQUEST,
    "waive": {
        **_COMMON,
        "asked": _waived,
        "no-days": "{duration} is no number of days. Write it such as `30d`.",
        "no-owner": "Nobody owns {name}, so nobody would end the waiver. Give it an owner first.",
    },
}
