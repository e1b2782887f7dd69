"""What the check of a pull request says of its requests, and when break-glass merges by itself."""

from dataclasses import replace

import pytest

from bot.deciders.decider import Branch, Leases
from bot.deciders.glass import plan_glass
from bot.deciders.review import plan_review
from bot.leases.grant import Ending, Grant, ended_path, grant_bytes
from bot.leases.ledger import GLASS_KEY, line, month_file
from bot.model.acts import EnsureMerged, Record
from bot.model.event import PullChanged, PullClosed
from bot.model.plan import Applied, Conclusion, Enqueue, Held, Severity, Unchanged
from bot.model.pull import HOLD, Person
from bot.model.request_part import RequestPart
from bot.report.glass import say_glass
from bot.report.review import say_review
from bot.report.sentences import say
from tests.deciders.talk import group, user
from tests.deciders.test_command_requesting import SHOP
from tests.platforms import HEAD_SHA, NOW, REPO, pull, snapshot

PATH = "catalog/requests/shop-logs.yaml"
EVENT = PullChanged(delivery="d", repo=REPO, number=7)


def asked(name="shop-logs", *, kind="access", service="shop", environment="prod", role="logs", more=""):
    return (
        f"apiVersion: roadcrew.dev/v1\nkind: Request\nmetadata:\n  name: {name}\n"
        f"spec:\n  type: {kind}\n  service: {service}\n  environment: {environment}\n"
        f"  reason: errors since noon\n  parameters: {{role: {role}}}\n{more}"
    )


@pytest.fixture
def look(tree_of):
    """A snapshot of a pull request with these files; None takes one away."""

    def make(change, base=SHOP, grants=None, *, ours=False, **facts):
        after = {path: data for path, data in {**base, **change}.items() if data is not None}
        one = facts.pop("pull", pull())
        if ours:
            one = replace(
                one, is_ours=True, author=Person("roadcrew[bot]", True), head_branch="request/shop-logs"
            )
            facts.setdefault("head_left", tree_of(after))
            facts.setdefault("is_head_first", True)
        held = Branch("roadcrew/grants", "c" * 40, tree_of(grants)) if grants else Branch("x", None, None)
        merged = tree_of(after)
        leases = Leases(held, Branch("roadcrew/ledger", None, None))
        return snapshot(pull=one, base=tree_of(base), head=merged, merged=merged, leases=leases, **facts)

    return make


def found(plan):
    return [(one.rule, one.facts.get("case", "")) for one in plan.findings if one.severity is Severity.DENY]


def the_part(plan):
    (part,) = [one for one in plan.parts if isinstance(one, RequestPart)]
    return part


def test_a_request_is_shown_with_who_may_approve_and_what_it_makes(look):
    plan = plan_review(EVENT, look({PATH: asked(more="  duration: 4h\n")}))
    assert plan.findings == ()
    part = the_part(plan)
    assert (part.name, part.kind, part.title, part.change) == ("shop-logs", "access", "Access", "new")
    assert (part.requester, part.subject) == ("developer", "user:default/developer")
    assert (part.duration, part.most, part.approvals) == ("4h", "8h", 1)
    assert part.approvers == ("group:group:default/team",)
    assert part.files == {
        "configmap-shop-logs.yaml": (
            b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop-logs\n"
            b'  annotations:\n    roadcrew.dev/expires-at: "2000-01-01T04:00:00Z"\n'
            b'  labels:\n    cleanup.kyverno.io/ttl: "2000-01-01T040000Z"\n'
            b"data:\n  role: logs\n  who: developer\n"
        )
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (asked(kind="acess"), ("request-kind", "")),
        (asked(service="shpo"), ("reference-unknown", "")),
        (asked(environment="prd"), ("request-environment", "")),
        (asked(environment="dev"), ("request-environment", "offered")),
        (asked(role="root"), ("parameter-invalid", "")),
        (asked(more="  duration: 9h\n"), ("request-duration", "")),
        (asked(more="  duration: 0h\n"), ("request-duration", "none")),
        (asked(more="  duration: soon\n"), ("field-format", "duration")),
        (asked(more="  subject: nobody\n"), ("reference-unknown", "")),
        (asked(more="  subject: group:team\n"), ("reference-target", "")),
        (asked(more="  requestedBy: reviewer\n"), ("request-requester", "")),
        (asked(more="  size: 3\n"), ("field-unknown", "")),
        (asked(name="Shop_Logs"), ("request-name", "")),
        (asked().replace("errors since noon", "'  '"), ("field-format", "blank")),
        (asked().replace("  reason: errors since noon\n", ""), ("field-missing", "")),
    ],
)
def test_what_is_wrong_is_found_at_its_line(look, text, expected):
    plan = plan_review(EVENT, look({PATH: text}))
    assert expected in found(plan)
    (finding,) = [one for one in plan.findings if one.rule == expected[0]]
    assert (finding.path, finding.line > 0) == (PATH, True)
    assert say(finding).message.endswith(".")


