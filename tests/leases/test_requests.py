"""Requests and kinds as values: read, written, named, rendered. No thread, no branch."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog.check import check
from bot.catalog.fields import is_dns_label
from bot.catalog.own import is_duration
from bot.catalog.text import visible
from bot.commands.duration import duration
from bot.leases.agents import Bounds, bounds_of
from bot.leases.judged import LONGEST_NAME
from bot.leases.kind import request_kinds
from bot.leases.manifests import GrantFacts, Workshop, granted_duration, render_request
from bot.leases.parameters import Misread, names_of, needed_of, read_parameters
from bot.leases.request import request_path, requests
from bot.leases.written import Wish, request_bytes, request_name
from bot.report.sentences import RULES
from bot.report.sentences.requests import WORDS
from bot.templating.environment import environments
from bot.templating.jinja import run_job
from tests.deciders.talk import user
from tests.deciders.test_command_requesting import SHOP
from tests.platforms import SCHEMAS
from tests.shelf import Shelf

PATH = "catalog/requests/a.yaml"
LETTERS = st.text(min_size=1, max_size=80)


def catalog_of(more=None):
    files = Shelf(
        {
            path: text.encode() if isinstance(text, str) else text
            for path, text in {**SHOP, **(more or {})}.items()
        }
    )
    return files, check(files, whole=True)


@pytest.fixture(scope="module")
def access():
    files, checked = catalog_of()
    return request_kinds(files, checked.catalog, {})["access"]


def wish(**facts):
    return Wish(**{"kind": "access", "service": "shop", "environment": "prod", "reason": "x", **facts})


def test_a_kind_is_what_its_template_says(access):
    assert (access.approvers, access.approvals, access.at_end) == (("owner",), 1, "remove")
    assert (access.maximum, access.default) == (timedelta(hours=8), timedelta(hours=2))
    assert (access.environments, access.is_offered("dev"), access.is_offered("prod")) == (
        ("prod",),
        False,
        True,
    )
    assert (access.break_glass.roles, access.break_glass.maximum) == (("owner",), timedelta(hours=1))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("version: 1.0.0", "version: one"),
        ("approvers: [owner]", "approvers: []"),
        ("defaultDuration: 2h", "defaultDuration: 9h"),
        ("maximumDuration: 8h", "maximumDuration: soon"),
        ("type: request", "type: service"),
    ],
)
def test_a_broken_kind_is_none(was, now):
    path = "templates/access/template.yaml"
    files, checked = catalog_of({path: SHOP[path].replace(was, now, 1)})
    assert "access" not in request_kinds(files, checked.catalog, {})


@given(service=LETTERS, kind=LETTERS, seed=LETTERS)
def test_every_name_that_we_give_can_be_one(service, kind, seed):
    name = request_name(wish(service=service, kind=kind), seed)
    assert is_dns_label(name)
    assert len(name) <= LONGEST_NAME
    assert name == request_name(wish(service=service, kind=kind), seed)


@settings(deadline=None)
@given(
    reason=st.text(min_size=1, max_size=200).filter(lambda text: text.strip()), who=LETTERS, on=st.booleans()
)
def test_what_is_written_is_read_as_it_was_meant(reason, who, on):
    said = wish(
        reason=reason, requested_by="developer", duration="90m", is_break_glass=on, parameters={"a": who}
    )
    _, checked = catalog_of({PATH: request_bytes("a", said)})
    found = [one for one in requests(checked.catalog) if one.path == PATH]
    if not found:  # what YAML cannot hold or the spec does not take is a finding, never another request
        assert any(one.path == PATH for one in checked.findings)
        return
    (one,) = found
    assert one.reason == visible(reason)
    assert (one.service, one.requester, one.is_break_glass) == ("component:default/shop", "developer", on)
    assert (one.duration, one.parameters) == (timedelta(minutes=90), {"a": who})


@pytest.mark.parametrize("odd", ["\u202e", "\u2066", "\u200b", "\u061c", "\u2028", "\U000e0041", "\u0085"])
def test_what_nobody_can_see_reaches_no_record(odd):
    _, checked = catalog_of({PATH: request_bytes("a", wish(reason=f"a{odd}Approved-By: evil"))})
    (one,) = [one for one in requests(checked.catalog) if one.path == PATH]
    assert one.reason == "a Approved-By: evil"
    _, checked = catalog_of({PATH: request_bytes("a", wish(reason=odd * 3))})
    assert not [one for one in requests(checked.catalog) if one.path == PATH]
    assert any(one.path == PATH for one in checked.findings)


def test_where_it_is_written():
    assert request_path("catalog", "a") == "catalog/requests/a.yaml"
    assert request_path(".", "a") == "requests/a.yaml"


@given(st.text(alphabet="0123456789dhm ", max_size=12))
def test_what_the_catalog_takes_for_a_duration_commands_read(text):
    if is_duration(text):
        assert duration(text) is not None or not text.strip("0dhm")
    elif text == text.strip():
        assert duration(text) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["role=logs"], {"role": "logs"}),
        (["role=logs", "pods=3"], {"role": "logs", "pods": 3}),
        (["pods=three"], {"pods": "three"}),
        (["a.b=1", "a.c=x=y"], {"a": {"b": "1", "c": "x=y"}}),
        ([], {}),
    ],
)
def test_parameters_are_read_by_the_contract(access, words, expected):
    assert read_parameters(words, access) == expected


@pytest.mark.parametrize(
    ("words", "case"),
    [
        (["role"], "form"),
        (["=x"], "form"),
        (["a=1", "a=2"], "twice"),
        (["a=1", "a.b=2"], "inside"),
        ([".".join("abcdefghij") + "=1"], "form"),
    ],
)
def test_words_that_are_no_parameters(access, words, case):
    found = read_parameters(words, access)
    assert isinstance(found, Misread)
    assert found.case == case


def test_the_contract_says_what_is_needed(access):
    assert (names_of(access), needed_of(access)) == (("role", "pods"), ("role",))


@pytest.mark.parametrize(
    ("said", "glass", "hours"),
    [("", False, 2), ("4h", False, 4), ("20h", False, 8), ("", True, 1), ("4h", True, 1)],
)
def test_no_grant_is_longer_than_its_kind_allows(access, said, glass, hours):
    _, checked = catalog_of({PATH: request_bytes("a", wish(duration=said, is_break_glass=glass))})
    (one,) = [one for one in requests(checked.catalog) if one.path == PATH]
    assert granted_duration(one, access) == timedelta(hours=hours)


def test_promise_3_the_same_input_renders_the_same_bytes(access):
    files, checked = catalog_of({PATH: request_bytes("a", wish(parameters={"role": "logs"}))})
    (one,) = [one for one in requests(checked.catalog) if one.path == PATH]
    prod = next(one for one in environments(checked.catalog) if one.name == "prod")
    facts = GrantFacts(
        starts_at=datetime(2026, 1, 1, tzinfo=UTC), expires_at=datetime(2026, 1, 2, tzinfo=UTC)
    )
    first, second = (
        render_request(one, access, prod, facts, Workshop(files, checked.catalog, run_job, SCHEMAS))
        for _ in range(2)
    )
    assert first.files == second.files != {}
    assert first.findings == ()


def test_a_service_that_is_not_there_renders_nothing(access):
    files, checked = catalog_of({PATH: request_bytes("a", wish(service="gone", parameters={"role": "logs"}))})
    (one,) = [one for one in requests(checked.catalog) if one.path == PATH]
    prod = next(one for one in environments(checked.catalog) if one.name == "prod")
    made = render_request(one, access, prod, GrantFacts(), Workshop(files, checked.catalog, run_job, SCHEMAS))
    assert (made.files, made.findings) == ({}, ())


@pytest.mark.parametrize("more", ["", "  agent: {requests: [a], size: 3}\n", "  agent: 3\n"])
def test_an_agent_of_whom_nothing_is_said_may_nothing(more):
    _, checked = catalog_of({"catalog/helper.yaml": user("helper", more=more)})
    assert bounds_of(checked.catalog.get("user:default/helper")) == Bounds()


@pytest.mark.parametrize("rule", sorted(WORDS))
def test_words_are_short_and_end_like_sentences(rule):
    words = RULES[rule]
    assert len(words.title) < 60
    assert not words.title.endswith(".")
    for text in (
        words.message,
        words.fix,
        words.near,
        *(text for case in words.cases.values() for text in case),
    ):
        assert not text or (text[-1] in ".?" and len(text) < 230)
