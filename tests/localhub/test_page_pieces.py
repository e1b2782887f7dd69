"""The pure parts of the page: diffs as rows, messages, Markdown, times, coloured text."""

import pytest
from markupsafe import escape

from bot.localhub.page import code, messages, patches
from bot.localhub.page.markdown import rendered
from bot.localhub.page.times import ago, seconds_of, size
from bot.localhub.records import Annotation
from bot.localhub.view import FileDiff

PATCH = "@@ -1,3 +1,3 @@ spec:\n one\n-two\n+2\n three\n@@ -10 +10,2 @@\n ten\n+more\n\\ No newline at end of file"


def test_the_rows_of_a_diff_count_both_sides():
    rows = [(row.kind, row.old, row.new, row.text) for row in patches.rows_of(PATCH)]
    assert rows == [
        ("hunk", None, None, "@@ -1,3 +1,3 @@ spec:"),
        ("context", 1, 1, "one"),
        ("removed", 2, None, "two"),
        ("added", None, 2, "2"),
        ("context", 3, 3, "three"),
        ("hunk", None, None, "@@ -10 +10,2 @@"),
        ("context", 10, 10, "ten"),
        ("added", None, 11, "more"),
        ("note", None, None, "No newline at end of file"),
    ]


def mark(path: str, line: int) -> patches.Mark:
    return patches.Mark(Annotation(path, line, line, "failure", f"wrong at {line}"), "roadcrew")


def test_annotations_stand_under_their_line_and_none_is_lost():
    files = [FileDiff("a.yaml", "modified", "0" * 40, 2, 1, PATCH)]
    shown = patches.shown(files, [mark("a.yaml", 2), mark("a.yaml", 7), mark("other.yaml", 1)])
    placed = [(row.new, one.annotation.message) for row in shown.files[0].rows for one in row.marks]
    assert placed == [(2, "wrong at 2")]
    assert [one.annotation.end_line for one in shown.files[0].strays] == [7]
    assert [one.annotation.path for one in shown.strays] == ["other.yaml"]


def test_a_diff_of_3000_files_is_bounded_and_says_so():
    files = [FileDiff(f"f{at}", "added", "0" * 40, 1, 0, "@@ -0,0 +1 @@\n+x") for at in range(3000)]
    shown = patches.shown(files, [mark("f2999", 1)])
    assert (shown.total, len(shown.files), shown.hidden) == (
        3000,
        patches.MAX_FILES,
        3000 - patches.MAX_FILES,
    )
    assert shown.additions == 3000
    assert shown.files[0].file.path == "f2999", "what is annotated comes first"
    assert not shown.strays


def test_a_page_that_is_full_says_what_it_leaves_out():
    lines = "\n".join("+x" for _ in range(5000))
    files = [
        FileDiff(name, "added", "0" * 40, 5000, 0, f"@@ -0,0 +1,5000 @@\n{lines}") for name in ("a", "b", "c")
    ]
    shown = patches.shown(files)
    assert [len(one.rows) for one in shown.files] == [5001, 0, 0]
    assert shown.files[1].note == "5,001 lines are not shown: this page is full."
    assert not shown.files[0].is_open, "long ones start folded"


@pytest.mark.parametrize(
    ("file", "note"),
    [
        (FileDiff("a", "renamed", "", 0, 0, None, "b"), "Moved without changes."),
        (FileDiff("a", "modified", "", 30_000, 1, None), "30,001 changed lines are too many to show."),
        (FileDiff("a", "added", "", 0, 0, None), "A binary file, an empty one, or only its mode changed."),
    ],
)
def test_a_file_without_a_patch_says_why(file, note):
    assert patches.shown([file]).files[0].note == note


def test_a_message_falls_into_subject_text_and_trailers():
    message = messages.parsed(
        "Render orders\n\nWhy: because.\nReally.\n\nPull-Request: acme/platform#2\nDelivery: 1-2"
    )
    assert (message.subject, message.body) == ("Render orders", "Why: because.\nReally.")
    assert [one.key for one in message.trailers] == ["Pull-Request", "Delivery"]
    assert message.trailer("pull-request") == "acme/platform#2"
    assert message.trailer("Absent") == ""


@pytest.mark.parametrize("text", ["", "One line", "Key: value", "Subject\n\nKey: value\nand prose"])
def test_prose_is_no_trailer(text):
    assert messages.parsed(text).trailers == ()


