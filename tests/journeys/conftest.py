"""Journeys start on a fresh stage and end with a look at what was said to GitHub, and by it."""

import pytest

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
