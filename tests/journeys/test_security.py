"""Promises 5 and 6: the base branch judges, and what is secret stays secret, also when things go wrong."""

import base64
import logging
import re
import sys
import threading
from contextlib import contextmanager
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from bot.localhub.faults import Fault
from tests.journeys.troupe import NAME, SANDBOX, until
from tests.platforms import PLATFORM, component, environment

CART = "catalog/cart.yaml"
WRONG = {CART: component("cart", owner="nobody")}
MANIFEST = "templates/tiny/manifests/config.yaml"
TEMPLATE = "templates/tiny/template.yaml"
CANARY = "canary-of-the-machine-that-runs-the-bot"


def rule(name, severity):
    return (
        f"apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata:\n  name: {name}\n"
        f"spec:\n  severity: '{severity}'\n"
    )


def test_promise_5_a_pull_request_cannot_change_its_judge(troupe):
    with troupe.bot() as queue:
        number = troupe.open(WRONG | {"rules/references.yaml": rule("reference-unknown", "off")})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "failure"
        assert "`nobody`" in troupe.bodies(number)[0]
        rules = troupe.open({"rules/references.yaml": rule("reference-unknown", "off")}, branch="rules")
        troupe.settle(queue)
        assert troupe.conclusion(rules) == "success"
        troupe.merge(rules)
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success", "the base has decided, and the other one is looked at"


def test_promise_5_no_rule_makes_unreadable_files_readable(troupe):
    with troupe.bot() as queue:
        troupe.change("main", {"rules/yaml.yaml": rule("yaml-syntax", "off")}, by="platform-lead")
        number = troupe.open({CART: "a: [\n"})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "failure"


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({MANIFEST: PLATFORM[MANIFEST] + "  extra: word\n"}, "+  extra: word"),
        ({TEMPLATE: PLATFORM[TEMPLATE].replace("default: 1", "default: 7")}, "No manifest"),
        ({"catalog/dev.yaml": environment("dev", 1) + "  defaults: {tiny: {size: 4}}\n"}, '+  size: "4"'),
    ],
)
def test_promise_5_what_a_changed_template_or_environment_would_render_is_shown(troupe, change, shown):
    """The shop says its own size except in the last case, where it takes the environment's."""
    if "4" in shown:
        troupe.change("main", {"catalog/shop.yaml": component("shop", size=1).replace("    size: 1\n", "")})
    with troupe.bot() as queue:
        number = troupe.open(change)
        troupe.settle(queue)
        (body,) = troupe.bodies(number)
        assert troupe.conclusion(number) == "success"
        if shown == "No manifest":
            assert "no manifest changes" in body
        else:
            assert shown in body
            assert "shop" in body


@contextmanager
def overheard(hub):
    """All Authorization headers that the hub receives."""
    heard, inner = [], hub._server.application

    def listening(environ, start_response):
        heard.append(environ.get("HTTP_AUTHORIZATION", ""))
        return inner(environ, start_response)

    hub._server.application = listening
    yield heard


def forget_answers(troupe, *statuses):
    """These answers were not GitHub's but our own, so they are not held against its description."""
    kept = [one for one in troupe.conformance.exchanges if one.status not in statuses]
    troupe.conformance.exchanges[:] = kept


def secrets_of(heard):
    """Tokens and JWTs by their kind, as they stand in headers, and as they are inside of Basic."""
    found = {}
    for header in filter(None, heard):
        scheme, _, value = header.partition(" ")
        found.setdefault(scheme.lower(), set()).add(value)
        if scheme == "Basic":
            found["plain"] = {base64.b64decode(value).decode().partition(":")[2]} | found.get("plain", set())
    return found


class Processes:
    """Every process that this one starts, from Python's own audit events. A hook cannot be taken away."""

    def __init__(self):
        self.started = None
        sys.addaudithook(self._heard)

    def _heard(self, event, args):
        if self.started is not None and event == "subprocess.Popen":
            _, argv, _, env = args
            self.started.append(([str(word) for word in argv], dict(env or {})))

    @contextmanager
    def watched(self):
        SANDBOX.close()  # its children start anew, and are seen
        self.started = []
        yield self.started
        self.started = None


