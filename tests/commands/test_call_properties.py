"""Whatever is written: the parser ends, agrees with itself, and fires only what a reader sees as plain text."""

import itertools
import re
import shlex
from html.parser import HTMLParser

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.commands.arguments import Bound, bind
from bot.commands.call import MAX_CALLS, Call, Unclear, calls
from bot.commands.table import COMMANDS, NAMES

KNOWN = {"fire"}
PIECES = """/fire|/roadcrew fire|   /fire|    /fire|/fire `|` text|```|~~~|``|> x|>|- x|  x|1. x|    code|<!--|-->
<!-- a -->|text <!--|--> text|<details>|</details>|<div>|</div>|text <b>|</b> text|[a|](b)|a](b "|")|[x]:|"t"|# h
===|---|***|~~a|b~~|**a|b**|text|x \\|a|b|<a href="|">|<?|?>|<![CDATA[|]]>|<script>|</script>|<pre>|</pre>|<p>
</p>|![a"""
TABLE = ["| a | b |", "|---|---|"]
ODD = ["", "", "\t/fire", "\u00a0", "\u200b/fire", "\u2028/fire"]
LINES = st.sampled_from([*PIECES.replace("\n", "|").split("|"), *TABLE, *ODD])
TEXTS = st.lists(LINES, min_size=1, max_size=3).flatmap(
    lambda some: st.lists(st.sampled_from([*some, "/fire", ""]), min_size=3, max_size=9).map("\n".join)
)
BLOCKS = (
    "a blockquote code del details div h1 h2 h3 h4 h5 h6 li ol pre s script style table td textarea th ul"
)
APART = frozenset(BLOCKS.split())
VOID = frozenset({"br", "hr", "img"})


class Seen(HTMLParser):
    """Which commands begin a line where nothing sets them apart, in what a browser would show."""

    def __init__(self):
        super().__init__()
        self.open, self.found = [], set()

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            del self.open[len(self.open) - 1 - self.open[::-1].index(tag) :]

    def handle_data(self, data):
        if not APART & set(self.open):
            self.found |= {int(one) for one in re.findall(r"^/(?:roadcrew )?fire (\d+)", data, re.MULTILINE)}


def numbered(text):
    """Each command with a number of its own as its first word."""
    numbers = itertools.count()
    return re.sub(r"/(?:roadcrew )?fire\b", lambda match: f"{match[0]} {next(numbers)}", text)


def seen(text):
    reader = Seen()
    reader.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))
    reader.close()
    return reader.found


def fired(text):
    return [one for one in calls(text, known=KNOWN) if isinstance(one, Call)]


@settings(max_examples=1500, deadline=None)
@given(TEXTS)
@example("/fire")
@example("a\n/fire\n```\n/fire\n```")
def test_only_what_is_seen_as_plain_text_fires(text):
    text = numbered(text)
    assert {int(one.words[0]) for one in fired(text)} <= seen(text)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_a_command_between_empty_lines_fires_unless_something_is_left_open(before, after):
    lonely = f"{before}\n\n/fire\n\n{after}"
    if not any(mark in before for mark in ("<", "`", "~~~", "- ", "1. ", "[", "  x", ">")):
        assert any(one.line == before.count("\n") + 3 for one in fired(lonely))


SHIELDS = st.sampled_from(
    [
        ("```\n", "\n```"),
        ("~~~~ yaml\n", "\n~~~~"),
        ("`` ", " ``"),
        ("<!--\n", "\n-->"),
        ("text <!--\n\n", "\n\n-->"),
        ("<pre>\n", "\n</pre>"),
        ("<details>\n<summary>x</summary>\n\n", "\n\n</details>"),
        ("[", "](https://example.org)"),
        ("![", "](x.png)"),
    ]
)
CALLED = st.sampled_from([example_ for one in COMMANDS for example_ in one.examples])


