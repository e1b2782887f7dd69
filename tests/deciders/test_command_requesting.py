"""/access, /request and /waive: a branch, a pull request and a record, or one or two sentences of why not."""

from dataclasses import replace

import pytest

from bot.deciders.decider import Branch, Leases, Rights
from bot.leases.ledger import line, month_file
from bot.model.acts import Record
from bot.model.plan import Applied
from bot.model.proposal import EnsureBranch, EnsurePull
from bot.model.pull import OpenPull, Person
from tests.deciders.talk import BASE, MINUTE, NOW, Thread, effects, ends, request, said, user, written
from tests.platforms import REPO

ACCESS = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: access
  title: Access
spec:
  owner: team
  type: request
  version: 1.0.0
  request:
    approvers: [owner]
    maximumDuration: 8h
    defaultDuration: 2h
    environments: [prod]
    breakGlass: {roles: [owner], maximumDuration: 1h}
  parameters:
    type: object
    required: [role]
    properties:
      role: {type: string, enum: [logs, debug]}
      pods: {type: integer}
  steps: []
"""
RULE = """\
apiVersion: roadcrew.dev/v1
kind: Rule
metadata:
  name: needs-size
spec:
  severity: deny
  judges: entity
  maxWaiverDays: 60
  validations:
    - expression: "true"
      message: It needs a size.