def test_glass_is_broken_as_far_as_the_kind_allows_and_by_command_only(look):
    long = asked(more="  duration: 2h\n  requestedBy: reviewer\n  breakGlass: true\n")
    assert found(plan_review(EVENT, look({PATH: long}, ours=True))) == [("request-break-glass", "long")]
    none = asked(kind="look", more="  breakGlass: true\n").replace("{role: logs}", "{}")
    assert found(plan_review(EVENT, look({PATH: none}, ours=True))) == [("request-break-glass", "")]
    by_hand = asked(more="  breakGlass: true\n")
    assert found(plan_review(EVENT, look({PATH: by_hand}))) == [("request-break-glass", "by-hand")]


def test_only_requests_that_a_pull_request_touches_are_judged(look):
    old = {**SHOP, "catalog/requests/old.yaml": asked("old", role="root", more="  duration: 90h\n")}
    plan = plan_review(EVENT, look({PATH: asked()}, old))
    assert plan.findings == ()
    assert the_part(plan).name == "shop-logs"


def grant(**facts):
    given = {
        "name": "shop-logs",
        "kind": "access",
        "request": PATH,
        "environment": "prod",
        "service": "component:default/shop",
        "subject": "user:default/developer",
        "requested_by": "developer",
        "reason": "x",
        "starts_at": NOW,
    }
    return Grant(**{**given, **facts})


def test_a_name_is_used_once(look):
    one = grant()
    standing = {f"{one.folder}/grant.lease": grant_bytes(one)}
    assert found(plan_review(EVENT, look({PATH: asked()}, grants=standing))) == [("request-used", "standing")]
    over = grant(ended=Ending(NOW, "expired"))
    ended = {ended_path(over): grant_bytes(over)}
    assert found(plan_review(EVENT, look({PATH: asked()}, grants=ended))) == [("request-used", "")]


def test_taking_a_request_back_is_shown_and_judged_by_nothing(look):
    standing = {f"{grant().folder}/grant.lease": grant_bytes(grant())}
    plan = plan_review(EVENT, look({PATH: None}, {**SHOP, PATH: asked()}, standing))
    assert plan.findings == ()
    assert (the_part(plan).change, the_part(plan).is_standing) == ("removed", True)
    comment, _ = say_review(pull(), plan)
    assert "Merging this ends it at once." in comment.body


def test_promise_5_kinds_and_roles_are_those_of_the_base_branch(look):
    wider = SHOP["templates/access/template.yaml"].replace("maximumDuration: 8h", "maximumDuration: 80h")
    change = {PATH: asked(more="  duration: 40h\n"), "templates/access/template.yaml": wider}
    assert found(plan_review(EVENT, look(change))) == [("request-duration", ""), ("request-mixed", "")]


