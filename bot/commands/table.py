"""Every command as data: its name, how it is written, who may, where it applies. It does nothing itself.

The parser, `/help`, refusals and `docs/commands.md` are all made from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PREFIX = "roadcrew"
"""`/roadcrew NAME ...` always works, whatever else listens in the repo."""


class Where(StrEnum):
    """Where a command applies."""

    ANYWHERE = "anywhere"
    PULL = "pull"
    """In a pull request, whether it is open or not."""
    OPEN_PULL = "open pull"


@dataclass(frozen=True, slots=True)
class Argument:
    """A word of a command, by its place. Only the last one of a command can be many."""

    name: str
    help: str
    is_required: bool = True
    is_many: bool = False
    is_time: bool = False
    """Whether it is a span of time, which begins with a digit."""


@dataclass(frozen=True, slots=True)
class Flag:
    """`--name`, with a value where `value` says what that is."""

    name: str
    help: str
    value: str = ""
    """How the usage shows the value, such as `TEXT`; empty for a flag that has none."""
    is_required: bool = False


@dataclass(frozen=True)
class Command:
    """One command. `allow`: the roles that may, unless the Platform says others; any of them is enough."""

    name: str
    summary: str
    """One sentence."""
    allow: tuple[str, ...]
    arguments: tuple[Argument, ...] = ()
    flags: tuple[Flag, ...] = ()
    examples: tuple[str, ...] = ()
    where: Where = Where.ANYWHERE
    is_bound: bool = False
    """Whether it concerns the commits of the pull request, so that its author must have seen the newest."""
    topic: str = ""
    """Of commands with one topic, the one that was written last counts."""
    for_agents: bool = False
    """Whether an account that is no person may use it at all."""

    @property
    def usage(self) -> str:
        """Such as `/extend NAME DURATION --reason TEXT`; brackets hold what can be left out."""
        words = [f"/{self.name}", *map(_argument_usage, self.arguments), *map(_flag_usage, self.flags)]
        return " ".join(words)


def _argument_usage(one: Argument) -> str:
    shown = one.name.upper() + ("..." if one.is_many else "")
    return shown if one.is_required else f"[{shown}]"


def _flag_usage(one: Flag) -> str:
    shown = f"--{one.name} {one.value}".rstrip()
    return shown if one.is_required else f"[{shown}]"


_AT = Flag("at", "The commit that you looked at; its first 7 characters or more.", "COMMIT")
_WHY = Flag("reason", "Why, for the record.", "TEXT")
_REASON = Flag("reason", "Why, for the record.", "TEXT", is_required=True)
_FOR = Flag("for", "How long, such as 30m, 4h or 2d; without it, what is usual for the kind.", "DURATION")
_ENVIRONMENT = Flag("environment", "Where, such as prod.", "NAME", is_required=True)
_GRANT = Argument(
    "name", "The grant's name. In the thread of its pull request it can be left out.", is_required=False
)

COMMANDS: tuple[Command, ...] = (
    Command(
        "help",
        "Lists the commands that you can use here, or explains one.",
        ("read",),
        arguments=(Argument("command", "The command to explain.", is_required=False),),
        examples=("/help", "/help access"),
        for_agents=True,
    ),
    Command(
        "plan",
        "Works out anew what merging this pull request would change.",
        ("author", "write"),
        examples=("/plan",),
        where=Where.OPEN_PULL,
        for_agents=True,
    ),
    Command(
        "explain",
        "Says what a rule asks for, why, and how to keep it; or what is wrong at a place.",
        ("read",),
        arguments=(Argument("rule", "The rule's name, as findings show it; or a file, or a file and line."),),
        examples=("/explain image-digest", "/explain catalog/components/cart.yaml:7"),
        for_agents=True,
    ),
    Command(
        "owner",
        "Says who owns an entity of the catalog, and how to reach them.",
        ("read",),
        arguments=(
            Argument(
                "entity",
                "Its name, such as checkout or component:checkout. In a pull request it can be left out: "
                "all that it touches.",
                is_required=False,
            ),
        ),
        examples=("/owner checkout", "/owner api:checkout"),
        for_agents=True,
    ),
    Command(
        "dependents",
        "Lists what a change of an entity can hurt.",
        ("read",),
        arguments=(
            Argument(
                "entity",
                "Its name, such as cart or component:cart. In a pull request it can be left out: "
                "all that it touches.",
                is_required=False,
            ),
        ),
        examples=("/dependents cart",),
        for_agents=True,
    ),
    Command(
        "approve",
        "Approves the request of this pull request.",
        ("approver",),
        flags=(_AT,),
        examples=("/approve", "/approve --at 1a2b3c4"),
        where=Where.PULL,
        is_bound=True,
        topic="approval",
    ),
    Command(
        "deny",
        "Denies the request of this pull request and closes it.",
        ("approver",),
        flags=(_REASON, _AT),
        examples=('/deny --reason "use the staging data"',),
        where=Where.OPEN_PULL,
        is_bound=True,
        topic="approval",
    ),
    Command(
        "hold",
        "Keeps this pull request from being merged until someone says /unhold.",
        ("write", "owner"),
        flags=(_WHY,),
        examples=("/hold", '/hold --reason "after the sale"'),
        where=Where.OPEN_PULL,
        topic="hold",
    ),
    Command(
        "unhold",
        "Lets a held pull request be merged again.",
        ("write", "owner"),
        examples=("/unhold",),
        where=Where.OPEN_PULL,
        topic="hold",
    ),
    Command(
        "access",
        "Asks for access to a service for a while: opens the pull request that is to be approved.",
        ("user", "write"),
        arguments=(
            Argument("service", "The component, such as checkout."),
            Argument(
                "role", "What you need, such as logs; the kind's template lists them.", is_required=False
            ),
        ),
        flags=(
            _ENVIRONMENT,
            _REASON,
            _FOR,
            Flag("subject", "Who gets it, if not you: a user of the catalog.", "USER"),
            Flag("break-glass", "At once and loudly, reviewed afterwards; where the kind allows it."),
        ),
        examples=('/access checkout logs --environment prod --for 4h --reason "errors since noon"',),
        for_agents=True,
    ),
    Command(
        "request",
        "Asks for something that a template of requests can make: opens the pull request for it.",
        ("user", "write"),
        arguments=(
            Argument("kind", "What, such as database, dns or secret."),
            Argument("service", "The component that it is for, such as checkout."),
            Argument(
                "parameters", "The kind's parameters, each as name=value.", is_required=False, is_many=True
            ),
        ),
        flags=(_ENVIRONMENT, _REASON, _FOR),
        examples=(
            '/request secret checkout name=stripe keys=API_KEY --environment dev --reason "card payments"',
        ),
        for_agents=True,
    ),
    Command(
        "revoke",
        "Ends a grant at once.",
        ("owner", "subject", "requester", "approver"),
        arguments=(_GRANT,),
        flags=(_WHY,),
        examples=("/revoke", "/revoke checkout-logs"),
    ),
    Command(
        "extend",
        "Lets a grant last longer, up to the maximum of its kind.",
        ("approver",),
        arguments=(Argument("duration", "How much longer, such as 2h.", is_time=True), _GRANT),
        flags=(_WHY,),
        examples=("/extend 2h", '/extend 2h checkout-logs --reason "still broken"'),
    ),
    Command(
        "waive",
        "Asks that an entity need not keep a rule for a while: opens the pull request with the waiver.",
        ("write", "owner"),
        arguments=(
            Argument("rule", "The rule's name, as findings show it."),
            Argument("entity", "Whom it is for, such as component:cart."),
        ),
        flags=(_REASON, Flag("for", "How long, in days, such as 30d.", "DURATION"), _AT),
        examples=('/waive image-digest cart --for 30d --reason "moves in May"',),
        is_bound=True,
    ),
    Command(
        "retry",
        "Tries again what failed for this pull request.",
        ("author", "write"),
        examples=("/retry",),
        where=Where.PULL,
        for_agents=True,
    ),
    Command(
        "cancel",
        "Takes back the request of this pull request and closes it.",
        ("requester", "subject", "author"),
        examples=("/cancel",),
        where=Where.OPEN_PULL,
        topic="approval",
        for_agents=True,
    ),
)

NAMES: tuple[str, ...] = tuple(one.name for one in COMMANDS)

_BY_NAME = {one.name: one for one in COMMANDS}


def find_command(name: str) -> Command | None:
    """The command with exactly this name."""
    return _BY_NAME.get(name)
