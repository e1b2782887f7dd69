"""What there is to tell of a break-glass request while it is merged, or is not. Values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GlassPart:
    """`thread`: the number of where it was asked for; 0 where nobody knows. `head_sha`: of its pull."""

    name: str
    number: int
    head_sha: str
    thread: int = 0
    is_open: bool = True
    is_merged: bool = False
    effect_key: str = ""
    """Of the merge, where it was tried."""
    who: tuple[str, ...] = ()
    """Who could approve it instead, each as `<kind>:<name>` of a Holder."""
