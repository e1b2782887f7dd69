"""What a Platform may say of slash commands: the shape of its `spec.commands`. It judges no name."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from bot.catalog.fields import Closed, Text, formatted

_TEAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_.-]+", re.ASCII)


def is_team(text: str) -> bool:
    """A team of GitHub: `organization/slug`."""
    return _TEAM.fullmatch(text) is not None


Team = Annotated[Text, formatted("team", is_team)]


class RoleSpec(Closed):
    """A role of the Platform's own: whoever any of these holds for has it."""

    permission: Literal["read", "triage", "write", "maintain", "admin"] | None = None
    """GitHub's, at least."""
    groups: list[Text] = Field(default_factory=list)
    """Of the catalog, with all groups below them."""
    teams: list[Team] = Field(default_factory=list)
    users: list[Text] = Field(default_factory=list)
    """GitHub logins."""


class CommandsSpec(Closed):
    """How commands are written, and who may use them."""

    bare: bool = True
    """Whether `/name` works besides `/roadcrew name`: turn it off where another bot listens to the same."""
    roles: dict[Text, RoleSpec] = Field(default_factory=dict)
    allow: dict[Text, list[Text]] = Field(default_factory=dict)
    """By command: the roles that may, instead of the usual ones. An empty list: nobody."""
