"""A stub GitHub, the adapter on it, and a watch over every log record of every test here."""

from __future__ import annotations

import logging
import re
import traceback
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.adapters.budget import SharedBudget
from bot.adapters.github import GitHub
from bot.localhub.server import LocalHub
from bot.model.event import RepoRef
from tests.adapters.github.github_stub import NOW, Stub, serving
from tests.adapters.github.scene import Scene, utc

SECRET = re.compile(r"CANARY|eyJ[\w-]{10,}\.|PRIVATE KEY")


@pytest.fixture(scope="session")
def private_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def repo():
    return RepoRef.parse("acme/platform")


@pytest.fixture
def stub():
    with serving(Stub()) as served:
        yield served


@pytest.fixture
def other_host():
    """Another server: what comes here has leaked."""
    with serving(Stub()) as served:
        yield served


@pytest.fixture
def naps():
    return []


@pytest.fixture
def budget():
    made = SharedBudget(clock=lambda: NOW, limits="1000/second")
    yield made
    made.close()


@pytest.fixture
def connect(private_key, budget, naps):
    """Makes adapters on a stub, closed after the test."""
    opened = []

    def made(stub, **options):
        settings = {"app_id": 4711, "private_key": private_key, "budget": budget}
        settings |= {"clock": lambda: NOW, "sleep": naps.append, "api_url": stub.url}
        hub = GitHub.connect(**(settings | options))
        opened.append(hub)
        return hub

    yield made
    for hub in opened:
        hub.close()


@pytest.fixture
def hub(connect, stub):
    return connect(stub)


@pytest.fixture
def scene(tmp_path, private_key):
    with LocalHub(tmp_path) as local:
        yield Scene(local, private_key)


@pytest.fixture
def connected(scene, private_key):
    """The adapter on the local GitHub of `scene`."""
    budget = SharedBudget(clock=utc, limits="1000/second")
    settings = {"app_id": scene.app.id, "private_key": private_key, "budget": budget, "clock": utc}
    with GitHub.connect(api_url=scene.local.api_url, sleep=lambda _: None, **settings) as made:
        yield made


@pytest.fixture(autouse=True)
def no_secret_in_any_log(caplog, private_key):
    """Promise 6, over every path that a test takes: PyGithub's and urllib3's debug records too."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="github")  # PyGithub sets INFO there
    yield
    assert SECRET.search(caplog.text) is None
    assert private_key.splitlines()[3] not in caplog.text


@pytest.fixture
def raising():
    """As pytest.raises, and nothing in the error or its causes, printed, is a secret."""

    @contextmanager
    def watch(kind):
        with pytest.raises(kind) as caught:
            yield caught
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        assert SECRET.search(shown) is None
        assert "ghs_" not in shown

    return watch
