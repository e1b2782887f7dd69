"""What fires, what is unclear, and what stays silent."""

import pytest

from bot.commands.call import MAX_CALLS, Call, Unclear, calls


def names(text, **more):
    return [one.name if isinstance(one, Call) else one.case for one in calls(text, **more)]


FIRES = [
    "/approve",
    "/approve\n",
    "/approve\r\n",
    "   /approve",
    "/approve   ",
    "/approve  \nthanks",
    "/approve\\\nthanks",
    "Looks good.\n/approve",
    "Looks good.\n\n/approve\n\nThanks!",
    "/Approve",
    "/roadcrew approve",
    "/roadcrew\tapprove",
    "/Roadcrew Approve",
    "> is this fine?\n\n/approve",
    "```\ncode\n```\n/approve",
    "- a list\n\n/approve",
    "# heading\n/approve",
    "<!-- note -->\n/approve",
    "text <!-- note -->\n/approve",
    "<details><summary>log</summary>\n\nlines\n\n</details>\n\n/approve",
    "Use `<details>` there.\n\n/approve",
    "List<String> is fine\n\n/approve",
    "![](x.png)\n/approve",
    "<br>\n\n/approve",
    "**Good**\n/approve\n*thanks*",
    "***\n/approve",
    "~~old~~ new\n/approve",
    "it takes ~~ 5 minutes\n/approve",
    "\\<!-- shown\n/approve",
]
SILENT = [
    "",
    "approve",
    "please /approve",
    "`/approve`",
    "`a\n/approve\nb`",
    "``a\n/approve\n`` b",
    "```\n/approve\n```",
    "```\n/approve",
    "~~~ text\n/approve\n```\n/approve",
    "    /approve",
    "\t/approve",
    "text\n    /approve",
    "> /approve",
    ">/approve",
    "> quoted\n/approve",
    "> > deep\n/approve",
    "- /approve",
    "- item\n/approve",
    "- item\n\n  /approve",
    "1. /approve",
    "# /approve",
    "/approve\n===",
    "/approve\n---",
    "| a |\n|---|\n| /approve |\n/approve",
    "/approve | b\n---|---\n",
    "[/approve](https://example.org)",
    "[text\n/approve\n](https://example.org)",
    '[text](https://example.org "\n/approve\n")',
    "[label]:\n/approve\n",
    "![alt\n/approve\n](x.png)",
    "<!-- /approve -->",
    "<!--\n/approve\n-->",
    "<!--\n\n/approve\n\n-->",
    "<!--\n/approve",
    "text <!--\n/approve\n-->",
    "text <!--\n\n/approve\n\n--> text",
    "text <!--\n\n/approve",
    "<div>\n/approve\n</div>",
    "<div>\n\n/approve\n\n</div>",
    "<details>\n<summary>log</summary>\n\n/approve\n\n</details>",
    "<DETAILS>\n\n/approve",
    "<details><details></details>\n\n/approve\n\n</details>",
    "<pre>\n\n/approve\n\n</pre>",
    "text <kbd>\n/approve\n</kbd>",
    "<p>\n\n/approve\n\n</p>",
    "<a href='\n/approve\n'>x</a>",
    "<?php\n/approve\n?>",
    "<![CDATA[\n/approve\n]]>",
    "~~wrong\n/approve\nwrong~~",
    "\\/approve",
    "&#47;approve",
    "\uff0fapprove",
    "\u2044approve",
    "\u2215approve",
    "/\u200bapprove",
    "/approv\u0435",
    "/approve\u200b",
    "/\uff41pprove",
    "/approve\u00a0now",
    "\u00a0/approve",
    "\ufeff/approve",
    "//approve",
    "/ approve",
    "/approve/",
    "/approve.",
    "/approve,",
    "/approve-later please",
    "/etc/passwd is broken",
    "/usr/bin",
    "/home is full",
    "/s",
    "/shrug",
    "/cc @someone",
    "/lgtm",
    "/test all",
    "/retest",
    "/hold-on",
    "/roadcrew/approve",
    "/roadcrew-bot approve",
    "/12",
]


