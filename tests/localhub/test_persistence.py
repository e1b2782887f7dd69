"""A hub that stops and starts again is the same world; a change is all or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.localhub.records import Account, Comment, Pull
from bot.localhub.server import LocalHub
from bot.localhub.store import Store
from tests.localhub.conftest import Rest, until

REPO = "/repos/acme/platform"


def _told(rest: Rest) -> dict[str, object]:
    paths = ("", "/pulls?state=all", "/branches", "/issues/comments", "/commits/topic/check-runs", "/forks")
    answers = {path: rest.get(REPO + path) for path in paths}
    text = json.dumps(answers, sort_keys=True).replace(rest.hub.url.removeprefix("http://"), "hub")
    told: dict[str, object] = json.loads(text)
    return told


def test_a_restart_gives_the_same_world(tmp_path: Path, key: str) -> None:
    with LocalHub(tmp_path) as hub:
        hub.create_user("developer")
        hub.create_org("acme", owners=["developer"])
        hub.create_repo("acme/platform", {"a": "1"}, private=True, by="developer")
        app = hub.create_app("App", owner="acme", permissions={"checks": "write"}, events=[], private_key=key)
        installation = hub.install(app, "acme")
        hub.fork("acme/platform", by="developer")
        head = hub.commit("acme/platform", "topic", {"b": "1"}, by="developer")
        hub.open_pull("acme/platform", head="topic", by="developer")
        hub.comment("acme/platform", 1, "hello", by="developer")
        hub.review("acme/platform", 1, "COMMENT", by="developer", body="so")
        token, bot_token = hub.user_token("developer"), hub.installation_token(installation)
        Rest(hub, bot_token)("POST", f"{REPO}/check-runs", {"name": "x", "head_sha": head})
        before = _told(Rest(hub, token))
    with LocalHub(tmp_path) as hub:
        assert _told(Rest(hub, token)) == before
        assert Rest(hub, bot_token).get("/installation/repositories")["total_count"] == 1
        number = hub.comment("acme/platform", 1, "again", by="developer").id
        assert number > max(one.id for one in hub.pulls("acme/platform"))


def test_ids_are_never_given_twice(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = store.save(Account(store.next_id(), "one", "User", "2026-01-01T00:00:00Z"))
    store.delete(first)
    store.close()
    again = Store(tmp_path)
    assert again.next_id() > first.id
    assert again.find(Account) == []
    again.close()


def _change_and_fail(store: Store, kept: Account) -> None:
    with store.transaction():
        store.save(Account(kept.id, "renamed", "User", "2026-01-01T00:00:00Z"))
        store.save(Account(store.next_id(), "two", "User", "2026-01-01T00:00:00Z"))
        store.delete(kept)
        raise RuntimeError("midway")


def test_a_change_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    kept = store.save(Account(store.next_id(), "one", "User", "2026-01-01T00:00:00Z"))
    with pytest.raises(RuntimeError, match="midway"):
        _change_and_fail(store, kept)
    assert store.find(Account) == [kept]
    assert store.first(Account, login_key="one") == kept
    assert store.find(Account, login_key="two") == []
    store.close()
    again = Store(tmp_path)
    assert again.find(Account) == [kept]
    again.close()


def test_records_are_found_by_what_they_say_now(tmp_path: Path) -> None:
    store = Store(tmp_path)
    now = "2026-01-01T00:00:00Z"
    comment = store.save(Comment(store.next_id(), 1, 1, 1, "body", now, now))
    assert store.find(Comment, repo_id=1, number=1) == [comment]
    store.save(Comment(comment.id, 1, 2, 1, "body", now, now))
    assert store.find(Comment, repo_id=1, number=1) == []
    assert store.find(Comment, number=2, body="body") != []
    assert store.first(Pull, repo_id=1) is None
    store.close()


_CHILD = """
import sys
from pathlib import Path
from bot.localhub.server import LocalHub
hub = LocalHub(Path(sys.argv[1])).start()
hub.create_user("developer")
hub.create_repo("developer/platform", {"a": "1"})
print(hub.url, hub.user_token("developer"), flush=True)
hub.wait()
"""


def test_a_killed_hub_keeps_what_it_answered(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        assert child.stdout is not None
        url, token = child.stdout.readline().split()
        work = tmp_path / "work"
        remote = f"{url.replace('://', f'://x:{token}@')}/developer/platform.git"
        subprocess.run(["git", "clone", "-q", remote, str(work)], check=True, timeout=30)
        subprocess.run(["git", "push", "-q", "origin", "HEAD:topic"], check=True, timeout=30, cwd=work)
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=10)
    with LocalHub(tmp_path) as hub:
        assert set(hub.branches("developer/platform")) == {"main", "topic"}
        assert Rest(hub, token).get("/user")["login"] == "developer"


def test_a_push_that_a_killed_hub_did_not_tell_is_found_at_the_start(tmp_path: Path) -> None:
    with LocalHub(tmp_path) as hub:
        hub.create_user("developer")
        hub.create_repo("developer/platform", {"a": "1"})
        main = hub.branches("developer/platform")["main"]
        hub.git("developer/platform").update_ref("refs/heads/late", main)
    with LocalHub(tmp_path) as hub:
        until(lambda: "late" in hub.branches("developer/platform"))


def test_a_repository_can_be_made_from_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "seed"
    (folder / "a" / ".git").mkdir(parents=True)
    (folder / "a" / "b.txt").write_text("b")
    (folder / "a" / ".git" / "no").write_text("no")
    (folder / 'odd "name\\.txt').write_text("odd")
    with LocalHub(tmp_path / "hub") as hub:
        hub.create_user("developer")
        hub.create_repo("developer/platform", folder)
        assert hub.files("developer/platform") == {"a/b.txt": b"b", 'odd "name\\.txt': b"odd"}


def test_the_command_runs_a_hub(tmp_path: Path) -> None:
    seed = tmp_path / "shop"
    seed.mkdir()
    (seed / "a.txt").write_text("a")
    run = "import sys; from bot.cli.localhub import localhub; sys.exit(localhub())"
    argv = ["--dir", str(tmp_path / "hub"), "--org", "acme", "--seed", str(seed)]
    child = subprocess.Popen(
        [sys.executable, "-c", run, *argv], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        assert child.stdout is not None
        said = dict(child.stdout.readline().strip().split(None, 1) for _ in range(5))
        assert said["api"] == f"{said['site']}/api/v3"
        assert said["repo"] == f"{said['site']}/acme/shop.git"
        heads = subprocess.run(
            ["git", "ls-remote", said["repo"]], capture_output=True, text=True, check=True, timeout=30
        )
        assert "refs/heads/main" in heads.stdout
        # The system may give a signal to any thread; only the main one acts on it, and it must not oversleep.
        tasks = Path(f"/proc/{child.pid}/task")
        thread = max(int(one.name) for one in tasks.iterdir()) if tasks.is_dir() else child.pid
        os.kill(thread, signal.SIGINT)
        rest, _ = child.communicate(timeout=30)
    finally:
        child.kill()
        child.communicate()
    assert (child.returncode, rest) == (0, "stopped; everything is kept\n")
