"""The comment and the check of a review, word for word in golden files, and what must hold for all of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.model.plan import (
    ComponentChange,
    Conclusion,
    ConflictPart,
    FileChange,
    Finding,
    OutsidePart,
    Plan,
    RenderPart,
    RulesPart,
    Severity,
)
from bot.report.markdown import COMMENT_LIMIT
from bot.report.review import ANNOTATIONS, MARKER, say_review
from tests.platforms import pull


def unknown_owner(path="catalog/cart.yaml", line=9, name="nobody"):
    facts = {"field": "spec.owner", "found": name, "ref": f"group:default/{name}", "near": ("team",)}
    return Finding("reference-unknown", Severity.DENY, path, line, 10, facts)


def warning(path="catalog/cart.yaml"):
    return Finding("user-groups", Severity.WARN, path, 3, 1)


def rendered(lines=3, components=1):
    old, new = b"a: 1\nb: 2\n", ("a: 2\n" + "x: y\n" * lines).encode()
    changes = tuple(
        ComponentChange(
            f"component:default/cart{n or ''}",
            "web-service",
            "1.0.0",
            (
                FileChange(f"cart{n or ''}/deployment-cart.yaml", old, new),
                FileChange(f"cart{n or ''}/service-cart.yaml", None, b"kind: Service\n"),
                FileChange(f"cart{n or ''}/ingress-cart.yaml", b"kind: Ingress\n", None),
            ),
        )
        for n in range(components)
    )
    return RenderPart("dev", "env/dev", changes, is_first=True)


LATER = RenderPart("prod", "env/prod", (), is_first=False)
CASES = {
    "mistakes": Plan(findings=(warning(), unknown_owner(), unknown_owner("catalog/other.yaml", 2, "x"))),
    "ready": Plan(parts=(rendered(), LATER)),
    "ready-with-a-warning": Plan(findings=(warning(),), parts=(rendered(), LATER)),
    "no-manifest-changes": Plan(parts=(RenderPart("dev", "env/dev", (), is_first=True), LATER)),
    "removed": Plan(
        parts=(
            RenderPart(
                "dev",
                "env/dev",
                (ComponentChange("c", "t", "1.0.0", (FileChange("cart/a.yaml", b"a: 1\n", None),)),),
                is_first=True,
            ),
        )
    ),
    "rules": Plan(parts=(RulesPart((("reference-unknown", "deny", "off"),), 0, 3),)),
    "conflict": Plan(parts=(ConflictPart(("catalog/cart.yaml",)),)),
    "outside": Plan(parts=(OutsidePart(),)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_words(name, golden):
    comment, check = say_review(pull(), CASES[name])
    said = f"{check.conclusion}: {check.title}\n\n{check.summary}\n"
    for note in check.annotations:
        said += f"\n{note.path}:{note.line}:{note.column} {note.level} {note.title}\n{note.message}\n"
    golden(f"review-{name}.md", f"{comment.body}\n\n--- check ---\n{said}")


def test_only_a_denial_or_a_conflict_fails_the_check():
    conclusions = {name: say_review(pull(), plan)[1].conclusion for name, plan in CASES.items()}
    failed = {name for name, conclusion in conclusions.items() if conclusion is Conclusion.FAILURE}
    assert failed == {"mistakes", "conflict"}


def test_nothing_of_ours_makes_no_notification():
    comment, check = say_review(pull(), CASES["outside"])
    assert comment.only_edit
    assert check.conclusion is Conclusion.SUCCESS


def test_promise_8_the_comment_stays_within_githubs_limit_and_counts_what_it_leaves_out():
    comment, check = say_review(pull(), Plan(parts=(rendered(lines=350, components=200), LATER)))
    assert len(comment.body) <= COMMENT_LIMIT
    assert len(check.text) <= 65_535
    assert "more changed components" in comment.body
    assert comment.body.index("**Next:**") < 400, "controls first"


def test_promise_8_findings_beyond_what_can_be_read_are_counted():
    many = tuple(unknown_owner(f"catalog/{n}.yaml", 2) for n in range(1234))
    comment, check = say_review(pull(), Plan(findings=many))
    assert "1,204 more findings" in comment.body
    assert f"{ANNOTATIONS} of 1,234 findings" in check.summary
    assert len(check.annotations) == ANNOTATIONS
    assert len(check.summary) <= 65_535


def test_a_file_is_named_when_others_are_left_out():
    many = tuple(unknown_owner("catalog/a.yaml", line) for line in range(2, 50))
    body = say_review(pull(), Plan(findings=(*many, unknown_owner("catalog/b.yaml"))))[0].body
    assert "in 2 files" in body
    assert "**`catalog/a.yaml`**" in body


def test_the_words_depend_on_what_is_said_alone():
    plan = CASES["mistakes"]
    assert say_review(pull(), plan) == say_review(pull(), plan)


@given(st.text(max_size=200), st.text(min_size=1, max_size=40))
@settings(deadline=None)
def test_promise_6_what_people_wrote_stays_data(name, path):
    finding = unknown_owner(f"catalog/{path}", 2, name)
    body = say_review(pull(), Plan(findings=(finding,)))[0].body
    assert body.startswith(f"{MARKER}\n")
    tokens = MarkdownIt("commonmark").parse(body.removeprefix(MARKER))
    inside = [child for token in tokens for child in token.children or ()]
    assert {child.content for child in inside if child.type == "html_inline"} <= {"<sub>", "</sub>"}
    assert not [token for token in tokens if token.type == "html_block" and "<sub>" not in token.content]
    links = [child.attrs["href"] for child in inside if child.type == "link_open"]
    assert len(links) == 1
    assert links[0].startswith("http://hub/acme/platform/blob/")
