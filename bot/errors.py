"""The three ways in which work can end early. Anything else that is raised is our bug.

RoadcrewError
|-- UserError   their file or setting is wrong: says what, where, and what to do next
|-- Retry       the world is not ready (rate limit, 5xx, lost race): the work goes back in the queue
`-- Refused     we may not, or must not, do it: said once, never retried
"""

from __future__ import annotations


class RoadcrewError(Exception):
    """The root of all errors that Roadcrew raises on purpose."""


class UserError(RoadcrewError):
    """Something that a person wrote is wrong, and that person can mend it."""

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        line: int = 0,
        column: int = 0,
        fix: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.fix = fix

    @property
    def place(self) -> str:
        """`path:line:column`, as far as it is known."""
        parts = [self.path, str(self.line or ""), str(self.column or "")]
        return ":".join(part for part in parts if part)

    def __str__(self) -> str:
        said = f"{self.place}: {self.message}" if self.place else self.message
        return f"{said} {self.fix}".rstrip()


class Retry(RoadcrewError):
    """The same work may succeed later. `after` is in seconds, counted from now."""

    def __init__(self, reason: str, *, after: float = 5.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Refused(RoadcrewError):
    """We are not allowed to do it, or a promise forbids it. `reason` is shown to people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
