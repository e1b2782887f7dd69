"""A tiny GitHub on loopback that keeps state and breaks on request; tests look at what stands in the end."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from bot.adapters.github.needs import EVENTS, PERMISSIONS

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
APP = {
    "id": 4711,
    "slug": "roadcrew-test",
    "html_url": "https://github.test/apps/roadcrew-test",
    "permissions": dict(PERMISSIONS),
    "events": sorted(EVENTS),
}
REPO = {"full_name": "acme/platform", "default_branch": "main"}
BOT = {"login": "roadcrew-test[bot]", "type": "Bot"}


@dataclass
class Fault:
    """What goes wrong with `times` requests that match, after `skip` of them; `after`: the work is done first."""

    verb: str
    path: str
    status: int = 502
    headers: dict = field(default_factory=dict)
    body: object = None
    after: bool = False
    times: int = 1
    skip: int = 0

    def hits(self, verb, path):
        """Whether it goes wrong with this one; counts."""
        if not self.times or self.verb != verb or not re.search(self.path, path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass(frozen=True)
class Call:
    verb: str
    path: str
    headers: dict
    body: object


class Stub:
    """State and script. `calls` is every request that came in, in order."""

    def __init__(self, prefix=""):
        self.prefix = prefix
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.comments: list[dict] = []
        self.runs: list[dict] = []
        self.answers: dict[str, object] = {}
        self.installed = True
        self.tokens: list[str] = []
        self.lock = threading.RLock()
        self.next_id = 1

    def break_next(self, verb, path, status=502, **options):
        self.faults.append(Fault(verb, path, status, **options))

    def asked(self, verb, path=""):
        return [call for call in self.calls if call.verb == verb and re.search(path, call.path)]

    def add_comment(self, body, **fields):
        with self.lock:
            made = {"id": self.next_id, "body": body, "user": BOT, "issue": 7, **fields}
            made.setdefault("performed_via_github_app", {"id": APP["id"]})
            self.next_id += 1
            self.comments.append(made)
            return made

    def answer(self, verb, path, query, body):
        """(status, JSON) of a request; the routes that GitHub has and that the tests need."""
        if path in self.answers:
            return 200, self.answers[path]
        for route, serve in _ROUTES.items():
            match = re.fullmatch(route, f"{verb} {path}")
            if match:
                with self.lock:
                    return serve(self, match, query, body)
        return 404, {"message": "Not Found"}


def _app(stub, match, query, body):
    return 200, APP


def _installation(stub, match, query, body):
    if not stub.installed:
        return 404, {"message": "Not Found"}
    return 200, {"id": 99, "permissions": APP["permissions"], "suspended_at": None}


def _token(stub, match, query, body):
    token = f"ghs_CANARY{len(stub.tokens):04}aaaaaaaaaaaaaaaaaaaaaaaaa"
    stub.tokens.append(token)
    return 201, {"token": token, "expires_at": (NOW + timedelta(hours=1)).isoformat()}


def _comments(stub, match, query, body):
    return 200, [one for one in stub.comments if one["issue"] == int(match["n"])]


def _comment_create(stub, match, query, body):
    return 201, stub.add_comment(body["body"], issue=int(match["n"]))


def _comment(stub, match, query, body):
    found = [one for one in stub.comments if one["id"] == int(match["id"])]
    return (200, found[0]) if found else (404, {"message": "Not Found"})


def _comment_edit(stub, match, query, body):
    status, found = _comment(stub, match, query, body)
    if status == 200:
        found["body"] = body["body"]
    return status, found


def _comment_delete(stub, match, query, body):
    status, found = _comment(stub, match, query, body)
    if status == 200:
        stub.comments.remove(found)
        return 204, None
    return status, found


def _runs(stub, match, query, body):
    name = query["check_name"][0]
    found = [one for one in stub.runs if one["head_sha"] == match["sha"] and one["name"] == name]
    return 200, {"total_count": len(found), "check_runs": found}


def _run_create(stub, match, query, body):
    run = {"id": stub.next_id, "conclusion": None, "app": {"id": APP["id"]}, **body}
    stub.next_id += 1
    run["annotations"] = run["output"].pop("annotations", [])
    run["output"]["annotations_count"] = len(run["annotations"])
    stub.runs.append(run)
    return 201, run


def _run(stub, match, query, body):
    found = [one for one in stub.runs if one["id"] == int(match["id"])]
    return (200, found[0]) if found else (404, {"message": "Not Found"})


def _run_edit(stub, match, query, body):
    status, run = _run(stub, match, query, body)
    if status == 200:
        run["annotations"] += body["output"].pop("annotations", [])
        run |= body
        run["output"]["annotations_count"] = len(run["annotations"])
    return status, run


_REPO = r"/repos/acme/platform"
_ROUTES = {
    r"GET /app": _app,
    rf"GET {_REPO}/installation": _installation,
    r"POST /app/installations/99/access_tokens": _token,
    rf"GET {_REPO}/issues/(?P<n>\d+)/comments": _comments,
    rf"POST {_REPO}/issues/(?P<n>\d+)/comments": _comment_create,
    rf"GET {_REPO}/issues/comments/(?P<id>\d+)": _comment,
    rf"PATCH {_REPO}/issues/comments/(?P<id>\d+)": _comment_edit,
    rf"DELETE {_REPO}/issues/comments/(?P<id>\d+)": _comment_delete,
    rf"GET {_REPO}/commits/(?P<sha>\w+)/check-runs": _runs,
    rf"POST {_REPO}/check-runs": _run_create,
    rf"GET {_REPO}/check-runs/(?P<id>\d+)": _run,
    rf"PATCH {_REPO}/check-runs/(?P<id>\d+)": _run_edit,
    r"POST /app/hook/deliveries/\d+/attempts": lambda *_: (202, {}),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def serve(self):
        stub = self.server.stub
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        path = self.path.removeprefix(stub.prefix)
        with stub.lock:
            stub.calls.append(Call(self.command, path, {k.lower(): v for k, v in self.headers.items()}, body))
            fault = next((one for one in stub.faults if one.hits(self.command, path)), None)
        if not self.path.startswith(stub.prefix):
            return self.reply(404, {"message": "wrong prefix"})
        if fault and not fault.after:
            return self.fail(fault)
        status, data = self.work(path, body)
        if fault:
            return self.fail(fault)
        return self.reply(status, data)

    def work(self, path, body):
        split = urlsplit(path)
        query = parse_qs(split.query)
        if not split.path.startswith("/app") and not split.path.endswith("/installation"):
            bearer = self.headers.get("Authorization", "").removeprefix("token ")
            if bearer not in self.server.stub.tokens:
                return 401, {"message": "Bad credentials"}
        return self.server.stub.answer(self.command, split.path, query, body)

    def fail(self, fault):
        if fault.status == 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = fault.body if fault.body is not None else {"message": "broken on request"}
        self.reply(fault.status, body, fault.headers)

    def reply(self, status, data, headers=None):
        headers = dict(headers or {})
        text = data if isinstance(data, str) else json.dumps(data)
        if isinstance(data, list):
            text, more = self.page(data)
            headers |= more
        raw = text.encode() if data is not None else b""
        etag = f'"{sha256(raw).hexdigest()[:16]}"'
        if self.command == "GET" and status == 200:
            headers["ETag"] = etag
            if self.headers.get("If-None-Match") == etag:
                status, raw = 304, b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def page(self, data):
        split = urlsplit(self.path)
        query = parse_qs(split.query)
        size, number = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
        part, more = data[size * (number - 1) : size * number], {}
        if len(data) > size * number:
            url = f"http://{self.headers['Host']}{split.path}?per_page={size}&page={number + 1}"
            more = {"Link": f'<{url}>; rel="next", <{url}>; rel="last"'}
        return json.dumps(part), more

    def log_message(self, *_):
        pass


for _verb in ("GET", "POST", "PATCH", "PUT", "DELETE"):
    setattr(Handler, f"do_{_verb}", Handler.serve)


class Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, stub):
        super().__init__(("127.0.0.1", 0), Handler)
        self.stub = stub
        self.open: set = set()

    def process_request(self, request, client_address):
        self.open.add(request)
        super().process_request(request, client_address)

    def hang_up(self):
        """Ends the connections that clients keep open, so that their threads end."""
        for request in self.open:
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        pass  # a client that went away, or a connection that a fault closed


@contextmanager
def serving(stub):
    """Runs it on a free loopback port; `stub.url` is the API URL."""
    server = Server(stub)
    stub.url = f"http://127.0.0.1:{server.server_address[1]}{stub.prefix}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join(10)
