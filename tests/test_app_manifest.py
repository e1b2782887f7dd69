"""app.yml asks GitHub for what the bot reads and needs, and for nothing else."""

from pathlib import Path

import pytest
import yaml

from bot.adapters.github.needs import EVENTS, PERMISSIONS
from bot.web.app import WEBHOOKS
from bot.web.payloads import SUBSCRIBED


@pytest.fixture(scope="module")
def manifest():
    return yaml.safe_load((Path(__file__).parents[1] / "app.yml").read_text())


def test_the_events_are_those_that_the_web_front_reads(manifest):
    assert manifest["default_events"] == sorted(SUBSCRIBED)


def test_the_webhook_url_has_the_path_that_the_web_front_answers(manifest):
    assert manifest["hook_attributes"]["url"].endswith(WEBHOOKS)


def test_the_permissions_are_the_least_that_work(manifest):
    assert manifest["default_permissions"] == {
        "checks": "write",
        "contents": "write",
        "issues": "write",
        "members": "read",
        "metadata": "read",
        "pull_requests": "write",
    }


def test_the_check_at_the_start_asks_for_what_the_manifest_asks_for(manifest):
    assert manifest["default_permissions"] == PERMISSIONS
    assert manifest["default_events"] == sorted(EVENTS)
