"""The page of all commands, from their table. What `/help` says to one asker is in `replies/asking.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.commands.table import COMMANDS, Command, Where
from bot.model.commands import PERMISSIONS

_WHERE: Mapping[Where, str] = {
    Where.ANYWHERE: "any issue or pull request",
    Where.PULL: "a pull request",
    Where.OPEN_PULL: "an open pull request",
}
_ROLES: Mapping[str, str] = {
    "author": "who opened the pull request",
    "requester": "who asked for it",
    "subject": "whom it is for",
    "owner": "who owns the entity that it is about, be it alone or as member of a group",
    "approver": "who has one of the roles that the request's kind names, and is neither author, "
    "requester nor subject",
    "user": "every User of the catalog who can read the repo",
    **{one: f"whoever has the permission `{one}` on GitHub, or more" for one in PERMISSIONS},
}


def roles_table() -> str:
    """Markdown: the built-in roles and who has them. Ends in a line end."""
    rows = [f"| `{role}` | {who} |" for role, who in _ROLES.items()]
    return "\n".join(["| role | who has it |", "| --- | --- |", *rows, ""])


def commands_table() -> str:
    """Markdown: what each command does, who may and where; then each by itself. Ends in a line end."""
    head = ["| command | what it does | who may | where |", "| --- | --- | --- | --- |"]
    each = (line for one in COMMANDS for line in _section(one))
    return "\n".join([*head, *map(_row, COMMANDS), "", *each])


def _row(command: Command) -> str:
    who = ", ".join(f"`{role}`" for role in command.allow)
    return f"| [`/{command.name}`](#{command.name}) | {command.summary} | {who} | {_WHERE[command.where]} |"


def _section(command: Command) -> Iterator[str]:
    yield from (f"### {command.name}", "", f"    {command.usage}", "", command.summary, "")
    for argument in command.arguments:
        yield f"- `{argument.name.upper()}`: {argument.help}"
    for flag in command.flags:
        yield f"- `{f'--{flag.name} {flag.value}'.rstrip()}`: {flag.help}"
    yield f"- Who may: {'; or '.join(_ROLES[role] for role in command.allow)}."
    yield f"- Where: {_WHERE[command.where]}."
    if command.is_bound:
        yield "- In a pull request it counts for [the commits that you saw](#what-you-saw)."
    yield "- Agents may use it, too." if command.for_agents else "- Agents may not use it."
    yield from (f"- For example: {', '.join(f'`{one}`' for one in command.examples)}", "")
