"""Refusals and ends that any command can have. Short, kind, and with what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.markdown import code, prose
from bot.report.replies.wording import Facts, Wording, people, with_near


def _held(facts: Facts) -> str:
    """What kept us from it, in the words of who did: GitHub, or ourselves."""
    said = [str(facts.get(key, "")) for key in ("reason", "resume")]
    return prose(" ".join(map(_sentence, filter(None, said))))


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith((".", "!", "?")) else ".")


def _no_right(facts: Facts) -> str:
    who = facts.get("who", ())
    could = people(who) if isinstance(who, tuple) else ""
    said = f"You may not use {code('/' + str(facts.get('command', '')))} here."
    if not could:
        return f"{said} Nobody may, as this is set up: see `spec.commands` of the Platform."
    return f"{said} {could[:1].upper()}{could[1:]} may."


def _own(facts: Facts) -> str:
    who = facts.get("who", ())
    could = people(who) if isinstance(who, tuple) else ""
    said = "This is your own matter: you asked for it, wrote it, get it, or an agent asked in your name."
    return (
        f"{said} It needs another pair of eyes: {could}." if could else f"{said} Nobody else may approve it."
    )


def _pushed(facts: Facts) -> str:
    who = facts.get("who", ())
    could = people(who) if isinstance(who, tuple) else ""
    said = "Commits of this pull request are yours, so you would approve what you wrote."
    return (
        f"{said} It needs another pair of eyes: {could}." if could else f"{said} Nobody else may approve it."
    )


_USAGE = "It is written {usage}."
_AGAIN = "Look again, and write it with `--at {head:plain}` if you still mean it."

WORDS: Mapping[str, Wording] = {
    "held": _held,
    "no-right": _no_right,
    "own": _own,
    "pushed": _pushed,
    "strange": (
        "Commits of this pull request bear an address that is no GitHub account's: {addresses:list}. Nobody "
        "can tell whether they are yours. Who approves must have another address in `spec.profile.email` of "
        "their User; or let their author link the address to the account."
    ),
    "agent": "`/{command:plain}` is for people: an agent may not use it.",
    "settings": (
        "The Platform's `spec.commands` cannot be understood, so nothing but `/help` works. "
        "`roadcrew check` says what is wrong with it."
    ),
    # What was written
    "unclear-unknown": with_near("There is no such command.", "`/roadcrew help` lists them.", before="/"),
    "unclear-quotes": "A quotation mark is opened and not closed.",
    "unclear-many": "A comment can hold 20 commands. This one and those after it were not run.",
    "unclear-long": "A command can have 1,000 characters. This one has more.",
    "unclear-markup": "A command is plain text: this line holds code, a link, a picture or HTML.",
    "misuse-extra": "{words} is too much. " + _USAGE,
    "misuse-missing": "{name} is missing. " + _USAGE,
    "misuse-flag": with_near("There is no flag {name}. " + _USAGE, "", before="--"),
    "misuse-value": "The flag `--{name:plain}` needs a value: {value}. " + _USAGE,
    "misuse-switch": "The flag `--{name:plain}` takes no value. " + _USAGE,
    "misuse-needed": "The flag `--{name:plain}` with its {value} is missing. " + _USAGE,
    "misuse-twice": "The flag `--{name:plain}` is there twice. " + _USAGE,
    "misuse-letters": "{name} holds characters that nobody can see. Type it anew.",
    # Where and when
    "not-a-pull": "`/{command:plain}` is for pull requests; this is an issue.",
    "closed": "This pull request is closed. Open it again first, if it is still wanted.",
    "closed-ours": (
        "This pull request is closed, and what it asked for with it. Who still needs it asks again, with "
        "`/access`, `/request` or `/waive`."
    ),
    "merged": "This pull request is merged already.",
    "edited": "This was edited after it was written, so it is not run. Write it again, as a new comment.",
    "late": "It came too late: it was read after more than 30 minutes. Write it again if it still holds.",
    "nothing": "There is no command in it any more, so nothing was done.",
    "empty-repo": "The default branch holds nothing yet, so nobody is known to have a right to anything.",
    "overtaken": "{who} wrote `/{other:plain}` after it, and that is done already.",
    # Commits that its author did not see
    "unseen-moved": "You looked at {seen}, and the branch has moved since. " + _AGAIN,
    "unseen-moved-perhaps": "The branch may have moved while you wrote, and is at {head} now. " + _AGAIN,
    "unseen-other-commit": "{at} is not the newest commit of the branch. " + _AGAIN,
    "unseen-short": (
        "The check on {at} began after you wrote, and a short name can be made to fit another commit. "
        + _AGAIN
    ),
    "unseen-fork": "This comes from a fork, so say which commit you looked at. " + _AGAIN,
    "unseen-no-commit": "{at} is no commit: give its first 7 characters or more. " + _AGAIN,
    # What happened to us
    "failed": (
        "This is a fault in Roadcrew, and not yours. Nothing more happens by itself: write it again, or tell "
        "whoever runs Roadcrew. They find the reason in the log under delivery {delivery}."
    ),
    "refused": lambda facts: (
        f"GitHub does not let Roadcrew do this. {prose(_sentence(str(facts['reason'])))}"
    ),
}