PROCESSES = Processes()
GIT_ENVIRONMENT = re.compile(
    r"PATH|LC_ALL|HOME|TZ|GIT_\w+|REMOTE_\w+|HTTPS?_PROXY|NO_PROXY|SSL_CERT_\w+|https?_proxy|no_proxy"
)


def the_story(troupe, queue):
    """Refused, mended, merged, delivered; then things go wrong in every adapter."""
    number = troupe.open(WRONG)
    troupe.settle(queue)
    troupe.change("change", {CART: component("cart")})
    troupe.settle(queue)
    troupe.merge(number)
    troupe.settle(queue)
    for path in (r".*/info/refs", r".*/check-runs", r".*/comments"):
        troupe.hub.faults.add(Fault(kind="answer", path=path, status=403, body="Bad credentials", times=2))
    troupe.hub.faults.add(Fault(kind="answer", path=r".*/pulls/\d+", status=500, body="<html>", times=2))
    other = troupe.open({CART: component("cart", size=3)}, branch="other")
    troupe.hub.hooks.wait_idle(10)
    return number, other


def test_promise_6_secrets_are_in_no_log_line_argument_url_file_or_word(troupe, caplog, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    monkeypatch.setenv("ROADCREW_PRIVATE_KEY", CANARY)
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(logging.Formatter("%(name)s %(message)s %(exc_text)s"))
    with overheard(troupe.hub) as heard, PROCESSES.watched() as started, troupe.bot() as queue:
        number, other = the_story(troupe, queue)
        states = repr(queue.backlog())
    forget_answers(troupe, 403, 500)
    kinds = secrets_of(heard)
    assert {"bearer", "basic", "plain"} <= kinds.keys(), "the App, git, and git's token"
    key = "".join(troupe.key.splitlines()[1:3])
    hidden = {value for values in kinds.values() for value in values} | {key, troupe.secret}
    places = {
        "log": caplog.text,
        "arguments": "\n".join(word for argv, _ in started for word in argv),
        "queue": states,
        "words": "\n".join(troupe.bodies(number) + troupe.bodies(other) + troupe.log()),
        "urls": "\n".join(f"{one.method} {one.path}" for one in troupe.hub.requests.all()),
        "queries": "\n".join(str(one.query) for one in troupe.conformance.exchanges),
        "files": "\n".join(
            path.read_bytes().decode("latin-1")
            for path in (troupe.folder / "bot").rglob("*")
            if path.is_file()
        ),
    }
    for name, text in places.items():
        assert text, name
        assert [one for one in hidden if one in text] == [], f"a secret is in the {name}"
    assert "urllib3.connectionpool" in caplog.text, "the libraries were heard"


def test_promise_6_child_processes_get_an_environment_of_their_own(troupe, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    with PROCESSES.watched() as started, troupe.bot() as queue:
        troupe.open(WRONG)
        troupe.settle(queue)
    sandboxes = [env for argv, env in started if "bot.adapters.sandbox_child" in argv]
    gits = [(argv, env) for argv, env in started if "--git-dir" in argv]
    assert sandboxes
    assert gits
    assert all(set(env) <= {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} for env in sandboxes)
    for argv, env in gits:
        assert argv[0] == "git"
        assert [name for name in env if not GIT_ENVIRONMENT.fullmatch(name)] == []
    assert CANARY not in repr(started)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def elsewhere():
    """Another server, and all headers that reach it."""
    reached = []

    def app(environ, start_response):
        reached.append({name: value for name, value in environ.items() if name.startswith("HTTP_")})
        start_response("404 Not Found", [])
        return [b""]

    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", reached
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", [rf".*/{NAME}\.git/.*", rf".*/repos/{NAME}", rf".*/repos/{NAME}/pulls/\d+"])
@pytest.mark.parametrize("status", [302, 307])
def test_promise_6_credentials_follow_no_redirect_to_another_host(troupe, path, status):
    with elsewhere() as (url, reached), troupe.bot():
        fault = Fault(
            kind="answer", path=path, status=status, headers={"Location": f"{url}/stolen"}, times=None
        )
        troupe.hub.faults.add(fault)
        number = troupe.open(WRONG)
        until(lambda: fault.hits, "the redirect")
        troupe.hub.faults.clear()
        troupe.change("change", WRONG | {"README.md": "# again\n"})
        until(lambda: troupe.conclusion(number) == "failure", "the bot's next answer")
        assert reached == []
    forget_answers(troupe, status)