"""
MANIFEST = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ grant.name }}\n"
    "data:\n  role: {{ parameters.role }}\n  who: {{ grant.subject.name | tojson }}\n"
)
SHOP = {
    **BASE,
    "templates/access/template.yaml": ACCESS,
    "templates/access/manifests/config.yaml": MANIFEST,
    "templates/access/CHANGELOG.md": "## 1.0.0\n",
    "rules/needs-size.yaml": RULE,
}
ASK = '/access shop logs --environment prod --for 4h --reason "errors since noon"'


@pytest.fixture
def thread(tree_of):
    return Thread(tree_of, SHOP)


def agent(tree_of, bounds):
    label = "  labels:\n    roadcrew.dev/agent: 'true'\n"
    files = {**SHOP, "catalog/users/helper.yaml": user("helper", labels=label, more=bounds)}
    return Thread(tree_of, files, rights={"helper": Rights("write")})


def file_of(plan):
    (branch,) = effects(plan, EnsureBranch)
    ((path, data),) = branch.files.items()
    return path, data.decode()


def test_access_opens_a_pull_request_with_one_file(thread):
    plan = thread.hears(ASK)
    branch, pull, record = plan.effects
    path, text = file_of(plan)
    name = path.removeprefix("catalog/requests/").removesuffix(".yaml")
    assert name.startswith("shop-access-")
    assert text == (
        f"apiVersion: roadcrew.dev/v1\nkind: Request\nmetadata:\n  name: {name}\nspec:\n  type: access\n"
        "  service: shop\n  environment: prod\n  subject: user:default/developer\n  requestedBy: developer\n"
        "  reason: errors since noon\n  duration: 4h\n  parameters:\n    role: logs\n"
    )
    assert (branch.branch, branch.start, branch.at) == (f"request/{name}", "b" * 40, NOW - MINUTE)
    assert dict(branch.trailers) == {
        "Request": name,
        "Requested-By": "developer",
        "Parameters": "role=logs",
        "Reason": "errors since noon",
        "Delivery": "d",
    }
    assert (pull.head, pull.base) == (branch.branch, "main")
    assert pull.stamp in pull.body
    assert "`developer` asks for this in #7: `errors since noon`" in pull.body
    assert record.name == f"request/{name}/requested"
    assert record.entry["event"] == "requested"


def test_the_reply_names_the_pull_request(thread):
    plan = thread.hears(ASK)
    (pull,) = effects(plan, EnsurePull)
    assert said(plan, {pull.key: Applied("12")}) == (
        f"`{ASK}` #12 asks for it; it says who may approve.",
        "rocket",
    )


def test_the_same_comment_asks_for_the_same(thread):
    assert thread.hears(ASK) == thread.hears(ASK)
    assert thread.hears(ASK, event={"id": 6}) != thread.hears(ASK)


def test_when_it_was_recorded_nothing_is_done_again(thread):
    first = thread.hears(ASK)
    again = thread.after(*effects(first, Record)).hears(ASK)
    assert ends(again) == [(True, "asked")]
    (found,) = again.effects
    assert found == replace(effects(first, EnsurePull)[0], only_find=True), "told of, and left alone"


def test_request_reads_parameters_by_the_contract(thread):
    plan = thread.hears('/request access shop role=debug pods=3 --environment prod --reason "x"')
    assert "  parameters:\n    pods: 3\n    role: debug\n" in file_of(plan)[1]


def test_someone_else_can_be_named(thread):
    plan = thread.hears(ASK + " --subject @reviewer")
    assert "  subject: user:default/reviewer\n  requestedBy: developer\n" in file_of(plan)[1]


@pytest.mark.parametrize(
    ("text", "case", "words"),
    [
        (
            "/access shpo logs --environment prod --reason x",
            "no-entity",
            "Did you mean `component:default/shop`?",
        ),
        (
            "/access shop logs --environment prd --reason x",
            "denied",
            "There is no environment `prd`. Did you mean `prod`?",
        ),
        (
            "/access shop logs --environment dev --reason x",
            "denied",
            "`access` is not offered in `dev`. Ask for it in `prod`.",
        ),
        ("/access shop root --environment prod --reason x", "denied", "role"),
        ("/access shop --environment prod --reason x", "denied", "role"),
        ("/access shop logs --environment prod --for 9h --reason x", "denied", "8h at most"),
        (
            "/access shop logs --environment prod --for soon --reason x",
            "no-duration",
            "`soon` is no span of time",
        ),
        (
            "/access shop logs --environment prod --subject nobody --reason x",
            "no-user",
            "There is no user `nobody`",
        ),
        ("/request acess shop --environment prod --reason x", "no-kind", "Did you mean `access`?"),
        ("/request bucket shop --environment prod --reason x", "no-kind", "There is `access` and `look`."),
        (
            "/request access shop logs --environment prod --reason x",
            "word-form",
            "write `name=value`. It needs `role=\u2026`.",
        ),
        ("/request access shop role=logs size=3 --environment prod --reason x", "denied", "size"),
        (
            "/access shop logs --environment prod --break-glass --reason x",
            "no-glass",
            "The members of `group:default/team` may.",
        ),
    ],
)
def test_wrong_input_gets_a_sentence(thread, text, case, words):
    plan = thread.hears(text)
    assert ends(plan) == [(False, case)]
    assert plan.effects == ()
    body, reaction = said(plan)
    assert words in body.replace("\\", "").replace("\u2060", "")
    assert reaction == "confused"


def test_only_who_may_breaks_the_glass(thread):
    plan = thread.hears("/access shop logs --environment prod --break-glass --reason down", "reviewer")
    assert ends(plan) == [(True, "asked-glass")]
    assert "It is in force once that is merged" in said(plan)[0]
    assert "  breakGlass: true\n" in file_of(plan)[1]
    assert effects(plan, EnsurePull)[0].title == "Break-glass: Access for shop in prod"


LOUD = "/access shop logs --environment prod --break-glass --reason down"


def test_nobody_breaks_the_glass_for_someone_else(thread):
    plan = thread.hears(f"{LOUD} --subject developer", "reviewer")
    assert (ends(plan), plan.effects) == ([(False, "glass-other")], ())
    assert ends(thread.hears(f"{LOUD} --subject reviewer", "reviewer")) == [(True, "asked-glass")]


def test_glass_is_broken_once_at_a_time_in_one_comment(thread):
    plan = thread.hears(f"{LOUD}\n{LOUD}\n{LOUD.replace('shop', 'component:shop')}", "reviewer")
    assert ends(plan) == [(True, "asked-glass"), (False, "glass-twice"), (False, "glass-twice")]
    assert len(effects(plan, EnsurePull)) == 1


def test_glass_is_broken_once_at_a_time_in_several_comments(thread, tree_of):
    first = thread.hears(LOUD, "reviewer")
    (record,) = effects(first, Record)
    nothing = Branch("roadcrew/grants", None, None)
    ledger = Leases(nothing, Branch("roadcrew/ledger", "l" * 40, tree_of({month_file(NOW): line(record)})))
    assert ends(thread.hears(written(LOUD, "reviewer", id_=6), event={"id": 6}, leases=ledger)) == [
        (False, "glass-taken")
    ]
    assert ends(thread.hears(LOUD, "reviewer", leases=ledger)) == [(True, "asked-glass")], "after a restart"
    at = NOW + 60 * MINUTE
    later = thread.hears(written(LOUD, "reviewer", id_=6, at=at), event={"id": 6}, leases=ledger, now=at)
    assert ends(later) == [(True, "asked-glass")]


def test_promise_7_an_agent_keeps_to_its_bounds(tree_of):
    bounds = "  agent: {actsFor: developer, requests: [access], environments: [prod], openRequests: 1}\n"
    ask = ASK + " --subject developer"
    plan = agent(tree_of, bounds).hears(ask, "helper")
    assert ends(plan) == [(True, "asked")]
    assert "  requestedBy: helper\n  onBehalfOf: user:default/developer\n" in file_of(plan)[1]
    for narrower, words in (
        (
            "  agent: {actsFor: developer, requests: [look], environments: [prod], openRequests: 1}\n",
            "it may ask for `look`",
        ),
        (
            "  agent: {actsFor: developer, requests: [access], environments: [dev], openRequests: 1}\n",
            "anything in `prod`",
        ),
        ("  agent: {actsFor: developer, requests: [access], environments: [prod]}\n", "it may have 0"),
        ("  agent: {requests: [access], environments: [prod], openRequests: 1}\n", "for whom it acts"),
        ("", "may not ask for anything"),
    ):
        refused = agent(tree_of, narrower).hears(ask, "helper")
        assert ends(refused) == [(False, "denied")]
        assert words in said(refused)[0].replace("\\", "")


def test_promise_7_what_waits_in_pull_requests_counts(tree_of):
    bounds = "  agent: {actsFor: developer, requests: [access], environments: [prod], openRequests: 1}\n"
    ask = ASK + " --subject developer"
    (pull,) = effects(agent(tree_of, bounds).hears(ask, "helper"), EnsurePull)
    waiting = OpenPull(9, "f" * 40, "main", "request/x", "", pull.body, is_ours=True)
    others, before = replace(waiting, is_ours=False), replace(waiting, head_branch=pull.head)
    for pulls, end in (((waiting,), False), ((others,), True), ((before,), True), ((), True)):
        assert ends(agent(tree_of, bounds).hears(ask, "helper", open_pulls=pulls))[0][0] is end


def test_promise_7_no_agent_gets_access_nor_breaks_glass_nor_waives(tree_of):
    bounds = "  agent: {actsFor: developer, requests: [access], environments: [prod], openRequests: 5}\n"
    helper = agent(tree_of, bounds)
    assert ends(helper.hears(ASK + " --subject helper", "helper")) == [(False, "denied")]
    assert ends(helper.hears(ASK + " --subject developer --break-glass", "helper")) == [(False, "no-glass")]
    assert ends(helper.hears("/waive needs-size shop --reason x", "helper")) == [(False, "agent")]


def test_a_waiver_is_proposed_for_whom_the_entity_belongs_to(thread):
    plan = thread.hears('/waive needs-size shop --for 14d --reason "moves soon"')
    path, text = file_of(plan)
    assert path.startswith("catalog/waivers/shop-needs-size-")
    assert "  rule: needs-size\n  targets:\n  - component:default/shop\n" in text
    assert "  owner: group:default/team\n  expires: '2026-01-16'\n" in text
    assert effects(plan, EnsurePull)[0].title == "Waive needs-size for component:default/shop"


@pytest.mark.parametrize(
    ("text", "case", "words"),
    [
        ("/waive needs-szie shop --reason x", "denied", "needs-size"),
        ("/waive needs-size shop --for 90d --reason x", "denied", "60"),
        ("/waive needs-size shop --for 4h --reason x", "no-days", "`4h` is no number of days"),
        ("/waive needs-size shpo --reason x", "no-entity", "Did you mean"),
    ],
)
def test_a_waiver_that_cannot_be_gets_a_sentence(thread, text, case, words):
    plan = thread.hears(text)
    assert ends(plan) == [(False, case)]
    assert words in said(plan)[0].replace("\\", "")


def test_who_is_not_known_may_not_ask(tree_of):
    stranger = Thread(tree_of, SHOP, rights={"stranger": Rights("read")})
    assert ends(stranger.hears(ASK, "stranger")) == [(False, "no-right")]


def test_what_people_wrote_cannot_ping(thread):
    plan = thread.hears('/access shop logs --environment prod --reason "ask @acme/everyone"')
    body = effects(plan, EnsurePull)[0].body
    assert "`ask @acme/everyone`" in body


def test_a_name_that_is_used_up_is_not_taken_again(thread):
    path, _ = file_of(thread.hears(ASK))
    taken = Thread(thread.tree_of, {**SHOP, path: request(path.rsplit("/", 1)[1].removesuffix(".yaml"))})
    plan = taken.hears(ASK)
    assert ends(plan) == [(True, "asked")]
    assert [one.only_find for one in plan.effects] == [True]


def test_an_issue_will_do(thread):
    text = replace(written(ASK), author=Person("developer"))
    plan = thread.hears(text, pull=None, base=None, merged=None, event={"is_pull": False})
    assert ends(plan) == [(True, "asked")]
    assert effects(plan, EnsureBranch)[0].repo == REPO


def test_promise_7_what_an_agent_opened_by_hand_counts_while_it_is_open(tree_of):
    bounds = "  agent: {actsFor: developer, requests: [access], environments: [prod], openRequests: 1}\n"
    ask = ASK + " --subject developer"
    by_hand = OpenPull(9, "f" * 40, "main", "mine", author="Helper")
    for pulls, end in (((by_hand,), False), ((replace(by_hand, author="reviewer"),), True)):
        assert ends(agent(tree_of, bounds).hears(ask, "helper", open_pulls=pulls))[0][0] is end


def test_promise_7_several_in_one_comment_count_each(tree_of):
    bounds = "  agent: {actsFor: developer, requests: [access], environments: [prod], openRequests: 2}\n"
    plan = agent(tree_of, bounds).hears("\n".join([ASK + " --subject developer"] * 3), "helper")
    assert [done for done, _ in ends(plan)] == [True, True, False]


def test_promise_7_what_no_list_shows_yet_counts(tree_of):
    bounds = "  agent: {actsFor: developer, requests: [access], environments: [prod], openRequests: 1}\n"
    ask, helper = ASK + " --subject developer", agent(tree_of, bounds)
    asked = effects(helper.hears(ask, "helper"), Record)
    again = {"event": {"id": 6}}
    assert ends(helper.after(*asked).hears(ask, "helper", **again)) == [(False, "denied")]
    old = [replace(one, at=one.at - 6 * MINUTE) for one in asked]
    assert ends(helper.after(*old).hears(ask, "helper", **again)) == [(True, "asked")]
    name = asked[0].entry["request"]
    over = Record(REPO, "denied/9/x", NOW, {"event": "denied", "request": name, "who": "reviewer"})
    assert ends(helper.after(*asked, over).hears(ask, "helper", **again)) == [(True, "asked")]


@pytest.mark.parametrize(
    "words", ["role=logs secret=hunter2", "hunter2", "role=logs role=hunter2", "role=logs role.x=hunter2"]
)
def test_no_value_is_repeated(thread, words):
    plan = thread.hears(f"/request access shop {words} --environment prod --reason x")
    assert not ends(plan)[0][0]
    assert "hunter2" not in said(plan)[0]
