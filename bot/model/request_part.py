"""What a pull request asks for, for those who decide about it. Values; words are found in `bot/report/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class RequestPart:
    """One request. Durations are written as people do, such as `4h`."""

    name: str
    path: str
    change: Literal["new", "changed", "removed"]
    kind: str
    title: str
    """The kind's; empty where there is no such kind."""
    service: str
    environment: str
    subject: str
    """A reference; empty where nobody is named, and who asks is not in the catalog."""
    requester: str
    """A login; empty where nobody can tell."""
    reason: str
    duration: str = ""
    """How long from the approval on; empty: until its file is removed."""
    most: str = ""
    """How long it could be at most, extended."""
    on_behalf_of: str = ""
    is_break_glass: bool = False
    approvals: int = 1
    approvers: tuple[str, ...] = ()
    """Who may approve, each as `<kind>:<name>` of a Holder; empty: nobody can."""
    beside: tuple[str, ...] = ()
    """What else it reaches, each as `<reference> <reference of its owner>`."""
    is_mixed: bool = False
    """Whether the pull request changes anything but requests too: `/approve` is not for such."""
    is_standing: bool = False
    """Whether it is in force now."""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """What it would make, with nominal times: canonical YAML by name."""