PROSE = [
    "/hold on",
    "/hold on, this is wrong",
    "/hold on, don't merge it",
    "/hold it's broken",
    "/plan B is better",
    "/plan is below",
    "/access denied",
    "/access to prod is broken",
    "/extend the deadline",
    "/extend deadlines",
    "/approve this please",
    "/approve `this` please",
    "/approve please",
    "/request changes",
    "/request changes from the team",
    "/help me understand",
    "/owner of this",
    "/explain this",
    "/approved",
    "/held",
    "/approved by the owners",
    "/owners",
    "/holds",
    "/plans for today",
    "/denyed",
    "/aprove this please",
    "/acess denied",
    "/aprove --please",
    "/roadcrw is great",
    "/hold " + "on and " * 1000,
]


@pytest.mark.parametrize("text", PROSE)
def test_a_sentence_that_begins_like_a_command_stays_silent(text):
    assert calls(text) == ()
    assert calls(f"/roadcrew {text[1:]}") != ()


@pytest.mark.parametrize(
    "text",
    [
        "/access",
        "/access checkout logs",
        "/access checkout logs --env prod",
        "/access denied --reason x",
        "/waive image-digest cart",
        "/extend",
        "/extend checkout-logs 2h",
        "/owner nobody",
        "/hold -- now",
        '/hold "after the sale"',
        "/hold 'after the sale'",
        "/hold --reason after the sale",
        "/request database checkout size=small",
    ],
)
def test_whoever_seems_to_mean_a_command_is_answered(text):
    assert names(text) == [text.split()[0][1:]]


@pytest.mark.parametrize("text", FIRES)
def test_a_line_that_reads_as_a_command_is_one(text):
    assert names(text) == ["approve"]


@pytest.mark.parametrize("text", SILENT)
def test_what_is_set_apart_or_is_prose_stays_silent(text):
    assert calls(text) == ()


def test_words_and_flags_are_taken_as_they_were_typed():
    (call,) = calls('hi\n\n/waive image-digest "my cart" --for=30d --reason "a_b_c *x* it\'s" --at 1a2b3c4')
    assert call == Call(
        "waive",
        ("image-digest", "my cart"),
        {"for": "30d", "reason": "a_b_c *x* it's", "at": "1a2b3c4"},
        3,
        '/waive image-digest "my cart" --for=30d --reason "a_b_c *x* it\'s" --at 1a2b3c4',
    )


@pytest.mark.parametrize(
    "text",
    [
        '--reason “it\'s "down"”',
        '--reason „it\'s \\"down\\"“',
        '--reason "it\'s \\"down\\""',
        '—reason "it\'s \\"down\\""',
        '--REASON=“it\'s "down"”',
    ],
)
def test_quotes_and_dashes_of_keyboards_are_those_of_shells(text):
    (call,) = calls(f"/hold {text}")
    assert call.flags == {"reason": 'it\'s "down"'}


def test_typographic_quotes_inside_of_quotes_stay():
    (call,) = calls("/hold --reason 'he said “no” — twice'")
    assert call.flags == {"reason": "he said “no” — twice"}


def test_a_flag_without_a_value_takes_no_word():
    (call,) = calls("/access --break-glass checkout logs --for")
    assert call.words == ("checkout", "logs")
    assert call.flags == {"break-glass": "", "for": ""}


def test_a_flag_is_no_value_of_a_flag_and_repetition_is_seen():
    (call,) = calls("/hold --reason --reason a")
    assert (call.flags, call.repeated) == ({"reason": "a"}, ("reason",))


def test_after_two_dashes_every_word_is_one():
    (call,) = calls("/request database checkout -- --size=small -x")
    assert call.words == ("database", "checkout", "--size=small", "-x")


def test_hash_signs_and_dollars_are_letters():
    (call,) = calls("/hold --reason '#12' # $HOME $(id)")
    assert call.words == ("#", "$HOME", "$(id)")
    assert call.flags == {"reason": "#12"}


def test_several_are_taken_in_their_order_with_their_lines():
    found = calls("/hold\n\ntext\n/plan\n/aprove\n")
    assert [(one.line, one.text) for one in found] == [(1, "/hold"), (4, "/plan"), (5, "/aprove")]