@settings(deadline=None)
@given(st.lists(CALLED, min_size=1, max_size=4), SHIELDS, st.sampled_from(["", "Hello.\n\n", "Hello\n"]))
def test_nothing_fires_in_code_comments_html_and_links(lines, shield, before):
    opening, closing = shield
    joint = "\n\n" if "\n\n" in opening else "\n"
    assert calls(f"{before}{opening}{joint.join(lines)}{closing}") == ()


@settings(deadline=None)
@given(
    st.lists(CALLED, min_size=1, max_size=4),
    st.sampled_from(["> ", "    ", "\t", "- ", "# ", "1. ", "`", "\\"]),
)
def test_nothing_fires_behind_a_mark(lines, mark):
    tail = "`" if mark == "`" else ""
    assert calls("\n\n".join(f"{mark}{line}{tail}" for line in lines)) == ()


@settings(deadline=None)
@given(st.text(max_size=400) | TEXTS)
@example("\x00/approve\r/approve\r\r\n/approve")
@example("/approve \ud800")
def test_it_never_raises_and_is_bounded_and_the_same_each_time(text):
    found = calls(text)
    assert found == calls(text)
    assert len(found) <= MAX_CALLS + 1
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(1 <= one.line <= lines for one in found)
    assert all(one.name in NAMES for one in found if isinstance(one, Call))
    assert [one.line for one in found] == sorted({one.line for one in found})


@settings(deadline=None)
@given(TEXTS)
def test_line_ends_of_any_kind_are_the_same(text):
    assert calls(text.replace("\n", "\r\n"), known=KNOWN) == calls(text, known=KNOWN)
    assert calls(text.replace("\n", "\r"), known=KNOWN) == calls(text, known=KNOWN)


@settings(deadline=None)
@given(st.text(alphabet="aprovehldn/-x ", max_size=12))
def test_a_bare_word_runs_only_by_its_exact_name(text):
    for one in calls(f"/{text}"):
        if isinstance(one, Call):
            assert f"/{text}".split(" ")[0] == f"/{one.name}"


WORD = st.text(
    alphabet=st.characters(exclude_characters="`<>[]!|~\\&\n\r", exclude_categories=["C", "Z"])
    | st.just(" "),
    min_size=1,
    max_size=20,
).filter(str.strip)


@settings(deadline=None)
@given(st.sampled_from(COMMANDS), st.data())
def test_what_is_quoted_for_a_shell_comes_back(command, data):
    words = [data.draw(WORD) for _ in command.arguments]
    flags = {one.name: data.draw(WORD) if one.value else "" for one in command.flags}
    said = [f"--{name}" if not value else f"--{name}={shlex.quote(value)}" for name, value in flags.items()]
    line = " ".join([f"/{command.name}", *said, "--", *map(shlex.quote, words)])
    (call,) = calls(line)
    assert isinstance(call, Call), call
    bound = bind(call, command)
    assert isinstance(bound, Bound)
    many = {one.name for one in command.arguments if one.is_many}
    wanted = {
        one.name: (word,) if one.name in many else word
        for one, word in zip(command.arguments, words, strict=True)
    }
    assert bound.values == {**wanted, **flags}


@settings(deadline=None)
@given(st.sampled_from(COMMANDS), st.lists(st.sampled_from(["of", "this,", "I", "do", "not."]), min_size=8))
def test_prose_behind_a_name_never_binds(command, words):
    assert calls(f"/{command.name} {' '.join(words)}") == ()
    (one,) = calls(f"/roadcrew {command.name} {' '.join(words)}")
    assert isinstance(one, Unclear) or not isinstance(bind(one, command), Bound)


@settings(deadline=None)
@given(CALLED)
def test_what_the_table_shows_is_never_taken_for_prose(line):
    (bare,), (full,) = calls(line), calls(f"/roadcrew {line[1:]}")
    assert (bare.name, bare.words, bare.flags) == (full.name, full.words, full.flags)
