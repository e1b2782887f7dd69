"""Sends deliveries to the Apps: signed, in order, one thread for each App, and logs what came of each.

A delivery that was announced and not yet sent is in the store; a hub that starts again sends it.
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import http.client
import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bot.localhub.events import PENDING
from bot.localhub.faults import Faults
from bot.localhub.records import App, Delivery
from bot.localhub.world import World

TIMEOUT = 10.0
"""Seconds that a receiver has to answer; as on GitHub.com."""
MAX_ANSWER = 65_536
"""Bytes of the receiver's answer that are kept."""
_REORDERED_SECONDS = 2.0
"""A delivery that shall come after the next one waits so long for a next one."""
_NO_ANSWER = 0


def signatures(secret: str, payload: bytes) -> dict[str, str]:
    """`X-Hub-Signature-256` and its SHA-1 forerunner; none without a secret."""
    if not secret:
        return {}
    return {
        "X-Hub-Signature": "sha1=" + hmac.new(secret.encode(), payload, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest(),
    }


def headers_of(app: App, delivery: Delivery) -> dict[str, str]:
    """What GitHub sends along. Signed with the secret that the App has now, also when redelivered."""
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/localhub",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        **signatures(app.webhook_secret, delivery.request_payload.encode()),
    }


@dataclass(order=True, slots=True)
class _Due:
    """A place in an App's line. `when` on the monotonic clock."""

    when: float
    order: int
    delivery_id: int
    waits_for_next: bool = False


class _Line(threading.Thread):
    """The deliveries of one App, in order."""

    def __init__(self, sender: Sender, app_id: int) -> None:
        super().__init__(name=f"hooks-{app_id}", daemon=True)
        self._sender = sender
        self._changed = threading.Condition()
        self._heap: list[_Due] = []
        self._is_sending = False
        self._is_stopping = False
        self._orders = itertools.count()

    def push(self, delivery_id: int, *, late: float = 0.0, waits_for_next: bool = False) -> None:
        with self._changed:
            now = time.monotonic()
            late = late or (_REORDERED_SECONDS if waits_for_next else 0.0)
            due = _Due(now + late, next(self._orders), delivery_id, waits_for_next)
            if not waits_for_next:
                self._let_waiting_follow(due)
            heapq.heappush(self._heap, due)
            self._changed.notify_all()

    def _let_waiting_follow(self, due: _Due) -> None:
        for waiting in self._heap:
            if waiting.waits_for_next:
                waiting.when, waiting.order, waiting.waits_for_next = due.when, next(self._orders), False
        heapq.heapify(self._heap)

    def run(self) -> None:
        while (delivery_id := self._next()) is not None:
            self._sender.attempt(delivery_id)
            with self._changed:
                self._is_sending = False
                self._changed.notify_all()

    def _next(self) -> int | None:
        with self._changed:
            while not self._is_stopping:
                wait = self._heap[0].when - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    self._is_sending = True
                    return heapq.heappop(self._heap).delivery_id
                self._changed.wait(wait)
            return None

    def stop(self) -> None:
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def wait_idle(self, deadline: float) -> bool:
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._heap and not self._is_sending, max(0.0, deadline - time.monotonic())
            )


class Sender:
    """All lines. `announce` takes what the world has kept; nothing is sent before `start`."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._lock = threading.Lock()
        self._lines: dict[int, _Line] = {}
        self._is_stopping = False

    def start(self) -> None:
        """Send what an earlier run has left, and from now on all that is announced."""
        self._world.announce = self.announce
        for delivery in self._world.store.find(Delivery):
            if delivery.status == PENDING:
                self._line(delivery.app_id).push(delivery.id)

    def stop(self) -> None:
        """Send no more; what is not sent stays pending. Waits for an attempt under way."""
        self._is_stopping = True
        with self._lock:
            lines = list(self._lines.values())
        for line in lines:
            line.stop()
        for line in lines:
            line.join(TIMEOUT)

    def wait_idle(self, seconds: float = 10.0) -> bool:
        """Wait until all lines are empty; whether they are. For tests and stories."""
        deadline = time.monotonic() + seconds
        with self._lock:
            lines = list(self._lines.values())
        return all(line.wait_idle(deadline) for line in lines)

    def _line(self, app_id: int) -> _Line:
        with self._lock:
            line = self._lines.get(app_id)
            if line is None:
                line = self._lines[app_id] = _Line(self, app_id)
                line.start()
            return line

    def announce(self, deliveries: Sequence[Delivery]) -> None:
        """Put them in line, as the faults would have it. The world's lock may be held."""
        for delivery in deliveries:
            self._place(delivery)

    def _place(self, delivery: Delivery) -> None:
        faults = {fault.kind: fault for fault in self._faults.for_delivery(delivery.event, delivery.action)}
        if lost := faults.get("lost"):
            self._lose(delivery, is_logged=lost.is_logged)
            return
        line = self._line(delivery.app_id)
        late = faults["late"].seconds if "late" in faults else 0.0
        line.push(delivery.id, late=late, waits_for_next="reordered" in faults)
        if "doubled" in faults:
            twin = replace(delivery, id=self._world.next_id())
            with self._world.change():
                self._world.store.save(twin)
            line.push(twin.id, late=late)

    def _lose(self, delivery: Delivery, *, is_logged: bool) -> None:
        with self._world.change():
            if is_logged:
                self._world.store.save(replace(delivery, status="failed to connect to host"))
            else:
                self._world.store.delete(delivery)

    def redeliver(self, delivery: Delivery) -> Delivery:
        """Send it again: same guid and payload, a new id, to the address that the App has now."""
        with self._world.change():
            app = self._world.store.get(App, delivery.app_id)
            again = replace(
                delivery,
                id=self._world.next_id(),
                is_redelivery=True,
                status=PENDING,
                status_code=_NO_ANSWER,
                url=app.webhook_url,
                delivered_at=self._world.now(),
                response_headers={},
                response_payload="",
            )
            self._world.post(again)
            return again

    def attempt(self, delivery_id: int) -> None:
        """Send one delivery and log what came of it."""
        with self._world.lock:
            if not self._world.is_open:
                return
            delivery = self._world.store.get(Delivery, delivery_id)
            app = self._world.store.get(App, delivery.app_id)
        headers = headers_of(app, delivery)
        begun = time.monotonic()
        status, code, answered, text = _posted(delivery.url, headers, delivery.request_payload.encode())
        done = replace(
            delivery,
            delivered_at=self._world.now(),
            duration=round(time.monotonic() - begun, 2),
            status=status,
            status_code=code,
            request_headers=headers,
            response_headers=answered,
            response_payload=text,
        )
        with self._world.lock:
            # A receiver that outlasted the hub: the delivery stays unsent, and the next start sends it.
            if self._world.is_open:
                with self._world.change():
                    self._world.store.save(done)


def _posted(url: str, headers: dict[str, str], payload: bytes) -> tuple[str, int, dict[str, str], str]:
    """Status in words, status code (0: no answer), headers and body of the answer. Follows no redirect."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, payload, headers)
        response = connection.getresponse()
        text = response.read(MAX_ANSWER).decode(errors="replace")
    except TimeoutError:
        return "timed out", _NO_ANSWER, {}, ""
    except (OSError, http.client.HTTPException):
        return "failed to connect to host", _NO_ANSWER, {}, ""
    finally:
        connection.close()
    is_ok = 200 <= response.status < 300  # noqa: PLR2004  (HTTP's range of success)
    status = "OK" if is_ok else f"Invalid HTTP Response: {response.status}"
    return status, response.status, dict(response.getheaders()), text
