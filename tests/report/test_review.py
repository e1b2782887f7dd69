"""The comment and the check of a review, word for word in golden files, and what must hold for all of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.kubernetes.dangers import dangers
from bot.model.plan import (
    Cause,
    ComponentChange,
    Conclusion,
    ConflictPart,
    Danger,
    FileChange,
    Finding,
    ImpactPart,
    OutsidePart,
    Plan,
    RenderPart,
    Severity,
    Totals,
)
from bot.model.rule_impact import RulesPart
from bot.report.markdown import COMMENT_LIMIT
from bot.report.review import ANNOTATIONS, MARKER, say_review
from bot.report.terminal import plan_text
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


GI = 2**30


def sized(replicas, cpu, memory, most=None):
    most = most or replicas
    return Totals(replicas, most, replicas * cpu, most * cpu, replicas * memory, most * memory)


def grown(environment):
    """More memory for one component, and more of it where an autoscaler may."""
    head = f"kind: Deployment\nmetadata:\n  name: cart\n  namespace: shop-{environment}\nspec:\n"
    old, new = (f"{head}  memory: {size}\n".encode() for size in ("256Mi", "512Mi"))
    most = {"dev": 2, "staging": 4, "prod": 12}[environment]
    return ComponentChange(
        "component:default/cart",
        "web-service",
        "1.0.0",
        (FileChange("cart/deployment-cart.yaml", old, new),),
        before=sized(2, 200, GI // 4, most),
        after=sized(2, 200, GI // 2, most),
        names={"name": "cart", "namespace": f"shop-{environment}", "environment": environment},
    )


def relabelled(environment, number, odd=()):
    """A template's new version: a pin and a Deployment of each component."""
    name = f"service-{number:03}"
    pins = [
        f"component: {name}\ntemplate: web-service\nversion: {version}\n" for version in ("1.0.0", "1.1.0")
    ]
    head = f"kind: Deployment\nmetadata:\n  name: {name}\n  namespace: {name}-{environment}\nspec:\n"
    grace = 60 if number in odd else 40
    old, new = (f"{head}  image: registry/{name}:1.{number}\n{tail}" for tail in ("", f"  grace: {grace}\n"))
    return ComponentChange(
        f"component:default/{name}",
        "web-service",
        "1.1.0",
        (
            FileChange(f"{name}/deployment-{name}.yaml", old.encode(), new.encode()),
            FileChange(f"{name}/source.yaml", *(text.encode() for text in pins)),
        ),
        names={"name": name, "namespace": f"{name}-{environment}", "environment": environment},
    )


def template_change(failed=()):
    stages = ("dev", "staging", "prod")
    parts = tuple(
        RenderPart(
            stage,
            f"env/{stage}",
            tuple(relabelled(stage, number, odd={7, 77}) for number in range(200)),
            is_first=stage == "dev",
        )
        for stage in stages
    )
    impact = ImpactPart((Cause("template", "web-service", "1.0.0", "1.1.0"),), 200 + len(failed), failed)
    return (*parts, impact)


def stateful(size, replicas, hosts):
    head = {"name": "cart", "namespace": "shop"}
    spec = {"volumeClaimTemplates": [size], "replicas": replicas}
    yield {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": head, "spec": spec}
    spec = {"resources": {"requests": {"storage": size}}}
    yield {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "uploads"}, "spec": spec}
    route = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": head}
    yield {**route, "spec": {"hostnames": hosts}}


