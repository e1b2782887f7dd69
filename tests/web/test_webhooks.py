"""POST /webhooks: who is turned away and with which words, and which event a delivery becomes."""

import hashlib
import hmac
import json
import logging

import pytest
from pydantic import SecretStr

from bot.errors import Retry
from bot.model.event import CheckRerun, Installed, PullChanged, PullClosed, Pushed, RepoRef
from bot.ports import Backlog
from bot.web.app import WEBHOOKS, create_app
from bot.web.delivery import LARGEST_BODY

OLD, NEW = "an-old-secret-of-some-length", "a-new-secret-of-some-length"
PLATFORM = RepoRef(owner="acme", name="platform")
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
SHA = "0" * 39 + "a"
REPOSITORY = {"id": 1, "full_name": "acme/platform", "private": True}
PULL = {"action": "opened", "number": 7, "repository": REPOSITORY, "sender": {"login": "developer"}}
REVIEW = {"pull_request": {"number": 7}, "repository": REPOSITORY, "sender": {"login": "reviewer"}}


class ListQueue:
    def __init__(self):
        self.events = []
        self.away = False

    def put(self, event, *, after=0.0):
        if self.away:
            raise Retry("The queue is away: disk full.", after=30)
        self.events.append(event)

    def backlog(self):
        return Backlog(len(self.events), 0, 0)


@pytest.fixture
def queue():
    return ListQueue()


@pytest.fixture
def client(queue):
    return create_app([SecretStr(OLD), SecretStr(NEW)], queue, platform=PLATFORM).test_client()


def sign(body, secret=NEW, algorithm="sha256"):
    return f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"


