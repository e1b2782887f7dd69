"""What a Platform says of commands: `spec.commands` on the base branch. Where that is broken, nobody may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from bot.catalog import own
from bot.catalog.commands import CommandsSpec, RoleSpec
from bot.catalog.entity import Catalog
from bot.catalog.reference import ReferenceBroken, parse_ref
from bot.commands.table import COMMANDS, Command


@dataclass(frozen=True, slots=True)
class Role:
    """Whoever one of these holds for has it. Groups are full references; logins and teams lower case."""

    permission: str = ""
    groups: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CommandSettings:
    """`bare`: whether `/name` works besides `/roadcrew name`. `roles`: the Platform's own."""

    bare: bool = True
    roles: Mapping[str, Role] = field(default_factory=dict)
    allow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By command: the roles that may, where the Platform says others than the table."""
    is_broken: bool = False
    """Whether what the Platform says cannot be understood: then only `/help` is left."""

    def allowed(self, command: Command) -> tuple[str, ...]:
        """The roles that may use a command; any of them is enough."""
        return self.allow.get(command.name, command.allow)

    @property
    def teams(self) -> frozenset[str]:
        """The GitHub teams, such as `acme/security`, whose members have to be known."""
        return frozenset(team for role in self.roles.values() for team in role.teams)


_BROKEN = CommandSettings(allow={one.name: () for one in COMMANDS if one.name != "help"}, is_broken=True)


def command_settings(catalog: Catalog) -> CommandSettings:
    """Those of the catalog's Platform; without one, the table's. Never raises."""
    platform = own.platform_in(catalog.entities)
    said = platform.spec.get("commands") if platform is not None else None
    if said is None:
        return CommandSettings()
    try:
        spec = CommandsSpec.model_validate(said)
        roles = {name: _role(one) for name, one in spec.roles.items()}
    except (ValidationError, ReferenceBroken):
        return _BROKEN
    return CommandSettings(spec.bare, roles, {name: tuple(one) for name, one in spec.allow.items()})


def _role(spec: RoleSpec) -> Role:
    return Role(
        permission=spec.permission or "",
        groups=frozenset(parse_ref(one, "group") for one in spec.groups),
        teams=frozenset(one.lower() for one in spec.teams),
        users=frozenset(one.lower() for one in spec.users),
    )