@pytest.mark.parametrize(
    ("was", "now", "case"),
    [
        ("approvers: [owner]", "approvers: [ower]", "role"),
        ("defaultDuration: 2h", "defaultDuration: 9h", "default"),
        ("maximumDuration: 8h", "maximumDuration: 0h", "none"),
        ("environments: [prod]", "environments: [prd]", "environment"),
        ("approvers: [owner]", "approvers: [approver]", "never"),
        ("breakGlass: {roles: [owner]", "breakGlass: {roles: [requester]", "never"),
        ("breakGlass: {roles: [owner]", "breakGlass: {roles: [ower]", "role"),
        ("maximumDuration: 1h", "maximumDuration: 9h", "glass"),
    ],
)
def test_a_kind_that_cannot_be_used_is_found(look, was, now, case):
    path = "templates/access/template.yaml"
    plan = plan_review(EVENT, look({path: SHOP[path].replace(was, now)}))
    assert ("request-template", case) in [(one.rule, one.facts.get("case")) for one in plan.findings]


def test_a_kind_that_makes_nothing_is_found(look):
    plan = plan_review(EVENT, look({"templates/access/manifests/config.yaml": None}))
    assert ("request-template", "empty") in found(plan)


@pytest.mark.parametrize(
    ("manifest", "cases"),
    [
        (
            "kind: ClusterRoleBinding\nroleRef: {kind: ClusterRole, name: cluster-admin}\n",
            ["admin", "everywhere"],
        ),
        ("kind: RoleBinding\n# never cluster-admin\nroleRef: {name: my-cluster-admin-x}\n", []),
    ],
)
def test_a_kind_that_opens_too_much_is_warned_of(look, manifest, cases):
    plan = plan_review(EVENT, look({"templates/access/manifests/config.yaml": manifest}))
    warned = [one for one in plan.findings if one.rule == "request-template"]
    assert sorted(one.facts["case"] for one in warned) == cases
    assert all(one.severity is Severity.WARN for one in warned)


def test_a_request_that_would_open_too_much_is_warned_of(look):
    binding = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {{ 'ClusterRole' ~ 'Binding' }}\n"
        "metadata: {name: x}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\n"
    )
    base = {**SHOP, "templates/access/manifests/config.yaml": binding}
    plan = plan_review(EVENT, look({PATH: asked()}, base=base))
    warned = [(one.path, one.facts["case"]) for one in plan.findings if one.rule == "request-template"]
    assert warned == [(PATH, "everywhere"), (PATH, "admin")]


def test_no_approvals_are_a_range(look):
    path = "templates/access/template.yaml"
    text = SHOP[path].replace("approvers: [owner]", "approvers: [owner]\n    approvals: 0")
    plan = plan_review(EVENT, look({path: text}))
    (one,) = [one for one in plan.findings if one.rule == "field-value"]
    assert say(one).message == "`spec.request.approvals` must be 1 or more, but is `0`."


def test_a_kind_that_says_nothing_of_its_approval_is_found(look):
    path = "templates/access/template.yaml"
    head, _, rest = SHOP[path].partition("  request:\n")
    plan = plan_review(EVENT, look({path: head + rest[rest.index("  parameters:") :]}))
    assert found(plan) == [("request-template", "")]


def test_a_component_cannot_be_made_from_a_kind_of_request(look):
    plan = plan_review(
        EVENT, look({"catalog/shop.yaml": SHOP["catalog/shop.yaml"].replace("tiny", "access")})
    )
    assert ("template-unknown", "request") in found(plan)


def test_promise_7_an_agent_opens_what_its_bounds_allow(look):
    label = "  labels:\n    roadcrew.dev/agent: 'true'\n"
    bounds = "  agent: {actsFor: developer, requests: [access], environments: [prod], openRequests: 1}\n"
    base = {**SHOP, "catalog/users/helper.yaml": user("helper", labels=label, more=bounds)}
    helper = pull(author=Person("helper"))
    said = "  requestedBy: helper\n  subject: developer\n"
    plan = plan_review(EVENT, look({PATH: asked(more=said)}, base, pull=helper))
    assert found(plan) == []
    assert the_part(plan).on_behalf_of == "user:default/developer"
    assert the_part(plan).approvers == ("group:group:default/team",)
    for more, case in (
        ("  subject: developer\n", "unsaid"),
        ("  requestedBy: helper\n  subject: helper\n", "subject"),
    ):
        plan = plan_review(EVENT, look({PATH: asked(more=more)}, base, pull=helper))
        assert ("request-agent", case) in found(plan)
    two = {PATH: asked(more=said), "catalog/requests/b.yaml": asked("b", more=said)}
    assert ("request-agent", "many") in found(plan_review(EVENT, look(two, base, pull=helper)))


