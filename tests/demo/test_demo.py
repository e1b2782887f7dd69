"""`roadcrew demo`: it tells its story, says where it went wrong, answers live, and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path

import pytest
import requests
from rich.console import Console

from bot.demo import play as play_module
from bot.demo.play import play
from bot.demo.story import Story, check

ROOT = Path(__file__).parents[2]
PAGE = "/acme/platform"
PATIENCE = 60.0


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where the demo puts its files; empty when it has cleaned up."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def start(*argv, folder):
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", *argv],
        cwd=ROOT,
        env={
            **os.environ,
            "TMPDIR": str(folder),
            "ROADCREW_PORT": "1",
            "ROADCREW_REDIS_URL": "redis://127.0.0.1:1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that Ctrl-C goes to all of its processes, as in a terminal
    )


def test_once_it_tells_the_story_and_exits_0(tmp_path):
    process = start("--once", folder=tmp_path)
    said, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")
    assert said.count("\u2714") == 13
    for words in (
        "3 things to mend",
        "env/dev",
        "Approved-By: @reviewer",
        "the thread ends with the audit trail",
    ):
        assert words in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("step", "title"),
    [
        ("_commented", "the bot says it in one comment"),
        pytest.param("_delivered", "reviewer approves and merges", marks=pytest.mark.soak),
    ],
)
def test_a_step_that_does_not_come_to_its_end_is_named_with_the_end_of_the_log(
    temporary, monkeypatch, step, title
):
    monkeypatch.setattr(Story, step, lambda _: None)
    # Only this step is hurried; those before it may take their time.
    monkeypatch.setattr(
        play_module,
        "check",
        lambda one, seconds: check(one, seconds=seconds if one.title == title else PATIENCE),
    )
    said = StringIO()
    assert play(Console(file=said, width=200), is_once=True, wait=pytest.fail, patience=0.5) is False
    assert f"\u2718 {title}: this did not come about within 0.5 s" in said.getvalue()
    assert "pull_changed" in said.getvalue(), "the end of the bot's log"
    assert list(temporary.iterdir()) == []


def test_a_step_that_fails_is_named_with_its_reason(temporary, monkeypatch):
    def away(_):
        raise requests.ConnectionError("nobody is there")

    monkeypatch.setattr(Story, "_open", away)
    said = StringIO()
    assert play(Console(file=said, width=200), is_once=True, wait=pytest.fail) is False
    assert "\u2718 developer opens a pull request with three mistakes: nobody is there" in said.getvalue()
    assert list(temporary.iterdir()) == []


def test_a_bot_that_does_not_start_is_said_with_its_reason(temporary, monkeypatch):
    prepare = play_module._prepare

    def without_a_key(hub, folder):
        stage, environment = prepare(hub, folder)
        return stage, {**environment, "ROADCREW_APP_ID": "none"}

    monkeypatch.setattr(play_module, "_prepare", without_a_key)
    said = StringIO()
    assert play(Console(file=said, width=200), is_once=True, wait=pytest.fail) is False
    assert "\u2718 the bot: roadcrew serve: The bot did not start" in said.getvalue()
    assert "ROADCREW_APP_ID must be a whole number" in said.getvalue()
    assert list(temporary.iterdir()) == []


def test_a_port_that_is_taken_is_said(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start("--once", f"--port={port}", folder=tmp_path)
        said, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (2, "")
    assert re.match(rf"Cannot listen on .*port {port}: Address already in use.*Choose another", errors)
    assert list(tmp_path.iterdir()) == []


def until(probe, what):
    deadline = time.monotonic() + PATIENCE
    while not (found := probe()):
        assert time.monotonic() < deadline, f"{what} did not come about"
        time.sleep(0.05)
    return found


def hidden(html):
    """The fields that a form sends without being asked."""
    pairs = re.findall(r"<input\b[^>]*>", html)
    fields = [dict(re.findall(r'(\w+)="([^"]*)"', one)) for one in pairs]
    return {
        one["name"]: one.get("value", "") for one in fields if "name" in one and one.get("type") != "radio"
    }


def propose(url):
    """Someone adds a file with a mistake on the page; the address of the pull request."""
    with requests.Session() as browser:
        browser.headers["Sec-Fetch-Site"] = "same-origin"
        browser.post(f"{url}/-/acting", data={"login": "developer"}, timeout=30).raise_for_status()
        form = hidden(browser.get(f"{url}{PAGE}/new/main/catalog", timeout=30).text)
        form |= {"path": "catalog/live.yaml", "target": "new", "content": "a: [\n", "message": "Add a file"}
        answer = browser.post(f"{url}{PAGE}/files", data=form, timeout=30)
        answer.raise_for_status()
        return answer.url


def other_thread(process):
    """The number of one that is not the main thread, where the system tells; else the process's own."""
    tasks = Path(f"/proc/{process.pid}/task")
    return max(int(one.name) for one in tasks.iterdir()) if tasks.is_dir() else process.pid


# Ctrl-C goes to all processes. SIGTERM goes to the demo alone, and here to a thread that cannot act on it.
@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.soak), signal.SIGTERM])
def test_it_answers_live_and_ends_cleanly(tmp_path, number):
    process = start(folder=tmp_path)
    try:
        lines = iter(process.stdout.readline, "")
        found = next(one for one in map(re.compile(r"(http://[\d.:]+)/acme/platform").search, lines) if one)
        pull = propose(found[1])
        until(lambda: "1 thing to mend" in requests.get(pull, timeout=30).text, "the bot's answer")
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            os.kill(other_thread(process), number)
        said, errors = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert "Good bye." in said
    assert list(tmp_path.iterdir()) == []
