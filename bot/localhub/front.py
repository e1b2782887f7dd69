"""What stands before the site: counts requests and makes the faults happen that were asked for.

A plain WSGI layer, so that it covers REST, git and pages alike.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from waitress.channel import ClientDisconnected

from bot.localhub.faults import HOLD_SECONDS, Fault, Faults

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADMIN = "/_localhub/"
WRITES = ("POST", "PUT", "PATCH", "DELETE")
_MAX_SEEN = 100_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was answered; `status` 0 where the connection was closed instead."""

    method: str
    path: str
    status: int

    @property
    def is_write(self) -> bool:
        """Whether it changes something: fetches over git are POSTs that do not."""
        return self.method in WRITES and not self.path.endswith("/git-upload-pack")


class Requests:
    """The newest 100,000 requests. Thread-safe."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=_MAX_SEEN)
        self._lock = threading.Lock()

    def add(self, seen: Seen) -> None:
        """Remember one."""
        with self._lock:
            self._seen.append(seen)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._seen.clear()

    def all(self, *, method: str = ".*", path: str = ".*") -> list[Seen]:
        """Those that match the regular expressions in full, oldest first."""
        with self._lock:
            found = list(self._seen)
        return [one for one in found if re.fullmatch(method, one.method) and re.fullmatch(path, one.path)]

    def writes(self) -> list[Seen]:
        """Those that change something: REST and git pushes."""
        return [one for one in self.all() if one.is_write]


class Front:
    """The WSGI application around the site."""

    def __init__(self, site: WSGIApplication, faults: Faults, requests: Requests) -> None:
        self._site = site
        self._faults = faults
        self._requests = requests

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path.startswith(ADMIN):
            return self._site(environ, start_response)
        hits = self._faults.for_request(method, path)
        answer = _before(hits)
        if answer is not None:
            self._requests.add(Seen(method, path, answer.status))
            return _say(answer, start_response)
        return self._pass_on(environ, start_response, hits)

    def _pass_on(
        self, environ: WSGIEnvironment, start_response: StartResponse, hits: list[Fault]
    ) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        said: list[Any] = []

        def remember(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            said[:] = [status, headers]
            return start_response(status, headers, exc_info) if not late else None

        late = [fault for fault in hits if fault.kind == "lose_answer" or fault.after]
        chunks = self._site(environ, remember)
        status = int(said[0].split()[0]) if said else int(HTTPStatus.INTERNAL_SERVER_ERROR)
        if not late:
            self._requests.add(Seen(method, path, status))
            return chunks
        body = b"".join(chunks)
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
        return self._after(late, Seen(method, path, status), said, body, start_response)

    def _after(
        self, late: list[Fault], seen: Seen, said: list[Any], body: bytes, start_response: StartResponse
    ) -> Iterable[bytes]:
        for fault in late:
            if fault.kind == "hold":
                fault.hold()
        lost = next((fault for fault in late if fault.kind == "lose_answer"), None)
        if lost is None:
            self._requests.add(seen)
            start_response(said[0], said[1])
            return [body]
        self._requests.add(Seen(seen.method, seen.path, 0 if lost.closes else lost.status))
        if lost.closes:
            # waitress closes the connection on this, with nothing written.
            raise ClientDisconnected
        return _say(lost, start_response)


def _before(hits: list[Fault]) -> Fault | None:
    """Delays and holds that come first; the fault that answers instead, where there is one."""
    for fault in hits:
        if fault.kind == "delay":
            fault.pause(min(fault.seconds, HOLD_SECONDS))
        elif fault.kind == "hold" and not fault.after:
            fault.hold()
    return next((fault for fault in hits if fault.kind == "answer"), None)


def _say(fault: Fault, start_response: StartResponse) -> Iterable[bytes]:
    body = fault.body.encode()
    headers = {"Content-Type": "application/json; charset=utf-8", **fault.headers}
    headers["Content-Length"] = str(len(body))
    start_response(f"{fault.status} {_phrase(fault.status)}", list(headers.items()))
    return [body]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
