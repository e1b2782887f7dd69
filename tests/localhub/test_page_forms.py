"""What the page changes, always by the acts, as the person that acts."""

from dataclasses import replace

import pytest

from bot.localhub import refs
from bot.localhub.acts.checks import CheckAction
from bot.localhub.hub import Hub
from bot.localhub.records import Comment, Delivery, Pull
from bot.localhub.world import World
from tests.localhub.page_world import REPO, Seen, add_app, bot_check, browser_of, build, propose


@pytest.fixture
def site(tmp_path):
    hub, browser = build(tmp_path)
    yield hub, browser
    hub.world.close()


def comments(hub):
    return [one.body for one in hub.world.store.find(Comment)]


def draft(hub, **changed):
    tip = refs.tip(hub.world, hub.repo(REPO), changed.get("branch", "main"))
    return {
        "branch": "main",
        "seen": tip,
        "path": "catalog/orders.yaml",
        "content": "kind: Component\r\nmetadata: {}",
        "old_path": "",
        "message": "",
        "target": "new",
        "new_branch": "developer-patch-1",
        **changed,
    }


def test_a_comment_is_written_as_the_acting_person(site):
    hub, browser = site
    number = propose(hub)
    browser.act_as("reviewer")
    answer = browser.post(f"/{REPO}/pull/{number}/comments", body="Looks\r\ngood", do="comment")
    comment = hub.world.store.find(Comment)[0]
    assert (comment.body, hub.world.store.get(type(hub.account("reviewer")), comment.author_id).login) == (
        "Looks\ngood",
        "reviewer",
    )
    assert answer.headers["Location"] == f"/{REPO}/pull/{number}#issuecomment-{comment.id}"


def test_a_blank_comment_is_refused(site):
    hub, browser = site
    answer = browser.post(f"/{REPO}/pull/{propose(hub)}/comments", 422, body=" ", do="comment")
    assert "The body is missing." in Seen(answer.text).words


def test_a_refused_comment_gives_the_words_back(site):
    hub, browser = site
    number = propose(hub)
    answer = browser.post(f"/{REPO}/pull/{number}/comments", 422, body="y" * 70_000, do="comment")
    assert "body is too long (maximum is 65536 characters)" in answer.text
    assert "y" * 70_000 in answer.text
    assert comments(hub) == []


def test_closing_and_reopening_take_words_along(site):
    hub, browser = site
    number = propose(hub)
    browser.post(f"/{REPO}/pull/{number}/comments", body="Not now", do="close")
    assert hub.pull(REPO, number).state == "closed"
    browser.post(f"/{REPO}/pull/{number}/comments", body="", do="reopen")
    assert hub.pull(REPO, number).state == "open"
    assert comments(hub) == ["Not now"]


def test_outsiders_may_comment_and_not_close_or_merge(site):
    hub, browser = site
    number = propose(hub)
    browser.act_as("outsider")
    browser.post(f"/{REPO}/pull/{number}/comments", body="Hello", do="comment")
    for path, form in (
        ("comments", {"do": "close"}),
        ("merge", {"method": "merge"}),
        ("title", {"title": "x"}),
    ):
        answer = browser.post(f"/{REPO}/pull/{number}/{path}", 403, **form)
        assert "Somebody else may be allowed" in answer.text
    assert hub.pull(REPO, number).state == "open"
    assert "outsider may not write here" in browser.get(f"/{REPO}/pull/{number}").words
    assert "outsider may not write here" in browser.get(f"/{REPO}/edit/main/README.md").words


def test_reviews_are_given_and_not_to_oneself(site):
    hub, browser = site
    number = propose(hub)
    own = browser.post(f"/{REPO}/pull/{number}/reviews", 422, event="APPROVE")
    assert "Can not approve your own pull request" in own.text
    browser.act_as("reviewer")
    browser.post(f"/{REPO}/pull/{number}/reviews", event="APPROVE", body="Fine")
    assert "reviewer approved these changes" in browser.get(f"/{REPO}/pull/{number}").words


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_merging_by_each_method_and_deleting_the_branch(site, method):
    hub, browser = site
    number = propose(hub)
    sha = hub.pull(REPO, number).head_sha
    browser.post(f"/{REPO}/pull/{number}/merge", method=method, sha=sha)
    assert hub.pull(REPO, number).merged_at
    form = {"branch": "orders", "sha": sha, "number": str(number)}
    assert "Delete branch" in browser.get(f"/{REPO}/pull/{number}").words
    browser.post(f"/{REPO}/branches/delete", **form)
    assert refs.tip(hub.world, hub.repo(REPO), "orders") is None
    browser.post(f"/{REPO}/branches/delete", 404, **form)