def test_the_bare_form_can_be_turned_off():
    assert calls("/approve\n/aprove\n", bare=False) == ()
    assert names("/roadcrew approve\n", bare=False) == ["approve"]
    assert calls("/roadcrw approve", bare=False)[0].near == ("roadcrew",)


def test_the_prefix_alone_asks_for_help():
    assert names("/roadcrew") == ["help"]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("/aprove", ("approve",)),
        ("/approvee", ("approve",)),
        ("/apprvoe --at 1a2b3c4", ("approve",)),
        ("/approxe", ("approve",)),
        ("/hlep", ("help",)),
        ("/hlep access", ("help",)),
        ("/acess checkout logs --env prod", ("access",)),
        ("/extned 2h", ("extend",)),
        ("/onhold", ("unhold",)),
        ("/roadcrw approve", ("roadcrew",)),
        ("/roadcrew aprove", ("approve",)),
        ("/roadcrew /approve", ("approve",)),
        ("/roadcrew dependants cart", ("dependents",)),
        ("/roadcrew xyzzy", ()),
        ("/roadcrew is great", ()),
    ],
)
def test_a_near_miss_says_what_may_have_been_meant(text, near):
    (one,) = calls(text)
    assert (one.case, one.near) == ("unknown", near)


@pytest.mark.parametrize(
    ("text", "case"),
    [
        ('/hold --reason "not closed', "quotes"),
        ("/hold --reason don't", "quotes"),
        ("/hold --reason “not closed", "quotes"),
        ('/roadcrew "hold', "quotes"),
        ("/owner `checkout`", "markup"),
        ("/owner [checkout](x)", "markup"),
        ("/hold --reason <b>x</b>", "markup"),
        ("/owner <https://example.org>", "markup"),
        ("/owner `check\nout`", "markup"),
        ("/roadcrew hold `on` please", "markup"),
        ("/roadcrew `help`", "markup"),
        ("/hold --reason " + "x" * 1000, "long"),
    ],
)
def test_what_was_meant_and_cannot_be_understood_is_unclear(text, case):
    assert names(text) == [case]


def test_unclear_lines_are_shown_short():
    (one,) = calls("/hold --reason " + "x" * 5000)
    assert len(one.text) < 200


def test_a_text_holds_a_bounded_number_of_commands():
    found = calls("/hold\n" * 1000)
    assert len(found) == MAX_CALLS + 1
    assert found[-1] == Unclear(21, "/hold", "many")


def test_a_text_that_github_would_not_take_holds_none():
    assert calls("/hold\n" + "x" * 65_536) == ()


def test_other_names_can_be_known():
    assert names("/preview now\n/hold\n", known={"preview"}) == ["preview"]


N = 65_000
HOSTILE = {
    "brackets": "[" * N,
    "links": "[a](" * (N // 4),
    "pictures": "![a" * (N // 3),
    "references": "[a]: /x\n" * (N // 8),
    "emphasis": "*a _b " * (N // 6),
    "stars": "a**b" * (N // 4),
    "mixed": "*_" * (N // 2),
    "struck": "~~a~" * (N // 4),
    "ticks": "".join("`" * n + " " for n in range(1, 350)),
    "tags": "<a " * (N // 3),
    "opened": "<b>" * (N // 3),
    "comments": "<!-- " * (N // 5),
    "cdata": "<![CDATA[" * (N // 9),
    "quotes": "> " * (N // 2),
    "lists": "- " * (N // 2),
    "nested": "".join(" " * n + "- a\n" for n in range(350)),
    "table": "a|b\n-|-\n" + "a|b\n" * (N // 4),
    "lines": "[\n" * (N // 2),
    "shell": "/hold '\n" * (N // 8),
    "fences": "```\n" * (N // 4),
    "breaks": "\\\n" * (N // 2),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_end(name):
    """Each of them is as long as GitHub takes; what is superlinear in the library stays affordable."""
    for before in ("/hold\n\n", "/hold\n"):
        found = calls(before + HOSTILE[name])
        assert len(found) <= MAX_CALLS + 1
        if before.endswith("\n\n"):
            assert found[0].text == "/hold"
