"""Journeys start on a fresh stage and end with a look at what was said to GitHub, and by it."""

import pytest

from tests.journeys.asking import FILES, Desk, people
from tests.journeys.troupe import JUDGE, SANDBOX, Troupe


@pytest.fixture(scope="session", autouse=True)
def _no_child_left():
    yield
    SANDBOX.close()
    JUDGE.close()


@pytest.fixture
def troupe(tmp_path, app_key):
    with Troupe(tmp_path, app_key) as players:
        yield players
    assert players.conformance.exchanges, "the recorder stands around the hub"
    players.conformance.assert_conforms()


@pytest.fixture
def office(tmp_path, app_key):
    """A stage where people can ask for access, with an issue to do it in. No bot is at work yet."""
    with Troupe(tmp_path, app_key, files=FILES) as players:
        people(players)
        yield players
    players.conformance.assert_conforms()


@pytest.fixture
def desk(office):
    """The same with the bot at work."""
    with office.bot() as queue:
        yield Desk(office, queue)