def deliver(client, payload, kind="pull_request", **changes):
    """Sends it as GitHub would; a header that is None is left out."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Delivery": GUID,
        "X-GitHub-Event": kind,
        "X-Hub-Signature-256": sign(body),
        "X-Hub-Signature": sign(body, algorithm="sha1"),
        **changes,
    }
    kept = {name: value for name, value in headers.items() if value is not None}
    return client.post(WEBHOOKS, data=body, headers=kept)


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_each_live_secret_is_accepted_so_that_secrets_can_be_changed(client, queue, secret):
    body = json.dumps(PULL).encode()
    answer = deliver(client, body, **{"X-Hub-Signature-256": sign(body, secret)})
    assert (answer.status_code, answer.json) == (202, {"queued": ["pull_changed"]})
    assert queue.events == [PullChanged(delivery=GUID, repo=PLATFORM, number=7)]


BODY = json.dumps(PULL).encode()


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        pytest.param(None, "SHA-1 only", id="SHA-1 only"),
        pytest.param("", "SHA-1 only", id="an empty signature"),
        pytest.param("sha256=" + "0" * 64, "fits none", id="a wrong signature"),
        pytest.param(sign(BODY, ""), "fits none", id="a signature with the blank secret"),
        pytest.param(sign(BODY, "another-secret-of-some-length"), "fits none", id="another's secret"),
        pytest.param(sign(BODY + b" "), "fits none", id="the signature of another body"),
        pytest.param(sign(BODY, algorithm="sha1"), "fits none", id="SHA-1 in the header of SHA-256"),
        pytest.param(sign(BODY).removeprefix("sha256="), "fits none", id="no algorithm"),
        pytest.param(sign(BODY).upper(), "fits none", id="capitals"),
        pytest.param("sha256=\xe9" + "0" * 63, "fits none", id="letters beyond ASCII"),
    ],
)
def test_what_is_not_signed_with_a_live_secret_is_turned_away(client, queue, signature, said):
    answer = deliver(client, BODY, **{"X-Hub-Signature-256": signature})
    assert answer.status_code == 401
    assert said in answer.json["error"]
    assert queue.events == []


def test_what_is_not_signed_at_all_is_turned_away(client, queue):
    answer = deliver(client, PULL, **{"X-Hub-Signature-256": None, "X-Hub-Signature": None})
    assert answer.status_code == 401
    assert answer.json["error"].startswith("The delivery is not signed.")
    assert queue.events == []


@pytest.mark.parametrize("secrets", [[], [""], ["  "], [NEW, ""]])
def test_there_is_no_front_without_a_secret(queue, secrets):
    with pytest.raises(ValueError, match="webhook secret"):
        create_app([SecretStr(secret) for secret in secrets], queue, platform=PLATFORM)


def test_forms_get_a_sentence_that_says_what_to_set(client, queue):
    body = b"payload=%7B%7D"
    answer = deliver(client, body, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 415
    assert "application/json" in answer.json["error"]


def test_an_unknown_charset_is_no_crash(client):
    assert deliver(client, PULL, **{"Content-Type": "application/json; charset=nonsense"}).status_code == 202


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-GitHub-Delivery", None),
        ("X-GitHub-Delivery", ""),
        ("X-GitHub-Delivery", "a b"),
        ("X-GitHub-Delivery", "a" * 101),
        ("X-GitHub-Event", None),
        ("X-GitHub-Event", "Pull Request"),
    ],
)
def test_a_delivery_without_its_names_is_turned_away(client, queue, header, value):
    answer = deliver(client, PULL, **{header: value})
    assert answer.status_code == 400
    assert header in answer.json["error"]
    assert queue.events == []


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_only_post_delivers(client, method):
    answer = getattr(client, method)(WEBHOOKS)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert "POST" in answer.json["error"]


def test_a_body_above_githubs_limit_is_turned_away(client):
    answer = deliver(client, b" " * (LARGEST_BODY + 1), **{"X-Hub-Signature-256": "sha256=" + "0" * 64})
    assert answer.status_code == 413
    assert "25 MB" in answer.json["error"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="broken"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"[" * 200_000, id="very deep"),
        pytest.param(b'{"number": ' + b"9" * 5000 + b"}", id="a very long number"),
        pytest.param(b'{"action": "opened"}', id="fields missing"),
        pytest.param(json.dumps({**PULL, "number": "seven"}).encode(), id="a word for a number"),
        pytest.param(json.dumps({**PULL, "repository": []}).encode(), id="a list for an object"),
        pytest.param(
            json.dumps({**PULL, "repository": {"id": 1, "full_name": "platform"}}).encode(), id="no owner"
        ),
        pytest.param(
            json.dumps({**PULL, "repository": {"id": 1, "full_name": "a/../b"}}).encode(), id="a path"
        ),
    ],
)
def test_a_misshapen_payload_with_a_valid_signature_gets_a_sentence(client, queue, body):
    answer = deliver(client, body)
    assert answer.status_code == 400
    assert answer.json["error"].startswith("The payload is ")
    assert queue.events == []


def test_a_branch_name_that_is_no_text_is_misshapen(client, queue):
    body = b'{"ref": "refs/heads/\\ud800", "repository": {"id": 1, "full_name": "acme/platform"}}'
    assert deliver(client, body, "push").status_code == 400
    assert queue.events == []


def check(action, **more):
    pulls = [
        {"number": 7, "base": {"repo": {"id": 1}}},
        {"number": 99, "base": {"repo": {"id": 2}}},
    ]
    return {"action": action, "repository": REPOSITORY, **more, "_": None}, {
        "head_sha": SHA,
        "pull_requests": pulls,
    }


def check_run(action):
    payload, body = check(action)
    return {**payload, "check_run": {**body, "name": "roadcrew"}}


def check_suite(action, pulls=None):
    payload, body = check(action)
    return {**payload, "check_suite": body if pulls is None else {**body, "pull_requests": pulls}}


CHANGED = PullChanged(delivery=GUID, repo=PLATFORM, number=7)
RERUN = CheckRerun(delivery=GUID, repo=PLATFORM, head_sha=SHA, pulls=(7,))
INSTALLED = Installed(delivery=f"{GUID}/acme/platform", repo=PLATFORM)


@pytest.mark.parametrize(
    ("kind", "payload", "event"),
    [
        *(
            ("pull_request", {**PULL, "action": action}, PullChanged(delivery=GUID, repo=PLATFORM, number=7))
            for action in ("opened", "reopened", "synchronize", "edited", "ready_for_review")
        ),
        ("pull_request", {**PULL, "action": "closed"}, PullClosed(delivery=GUID, repo=PLATFORM, number=7)),
        (
            "push",
            {"ref": "refs/heads/env/dev", "deleted": False, "repository": REPOSITORY},
            Pushed(delivery=GUID, repo=PLATFORM, branch="env/dev"),
        ),
        ("pull_request", {**PULL, "action": "labeled"}, CHANGED),
        ("pull_request_review", {**REVIEW, "action": "submitted"}, CHANGED),
        ("pull_request_review", {**REVIEW, "action": "dismissed"}, CHANGED),
        ("check_run", check_run("rerequested"), RERUN),
        ("check_run", check_run("requested_action"), RERUN),
        ("check_suite", check_suite("rerequested"), RERUN),
        ("check_suite", check_suite("rerequested", []), RERUN.model_copy(update={"pulls": ()})),
        ("installation", {"action": "created", "repositories": [REPOSITORY]}, INSTALLED),
        (
            "installation_repositories",
            {"action": "added", "repositories_added": [{"id": 2, "full_name": "acme/other"}, REPOSITORY]},
            INSTALLED,
        ),
    ],
    ids=lambda value: value.get("action", "") if isinstance(value, dict) else None,
)
def test_deliveries_become_events(client, queue, kind, payload, event):
    answer = deliver(client, payload, kind)
    assert answer.status_code == 202
    assert queue.events == [event]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("pull_request", {**PULL, "action": "assigned"}),
        ("pull_request_review", {**REVIEW, "action": "edited"}),
        ("push", {"ref": "refs/heads/gone", "deleted": True, "repository": REPOSITORY}),
        ("push", {"ref": "refs/tags/v1", "repository": REPOSITORY}),
        ("check_run", check_run("completed")),
        ("check_suite", check_suite("requested")),
        ("installation", {"action": "deleted", "repositories": [REPOSITORY]}),
        ("installation_repositories", {"action": "removed", "repositories_removed": [REPOSITORY]}),
        ("star", {"action": "created"}),
        ("issue_comment", {"action": "edited"}),
        ("pull_request", {**PULL, "repository": {"id": 2, "full_name": "acme/service"}}),
    ],
)
def test_what_nothing_follows_from_is_answered_and_not_queued(client, queue, kind, payload):
    answer = deliver(client, payload, kind)
    assert answer.status_code == 200
    assert answer.json["nothing_to_do"]
    assert queue.events == []


def test_ping_is_answered(client, queue):
    answer = deliver(client, {"zen": "Keep it logically awesome.", "hook_id": 1}, "ping")
    assert (answer.status_code, answer.json) == (200, {"said": "pong"})


def test_the_platform_repo_is_known_in_any_case_and_called_as_it_is_set(client, queue):
    deliver(client, {**PULL, "repository": {"id": 1, "full_name": "Acme/Platform"}})
    assert queue.events == [PullChanged(delivery=GUID, repo=PLATFORM, number=7)]


def test_promise_1_nothing_is_accepted_while_the_queue_is_away(client, queue):
    queue.away = True
    answer = deliver(client, PULL)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "took nothing" in answer.json["error"]
    queue.away = False
    assert deliver(client, PULL).status_code == 202


def test_a_fault_of_ours_shows_no_trace(queue, caplog):
    def put(event, *, after=0.0):
        raise ZeroDivisionError("secret thing")

    queue.put = put
    answer = deliver(create_app([SecretStr(NEW)], queue, platform=PLATFORM).test_client(), PULL)
    assert answer.status_code == 500
    assert answer.json == {"error": "This is a fault in Roadcrew; its log tells more."}
    assert "ZeroDivisionError" in caplog.text


def test_each_delivery_leaves_one_line_in_the_log(client, caplog):
    caplog.set_level(logging.INFO, "roadcrew.web")
    deliver(client, PULL)
    deliver(client, {**PULL, "action": "x\ny"})
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0].startswith(f"delivery={GUID} event=pull_request.opened answer=202 ms=")
    assert lines[1].startswith(f"delivery={GUID} event=pull_request answer=200 ms=")


def test_no_secret_is_in_any_answer_or_line(client, caplog):
    caplog.set_level(logging.DEBUG)
    answers = [
        deliver(client, PULL),
        deliver(client, b"{"),
        deliver(client, PULL, **{"X-Hub-Signature-256": None}),
    ]
    said = caplog.text + "".join(answer.text + str(answer.headers) for answer in answers)
    assert OLD not in said
    assert NEW not in said
    assert hashlib.sha256(NEW.encode()).hexdigest() not in said
