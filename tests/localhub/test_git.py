"""Git over HTTP with the real git: clone, push, rights, pull requests that follow, forks, protected branches."""

from __future__ import annotations

import gzip
import io
import subprocess
from collections.abc import Callable

import pytest

from bot.localhub.git import GitError
from bot.localhub.githttp import commands
from bot.localhub.server import LocalHub
from tests.localhub.conftest import Bot, Clone, Receiver, Rest

REPO = "/repos/acme/platform"
Cloned = Callable[..., Clone]


def test_a_push_comes_back_in_a_clone(hub: LocalHub, clone: Cloned) -> None:
    work = clone()
    sha = work.commit({"b.txt": "two\n"})
    work("push", "-q", "origin", "HEAD:main")
    assert hub.branches("acme/platform") == {"main": sha}
    assert (clone().path / "b.txt").read_text() == "two\n"


def test_large_pushes_and_fetches_stream(hub: LocalHub, clone: Cloned) -> None:
    work = clone()
    files = {f"d{number % 50}/f{number}.txt": f"{number}\n" * 200 for number in range(2000)}
    sha = work.commit(files)
    work("push", "-q", "origin", "HEAD:main")
    assert clone()("rev-parse", "HEAD") == sha


def test_a_shallow_and_partial_clone_works(hub: LocalHub, tmp_path) -> None:
    url = hub.clone_url("acme/platform", hub.user_token("developer"))
    target = tmp_path / "partial"
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", "--filter=blob:none", "--no-checkout", url, str(target)],
        check=True,
        timeout=60,
    )
    assert (target / ".git" / "shallow").exists()


@pytest.mark.parametrize(
    ("token", "words"),
    [("", "could not read Username"), ("ghp_wrong", "Invalid username or token")],
)
def test_nobody_reads_a_private_repository(
    hub: LocalHub, clone: Cloned, tmp_path, token: str, words: str
) -> None:
    work = Clone(tmp_path)
    assert words in work("ls-remote", hub.clone_url("acme/platform", token), fails=True)


def test_strangers_find_nothing_and_readers_cannot_push(hub: LocalHub, clone: Cloned, tmp_path) -> None:
    url = hub.clone_url("acme/platform", hub.user_token("stranger"))
    assert "Repository not found" in Clone(tmp_path)("ls-remote", url, fails=True)
    hub.create_repo("acme/open", {"a": "1"}, by="developer")
    work = clone("acme/open", by="stranger")
    work.commit({"b": "1"})
    said = work("push", "origin", "HEAD:main", fails=True)
    assert "Permission to acme/open.git denied to stranger" in said


def test_an_installation_token_pushes_as_the_bot(
    hub: LocalHub, bot: Bot, clone: Cloned, receiver: Receiver
) -> None:
    work = clone(token=bot.token())
    work.commit({"b": "1"})
    work("push", "-q", "origin", "HEAD:main")
    assert hub.hooks.wait_idle()
    assert receiver.of("push")[0]["sender"]["login"] == "road-crew[bot]"
    reader = clone(token=bot.token(permissions={"contents": "read"}))
    reader.commit({"c": "1"})
    assert "denied to road-crew[bot]" in reader("push", "origin", "HEAD:main", fails=True)


def test_a_push_event_says_what_came(hub: LocalHub, bot: Bot, clone: Cloned, receiver: Receiver) -> None:
    before = hub.branches("acme/platform")["main"]
    work = clone()
    first = work.commit({"b.txt": "1"}, "Add b")
    (work.path / "README.md").unlink()
    second = work.commit({"b.txt": "2"}, "Change b, drop README")
    work("push", "-q", "origin", "HEAD:main", "HEAD:refs/heads/topic")
    assert hub.hooks.wait_idle()
    to_main, to_topic = receiver.of("push")
    assert (to_main["ref"], to_main["before"], to_main["after"]) == ("refs/heads/main", before, second)
    assert [(one["id"], one["added"], one["modified"], one["removed"]) for one in to_main["commits"]] == [
        (first, ["b.txt"], [], []),
        (second, [], ["b.txt"], ["README.md"]),
    ]
    assert (to_topic["created"], to_main["created"], to_main["forced"]) == (True, False, False)
    assert to_main["pusher"]["name"] == "developer"
    assert receiver.of("create")[0]["ref"] == "topic"


