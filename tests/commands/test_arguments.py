"""Words against what a command takes: a word too many never acts."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands.arguments import Bound, bind
from bot.commands.call import calls
from bot.commands.duration import duration, say_duration
from bot.commands.table import COMMANDS, NAMES, PREFIX, Argument, Command, Flag, Where, find_command
from bot.model import commands as names


def bound(text):
    (call,) = calls(text)
    return bind(call, find_command(call.name))


def test_what_was_left_out_is_not_there():
    assert bound("/approve") == Bound({})
    assert bound("/revoke checkout-logs") == Bound({"name": "checkout-logs"})


def test_an_argument_that_is_many_takes_the_rest():
    found = bound("/request database checkout size=small backup=yes --environment dev --reason x")
    assert found.many("parameters") == ("size=small", "backup=yes")
    assert found.text("parameters") == "size=small backup=yes"
    assert found.text("for", "1d") == "1d"
    assert found.many("nothing") == ()
    assert found.many("kind") == ("database",)


def test_a_flag_without_a_value_is_there_or_not():
    text = "/access checkout logs --environment prod --reason x"
    assert bound(f"{text} --break-glass").has("break-glass")
    assert not bound(text).has("break-glass")


def test_a_flag_may_be_shortened_where_no_other_begins_so():
    found = bound("/access checkout logs --env prod --reas x --sub developer")
    assert [found.text(name) for name in ("environment", "reason", "subject")] == ["prod", "x", "developer"]


MISUSED = [
    ("/access checkout logs --en prod --reason x", "flag", {"name": "en", "near": ()}),
    ("/access checkout --env a --environment b --reason x", "twice", {"name": "env"}),
    ("/roadcrew help me understand", "extra", {"words": "understand"}),
    ("/roadcrew approve of this, I do not", "extra", {"words": "of this, I do not"}),
    ("/roadcrew plan is below", "extra", {"words": "is below"}),
    ("/roadcrew hold on", "extra", {"words": "on"}),
    ("/hold --reason after the sale", "extra", {"words": "the sale"}),
    ("/explain", "missing", {"name": "rule"}),
    ('/explain ""', "missing", {"name": "rule"}),
    ('/owner ""', "missing", {"name": "entity"}),
    ("/waive image-digest --reason x", "missing", {"name": "entity"}),
    ("/approve --att 1a2b3c4", "flag", {"name": "att", "near": ("at",)}),
    ("/approve --force", "flag", {"name": "force", "near": ()}),
    ("/approve --at", "value", {"name": "at", "value": "COMMIT"}),
    ("/approve --at=", "value", {"name": "at", "value": "COMMIT"}),
    ('/deny --reason " "', "value", {"name": "reason", "value": "TEXT"}),
    ("/access checkout --break-glass=yes --environment a --reason b", "switch", {"name": "break-glass"}),
    ("/deny", "needed", {"name": "reason", "value": "TEXT"}),
    ("/access checkout logs --environment prod", "needed", {"name": "reason", "value": "TEXT"}),
    ("/approve --at 1a2b3c4 --at 5d6e7f8", "twice", {"name": "at"}),
    ("/owner check\u200bout", "letters", {"name": "entity"}),
    ("/hold --reason '\u202eevil'", "letters", {"name": "reason"}),
    ("/request database checkout a=\u2066b --environment dev --reason x", "letters", {"name": "parameters"}),
]


@pytest.mark.parametrize(("text", "case", "facts"), MISUSED)
def test_a_misuse_says_which_and_how_it_is_written(text, case, facts):
    found = bound(text)
    assert not isinstance(found, Bound), found
    name = text.removeprefix("/roadcrew ").split()[0].removeprefix("/")
    usage = find_command(name).usage
    assert (found.case, found.facts) == (case, {"command": name, "usage": usage, **facts})


def test_emoji_are_letters_like_others():
    assert bound("/hold --reason '👩\u200d💻 at it ❤\ufe0f'").has("reason")


def test_the_usage_shows_what_can_be_left_out():
    command = Command(
        "try",
        "Tries.",
        (),
        arguments=(Argument("what", ""), Argument("more", "", is_required=False, is_many=True)),
        flags=(Flag("now", ""), Flag("for", "", "DURATION", is_required=True)),
    )
    assert command.usage == "/try WHAT [MORE...] [--now] --for DURATION"


def test_the_table_is_sound():
    assert len(set(NAMES)) == len(NAMES)
    assert sorted(NAMES) == sorted(names.COMMANDS)
    assert PREFIX not in NAMES
    for one in COMMANDS:
        assert find_command(one.name) is one
        assert one.allow, f"{one.name}: nobody may"
        assert set(one.allow) <= set(names.ROLES)
        assert not any(argument.is_many for argument in one.arguments[:-1])
        needed = [argument.is_required for argument in one.arguments]
        assert needed == sorted(needed, reverse=True), f"{one.name}: what can be left out comes last"
        assert one.summary.endswith(".")
        assert "approver" not in one.allow or not one.for_agents
        assert not one.topic or one.where is not Where.ANYWHERE


@pytest.mark.parametrize("text", [text for one in COMMANDS for text in one.examples])
def test_every_example_binds(text):
    assert isinstance(bound(text), Bound)


def test_there_is_no_command_of_another_name():
    assert find_command("lgtm") is None
    assert find_command("Help") is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("4h", 240), ("90m", 90), ("2d", 2880), ("1h30m", 90), ("1d12h", 2160), (" 4H ", 240), ("007m", 7)],
)
def test_durations_are_read(text, minutes):
    assert duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text",
    ["", "0m", "0h", "4", "h", "-4h", "4 h", "4h 30m", "30m4h", "4.5h", "4hours", "4w", "٤h", "9" * 99 + "h"],
)
def test_what_is_no_duration_is_none(text):
    assert duration(text) is None


@settings(deadline=None)
@given(st.integers(1, 400 * 24 * 60))
def test_durations_are_said_as_they_are_read(minutes):
    assert duration(say_duration(timedelta(minutes=minutes))) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(240, "4h"), (90, "1h30m"), (45, "45m"), (24 * 60, "24h"), (72 * 60, "3d"), (0, "0m")],
)
def test_durations_are_said_in_the_largest_units(minutes, said):
    assert say_duration(timedelta(minutes=minutes, seconds=20)) == said
