"""Bad input gets a sentence: what is wrong, where, what to do next. The check completes, and the bot lives on.

What the local GitHub's own editor cannot make (links, submodules, odd names) is pushed over git.
"""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.deciders.review import compare
from bot.report.review import say_review
from tests.journeys.laptop import FILE, LINK, SUBMODULE, Laptop
from tests.journeys.troupe import NAME, Troupe
from tests.platforms import PLATFORM, component, pull, snapshot

HEAD = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: cart\n"
GOOD = component("cart").encode()
CART = b"catalog/cart.yaml"
MANIFEST = "templates/tiny/manifests/config.yaml"


def bomb(width=9):
    """Nine levels of nine aliases each: 9 to the power of 9 nodes."""
    lines = ["  a: &a [x]"]
    for above, here in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"  {here}: &{here} [{', '.join([f'*{above}'] * width)}]")
    return (HEAD + "spec:\n" + "\n".join(lines) + "\n").encode()


FILES = {
    "broken YAML": ((HEAD + "spec: [a\n").encode(), 5, "what `[` opens here is not closed"),
    "a tab": ((HEAD + "spec:\n\ttype: service\n").encode(), 6, "Indentation must be spaces"),
    "a key twice": (GOOD + b"  owner: team\n", 12, "`owner` is already in this mapping, on line 8"),
    "an alias bomb": (bomb(), 11, "more than 50 aliases"),
    "100,000 levels": ((HEAD + "spec: " + "[" * 100_000).encode(), 5, "more than 64 levels deep"),
    "10 MB": (GOOD + b"# much\n" * 1_500_000, 0, "more than 1,048,576 bytes are not read"),
    "a binary file": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", 1, "This file is binary"),
    "another encoding": (GOOD.replace(b"service", b"servi\xe7e"), 6, "The byte 0xE7 here is not UTF-8"),
    "UTF-16": (GOOD.decode().encode("utf-16"), 1, "UTF-16, not UTF-8"),
    "no entity": (b"hello: world\n", 1, "neither `apiVersion` nor `kind`"),
}
"""What the file is: its bytes, the line that is named (0: the whole file), and words of the sentence."""

ENTRIES = {
    "a link": (CART, LINK, b"../../../etc/passwd", "symbolic link, and links are not followed"),
    "a linked folder": (b"catalog/more", LINK, b"/etc", "symbolic link, and links are not followed"),
    "a submodule": (b"catalog/vendor", SUBMODULE, "a" * 40, "git submodule"),
    "a link in a template": (MANIFEST.encode(), LINK, b"/etc/passwd", "links are not followed"),
    "up and away": (b"catalog/../../../x.yaml", FILE, GOOD, "not safe"),
    "up, elsewhere": (b"docs/..", FILE, b"x", "not safe"),
    "git's own folder": (b"catalog/.git/config", FILE, b"[core]\n", "not safe"),
    "git's folder in disguise": (b"catalog/GIT~1/config", FILE, b"[core]\n", "not safe"),
    "a line break": (b"catalog/a\nb.yaml", FILE, GOOD, "not safe"),
    "a control character": (b"catalog/a\x1b[31mb.yaml", FILE, GOOD, "not safe"),
    "a backslash": (b"catalog/a\\b.yaml", FILE, GOOD, "not safe"),
    "a name in another encoding": (b"catalog/caf\xe9.yaml", FILE, GOOD, "not safe"),
}
"""What stands in the tree: its path, mode, content, and words of the sentence."""


def judged(troupe, queue, number):
    """The comment of a pull request whose check failed; holds what must hold for each of them."""
    troupe.ended_well(queue)
    (run,) = troupe.runs(troupe.hub.pull(NAME, number).head_sha)
    assert (run.status, run.conclusion) == ("completed", "failure")
    (body,) = troupe.bodies(number)
    assert "**Next:** push a commit that mends" in body
    assert "Traceback" not in body
    assert "could not finish" not in body
    return body, run


def lives_on(troupe, queue, branch="good"):
    """The next pull request is answered as if nothing had been."""
    number = troupe.open({"catalog/next.yaml": component("next")}, branch=branch)
    troupe.settle(queue)
    assert troupe.conclusion(number) == "success"


def test_promise_10_a_bad_file_gets_a_sentence_with_its_line(troupe, subtests):
    with troupe.bot() as queue:
        for branch, (name, (data, line, words)) in enumerate(FILES.items()):
            with subtests.test(name):
                number = troupe.open({CART.decode(): data}, branch=f"bad-{branch}")
                body, run = judged(troupe, queue, number)
                assert words in body
                assert "**Fix:**" in body
                assert (f"[`line {line}`]" if line else "[`whole file`]") in body
                (note,) = run.annotations
                assert (note.path, note.start_line) == (CART.decode(), line or 1)
                assert words.replace("`", "") in note.message.replace("`", "")
        lives_on(troupe, queue)