def test_a_force_push_and_a_deletion_are_told_as_such(
    hub: LocalHub, bot: Bot, clone: Cloned, receiver: Receiver
) -> None:
    work = clone()
    work.commit({"b": "1"})
    work("push", "-q", "origin", "HEAD:topic")
    work("commit", "-q", "--amend", "-m", "Another")
    work("push", "-q", "--force", "origin", "HEAD:topic")
    work("push", "-q", "origin", ":topic")
    assert hub.hooks.wait_idle()
    pushes = receiver.of("push")
    assert [one["forced"] for one in pushes] == [False, True, False]
    assert (pushes[2]["deleted"], pushes[2]["head_commit"]) == (True, None)
    assert receiver.of("delete")[0]["ref"] == "topic"
    assert hub.branches("acme/platform").keys() == {"main"}


def test_a_push_moves_the_pull_request(hub: LocalHub, bot: Bot, clone: Cloned, receiver: Receiver) -> None:
    work = clone()
    first = work.commit({"b": "1"})
    work("push", "-q", "origin", "HEAD:topic")
    pull = hub.open_pull("acme/platform", head="topic", by="developer")
    second = work.commit({"b": "2"})
    work("push", "-q", "origin", "HEAD:topic")
    now = hub.pull("acme/platform", pull.number)
    assert (pull.head_sha, now.head_sha) == (first, second)
    assert now.is_mergeable is True
    remote = work("ls-remote", "origin", "refs/pull/*")
    assert f"{second}\trefs/pull/1/head" in remote
    assert f"{now.merge_commit_sha}\trefs/pull/1/merge" in remote
    assert hub.hooks.wait_idle()
    told = receiver.of("pull_request.synchronize")[0]
    assert (told["before"], told["after"], told["number"]) == (first, second, 1)


def test_nobody_pushes_to_a_pull_requests_refs(hub: LocalHub, clone: Cloned) -> None:
    work = clone()
    work.commit({"b": "1"})
    assert "hidden ref" in work("push", "origin", "HEAD:refs/pull/1/head", fails=True)


def test_a_fork_opens_a_pull_request(hub: LocalHub, bot: Bot, clone: Cloned, receiver: Receiver) -> None:
    hub.grant("acme/platform", "stranger", "pull")
    stranger = Rest(hub, hub.user_token("stranger"))
    made = stranger("POST", f"{REPO}/forks", {})
    assert (made.status, made.json["full_name"], made.json["fork"]) == (202, "stranger/platform", True)
    work = clone("stranger/platform", by="stranger")
    first = work.commit({"b": "1"})
    work("push", "-q", "origin", "HEAD:topic")
    asked = {"title": "From a fork", "head": "stranger:topic", "base": "main"}
    opened = stranger("POST", f"{REPO}/pulls", asked)
    assert opened.status == 201, opened.raw
    assert opened.json["head"]["label"] == "stranger:topic"
    assert opened.json["head"]["repo"]["full_name"] == "stranger/platform"
    second = work.commit({"b": "2"})
    work("push", "-q", "origin", "HEAD:topic")
    assert hub.pull("acme/platform", 1).head_sha == second
    assert second in clone()("ls-remote", "origin", "refs/pull/1/head")
    run = bot.rest("POST", f"{REPO}/check-runs", {"name": "roadcrew", "head_sha": first}).json
    assert run["pull_requests"] == []
    assert run["check_suite"]["id"]
    suite = bot.rest.get(f"{REPO}/check-suites/{run['check_suite']['id']}")
    assert (suite["pull_requests"], suite["head_branch"]) == ([], None)
    assert hub.hooks.wait_idle()
    assert receiver.of("pull_request.synchronize")[0]["pull_request"]["head"]["user"]["login"] == "stranger"
    assert hub.merge("acme/platform", 1, by="developer")
    assert hub.files("acme/platform")["b"] == b"2"


def test_a_protected_branch_refuses_a_push_with_githubs_words(hub: LocalHub, clone: Cloned) -> None:
    hub.protect("acme/platform", checks={"roadcrew": None}, approvals=1)
    work = clone(by="reviewer")
    work.commit({"b": "1"})
    said = work("push", "origin", "HEAD:main", "HEAD:topic", fails=True)
    assert "remote: error: GH006: Protected branch update failed for refs/heads/main." in said
    assert (
        'Changes must be made through a pull request. Required status check "roadcrew" is expected.' in said
    )
    assert "[remote rejected] HEAD -> main" in said
    assert set(hub.branches("acme/platform")) == {"main", "topic"}


