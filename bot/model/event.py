"""What happened, as a value: JSON both ways, tagged by `kind`.

An event is a hint that something may have to be done. It never carries facts to act on: those are read
again when the work is done.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.model.spot import Source, Spot


class RepoRef(BaseModel):
    """A repository, written `owner/name`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owner: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")

    @classmethod
    def parse(cls, text: str) -> RepoRef:
        """`owner/name` to a value. Raises ValueError on any other form."""
        owner, slash, name = text.partition("/")
        if not slash:
            raise ValueError(f"{text!r} is not of the form owner/name")
        return cls(owner=owner, name=name)

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"


class _Happened(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    delivery: str
    """Unique per event: GitHub's `X-GitHub-Delivery`, or a name of our own for events that we raise."""
    repo: RepoRef

    @property
    def lock_key(self) -> str:
        """Events with equal lock keys never run at the same time."""
        return f"{self.repo}"

    @property
    def is_routine(self) -> bool:
        """It comes so often that a log which told of each would tell of nothing else."""
        return False

    @property
    def newest_key(self) -> str:
        """Of waiting events with equal newest keys only the newest needs to run. Empty: all must run."""
        return f"{getattr(self, 'kind', '')}:{self.lock_key}"


class PullChanged(_Happened):
    """A pull request was opened, reopened, pushed to, edited or made ready."""

    kind: Literal["pull_changed"] = "pull_changed"
    number: int
    rerun: bool = False
    """Someone asked for the check again: it is made anew although the words are the same."""

    @property
    def lock_key(self) -> str:
        return f"{self.repo}#{self.number}"

    @property
    def newest_key(self) -> str:
        return "" if self.rerun else super().newest_key


class PullClosed(_Happened):
    """A pull request was closed, merged or not."""

    kind: Literal["pull_closed"] = "pull_closed"
    number: int

    @property
    def lock_key(self) -> str:
        return f"{self.repo}#{self.number}"


STAGED = ("env/", "promote/", "mend/")
"""How the branches of environments begin, and those of the pull requests that we open to them."""


class Pushed(_Happened):
    """A branch moved to another commit."""

    kind: Literal["pushed"] = "pushed"
    branch: str

    @property
    def is_staged(self) -> bool:
        """Whether it is about environments: what was rendered, not what people wrote."""
        return self.branch.startswith(STAGED)

    @property
    def lock_key(self) -> str:
        # Each of them leads to a look at all environments, so two at a time would be in each other's way.
        return f"{self.repo}@env" if self.is_staged else f"{self.repo}@{self.branch}"


class CheckRerun(_Happened):
    """Someone pressed "Re-run" on a check run of ours, or on its suite."""

    kind: Literal["check_rerun"] = "check_rerun"
    head_sha: str
    pulls: tuple[int, ...] = ()
    """As GitHub named them: empty for a pull request from a fork."""

    @property
    def lock_key(self) -> str:
        return f"{self.repo}!{self.head_sha}"


class Installed(_Happened):
    """The App was given access to a repository."""

    kind: Literal["installed"] = "installed"


class SweepDue(_Happened):
    """It is time to look at everything again, whatever deliveries were lost."""

    kind: Literal["sweep_due"] = "sweep_due"

    @property
    def lock_key(self) -> str:
        return f"{self.repo}/sweep"


class Commanded(_Happened):
    """Someone wrote something that holds commands. What it says is read again when it is worked on."""

    kind: Literal["commanded"] = "commanded"
    number: int
    """Of the issue or pull request."""
    is_pull: bool = True
    source: Source = "comment"
    id: int = 0
    """Of the comment or review; 0 for a description."""
    digest: str = ""
    """SHA-256 of the text as it was written, where the delivery told: what is edited since does not run."""
    head: str = ""
    """The commit that the author had before the eyes, where the delivery told."""
    is_accepted: bool = False
    """Whether its author was shown that it was read. The work itself is done then."""

    @property
    def spot(self) -> Spot:
        return Spot(self.number, self.source, self.id)

    @property
    def lock_key(self) -> str:
        return f"{self.repo}#{self.number}"

    @property
    def newest_key(self) -> str:
        return ""


class LeasesDue(_Happened):
    """It is time to look which leases begin or end."""

    kind: Literal["leases_due"] = "leases_due"

    @property
    def is_routine(self) -> bool:
        return True

    @property
    def lock_key(self) -> str:
        return f"{self.repo}/leases"


Event = Annotated[
    PullChanged | PullClosed | Pushed | CheckRerun | Installed | SweepDue | Commanded | LeasesDue,
    Field(discriminator="kind"),
]

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def event_to_json(event: Event) -> str:
    """The event as one line of JSON; `event_from_json` reads it back to an equal value."""
    return _EVENT.dump_json(event).decode()


def event_from_json(text: str | bytes) -> Event:
    """Raises pydantic.ValidationError when the text is no event."""
    return _EVENT.validate_json(text)
