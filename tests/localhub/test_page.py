"""What the page shows of a hub."""

from dataclasses import replace

import pytest

from bot.localhub.hub import Hub
from bot.localhub.records import Annotation, Delivery
from bot.localhub.world import World
from tests.localhub.page_world import REPO, add_app, bot_check, bot_comment, browser_of, build, propose


@pytest.fixture
def site(tmp_path):
    hub, browser = build(tmp_path)
    yield hub, browser
    hub.world.close()


def test_the_front_page_says_what_to_do_and_as_whom(site):
    _, browser = site
    seen = browser.get("/")
    assert "acme/platform" in seen.words
    assert "Now you are developer" in seen.words, "the first who administers nothing"
    assert [one["href"] for one in seen.all("a") if one["href"] == f"/{REPO}"]
    assert "No App is registered" in seen.words
    browser.act_as("platform-lead")
    assert "Now you are platform-lead" in browser.get("/").words


def test_an_empty_hub_says_so(tmp_path):
    hub = Hub(World(tmp_path, clock=lambda: 0.0))
    assert "There are no people yet" in browser_of(hub).get("/").words
    hub.world.close()


def test_a_repository_shows_its_files_readme_and_how_to_clone(site):
    _, browser = site
    seen = browser.get(f"/{REPO}")
    assert "git clone http://127.0.0.1/acme/platform.git" in seen.words
    hrefs = [one.get("href") for one in seen.all("a")]
    assert f"/{REPO}/tree/main/catalog" in hrefs
    assert f"/{REPO}/blob/main/catalog/cart.yaml" in hrefs, "the README's relative link"
    assert f"/{REPO}/new/main" in hrefs
    assert browser.get(f"/{REPO}.git").words == seen.words


def test_a_repository_without_commits_says_how_to_push(site):
    hub, browser = site
    hub.create_repo("acme/empty", by="platform-lead")
    assert "git push origin HEAD:main" in browser.get("/acme/empty").words


def test_a_file_has_numbered_lines_with_anchors(site):
    _, browser = site
    seen = browser.get(f"/{REPO}/blob/main/catalog/cart.yaml")
    assert [one["id"] for one in seen.all("tr")] == ["L1", "L2", "L3"]
    assert [one["href"] for one in seen.all("a") if one["href"].startswith("#L")] == ["#L1", "#L2", "#L3"]
    assert "kind: Component" in seen.words


def test_documents_are_rendered_or_plain(site):
    _, browser = site
    assert browser.get(f"/{REPO}/blob/main/README.md").all("h1") == [{}]
    assert len(browser.get(f"/{REPO}/blob/main/README.md?plain=1").all("tr")) == 3


def test_binary_files_are_offered_not_shown(site):
    _, browser = site
    assert "This file is binary." in browser.get(f"/{REPO}/blob/main/logo.bin").words
    raw = browser.client.get(f"/{REPO}/raw/main/logo.bin")
    assert raw.data == b"\x89PNG\x00\x01"
    assert raw.headers["Content-Disposition"] == "attachment; filename=logo.bin"
    text = browser.client.get(f"/{REPO}/raw/main/catalog/cart.yaml")
    assert text.content_type == "text/plain; charset=utf-8"


def test_branches_with_slashes_are_found_before_their_folders(site):
    hub, browser = site
    hub.commit(REPO, "env/dev", {"orders/a.yaml": "x: 1\n"}, by="developer", message="Render")
    assert "x: 1" in browser.get(f"/{REPO}/blob/env/dev/orders/a.yaml").words
    assert browser.get(f"/{REPO}/tree/env/dev/orders").all("a", href=f"/{REPO}/blob/env/dev/orders/a.yaml")


@pytest.mark.parametrize(
    "path",
    [
        "/nobody",
        "/acme/absent",
        f"/{REPO}/blob/main/absent.yaml",
        f"/{REPO}/tree/absent",
        f"/{REPO}/tree/main..HEAD",
        f"/{REPO}/blob/main/a%00b",
        f"/{REPO}/commit/--all",
        f"/{REPO}/commit/zzzzzzz",
        f"/{REPO}/pull/99",
        f"/{REPO}/pull/99/files",
        f"/{REPO}/runs/1",
        f"/{REPO}/compare/main...absent",
        f"/{REPO}/raw/main/catalog",
        f"/{REPO}/edit/main/absent",
        "/apps/absent",
        "/avatars/u/1",
        "/api/v3/repos/nothing",
    ],
)
def test_what_is_not_there_is_404(site, path):
    site[1].get(path, status=404)