def test_a_protected_branch_cannot_be_rewritten_or_deleted(hub: LocalHub, clone: Cloned) -> None:
    hub.commit("acme/platform", "env/dev", {"a": "1"}, by="developer")
    hub.protect("acme/platform", "env/dev", enforce_admins=True)
    work = clone()
    work("checkout", "-q", "env/dev")
    work("commit", "-q", "--amend", "-m", "Another")
    assert "Cannot force-push to this branch" in work("push", "--force", "origin", "env/dev", fails=True)
    assert "Cannot delete this protected branch" in work("push", "origin", ":env/dev", fails=True)
    work("reset", "-q", "--hard", "origin/env/dev")
    sha = work.commit({"a": "2"})
    work("push", "-q", "origin", "env/dev")
    assert hub.branches("acme/platform")["env/dev"] == sha


def test_restricted_pushes_are_for_the_named_alone(hub: LocalHub, bot: Bot, clone: Cloned) -> None:
    hub.commit("acme/platform", "env/dev", {"a": "1"}, by="developer")
    hub.protect("acme/platform", "env/dev", push_apps=[bot.app], enforce_admins=True)
    person, machine = clone(), clone(token=bot.token())
    for work in (person, machine):
        work("checkout", "-q", "env/dev")
        work.commit({"a": f"{work.path}"})
    assert "not authorized to push to this branch" in person("push", "origin", "env/dev", fails=True)
    machine("push", "-q", "origin", "env/dev")


def test_administrators_may_bypass_unless_enforced(hub: LocalHub, clone: Cloned) -> None:
    hub.protect("acme/platform", checks={"roadcrew": None})
    work = clone()
    work.commit({"b": "1"})
    work("push", "-q", "origin", "HEAD:main")
    hub.protect("acme/platform", checks={"roadcrew": None}, enforce_admins=True)
    work.commit({"b": "2"})
    assert "GH006" in work("push", "origin", "HEAD:main", fails=True)


def test_an_app_changes_no_workflow_without_the_permission(hub: LocalHub, bot: Bot, clone: Cloned) -> None:
    person, machine = clone(), clone(token=bot.token())
    person.commit({".github/workflows/ci.yml": "on: push\n"})
    person("push", "-q", "origin", "HEAD:main")
    machine.commit({".github/workflows/other.yml": "on: push\n"})
    for branch in ("env/dev", "new"):
        hub.commit("acme/platform", "env/dev", {"a": "1"}, by="developer")
        said = machine("push", "--force", "origin", f"HEAD:refs/heads/{branch}", fails=True)
        assert "create or update workflow `.github/workflows/other.yml` without `workflows`" in said
    machine("fetch", "-q")
    machine("reset", "-q", "--hard", "origin/main")
    machine.commit({"a.txt": "1"})
    machine("push", "-q", "origin", "HEAD:topic")
    (machine.path / ".github" / "workflows" / "ci.yml").unlink()
    machine.commit({})
    machine("push", "-q", "origin", "HEAD:topic")


def test_two_pushes_from_the_same_commit_race_and_one_loses(hub: LocalHub, clone: Cloned) -> None:
    one, other = clone(), clone()
    one.commit({"b": "1"})
    other.commit({"c": "1"})
    one("push", "-q", "origin", "HEAD:main")
    assert "fetch first" in other("push", "origin", "HEAD:main", fails=True)