def test_what_moved_since_one_looked_is_not_merged_or_deleted(site):
    hub, browser = site
    number = propose(hub)
    old = hub.pull(REPO, number).head_sha
    hub.commit(REPO, "orders", {"more": "x\n"}, by="developer")
    answer = browser.post(f"/{REPO}/pull/{number}/merge", 409, method="merge", sha=old)
    assert "Head branch was modified" in answer.text
    browser.post(f"/{REPO}/branches/delete", 422, branch="orders", sha=old)
    assert refs.tip(hub.world, hub.repo(REPO), "orders")


def test_the_default_and_protected_branches_are_not_deleted(site):
    hub, browser = site
    sha = hub.commit(REPO, "kept", {"k": "k\n"}, by="developer")
    hub.protect(REPO, "kept", checks={})
    refused = browser.post(f"/{REPO}/branches/delete", 403, branch="kept", sha=sha)
    assert "Cannot delete this protected branch" in refused.text
    main = refs.tip(hub.world, hub.repo(REPO), "main")
    browser.post(f"/{REPO}/branches/delete", 422, branch="main", sha=main)
    browser.post(f"/{REPO}/pull/{propose(hub)}/merge", 422, method="octopus")


def test_drafts_become_ready(site):
    hub, browser = site
    number = propose(hub, draft=True)
    assert "Still a draft" in browser.get(f"/{REPO}/pull/{number}").words
    browser.post(f"/{REPO}/pull/{number}/ready")
    assert not hub.pull(REPO, number).is_draft


def test_titles_change(site):
    hub, browser = site
    number = propose(hub)
    assert "Change the title" in browser.get(f"/{REPO}/pull/{number}").words
    browser.post(f"/{REPO}/pull/{number}/title", title="Better")
    assert hub.pull(REPO, number).title == "Better"


def test_a_pull_is_opened_from_a_branch(site):
    hub, browser = site
    hub.commit(REPO, "orders", {"o": "1\n"}, by="developer", message="Add orders")
    seen = browser.get(f"/{REPO}/compare/main...orders")
    assert seen.all("input", name="title")[0]["value"] == "Add orders"
    form = {"base": "main", "head": "orders", "title": "Add orders", "body": "", "draft": "1"}
    answer = browser.post(f"/{REPO}/pulls", **form)
    pull = hub.world.store.find(Pull)[0]
    assert answer.headers["Location"] == f"/{REPO}/pull/{pull.number}"
    assert pull.is_draft
    assert "There is one already" in browser.get(f"/{REPO}/compare?base=main&head=orders").words
    again = browser.post(f"/{REPO}/pulls", 422, **form)
    assert "A pull request already exists for acme:orders." in again.text
    assert "has everything" in browser.get(f"/{REPO}/compare?base=orders&head=main").words


def test_a_new_file_becomes_a_branch_and_a_pull(site):
    hub, browser = site
    form = browser.get(f"/{REPO}/new/main/catalog")
    assert form.all("input", name="path")[0]["value"] == "catalog/"
    assert form.all("input", name="new_branch")[0]["value"] == "developer-patch-1"
    answer = browser.post(f"/{REPO}/files", **draft(hub, message="Add orders\n\nIt is time."))
    pull = hub.world.store.find(Pull)[0]
    assert answer.headers["Location"] == f"/{REPO}/pull/{pull.number}"
    assert (pull.title, pull.body, pull.base_ref, pull.head_ref) == (
        "Add orders",
        "It is time.",
        "main",
        "developer-patch-1",
    )
    git = hub.world.git(hub.repo(REPO))
    entry = git.entry(pull.head_sha, "catalog/orders.yaml")
    assert git.blob(entry.sha) == b"kind: Component\nmetadata: {}\n"
    assert git.commit(pull.head_sha).author.name == "developer"
    assert browser.get(f"/{REPO}/new/main").all("input", name="new_branch")[0]["value"] == "developer-patch-2"