def test_private_repositories_do_not_exist_for_outsiders(site):
    hub, browser = site
    hub.create_repo("acme/secret", {"a": "b"}, private=True, by="platform-lead")
    assert "acme/secret" in browser.get("/").words
    browser.act_as("outsider")
    assert "acme/secret" not in browser.get("/").words
    browser.get("/acme/secret", status=404)
    browser.get("/acme/secret/blob/main/a", status=404)


def test_trailers_are_seen_at_a_glance(site):
    hub, browser = site
    number = propose(hub)
    message = f"Render orders for dev\n\nPull-Request: {REPO}#{number}\nRequested-By: @developer"
    sha = hub.commit(REPO, "env/dev", {"orders/a.yaml": "x: 1\n"}, by="developer", message=message)
    for path in ("branches", "commits/env/dev", f"commit/{sha}", "tree/env/dev"):
        seen = browser.get(f"/{REPO}/{path}")
        assert "Requested-By" in seen.words
        assert seen.all("a", href=f"/{REPO}/pull/{number}"), path


def test_a_long_history_has_pages(site):
    hub, browser = site
    for at in range(51):
        hub.commit(REPO, "long", {"n": f"{at}\n"}, by="developer", message=f"Step {at}")
    assert "Step 50" in browser.get(f"/{REPO}/commits/long").words
    second = browser.get(f"/{REPO}/commits/long?page=2")
    assert "Initial commit" in second.words
    assert "Step 50" not in second.words


def test_the_conversation_is_told_in_order(site, key):
    hub, browser = site
    bot = add_app(hub, key)
    number = propose(hub, body="Takes over **orders**.")
    bot_comment(hub, bot, number, "| a |\n| --- |\n| 1 |\n\n<details><summary>dev</summary>more</details>")
    hub.world.clock.now += 60
    hub.review(REPO, number, "REQUEST_CHANGES", by="reviewer", body="Not like this.")
    hub.world.clock.now += 60
    hub.commit(REPO, "orders", {"x": "y\n"}, by="developer", message="Mend it")
    hub.label(REPO, number, "bug", by="developer")
    seen = browser.get(f"/{REPO}/pull/{number}")
    order = ("Takes over orders", "Add orders", "devmore", "requested changes", "Not like this", "Mend it")
    places = [seen.words.index(words, seen.words.index("Takes over")) for words in order]
    assert places == sorted(places)
    assert seen.all("table"), "the comment's"
    assert seen.all("summary")
    assert "roadcrew bot" in seen.words


def test_checks_and_annotations_stand_where_they_belong(site, key):
    hub, browser = site
    bot = add_app(hub, key)
    number = propose(hub)
    here = Annotation("catalog/orders.yaml", 3, 3, "failure", "`Orders_` is no name", 9, title="field-format")
    there = Annotation("catalog/cart.yaml", 1, 1, "warning", "Look here too")
    run = bot_check(hub, bot, number, here, there, text="All of it", details_url="http://127.0.0.1:9/why")
    talk = browser.get(f"/{REPO}/pull/{number}")
    assert "1 of 1 check needs you · 2 annotations" in talk.words
    assert "One thing to mend" in talk.words
    tab = browser.get(f"/{REPO}/pull/{number}/checks")
    for words in ("catalog/orders.yaml:3:9", "`Orders_` is no name", "See below.", "All of it", "Re-run"):
        assert words in tab.words
    assert tab.all("a", href="http://127.0.0.1:9/why")
    files = browser.get(f"/{REPO}/pull/{number}/files")
    words = files.words
    assert words.index("name: Orders_") < words.index("`Orders_` is no name")
    assert words.index("Annotations in files that are not changed here") < words.index("Look here too")
    answer = browser.client.get(f"/{REPO}/runs/{run.id}")
    assert answer.headers["Location"] == f"/{REPO}/pull/{number}/checks#run-{run.id}"


def test_a_details_link_may_only_be_http(site, key):
    hub, browser = site
    number = propose(hub)
    bot_check(
        hub, add_app(hub, key), number, details_url="javascript:alert(1)", started_at="2026-01-02T03:04:05Z"
    )
    assert "javascript" not in browser.client.get(f"/{REPO}/pull/{number}/checks").text


def test_the_list_knows_open_closed_and_all(site):
    hub, browser = site
    first = propose(hub)
    propose(hub, {"b": "c\n"}, branch="second", title="Another", draft=True)
    hub.close(REPO, first, by="developer")
    assert "Another" in browser.get(f"/{REPO}/pulls").words
    closed = browser.get(f"/{REPO}/pulls?state=closed").words
    assert "Add orders" in closed
    assert "Another" not in closed
    every = browser.get(f"/{REPO}/pulls?state=all").words
    assert "Another" in every
    assert "Add orders" in every


