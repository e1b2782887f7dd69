"""Promise 6: tokens, keys and secrets are in no log line and no repr, whatever logs them."""

from __future__ import annotations

import io
import logging

import pytest

from bot.adapters.github import Redaction, guard_logs, redact
from bot.adapters.github.access import app_auth
from bot.adapters.github.payloads import Token
from tests.adapters.github.github_stub import NOW

SECRETS = [
    "ghs_CANARYaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ghp_CANARYaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ghs_4711_eyJhbGciOiJSUzI1NiJ9.eyJDQU5BUlkiOjF9.CANARY-sig_nature",
    "github_pat_CANARYaaaaaaaaaaaaaaaaaaaaaaa",
    "eyJhbGciOiJSUzI1NiJ9.eyJDQU5BUlkiOjF9.CANARYsignature",
    "-----BEGIN RSA PRIVATE KEY-----\nMIICANARY\nabc=\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIICANARY cut off",
    "x-access-token:CANARYword",
    "Bearer CANARYaaaaaaaaa",
]
INNOCENT = [
    "catalog/components/ghost_writer.yaml:3:5: it's fine",
    "https://github.test/acme/platform/pull/7",
    "git@github.test:acme/platform.git",
    "the basic idea, the bearer of news",
    "a" * 40,
]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_taken_out(secret):
    shown = redact(f"before https://{secret}@host/path after" if ":C" in secret else f"before {secret} after")
    assert "CANARY" not in shown
    assert shown.startswith("before ")


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


def test_secrets_of_no_pattern_are_named():
    assert redact("signed with hunter2, hunter2", "hunter2", "") == "signed with [redacted], [redacted]"


@pytest.fixture
def guarded():
    """A handler of its own, below the guard."""
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    log = logging.getLogger("some.library")
    log.addHandler(handler)
    undo = guard_logs("hunter2")
    yield log, shown
    undo()
    log.removeHandler(handler)


@pytest.mark.parametrize("secret", [*SECRETS[:7], "hunter2"])
def test_guarded_logs_show_no_secret_in_messages_arguments_and_tracebacks(guarded, secret):
    log, shown = guarded
    log.warning("in the message: %s and %r", secret, {"Authorization": secret})
    log.warning("in the traceback", exc_info=ValueError(secret))
    log.warning("in the stack %d", 1, stack_info=True)
    text = shown.getvalue()
    assert "CANARY" not in text
    assert "hunter2" not in text.replace('["hunter2"]', "")
    assert text.count("[redacted]") >= 2


def test_a_traceback_without_secrets_is_left_whole(caplog):
    undo = guard_logs()
    logging.getLogger("some.library").warning("failed", exc_info=ValueError("plain"))
    undo()
    assert caplog.records[-1].exc_info is not None


def test_a_record_whose_arguments_do_not_fit_is_still_a_record(guarded):
    log, shown = guarded
    log.warning("50%% of %s", "all")
    log.warning(*("%d and %s", "one"))
    assert shown.getvalue() == "50% of all\n%d and %s (its arguments do not fit)\n"


def test_the_filter_works_alone_too():
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    handler.addFilter(Redaction("hunter2"))
    log = logging.getLogger("other.library")
    log.addHandler(handler)
    log.warning("%s %s", "hunter2", SECRETS[0])
    log.removeHandler(handler)
    assert shown.getvalue() == "[redacted] [redacted]\n"


def test_pygithubs_own_debug_log_is_redacted_without_any_setting(hub, repo, caplog):
    """It logs whole answers, also the one that holds a new token."""
    token = hub.token_for(repo)
    records = [record.getMessage() for record in caplog.records if record.name == "github.Requester"]
    assert any("access_tokens" in record and '"token": "[redacted]' in record for record in records)
    assert token not in caplog.text


def test_nothing_that_holds_a_credential_shows_it(hub, repo, private_key):
    token = hub.token_for(repo)
    auth = app_auth(4711, private_key)
    held = [hub, hub.access, hub.access.__dict__, auth, Token(token=token, expires_at=NOW)]
    shown = " ".join(repr(each) for each in held)
    assert token not in shown
    assert "PRIVATE KEY" not in shown


def test_credentials_are_in_no_url(hub, stub, repo):
    hub.comments(repo, 7)
    assert not any("ghs_" in call.path or "eyJ" in call.path for call in stub.calls)
