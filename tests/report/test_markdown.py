"""What people wrote is data in our Markdown: proved with a CommonMark parser, on whatever they may write."""

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.report.markdown import code, count, details, fence, join_within, link, prose, table

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def text_outside_code(markdown):
    tokens = PARSER.parseInline(markdown)[0].children
    return "".join(token.content for token in tokens if token.type == "text"), {
        token.type for token in tokens
    }


@given(st.text(max_size=80))
def test_a_code_span_holds_whatever_is_put_into_it(text):
    _, types = text_outside_code(f"before {code(text)} after")
    assert types == {"text", "code_inline"}


@given(st.text(max_size=80))
def test_prose_neither_formats_nor_links_nor_calls_anybody(text):
    said, types = text_outside_code(prose(text.replace("`", "")))
    assert types <= {"text", "text_special"}
    assert "@" not in said.replace("@\u2060", "")


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_fence_is_closed_only_by_us(first, second):
    body = f"{first}\n```\n{second}\n````"
    tokens = PARSER.parse(fence(body, "diff"))
    assert [token.type for token in tokens] == ["fence"]


def test_a_link_keeps_its_address_together():
    assert link("line 3", "http://hub/a b/(c)#L3") == "[`line 3`](http://hub/a%20b/%28c%29#L3)"
    assert link("line 3", "") == "`line 3`"


def test_counting_reads_as_people_say_it():
    assert [count(n, "entity", "entities") for n in (0, 1, 2, 1234)] == [
        "0 entities",
        "1 entity",
        "2 entities",
        "1,234 entities",
    ]


def test_a_table_is_one_for_github_too():
    tokens = PARSER.parse(table(("a", "b"), [("1|2", "3")]))
    assert tokens[0].type == "table_open"
    assert [token.content for token in tokens if token.type == "inline"] == ["a", "b", "1|2", "3"]


def test_what_does_not_fit_is_counted():
    blocks = ["x" * 40] * 5
    joined = join_within(blocks, 140, left_out="_{n} more._")
    assert joined.endswith("_3 more._")
    assert len(joined) <= 140
    assert join_within(blocks, 1000, left_out="_{n} more._").count("x") == 200


def test_folded_details_still_read_markdown_inside():
    assert details("s", "b") == "<details>\n<summary>s</summary>\n\nb\n\n</details>"