def test_promise_6_what_a_tree_holds_is_data(troupe, subtests):
    laptop = Laptop(troupe)
    with troupe.bot() as queue:
        for branch, (name, (path, mode, data, words)) in enumerate(ENTRIES.items()):
            with subtests.test(name):
                laptop.push(f"bad-{branch}", {path: (mode, data)})
                number = troupe.hub.open_pull(NAME, head=f"bad-{branch}", by="developer").number
                body, run = judged(troupe, queue, number)
                assert words in body
                assert len(run.annotations) == 1
                assert "root:" not in body, "nothing outside of the repo was read"
                assert "\x1b" not in body + run.summary + run.title
        lives_on(troupe, queue)


@pytest.mark.parametrize("mode", ["100755", "100664"])
def test_a_file_is_a_file_whatever_its_permissions(troupe, mode):
    with troupe.bot() as queue:
        Laptop(troupe).push("change", {CART: (mode, GOOD)})
        number = troupe.hub.open_pull(NAME, head="change", by="developer").number
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("x: {{ 'x' * 1000000000 }}\n", "more memory than a template may use"),
        ("{% for a in range(90000) %}{{ 'x' * 90000 }}{% endfor %}", "more than 1000000 characters"),
        (PLATFORM[MANIFEST] + "  a: {{ nothing }}\n", "'nothing' is undefined"),
        (PLATFORM[MANIFEST] + "  a: {{ 'x'.__class__ }}\n", "is unsafe"),
        (PLATFORM[MANIFEST] + "  a: {{ nothing\n", "unexpected end of template"),
        ("a:\n\tb: 1\n", "renders a tab"),
        (b"\xff\xfe", "This file is not UTF-8 text"),
        (None, "so there is nothing to render"),
    ],
)
def test_promise_6_a_template_cannot_do_harm(troupe, template, words):
    with troupe.bot() as queue:
        body, _ = judged(troupe, queue, troupe.open({MANIFEST: template}))
        assert words in body
        assert "templates/tiny/" in body
        lives_on(troupe, queue)


def test_promise_6_a_template_that_never_ends_is_stopped(troupe):
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with troupe.bot() as queue:
        body, _ = judged(troupe, queue, troupe.open({MANIFEST: endless}))
        assert "was stopped after 5 seconds" in body
        lives_on(troupe, queue)


def test_a_template_that_is_missing_or_taken_away_while_it_is_used(troupe):
    with troupe.bot() as queue:
        body, _ = judged(
            troupe, queue, troupe.open({"catalog/cart.yaml": component("cart", template="tinny")})
        )
        assert "There is no template `tinny`" in body
        assert "`tiny`" in body
        gone = troupe.open({MANIFEST: None, "templates/tiny/template.yaml": None}, branch="gone")
        body, run = judged(troupe, queue, gone)
        assert "to mend in `templates/tiny/template.yaml`" in body, "where it was"
        assert "`component:default/shop (catalog/shop.yaml:10)`" in body, "where it is used"
        assert [note.path for note in run.annotations] == ["templates/tiny/template.yaml"]


def test_promise_8_no_name_breaks_the_comment(troupe):
    """Whatever people call things, it stays inside of its code span, and the thread keeps one comment."""
    name = "'`a` @everyone </details> <!-- roadcrew:review --> [x](http://example.com)'"
    with troupe.bot() as queue:
        number = troupe.open({CART.decode(): component("cart", owner=name)})
        body, _ = judged(troupe, queue, number)
        outside = re.sub(r"`[^`\n]*`", "", body)
        assert "@everyone" not in outside
        assert "</details>" not in outside
        assert outside.count("<!-- roadcrew:review -->") == 1
        troupe.change("change", {CART.decode(): component("cart", owner=name, size=2)})
        judged(troupe, queue, number)


def test_a_name_of_60_000_characters_is_named_in_part_and_blames_nobody_else(troupe):
    with troupe.bot() as queue:
        body, run = judged(troupe, queue, troupe.open({CART.decode(): component("a" * 60_000)}))
        assert len(body) < 2_000
        assert [(note.path, note.start_line) for note in run.annotations] == [(CART.decode(), 4)]