def test_promise_7_no_waiver_by_an_agent(look):
    waiver = (
        "apiVersion: roadcrew.dev/v1\nkind: Waiver\nmetadata:\n  name: w\nspec:\n  rule: needs-size\n"
        "  targets: [shop]\n  reason: x\n  owner: team\n  expires: '2026-02-01'\n"
    )
    one = pull(author=Person("tool[bot]", is_bot=True))
    assert found(plan_review(EVENT, look({"catalog/waivers/w.yaml": waiver}, pull=one))) == [
        ("waiver-agent", "")
    ]
    assert found(plan_review(EVENT, look({"catalog/waivers/w.yaml": waiver}))) == []


def test_what_we_wrote_asks_in_the_name_that_it_says(look):
    plan = plan_review(EVENT, look({PATH: asked(more="  requestedBy: reviewer\n")}, ours=True))
    assert found(plan) == []
    assert the_part(plan).requester == "reviewer"


def test_what_someone_changed_since_is_held(look, tree_of):
    left = tree_of({**SHOP, PATH: asked(role="logs", more="  requestedBy: reviewer\n")})
    facts = {"ours": True, "head_left": left}
    plan = plan_review(EVENT, look({PATH: asked(role="debug", more="  requestedBy: reviewer\n")}, **facts))
    assert ("request-requester", "touched") in found(plan)


def test_rules_judge_what_a_request_would_make(look):
    rule = (
        "apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata:\n  name: no-debug\nspec:\n  severity: deny\n"
        "  judges: object\n  match: {kinds: [ConfigMap]}\n"
        "  validations:\n    - {expression: \"!has(object.data.role) || object.data.role != 'debug'\", message: No debug.}\n"
    )
    base = {**SHOP, "rules/no-debug.yaml": rule}
    assert found(plan_review(EVENT, look({PATH: asked(role="logs")}, base))) == []
    plan = plan_review(EVENT, look({PATH: asked(role="debug")}, base))
    assert [(one.rule, one.path) for one in plan.findings] == [("no-debug", PATH)]


EMPTY = Branch("x", None, None)


@pytest.mark.parametrize(
    "more",
    [
        {"catalog/security.yaml": group("other")},
        {"templates/access/manifests/more.yaml": "{}\n"},
        {"README.md": "# More\n"},
        {"catalog/requests/README.md": "# More\n"},
        {"catalog/requests/more.yaml": group("other")},
    ],
)
def test_promise_7_a_request_comes_alone(look, more):
    plan = plan_review(EVENT, look({PATH: asked(), **more}))
    assert ("request-mixed", "") in found(plan)
    (finding,) = [one for one in plan.findings if one.rule == "request-mixed"]
    assert "shop-logs" in say(finding).message
    assert (finding.path, finding.line) == (PATH, 4)


def test_promise_7_a_request_elsewhere_is_mixed_too_and_taking_one_back_is_not(look):
    hidden = "catalog/shop-asks.yaml"
    assert found(plan_review(EVENT, look({hidden: asked()}))) == [("request-mixed", "")]
    back = look({PATH: None, "catalog/security.yaml": group("other")}, {**SHOP, PATH: asked()})
    assert ("request-mixed", "") not in found(plan_review(EVENT, back))


@pytest.mark.parametrize("facts", [{"is_head_first": False}, {"head_moved_at": NOW}])
def test_promise_7_our_branch_speaks_for_others_only_while_nobody_else_can_have_written_it(look, facts):
    """Any address can be written into a commit: what is taken for ours must be the one with which we began."""
    plan = plan_review(EVENT, look({PATH: asked(more="  requestedBy: reviewer\n")}, ours=True, **facts))
    assert ("request-requester", "touched") in found(plan)
    again = EVENT.model_copy(update={"delivery": "d/glass"})
    assert plan_glass(again, look({PATH: GLASS}, ours=True, **facts)).effects == ()


GLASS = asked(more="  requestedBy: reviewer\n  breakGlass: true\n")