def test_an_edit_on_a_pulls_branch_mends_the_pull(site):
    hub, browser = site
    number = propose(hub)
    form = browser.get(f"/{REPO}/edit/orders/catalog/orders.yaml")
    assert "name: Orders_" in form.text
    assert [one["value"] for one in form.all("input", type="radio") if "checked" in one] == ["same"]
    old = hub.pull(REPO, number).head_sha
    path = "catalog/orders.yaml"
    answer = browser.post(
        f"/{REPO}/files",
        **draft(hub, branch="orders", path=path, old_path=path, content="name: orders", target="same"),
    )
    assert answer.headers["Location"] == f"/{REPO}/pull/{number}"
    assert hub.pull(REPO, number).head_sha != old


def test_a_file_moves_by_its_path(site):
    hub, browser = site
    browser.post(
        f"/{REPO}/files",
        **draft(hub, old_path="catalog/cart.yaml", path="catalog/a b/cart.yaml", content="x", target="same"),
    )
    git = hub.world.git(hub.repo(REPO))
    main = git.refs()["refs/heads/main"]
    assert git.entry(main, "catalog/cart.yaml") is None
    assert git.entry(main, "catalog/a b/cart.yaml")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"path": ""}, "The file needs a name"),
        ({"path": "catalog/"}, "The file needs a name"),
        ({"path": "../x"}, "This path cannot be used"),
        ({"path": "/x"}, "This path cannot be used"),
        ({"path": "a/.GIT/config"}, "This path cannot be used"),
        ({"path": "a\nb"}, "This path cannot be used"),
        ({"path": "a" * 500}, "This path cannot be used"),
        ({"path": "README.md"}, "exists already"),
        ({"path": "catalog"}, "exists already"),
        ({"path": "README.md/x"}, "README.md is a file"),
        ({"new_branch": "a b"}, "is no name for a branch"),
        ({"new_branch": "-x"}, "is no name for a branch"),
        ({"new_branch": "a..b"}, "is no name for a branch"),
        ({"new_branch": "a\nb"}, "is no name for a branch"),
        ({"new_branch": ""}, "is no name for a branch"),
        ({"new_branch": "main"}, "main exists already"),
        ({"new_branch": "main/x"}, "main exists already"),
        ({"branch": "absent"}, "There is no branch absent"),
        ({"message": "m" * 300}, "title is too long"),
        ({"content": "x" * 1_000_001}, "over 1 MB"),
        ({"old_path": "README.md", "path": "README.md", "seen": "--all"}, "was changed meanwhile"),
        ({"old_path": "README.md", "path": "README.md", "seen": "0" * 40}, "was changed meanwhile"),
    ],
)
def test_a_refused_file_says_why_and_keeps_the_text(site, changed, said):
    hub, browser = site
    before = hub.world.git(hub.repo(REPO)).refs()
    answer = browser.post(
        f"/{REPO}/files", 422, **{**draft(hub), "seen": before["refs/heads/main"], **changed}
    )
    seen = Seen(answer.text)
    assert said in seen.words
    assert changed.get("content", "metadata: {}") in answer.text
    assert hub.world.git(hub.repo(REPO)).refs() == before
    assert hub.world.store.find(Pull) == []


def test_an_edit_over_somebody_elses_is_refused(site):
    hub, browser = site
    path = "README.md"
    form = draft(hub, path=path, old_path=path, content="mine", target="same")
    hub.commit(REPO, "main", {path: "theirs\n"}, by="reviewer")
    answer = browser.post(f"/{REPO}/files", 422, **form)
    assert "README.md was changed meanwhile" in answer.text
    unrelated = draft(hub, path=path, old_path=path, content="mine", target="same")
    hub.commit(REPO, "main", {"other": "x\n"}, by="reviewer")
    browser.post(f"/{REPO}/files", **unrelated)


