"""What there is to show about environments after the first: promotions, and changes made by hand."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.plan import ComponentChange, FileChange


@dataclass(frozen=True, slots=True)
class Origin:
    """What a folder was rendered from, as its pin says."""

    commit: str
    template: str
    version: str


@dataclass(frozen=True, slots=True)
class Hand:
    """A commit that Roadcrew did not make, on a branch that it writes."""

    commit: str
    author: str
    subject: str


@dataclass(frozen=True, slots=True)
class Brought:
    """What came to the first environment at once: the pull requests, and who stood for them."""

    commit: str
    pulls: tuple[int, ...]
    requested: str = ""
    approved: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Taken:
    """An object, or a host with its path, that a component brings and another one holds there already."""

    what: str
    holder: str
    """The other's folder."""


@dataclass(frozen=True, slots=True)
class PromotionPart:
    """A component's way from one environment to the next. `after` is None where it leaves the environment."""

    folder: str
    environment: str
    branch: str
    previous: str
    """The environment before this one, and its branch."""
    previous_branch: str
    before: Origin | None
    after: Origin | None
    change: ComponentChange
    brought: tuple[Brought, ...] = ()
    """Newest first."""
    has_more: bool = False
    """Whether more came than is known."""
    mend: str = ""
    """The branch of the pull request that would undo a hand-made change of what this one replaces."""
    taken: tuple[Taken, ...] = ()
    """What others on the branch hold still."""
    naming: tuple[str, ...] = ()
    """Of a removal: the references of those on the branch who still name what goes."""


@dataclass(frozen=True, slots=True)
class DriftPart:
    """A folder that people made other than what its pin renders. `files`: how it would be mended."""

    folder: str
    environment: str
    branch: str
    files: tuple[FileChange, ...]
    hands: tuple[Hand, ...]
    origin: Origin | None = None
    """What it would be mended to; None where no pin says it."""
    sources: tuple[str, ...] = ()
    """Where the change belongs: the catalog file, the template's folder."""
