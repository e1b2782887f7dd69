"""Credentials: fetched when needed, renewed in time, refused in a sentence."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.errors import Refused, Retry, UserError
from bot.model.event import RepoRef
from tests.adapters.github.github_stub import NOW

ISSUES = "/issues/7/comments"


def test_one_token_serves_until_it_is_about_to_end(connect, stub, repo):
    now = [NOW]
    hub = connect(stub, clock=lambda: now[0])
    first = hub.token_for(repo)
    hub.comments(repo, 7)
    now[0] = NOW + timedelta(minutes=54)
    assert hub.token_for(repo) == first
    now[0] = NOW + timedelta(minutes=56)
    assert hub.token_for(repo) != first
    assert len(stub.asked("GET", "/installation$")) == 1


def test_a_token_asks_for_all_that_is_granted(hub, stub, repo):
    """`{"permissions": {}}`, which PyGithub sends, can be read as "none"."""
    hub.token_for(repo)
    assert stub.asked("POST", "access_tokens")[0].body is None


def test_threads_share_one_token(hub, stub, repo):
    readers = [threading.Thread(target=hub.comments, args=(repo, 7)) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    assert len(stub.tokens) == 1
    assert len(stub.asked("GET", ISSUES)) == 8


@pytest.fixture
def nervous_threads():
    """Threads take turns so often that what they share by mistake shows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("nervous_threads")
def test_threads_do_not_mix_up_their_requests(hub, stub, repo):
    """PyGithub's own connection does: it keeps the request between two calls."""
    for issue in range(20):
        stub.add_comment(f"{issue}", issue=issue)
    seen = {}

    def read(issue):
        for _ in range(5):
            seen.setdefault(issue, set()).update(one.body for one in hub.comments(repo, issue))

    readers = [threading.Thread(target=read, args=(issue,)) for issue in range(20)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    assert seen == {issue: {str(issue)} for issue in range(20)}


def test_a_revoked_token_is_renewed_once(hub, stub, repo):
    hub.comments(repo, 7)
    stub.tokens.clear()
    hub.create_comment(repo, 7, "<!-- m -->", marker="<!-- m -->")
    assert [one["body"] for one in stub.comments] == ["<!-- m -->"]


def test_credentials_that_stay_refused_are_a_sentence(hub, stub, repo, raising):
    stub.break_next("GET", ISSUES, 401, body={"message": "Bad credentials"}, times=9)
    with raising(UserError) as caught:
        hub.comments(repo, 7)
    assert "Bad credentials" in str(caught.value)
    assert len(stub.asked("GET", ISSUES)) == 2


def test_a_wrong_key_is_a_sentence(hub, stub, repo, raising):
    words = {"message": "A JSON web token could not be decoded"}
    stub.break_next("GET", "/installation$", 401, body=words)
    with raising(UserError) as caught:
        hub.comments(repo, 7)
    assert "A JSON web token could not be decoded" in str(caught.value)
    assert "private key" in caught.value.fix


def test_the_app_signs_in_its_own_name(hub, stub, repo, private_key):
    hub.comments(repo, 7)
    sent = stub.asked("GET", "/installation$")[0].headers["authorization"].removeprefix("Bearer ")
    key = serialization.load_pem_private_key(private_key.encode(), None).public_key()
    claims = jwt.decode(sent, key, algorithms=["RS256"])
    assert claims["iss"] == "4711"
    assert claims["exp"] - claims["iat"] <= 600, "GitHub takes ten minutes at most"


def test_a_repo_without_the_app_says_who_can_install_it(hub, stub, repo, raising):
    stub.installed = False
    with raising(Refused) as caught:
        hub.comments(repo, 7)
    assert "roadcrew-test is not installed on acme/platform" in caught.value.reason
    assert "An owner of acme" in caught.value.reason
    assert "https://github.test/apps/roadcrew-test/installations/new" in caught.value.reason
    stub.installed = True
    assert hub.comments(repo, 7) == []


def test_an_app_that_was_installed_anew_is_found_again(hub, stub, repo, raising):
    stub.break_next("POST", "access_tokens", 404, body={"message": "Not Found"})
    with raising(Retry):
        hub.comments(repo, 7)
    assert hub.comments(repo, 7) == []
    assert len(stub.asked("GET", "/installation$")) == 2


@pytest.mark.parametrize("after", [True, False])
def test_fetching_a_token_may_be_repeated(hub, stub, repo, after):
    stub.break_next("POST", "access_tokens", 502, after=after, times=2)
    assert hub.token_for(repo) in stub.tokens


def test_a_token_that_does_not_come_is_a_retry(hub, stub, repo, raising):
    stub.break_next("POST", "access_tokens", 502, times=9)
    with raising(Retry):
        hub.token_for(repo)


def test_an_unreadable_token_is_a_retry_that_does_not_show_it(hub, stub, repo, raising):
    stub.break_next("POST", "access_tokens", 201, body={"token": "ghs_CANARYxxxxxxxxxxxxx"}, times=9)
    with raising(Retry):
        hub.token_for(repo)


def test_a_suspended_installation_is_refused_in_githubs_words(hub, stub, repo, raising):
    words = {"message": "This installation has been suspended"}
    stub.break_next("POST", "access_tokens", 403, body=words)
    with raising(Refused) as caught:
        hub.token_for(repo)
    assert "suspended" in caught.value.reason


def test_an_app_without_limits_to_count_is_told_to_wait_too(hub, stub, raising):
    stub.break_next("GET", "/app/hook", 429, headers={"Retry-After": "9"})
    with raising(Retry) as caught:
        hub.deliveries(NOW)
    assert caught.value.after == 9


def elliptic():
    key = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return key.private_bytes(*form, serialization.NoEncryption()).decode()


def locked(private_key):
    key = serialization.load_pem_private_key(private_key.encode(), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return key.private_bytes(*form, serialization.BestAvailableEncryption(b"word")).decode()


@pytest.mark.parametrize("kind", ["empty", "prose", "cut", "elliptic", "locked", "public"])
def test_a_key_that_is_none_is_said_at_once_and_not_shown(connect, stub, private_key, raising, kind):
    public = serialization.load_pem_private_key(private_key.encode(), None).public_key()
    keys = {
        "empty": "",
        "prose": "my key",
        "cut": private_key[:300],
        "elliptic": elliptic(),
        "locked": locked(private_key),
        "public": public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode(),
    }
    with raising(UserError) as caught:
        connect(stub, private_key=keys[kind])
    assert "PEM" in str(caught.value)
    assert stub.calls == []


def test_names_of_repos_are_compared_as_github_does(hub, stub, repo):
    hub.token_for(repo)
    hub.token_for(RepoRef.parse("Acme/Platform"))
    assert len(stub.asked("GET", "/installation$")) == 1