def test_nothing_changed_is_said(site):
    hub, browser = site
    content = "kind: Component\nmetadata:\n  name: cart\n"
    form = draft(hub, path="catalog/cart.yaml", old_path="catalog/cart.yaml", content=content)
    assert "Nothing was changed" in browser.post(f"/{REPO}/files", 422, **form).text


@pytest.mark.parametrize("demand", [{"checks": {"roadcrew": None}}, {"approvals": 1}])
def test_a_protected_branch_takes_no_direct_edit(site, demand):
    hub, browser = site
    hub.protect(REPO, **demand)
    form = browser.get(f"/{REPO}/edit/main/README.md")
    assert "disabled" in form.all("input", type="radio", value="same")[0]
    assert "main itself: it is protected." in form.words
    answer = browser.post(f"/{REPO}/files", 422, **draft(hub, target="same"))
    assert "main is protected" in answer.text
    browser.post(f"/{REPO}/files", **draft(hub))


@pytest.mark.parametrize("path", ["logo.bin", "link", "catalog"])
def test_what_is_no_plain_text_is_not_edited(site, path):
    hub, browser = site
    git = hub.world.git(hub.repo(REPO))
    who = git.commit(git.refs()["refs/heads/main"])
    blob = git.run("hash-object", "-w", "--stdin", stdin=b"README.md").decode().strip()
    listed = git.run("ls-tree", who.sha) + f"120000 blob {blob}\tlink\n".encode()
    tree = git.run("mktree", stdin=listed).decode().strip()
    sha = git.commit_tree(tree, [who.sha], "Link", author=who.author, committer=who.committer)
    git.update_ref("refs/heads/main", sha)
    hub.sync(REPO, by="developer")
    browser.get(f"/{REPO}/edit/main/{path}", status=404 if path == "catalog" else 422)
    assert "Edit" not in browser.get(f"/{REPO}/blob/main/link").words


def test_buttons_of_a_check_reach_its_app(site, key):
    hub, browser = site
    bot = add_app(hub, key)
    number = propose(hub)
    run = bot_check(hub, bot, number, actions=(CheckAction("Fix it", "Applies the fix", "fix"),))
    assert "Fix it" in browser.get(f"/{REPO}/pull/{number}/checks").words
    browser.post(f"/{REPO}/runs/{run.id}/rerequest")
    browser.post(f"/{REPO}/runs/{run.id}/action", identifier="fix")
    told = [one.action for one in hub.world.store.find(Delivery) if one.event == "check_run"]
    assert told[-2:] == ["rerequested", "requested_action"]
    browser.post(f"/{REPO}/runs/{run.id}/action", 422, identifier="other")
    browser.act_as("outsider")
    browser.post(f"/{REPO}/runs/{run.id}/rerequest", 403)


def test_a_delivery_is_sent_again_under_its_guid(site, key):
    hub, browser = site
    add_app(hub, key)
    first = hub.world.store.find(Delivery)[0]
    answer = browser.post(f"/apps/roadcrew/deliveries/{first.id}/attempts")
    again = hub.world.store.find(Delivery)[-1]
    assert (again.guid, again.is_redelivery) == (first.guid, True)
    assert answer.headers["Location"] == f"/apps/roadcrew/deliveries/{again.id}"
    assert "Attempts" in browser.get(f"/apps/roadcrew/deliveries/{again.id}").words


def test_an_archived_repository_is_read_only(site):
    hub, browser = site
    number = propose(hub)
    hub.world.store.save(replace(hub.repo(REPO), is_archived=True))
    answer = browser.post(f"/{REPO}/pull/{number}/comments", 403, body="x", do="comment")
    assert "archived" in answer.text
    assert "archived" in browser.get(f"/{REPO}").words


def test_nobody_can_do_nothing(tmp_path):
    hub = Hub(World(tmp_path, clock=lambda: 0.0))
    hub.create_org("acme")
    hub.create_repo(REPO, {"a": "b"})
    browser = browser_of(hub)
    browser.get(f"/{REPO}")
    answer = browser.post(f"/{REPO}/files", 401, branch="main")
    assert "Choose whom to act as" in answer.text
    hub.world.close()