def hurt(environment):
    before = list(stateful("20Gi", 3, ["cart.example.com", "basket.example.com"]))
    after = list(stateful("10Gi", 0 if environment == "dev" else 3, ["cart.example.com"]))
    old, new = (f"kind: PersistentVolumeClaim\nstorage: {size}\n".encode() for size in ("20Gi", "10Gi"))
    return ComponentChange(
        "component:default/cart",
        "stateful",
        "2.0.0",
        (FileChange("cart/persistentvolumeclaim-uploads.yaml", old, new),),
        before=Totals(3, 3, storage=20 * GI),
        after=Totals(3, 3, storage=10 * GI),
        dangers=dangers(before, after),
    )


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
    "ordinary": Plan(
        parts=tuple(
            RenderPart(stage, f"env/{stage}", (grown(stage),), is_first=stage == "dev")
            for stage in ("dev", "staging", "prod")
        )
    ),
    "template": Plan(parts=template_change()),
    "template-that-fails": Plan(
        findings=(
            Finding(
                "template-failed",
                Severity.DENY,
                "templates/web-service/manifests/deployment.yaml",
                12,
                0,
                {"reason": "'dict object' has no attribute 'grace'", "component": "component:default/old"},
            ),
        ),
        parts=template_change(failed=("component:default/old",)),
    ),
    "dangerous": Plan(
        parts=tuple(
            RenderPart(stage, f"env/{stage}", (hurt(stage),), is_first=stage == "dev")
            for stage in ("dev", "prod")
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
    assert failed == {"mistakes", "conflict", "template-that-fails"}


def test_nothing_of_ours_makes_no_notification():
    comment, check = say_review(pull(), CASES["outside"])
    assert comment.only_edit
    assert check.conclusion is Conclusion.SUCCESS


def test_promise_8_the_comment_stays_within_githubs_limit_and_counts_what_it_leaves_out():
    many = tuple(rendered(lines=lines, components=1).components[0] for lines in range(300, 500))
    comment, check = say_review(
        pull(), Plan(parts=(RenderPart("dev", "env/dev", many, is_first=True), LATER))
    )
    assert len(comment.body) <= COMMENT_LIMIT
    assert len(check.text) <= 65_535
    shown = comment.body.count("<details>")
    assert f"{200 - shown} more differences not shown here" in comment.body
    assert "The check" not in comment.body, "it does not show all of it either"
    assert "`roadcrew diff --base bbbbbbbbbbbb --head aaaaaaaaaaaa`" in comment.body
    assert comment.body.index("**Next:**") < 400, "controls first"


def test_the_check_is_named_where_it_shows_what_the_comment_has_no_room_for():
    comment, check = say_review(pull(), Plan(parts=(rendered(lines=10_300), LATER)))
    assert "lines more._" in comment.body
    assert "[The check](http://hub/acme/platform/pull/7/checks) shows all of it._" in comment.body
    assert "more._" not in check.text
    comment, _ = say_review(pull(url=""), Plan(parts=(rendered(lines=10_300), LATER)))
    assert "All of it: `roadcrew diff" in comment.body


def test_promise_8_one_diff_that_is_too_long_is_cut_and_says_so():
    comment, check = say_review(pull(), Plan(parts=(rendered(lines=30_000), LATER)))
    assert 30_000 < len(comment.body) <= COMMENT_LIMIT
    assert len(check.text) <= 65_535
    assert "lines more._" in comment.body
    assert "All of it: `roadcrew diff" in comment.body
    assert "The check" not in comment.body
    assert comment.body.rstrip().endswith("</sub>")


def test_what_later_environments_get_is_shown_once_where_it_is_the_same():
    body = say_review(pull(), CASES["ordinary"])[0].body
    assert body.count("<details>") == 1
    assert "<b>dev, staging, prod</b> · cart" in body


def test_a_template_change_is_one_diff_and_the_few_that_differ():
    body = say_review(pull(), CASES["template"])[0].body
    assert "200 components in 3 environments change, 198 in the same way, 2 differ, 0 fail." in body
    assert body.count("<details>") == 2


def added(environment, *names, text="x: {}\n", template="web-service", dangers=()):
    changes = tuple(
        ComponentChange(
            f"component:default/{name}",
            template if isinstance(template, str) else template[name],
            "1.1.0",
            (FileChange(f"{name}/a.yaml", None, text.format(name).encode()),),
            dangers=dangers,
        )
        for name in names
    )
    return RenderPart(environment, f"env/{environment}", changes, is_first=environment == "dev")


SHARED = Cause("shared")


def body_of(*parts, cause=SHARED):
    return say_review(pull(), Plan(parts=(*parts, ImpactPart((cause,), 9))))[0].body


def test_what_differs_everywhere_is_not_called_the_same():
    body = body_of(added("test", "a", "b", "c"), cause=Cause("environment", "test"))
    assert "3 components in 1 environment change, each in its own way, 0 fail." in body
    assert body.count("<details>") == 3
    body = body_of(added("dev", "a", "b", text="x: 1\n"), added("prod", "a", "b"))
    assert "2 components in 2 environments change, no two in the same way everywhere, 0 fail." in body


def test_a_fold_names_all_templates_that_it_is_made_by():
    body = body_of(added("dev", "a", "b", text="x: 1\n", template={"a": "web-service", "b": "static-site"}))
    assert "by <code>static-site</code> 1.1.0, <code>web-service</code> 1.1.0</summary>" in body


def test_dangers_without_room_are_counted_and_listed_by_a_command():
    many = tuple(Danger("volume-removed", f"PersistentVolumeClaim/data-{number:02}") for number in range(23))
    plan = Plan(parts=(added("dev", "a", dangers=many),))
    comment, check = say_review(pull(), plan)
    said = "- 3 more dangers: `roadcrew plan --base bbbbbbbbbbbb --head aaaaaaaaaaaa` lists all."
    assert said in comment.body
    assert "data-22" not in comment.body
    assert "data-22" in plan_text(plan, check, [])


@pytest.mark.parametrize(
    ("rendered", "words"),
    [
        (1, "the 1 component that uses it does not change, 0 fail."),
        (1_212, "none of the 1,212 components that use it changes, 0 fail."),
    ],
)
def test_what_changes_nothing_says_for_how_many(rendered, words):
    plan = Plan(parts=(LATER, ImpactPart((Cause("platform", "acme"),), rendered)))
    assert say_review(pull(), plan)[0].body.count(f"**platform `acme`:** {words}\n") == 1


def test_an_environment_of_another_branch_says_how_many_go_there_though_no_diff_shows_it():
    cause = Cause("environment", "prod", "env/prod", "env/live")
    body = say_review(pull(), Plan(parts=(LATER, ImpactPart((cause,), 212))))[0].body
    assert (
        "**environment `prod` env/prod → env/live:** none of the 212 components that use it changes, 0 fail. "
        "From then on 212 components are rendered to another branch."
    ) in body
    assert "another branch" not in body_of(added("dev", "a"), cause=Cause("environment", "prod"))


def test_promise_6_a_version_that_is_none_stays_data():
    body = body_of(added("dev", "a"), cause=Cause("template", "web", "1.0.0", "<b>`@all` @all [x](y)"))
    assert "1.0.0 → \\<b\\>`@all` @\u2060all \\[x\\](y):**" in body


def test_headline_table_and_list_count_the_same_dangers():
    gone = Danger("volume-removed", "PersistentVolumeClaim/data")
    odd = Danger("replicas-zero", "Deployment/web", {"was": 2})
    parts = (
        added("dev", "a", "b", "c", text="x: 1\n", dangers=(gone,)),
        added("prod", "a", "b", text="x: 1\n", dangers=(gone, odd)),
    )
    plan = Plan(parts=parts)
    comment, check = say_review(pull(), plan)
    assert "Ready, with 3 dangers" in check.title, "what goes in c goes in dev alone"
    rows = [line for line in comment.body.splitlines() if line.startswith(("| dev", "| prod"))]
    assert ["⚠️ 2" in rows[0], "⚠️ 2" in rows[1]] == [True, True]
    assert comment.body.count("- ⚠️") == 3
    text = plan_text(plan, check, [])
    assert "dev (env/dev): +3, 3 components, 2 dangers\n" in text
    assert "prod (env/prod): +2, 2 components, 2 dangers\n" in text


def test_promise_8_findings_beyond_what_can_be_read_are_counted():
    many = tuple(unknown_owner(f"catalog/{n}.yaml", 2) for n in range(1234))
    comment, check = say_review(pull(), Plan(findings=many))
    assert "1,204 more findings" in comment.body
    assert f"{ANNOTATIONS} of 1,234 findings" in check.summary
    assert f"annotations of the check run show the worst {ANNOTATIONS}; `roadcrew plan --base" in comment.body
    fewer, _ = say_review(pull(), Plan(findings=many[:ANNOTATIONS]))
    assert (
        "_470 more findings (470 of `reference-unknown`): see the annotations of the check run._"
        in fewer.body
    )
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


def test_no_rule_takes_the_room_of_the_others_and_the_rest_is_counted_by_rule():
    many = [ruled("loud", Severity.DENY, number) for number in range(40)]
    few = [ruled("quiet", Severity.WARN, number) for number in range(12)]
    body = say_review(pull(), Plan(findings=(*many, *few)))[0].body
    assert body.count("`loud`") == 20 + 1
    assert body.count("`quiet`") == 10 + 1
    assert "22 more findings (20 of `loud`, 2 of `quiet`)" in body


def ruled(rule, severity, number):
    return Finding(rule, severity, f"catalog/{number}.yaml", 3, 1, {"message": f"the word {number} is odd"})
