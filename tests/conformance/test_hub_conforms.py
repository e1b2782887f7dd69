"""The whole local GitHub against GitHub's own description: each address, each webhook, each kind of error."""

import re
from pathlib import Path

import pytest

import bot.localhub
from bot.localhub.acts.apps import generate_key
from bot.localhub.server import LocalHub
from tests.conformance.operations import operation_for
from tests.conformance.recorder import Conformance
from tests.conformance.tolerated import TOLERATED, WIDER
from tests.conformance.walk import WEBHOOKS, Walk
from tests.conformance.watch import watch
from tests.localhub.conftest import Receiver


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """What was said on one walk through a whole hub."""
    conformance, receiver = Conformance(), Receiver()
    folder = tmp_path_factory.mktemp("walk")
    end = watch(conformance)
    try:
        with LocalHub(folder / "hub") as hub:
            Walk(hub, receiver, generate_key()[0], folder).go()
    finally:
        end()
        receiver.stop()
    return conformance


def test_nothing_differs_from_githubs_description(walked):
    walked.assert_conforms()


def test_the_walk_went_to_every_address_with_success(walked):
    assert sorted(walked.addresses() - walked.reached()) == []


def test_every_address_is_one_of_githubs(walked):
    for address in walked.addresses():
        method, path = address.split(" ", 1)
        example = re.sub(r"<int:[^>]+>", "1", path.removeprefix(walked.prefix))
        example = re.sub(r"<[^>]+>", "x", example)
        assert operation_for(method, example) is not None, address


def test_every_webhook_that_a_hub_can_send_was_sent(walked):
    assert walked.events() == WEBHOOKS


def test_the_list_of_webhooks_names_all_that_the_source_can_send():
    sources = sorted((Path(bot.localhub.__file__).parent / "acts").glob("*.py"))
    texts = "".join(source.read_text() for source in sources)
    events = re.findall(r'events\.(?:emit|keep|post)\(\s*world,(?: app,)? "(\w+)"', texts)
    events += re.findall(r'_announce\(world, installation, f?"(\w+)\.', texts)
    actions = re.findall(r'\btell\w*\(world,[^\n]*?"(\w+)"', texts.replace("_tell", "tell"))
    names = {event.partition(".")[0] for event in WEBHOOKS}
    words = names | {event.partition(".")[2] for event in WEBHOOKS}
    assert set(events) <= names
    assert set(actions) <= words
    assert {"check_run", "installation", "issue_comment", "ping", "pull_request"} <= set(events)
    assert {"opened", "created", "rerequested", "labeled", "dismissed"} <= set(actions)


def test_every_kind_of_answer_was_met(walked):
    assert {200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 409, 422} <= walked.statuses()


def test_what_is_tolerated_has_a_reason_and_is_needed(walked, monkeypatch):
    assert all(len(each.reason) > 40 for each in TOLERATED)
    for each in TOLERATED:
        rest = tuple(other for other in TOLERATED if other != each)
        monkeypatch.setattr("tests.conformance.tolerated.TOLERATED", rest)
        assert walked.problems(), f"nothing needs the exception {each.where} {each.path}"


def test_where_more_is_taken_than_is_described_has_a_reason_and_is_needed(walked, monkeypatch):
    assert all(len(each.reason) > 40 for each in WIDER)
    for each in WIDER:
        rest = tuple(other for other in WIDER if other != each)
        monkeypatch.setattr("tests.conformance.tolerated.WIDER", rest)
        assert walked.problems(), f"nothing needs {each.model} at {each.where}"