def test_refs_over_rest_follow_the_same_rules(hub: LocalHub, developer: Rest, reviewer: Rest) -> None:
    main = hub.branches("acme/platform")["main"]
    made = developer("POST", f"{REPO}/git/refs", {"ref": "refs/heads/topic", "sha": main})
    assert (made.status, made.json["ref"], made.json["object"]["type"]) == (201, "refs/heads/topic", "commit")
    again = developer("POST", f"{REPO}/git/refs", {"ref": "refs/heads/topic", "sha": main})
    assert (again.status, again.json["message"]) == (422, "Reference already exists")
    new = hub.commit("acme/platform", "other", {"b": "1"}, by="developer")
    assert developer("PATCH", f"{REPO}/git/refs/heads/topic", {"sha": new}).json["object"]["sha"] == new
    back = developer("PATCH", f"{REPO}/git/refs/heads/topic", {"sha": main})
    assert (back.status, back.json["message"]) == (422, "Update is not a fast forward")
    assert developer("PATCH", f"{REPO}/git/refs/heads/topic", {"sha": main, "force": True}).status == 200
    assert [one["ref"] for one in developer.get(f"{REPO}/git/matching-refs/heads/to")] == ["refs/heads/topic"]
    assert developer("DELETE", f"{REPO}/git/refs/heads/topic").status == 204
    assert developer("GET", f"{REPO}/git/ref/heads/topic").status == 404
    hub.protect("acme/platform", approvals=1)
    refused = reviewer("PATCH", f"{REPO}/git/refs/heads/main", {"sha": new})
    assert (refused.status, "protected ref" in refused.json["message"]) == (422, True)


def test_protection_is_set_and_read_over_rest(
    hub: LocalHub, developer: Rest, reviewer: Rest, bot: Bot
) -> None:
    place = f"{REPO}/branches/main/protection"
    missing = developer("GET", place)
    assert (missing.status, missing.json["message"]) == (404, "Branch not protected")
    asked = {
        "required_status_checks": {
            "strict": True,
            "contexts": [],
            "checks": [{"context": "roadcrew", "app_id": bot.app.id}],
        },
        "enforce_admins": True,
        "required_pull_request_reviews": {"required_approving_review_count": 2},
        "restrictions": {"users": ["developer"], "teams": [], "apps": ["road-crew"]},
    }
    assert reviewer("PUT", place, asked).status == 403
    assert developer("PUT", place, asked).status == 200
    told = bot.rest.get(place)
    assert told["required_status_checks"]["checks"] == [{"context": "roadcrew", "app_id": bot.app.id}]
    assert told["restrictions"]["apps"][0]["slug"] == "road-crew"
    assert developer.get(f"{REPO}/branches/main")["protected"] is True
    assert developer("DELETE", place).status == 204
    assert developer.get(f"{REPO}/branches/main")["protected"] is False
    assert developer("PUT", place, {}).status == 422


def test_commands_are_read_also_from_a_gzipped_body() -> None:
    line = f"{'0' * 40} {'1' * 40} refs/heads/topic\0 report-status"
    raw = f"{len(line) + 4:04x}{line}0000PACK".encode()
    expected = [("refs/heads/topic", "0" * 40, "1" * 40)]
    assert commands(io.BytesIO(raw)) == expected
    assert commands(io.BytesIO(gzip.compress(raw)), is_gzip=True) == expected
    assert commands(io.BytesIO(b"")) == []


def test_gzipped_requests_are_understood(hub: LocalHub, developer: Rest) -> None:
    """Git compresses the wants of a large fetch; the backend unpacks them."""
    import http.client

    tip = hub.branches("acme/platform")["main"]
    lines = [f"want {tip}\n", "", f"have {tip}\n", "done\n"]
    raw = "".join(f"{len(line) + 4:04x}{line}" if line else "0000" for line in lines).encode()
    connection = http.client.HTTPConnection(hub.url.removeprefix("http://"), timeout=10)
    headers = {
        "Authorization": f"Bearer {developer.credential}",
        "Content-Type": "application/x-git-upload-pack-request",
        "Content-Encoding": "gzip",
    }
    connection.request("POST", "/acme/platform.git/git-upload-pack", gzip.compress(raw), headers)
    response = connection.getresponse()
    assert (response.status, b"PACK" in response.read()) == (200, True)
    connection.close()


def test_a_ref_that_moved_on_disk_is_found_and_told(hub: LocalHub, bot: Bot, receiver: Receiver) -> None:
    main = hub.branches("acme/platform")["main"]
    hub.git("acme/platform").update_ref("refs/heads/quiet", main)
    assert "quiet" not in hub.branches("acme/platform")
    assert hub.sync("acme/platform") == 1
    assert hub.hooks.wait_idle()
    assert receiver.of("create")[0]["ref"] == "quiet"


def test_git_refusals_say_what_git_said(hub: LocalHub) -> None:
    with pytest.raises(GitError, match="not a valid ref"):
        hub.git("acme/platform").run("show-ref", "--verify", "refs/heads/none")