@pytest.mark.parametrize("tab", ["", "/commits", "/checks", "/files"])
def test_every_tab_of_a_merged_and_a_conflicting_pull(site, tab):
    hub, browser = site
    merged = propose(hub)
    other = propose(hub, {"catalog/orders.yaml": "other\n"}, branch="other")
    hub.merge(REPO, merged, by="reviewer")
    assert "Merged" in browser.get(f"/{REPO}/pull/{merged}{tab}").words
    seen = browser.get(f"/{REPO}/pull/{other}{tab}")
    if not tab:
        assert "There are conflicts with the base branch" in seen.words


def test_a_pull_of_a_deleted_branch_and_of_a_fork_can_be_read(site):
    hub, browser = site
    number = propose(hub)
    hub.delete_branch(REPO, "orders", by="developer")
    assert "Closed without merging" in browser.get(f"/{REPO}/pull/{number}").words
    hub.fork(REPO, by="outsider")
    hub.commit("outsider/platform", "mine", {"z": "z\n"}, by="outsider")
    forked = hub.open_pull(REPO, head="outsider:mine", by="outsider").number
    assert "outsider:mine" in browser.get(f"/{REPO}/pull/{forked}").words
    assert not [a for a in browser.get(f"/{REPO}/pull/{forked}/files").all("a") if "/edit/" in a["href"]]


def test_protection_is_said_and_keeps_the_button_away(site):
    hub, browser = site
    hub.protect(REPO, approvals=1)
    number = propose(hub)
    seen = browser.get(f"/{REPO}/pull/{number}")
    assert "At least 1 approving review is required" in seen.words
    assert "Merge pull request" not in seen.words
    hub.review(REPO, number, "APPROVE", by="reviewer")
    assert "Merge pull request" in browser.get(f"/{REPO}/pull/{number}").words


def test_a_diff_of_3000_files_is_shown_in_part(site):
    hub, browser = site
    number = propose(hub, {f"gen/{at:04}": "x\n" for at in range(3000)}, title="Many")
    seen = browser.get(f"/{REPO}/pull/{number}/files")
    assert "200 of 3,000 files are shown" in seen.words
    assert len([one for one in seen.all("details") if one.get("class") == "panel file-diff"]) == 200


def test_deliveries_show_what_was_sent(site, key):
    hub, browser = site
    add_app(hub, key)
    propose(hub)
    seen = browser.get("/apps/roadcrew")
    assert "pull_request.opened" in seen.words
    opened = next(one for one in hub.world.store.find(Delivery) if one.action == "opened")
    hub.world.store.save(
        replace(opened, status="OK", status_code=202, duration=0.12, response_payload='{"a":1}')
    )
    shown = browser.get(f"/apps/roadcrew/deliveries/{opened.id}")
    for words in (opened.guid, "202 · OK", "0.12 s", '"action": "opened"', '"a": 1'):
        assert words in shown.words


def test_deliveries_of_what_one_may_not_see_are_not_shown(site, key):
    hub, browser = site
    add_app(hub, key)
    hub.create_repo("acme/secret", {"a": "b"}, private=True, by="platform-lead")
    hub.commit("acme/secret", "main", {"a": "c"}, by="developer")
    secret = hub.repo("acme/secret").id
    found = [one for one in hub.world.store.find(Delivery) if one.repository_id == secret]
    browser.get(f"/apps/roadcrew/deliveries/{found[0].id}")
    browser.act_as("outsider")
    browser.get(f"/apps/roadcrew/deliveries/{found[0].id}", status=404)


def test_names_that_are_no_utf_8_do_no_harm(site):
    hub, browser = site
    git = hub.world.git(hub.repo(REPO))
    blob = git.run("hash-object", "-w", "--stdin", stdin=b"x\n").decode().strip()
    tree = (
        git.run("mktree", "-z", stdin=b"100644 blob " + blob.encode() + b"\tcaf\xe9.txt\0").decode().strip()
    )
    who = git.commit(git.refs()["refs/heads/main"])
    sha = git.commit_tree(tree, [who.sha], "Latin", author=who.author, committer=who.committer)
    git.update_ref("refs/heads/latin", sha)
    hub.sync(REPO, by="developer")
    assert "caf" in browser.get(f"/{REPO}/tree/latin").words
    assert "caf" in browser.get(f"/{REPO}/commit/{sha}").words


def test_a_pull_can_be_had_as_a_diff_and_as_patches(site):
    hub, browser = site
    number = propose(hub)
    diff = browser.client.get(f"/{REPO}/pull/{number}.diff").text
    assert diff.startswith("diff --git a/catalog/orders.yaml")
    patch = browser.client.get(f"/{REPO}/pull/{number}.patch").text
    assert "Subject: [PATCH] Add orders" in patch