def test_a_trailers_value_leads_to_pulls_commits_and_people():
    sha = "a1" * 20
    told = messages.parts(f"acme/platform#2, {sha} for @developer, 2026-01-01", "acme/platform")
    assert told == [
        ("acme/platform#2", "/acme/platform/pull/2"),
        (", ", ""),
        (sha[:10], f"/acme/platform/commit/{sha}"),
        (" for ", ""),
        ("@developer", "/developer"),
        (", 2026-01-01", ""),
    ]


@pytest.mark.timeout(5)
def test_a_long_trailer_is_read_in_no_time():
    assert len(messages.parts("a" * 100_000, "acme/platform")) == 1


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("| a | b |\n| --- | --: |\n| 1 | 2 |", '<td align="right">2</td>'),
        ("~~old~~", "<s>old</s>"),
        ("<details><summary><b>dev</b></summary>\n\ntext\n\n</details>", "<summary><b>dev</b></summary>"),
        ("a<br>b <sub>small</sub> <code>x</code>", "a<br>b <sub>small</sub> <code>x</code>"),
        ("```diff\n+new\n-old\n```", '<span class="gi">+new</span>'),
        ("```diff\n+<script>\n```", "+&lt;script&gt;"),
        ("```unknown\n<b>\n```", "&lt;b&gt;"),
        ("one\ntwo", "one<br>"),
        ("- [x] done\n- [ ] not", "<li>\N{BALLOT BOX WITH CHECK} done</li>"),
        ("[x](https://example.invalid)", 'rel="nofollow noopener noreferrer"'),
    ],
)
def test_markdown_shows(source, expected):
    assert expected in rendered(source)


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "<a href='data:text/html,x'>x</a>",
        "<b onclick=alert(1)>x</b>",
        "<style>*{display:none}</style>",
        "<div style='position:fixed' id='body' class='top'>x</div>",
        "<iframe src=/></iframe><form action=/><input name=x></form>",
        "<svg><script>alert(1)</script></svg>",
        "<!-- roadcrew:review -->",
        "<details ontoggle=alert(1) open>x</details>",
        "<!--><script>alert(1)</script>-->",
    ],
)
def test_markdown_drops(source):
    html = rendered(source)
    for bad in (
        "<script",
        "onerror",
        'href="javascript',
        'href="data',
        "onclick",
        "<style",
        "style=",
        "id=",
        "ontoggle",
    ):
        assert bad not in html
    for bad in ("<iframe", "<form", "<input", "<svg", "<!--", "class="):
        assert bad not in html


def test_a_files_links_lead_to_its_neighbours():
    base = "/acme/platform/blob/main/docs"
    html = rendered("[a](b.md) [c](./d.md) [e](/f) [g](#h) [i](https://j.invalid)", base)
    for href in (f"{base}/b.md", f"{base}/d.md", "/f", "#h", "https://j.invalid"):
        assert f'href="{href}"' in html
    assert "<br>" not in rendered("one\ntwo", base)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7300, "2 hours ago"),
        (86_400 * 400, "1 year ago"),
    ],
)
def test_distances_in_time(seconds, words):
    then = "2026-01-31T12:00:00Z"
    assert ago(then, (seconds_of(then) or 0) + seconds) == words


def test_what_is_no_time_is_shown_as_it_is():
    assert ago("soon", 0.0) == "soon"
    assert seconds_of("2026-01-31T12:00:00") == seconds_of("2026-01-31T12:00:00Z")


def test_sizes():
    assert (size(9_999), size(1_234_567)) == ("9,999 bytes", "1,235 kB")


@pytest.mark.parametrize(
    "path", ["a.yaml", "a.md", "Dockerfile", "a.json", "a.py", "a.unknown", "a.sh", "a.diff"]
)
def test_coloured_text_stays_the_same_text(path):
    text = 'a: "<script>"\n\n  - b & c # d\n"""\nover lines\n"""\n'
    lines = code.lines(path, text)
    assert [line.striptags().strip() == "" for line in lines].count(True) == 1
    assert len(lines) == text.count("\n")
    assert not any("<script" in line for line in lines)


def test_long_texts_are_plain():
    text = "a: 1\n" * (code.MAX_COLOURED // 5 + 1)
    assert code.lines("a.yaml", text)[0] == escape("a: 1")