def test_a_component_without_a_valid_name_holds_up_nobodys_delivery(troupe):
    """A name is a folder of the environment's branch: one that leads elsewhere is never used as such."""
    nameless = {MANIFEST: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: fixed\n"}
    change = {"catalog/a.yaml": component("../prod"), CART.decode(): component("cart")}
    with troupe.bot() as queue:
        sha = troupe.change("main", nameless | change, by="platform-lead")
        troupe.ended_well(queue)
        assert {path.split("/")[0] for path in troupe.dev()} == {"cart", "shop"}
        (run,) = troupe.runs(sha)
        assert run.conclusion == "failure"
        assert "catalog/a.yaml" in run.summary


@pytest.mark.parametrize("branch", ["main", "../x", "env/../main", "env/a.lock", "refs/heads/main"])
def test_promise_6_an_environment_cannot_point_at_another_branch(troupe, branch):
    change = PLATFORM["catalog/dev.yaml"] + f"  branch: {branch}\n"
    with troupe.bot() as queue:
        number = troupe.open({"catalog/dev.yaml": change})
        body, _ = judged(troupe, queue, number)
        assert f"`{branch}`" in body
        assert "`env/dev`" in body, "what to write instead"
        before = troupe.hub.branches(NAME)
        merge = troupe.merge(number)
        troupe.settle(queue)
        assert troupe.hub.branches(NAME) == before | {"main": merge}, (
            "merged all the same: nothing is written"
        )


def test_3000_changed_files_are_judged_in_bounded_time_and_counted(troupe):
    wrong = {f"catalog/many/{n}.yaml": component(f"c{n}", owner="nobody") for n in range(3_000)}
    with troupe.bot() as queue:
        body, run = judged(troupe, queue, troupe.open(wrong))
        assert "3,000 things to mend in 3,000 files" in body
        assert "2,970 more findings" in body
        assert "The annotations show 500 of 3,000 findings, worst first." in run.summary
        assert len(run.annotations) == 500
        assert len(body) <= 60_000


def test_the_first_pull_request_that_adds_a_catalog(tmp_path, app_key):
    with Troupe(tmp_path, app_key, files={"README.md": "# platform\n"}) as troupe, troupe.bot() as queue:
        number = troupe.open({path: text for path, text in PLATFORM.items() if path != "README.md"})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success"
        troupe.merge(number)
        troupe.settle(queue)
        assert "shop/configmap-shop.yaml" in troupe.dev()
        troupe.conformance.assert_conforms()


def test_a_repo_without_a_commit_waits_for_its_first_one(tmp_path, app_key):
    with Troupe(tmp_path, app_key, files={}) as troupe, troupe.bot(sweeps=True) as queue:
        troupe.ended_well(queue, swept=True)
        first = {path.encode(): (FILE, text.encode()) for path, text in PLATFORM.items()}
        Laptop(troupe).push("main", first, start="")
        troupe.ended_well(queue)
        assert "shop/configmap-shop.yaml" in troupe.dev()
        troupe.conformance.assert_conforms()


def test_no_environment_is_said_with_what_to_add(tmp_path, app_key):
    bare = {path: text for path, text in PLATFORM.items() if "kind: Environment" not in text}
    with Troupe(tmp_path, app_key, files=bare) as troupe, troupe.bot() as queue:
        number = troupe.open({CART.decode(): component("cart")})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success"
        (body,) = troupe.bodies(number)
        assert "There is no `Environment` in the catalog, so nothing is rendered" in body
        assert "catalog/environments/dev.yaml" in body
        assert "/blob/" not in body, "no link to a file that is not there"
        troupe.conformance.assert_conforms()


@st.composite
def spoiled(draw):
    """A good file with a part of it replaced by anything: most of it is still YAML."""
    start = draw(st.integers(0, len(GOOD)))
    end = draw(st.integers(start, min(len(GOOD), start + 40)))
    odd = st.sampled_from(
        [b"\t", b"- ", b": ", b"&a ", b"*a", b"!!", b"{", b"[", b"|\n", b"%", b"\x00", b"'", b"---\n"]
    )
    middle = draw(st.binary(max_size=20) | st.lists(odd, max_size=8).map(b"".join))
    return GOOD[:start] + middle + GOOD[end:]


@given(
    data=st.binary(max_size=400) | spoiled(), path=st.sampled_from([CART.decode(), MANIFEST, "rules/a.yaml"])
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_promise_10_any_bytes_end_in_a_completed_check(tree_of, data, path):
    base = tree_of(PLATFORM)
    facts = snapshot()
    plan = compare(base, base.with_files({path: data}), facts)
    comment, check = say_review(pull(), plan)
    assert check.conclusion in ("success", "failure")
    assert (check.conclusion == "failure") == plan.denies
    assert len(comment.body) <= 60_000
    assert "\u2026" not in check.title, "no fact is missing"
    for note in check.annotations:
        assert note.message
        assert "breaks the rule" not in note.message, "every rule has words"