def test_break_glass_is_merged_at_the_second_look(look):
    one = look({PATH: GLASS}, ours=True)
    (again,) = plan_glass(EVENT, one).effects
    assert again == Enqueue(EVENT.model_copy(update={"delivery": "d/glass"}))
    (merge,) = plan_glass(again.event, one).effects
    assert isinstance(merge, EnsureMerged)
    assert (merge.number, merge.head_sha) == (7, HEAD_SHA)
    said = dict(merge.trailers)
    assert (said["Break-Glass"], said["Requested-By"], said["Request"]) == ("true", "reviewer", "shop-logs")


def test_glass_that_github_does_not_let_us_break_is_told_of_with_why_and_what_to_do(look):
    one = look({PATH: GLASS}, ours=True)
    again = EVENT.model_copy(update={"delivery": "d/glass"})
    plan = plan_glass(again, one)
    (part,), (merge,) = plan.parts, plan.effects
    plan = replace(plan, parts=(replace(part, thread=3),))
    held = {merge.key: Held("At least 1 approving review is required.")}
    check, here, there = say_glass(REPO, plan, held)
    assert (check.name, check.conclusion, check.head_sha) == (
        "roadcrew/break-glass",
        Conclusion.ACTION_REQUIRED,
        HEAD_SHA,
    )
    assert [(each.number, each.only_edit) for each in (here, there)] == [(7, False), (3, False)]
    for words in (check.summary, here.body, there.body):
        assert "Not in force" in words
        assert "At least 1 approving review is required." in words
        assert "bypass" in words
        assert "`group:default/security`" in words or "`group:default/team`" in words
    assert say_glass(REPO, plan, held) == (check, here, there)
    for done in ({merge.key: Applied("c" * 40)}, {merge.key: Unchanged("c" * 40)}):
        assert all(each.only_edit and "Not in force" not in str(each) for each in say_glass(REPO, plan, done))
    assert say_glass(REPO, plan_glass(EVENT, one), {}) == ()


@pytest.mark.parametrize("is_merged", [True, False])
def test_what_was_said_of_glass_ends_with_its_pull_request(look, tree_of, is_merged):
    ledger = Record(
        REPO, "request/shop-logs/requested", NOW, {"event": "requested", "thread": 3, GLASS_KEY: True}
    )
    one = look({PATH: GLASS}, ours=True)
    over = replace(
        one,
        pull=replace(one.pull, is_open=False, is_merged=is_merged, head_branch="request/shop-logs"),
        leases=Leases(EMPTY, Branch("ledger", "l" * 40, tree_of({month_file(NOW): line(ledger)}))),
    )
    plan = plan_glass(PullClosed(delivery="d", repo=REPO, number=7), over)
    _, here, there = say_glass(REPO, plan, {})
    assert (here.number, there.number, here.only_edit) == (7, 3, True)
    assert ("is merged" in here.body) is is_merged
    ordinary = replace(over, leases=Leases(EMPTY, EMPTY))
    assert plan_glass(PullClosed(delivery="d", repo=REPO, number=7), ordinary).parts == ()


def test_break_glass_of_anyone_else_waits_like_all_others(look, tree_of):
    again = EVENT.model_copy(update={"delivery": "d/glass"})
    one = look({PATH: GLASS}, ours=True)
    for other in (
        look({PATH: asked(more="  breakGlass: true\n")}),
        look({PATH: GLASS}, ours=True, head_left=tree_of(SHOP)),
        look({PATH: GLASS, "catalog/security.yaml": group("other")}, ours=True),
        look({PATH: GLASS.replace("logs}", "root}")}, ours=True),
        look({PATH: asked(more="  requestedBy: reviewer\n")}, ours=True),
        replace(one, pull=replace(one.pull, labels=(HOLD,))),
        replace(one, pull=replace(one.pull, is_draft=True)),
        replace(one, pull=replace(one.pull, is_open=False)),
        replace(one, pull=replace(one.pull, base_branch="release")),
        replace(one, pull=replace(one.pull, head_branch="change")),
    ):
        assert plan_glass(again, other).effects == ()
