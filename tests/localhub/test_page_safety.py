"""The page takes everything as data, and other sites can neither act through it nor read it."""

import re
from urllib.parse import quote

import pytest

from bot.localhub.records import Annotation, Comment, Delivery
from tests.localhub.page_world import REPO, SAME, add_app, bot_check, bot_comment, build, propose

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
BRANCH = "x-<script>alert(1)</script>\"'"
PATH = "a\"'<script>alert(1)<img src=x onerror=alert(1)>"


@pytest.fixture
def site(tmp_path):
    hub, browser = build(tmp_path)
    yield hub, browser
    hub.world.close()


@pytest.fixture
def evil(site, key):
    """Everything that users can name or write is hostile."""
    hub, browser = site
    bot = add_app(hub, key)
    files = {
        f"{PATH}.md": f"{EVIL}\n[x](javascript:alert(1))\n",
        f"{PATH}.yaml": EVIL,
        "catalog/cart.yaml": EVIL,
    }
    sha = hub.commit(REPO, BRANCH, files, by="developer", message=f"{EVIL}\n\n{EVIL}\n\nKey: {EVIL}")
    number = hub.open_pull(REPO, head=BRANCH, by="developer", title=EVIL, body=EVIL).number
    hub.comment(REPO, number, EVIL, by="reviewer")
    bot_comment(
        hub,
        bot,
        number,
        f"{EVIL}\n\n```diff\n+{EVIL}\n```\n\n<details {EVIL}><summary>{EVIL}</summary></details>",
    )
    hub.label(REPO, number, EVIL, by="developer")
    hub.review(REPO, number, "REQUEST_CHANGES", by="reviewer", body=EVIL)
    note = Annotation("catalog/cart.yaml", 1, 1, "failure", EVIL, title=EVIL, raw_details=EVIL)
    stray = Annotation(PATH, 1, 1, "failure", EVIL)
    run = bot_check(
        hub, bot, number, note, stray, name=EVIL, title=EVIL, summary=EVIL, text=EVIL, details_url=f"x:{EVIL}"
    )
    branch, path = quote(BRANCH, safe=""), quote(PATH)
    pages = [
        "/",
        "/acme",
        "/apps/roadcrew",
        f"/{REPO}",
        f"/{REPO}/branches",
        f"/{REPO}/pulls",
        f"/{REPO}/compare",
        f"/{REPO}/compare/main...{branch}",
        f"/{REPO}/tree/{branch}",
        f"/{REPO}/commits/{branch}",
        f"/{REPO}/commit/{sha}",
        f"/{REPO}/blob/{branch}/{path}.md",
        f"/{REPO}/blob/{branch}/{path}.md?plain=1",
        f"/{REPO}/blob/{branch}/{path}.yaml",
        f"/{REPO}/edit/{branch}/{path}.yaml",
        f"/{REPO}/new/{branch}?filename={path}",
        f"/{REPO}/runs/{run.id}",
        *(f"/{REPO}/pull/{number}{tab}" for tab in ("", "/commits", "/checks", "/files")),
    ]
    return hub, browser, pages


def test_nothing_hostile_comes_alive_on_any_page(evil):
    _, browser, pages = evil
    for path in pages:
        seen = browser.get(path)
        assert seen.all("script") == [{"src": "/-/static/page.js", "defer": ""}], path
        assert "alert(1)" in seen.text or path in ("/", "/acme", "/apps/roadcrew", f"/{REPO}"), path
        for tag, attributes in seen.tags:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], (path, tag)
            assert not re.match(r"\s*javascript:", attributes.get("href", ""), re.IGNORECASE), path
            assert tag not in ("iframe", "object", "style", "base"), path
            assert tag != "img" or re.fullmatch(r"/avatars/u/\d+|/-/static/mark.svg", attributes["src"]), path


def test_a_hostile_delivery_and_refusal_are_text(evil):
    hub, browser, _ = evil
    for delivery in hub.world.store.find(Delivery):
        assert len(browser.get(f"/apps/roadcrew/deliveries/{delivery.id}").all("script")) == 1
    answer = browser.post(f"/{REPO}/files", 422, branch=EVIL, path=EVIL, content=EVIL, new_branch=EVIL)
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "path", ["/", f"/{REPO}", "/nobody", f"/{REPO}/raw/main/README.md", "/-/static/page.css"]
)
def test_every_answer_forbids_what_the_page_does_not_need(site, path):
    answer = site[1].client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin", "no-referrer would make forms' Origin null"
    answer.close()


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        (SAME, True),
        ({"Origin": "http://localhost"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        ({"Origin": "http://evil.invalid"}, False),
        ({"Origin": "http://localhost:8000"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_forms_of_other_sites_are_refused(site, headers, is_taken):
    hub, browser = site
    number = propose(hub)
    answer = browser.client.post(f"/{REPO}/pull/{number}/comments", data={"body": "x"}, headers=headers)
    assert answer.status_code == (303 if is_taken else 403)
    assert len(hub.world.store.find(Comment)) == int(is_taken)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost:8000", 200),
        ("[::1]:8000", 200),
        ("hub.localhost", 200),
        ("evil.invalid", 403),
        ("127.0.0.1.evil.invalid", 403),
    ],
)
def test_a_strangers_name_for_our_address_gets_nothing(site, host, status):
    assert site[1].client.get("/", headers={"Host": host}).status_code == status


def test_the_hubs_own_name_is_known(site):
    hub, browser = site
    hub.world.html_url = "http://hub.acme.test:8000"
    assert browser.client.get("/", headers={"Host": "hub.acme.test:8000"}).status_code == 200


@pytest.mark.parametrize(
    "back", ["https://evil.invalid", "//evil.invalid", "/\\evil.invalid", "javascript:x", ""]
)
def test_switching_the_person_stays_on_this_site(site, back):
    answer = site[1].post("/-/acting", login="reviewer", back=back)
    assert answer.headers["Location"] == "/"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_only_people_can_be_acted_as(site, key):
    hub, browser = site
    add_app(hub, key)
    for login in ("acme", "roadcrew[bot]", "nobody", ""):
        browser.post("/-/acting", 404, login=login)
    browser.client.set_cookie("localhub_person", "roadcrew[bot]")
    assert "Now you are developer" in browser.get("/").words


def test_a_form_over_the_bound_is_refused(site):
    answer = site[1].client.post(f"/{REPO}/files", data={"content": "x" * 4_100_000}, headers=SAME)
    assert answer.status_code == 413


def test_the_rest_api_and_git_keep_their_addresses(site):
    _, browser = site
    for path in ("/api/v3", "/api/v3/repos", f"/{REPO}/info/refs", f"/{REPO}.git/info/refs"):
        answer = browser.client.get(path)
        assert answer.status_code == 404
        assert "Local GitHub" not in answer.text, path
