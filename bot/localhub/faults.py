"""Faults on request: what shall go wrong with which requests and deliveries. Without any, all works."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

HOLD_SECONDS = 120.0
"""So long a held request waits at most; then it goes on by itself."""

RequestKind = Literal["answer", "lose_answer", "delay", "hold"]
DeliveryKind = Literal["lost", "doubled", "reordered", "late"]
KINDS = ("answer", "lose_answer", "delay", "hold", "lost", "doubled", "reordered", "late")


@dataclass(kw_only=True)
class Fault:
    """One thing that goes wrong.

    For requests (`method`, `path` are full-match regular expressions, `path` without the query):
    `answer` says `status`, `headers`, `body` instead of doing it; `lose_answer` does it, then answers
    `status`, or closes the connection when `closes`; `delay` waits `seconds` first; `hold` waits until
    `release()`, before doing it or (`after`) between doing and answering.
    For deliveries (`event` is a regular expression on `name` or `name.action`):
    `lost` (in the log as failed, or `is_logged` False: not even there), `doubled` (same guid, twice),
    `reordered` (after the next one), `late` (by `seconds`).
    """

    kind: Literal["answer", "lose_answer", "delay", "hold", "lost", "doubled", "reordered", "late"]
    method: str = ".*"
    path: str = ".*"
    event: str = ".*"
    status: int = 502
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.0
    closes: bool = False
    after: bool = False
    is_logged: bool = True
    skip: int = 0
    """So many matches pass unharmed first."""
    times: int | None = 1
    """So many are hit then; None: all."""
    id: int = 0
    hits: int = 0
    """How many were hit so far."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {self.kind}")
        for pattern in (self.method, self.path, self.event):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        self._released = threading.Event()
        self._reached = threading.Event()

    @property
    def is_for_deliveries(self) -> bool:
        """Whether it concerns deliveries, not requests."""
        return self.kind in ("lost", "doubled", "reordered", "late")

    def release(self) -> None:
        """Let the held requests go on, those to come too."""
        self._released.set()

    def wait_held(self, seconds: float = 10.0) -> bool:
        """Wait until a request is held; whether one is."""
        return self._reached.wait(seconds)

    def hold(self) -> None:
        """Wait here until released."""
        self._reached.set()
        self._released.wait(HOLD_SECONDS)

    def pause(self, seconds: float) -> None:
        """Wait so long, or until released."""
        self._released.wait(seconds)

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


class Faults:
    """All faults that are set, in order; the first that matches hits. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._matched: dict[int, int] = {}
        self._last_id = 0

    def add(self, fault: Fault) -> Fault:
        """Set it; it gets an id."""
        with self._lock:
            self._last_id += 1
            fault.id = self._last_id
            self._faults.append(fault)
        return fault

    def remove(self, fault_id: int) -> bool:
        """Take it back, releasing what it holds; whether it was set."""
        with self._lock:
            gone = [fault for fault in self._faults if fault.id == fault_id]
            self._faults = [fault for fault in self._faults if fault.id != fault_id]
        for fault in gone:
            fault.release()
        return bool(gone)

    def clear(self) -> None:
        """Everything works again; held requests go on."""
        with self._lock:
            gone, self._faults = self._faults, []
        for fault in gone:
            fault.release()

    def all(self) -> list[Fault]:
        """Those that are set."""
        with self._lock:
            return list(self._faults)

    def for_request(self, method: str, path: str) -> list[Fault]:
        """The faults that hit this request: at most one of each kind. Counts the match."""
        return self._hits(
            fault
            for fault in self.all()
            if not fault.is_for_deliveries
            and re.fullmatch(fault.method, method)
            and re.fullmatch(fault.path, path)
        )

    def for_delivery(self, event: str, action: str | None) -> list[Fault]:
        """The same for a delivery."""
        names = (event, f"{event}.{action}")
        return self._hits(
            fault
            for fault in self.all()
            if fault.is_for_deliveries and any(re.fullmatch(fault.event, name) for name in names)
        )

    def _hits(self, matching: Iterable[Fault]) -> list[Fault]:
        found: dict[tuple[str, bool], Fault] = {}
        for fault in matching:
            with self._lock:
                seen = self._matched[fault.id] = self._matched.get(fault.id, 0) + 1
                is_due = seen > fault.skip and (fault.times is None or fault.hits < fault.times)
                key = (fault.kind, fault.after)
                if is_due and key not in found:
                    fault.hits += 1
                    found[key] = fault
        return list(found.values())
