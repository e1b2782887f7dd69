"""`lease`: in force from its approval to its end, and not a tick longer. On real git; the clock is ours."""

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.apply_git import ensure_files
from bot.errors import Retry
from bot.leases.grant import GRANT_FILE, GRANTS
from bot.leases.ledger import LEDGER
from bot.model.acts import EnsureIssue, Record
from bot.model.event import LeasesDue, PullClosed
from bot.model.lease import AskedPart
from bot.model.plan import Enqueue, EnsureFiles, Held
from bot.model.pull import Person
from bot.report.grants import headline, say_leases
from tests.deciders.hold import ASKED, FOLDER, HOUR, Hold, command
from tests.deciders.talk import BASE, REQUEST, group, kind, request, user
from tests.platforms import NOW, REPO

TICK = timedelta(seconds=20)
CLOSED = PullClosed(delivery="closed", repo=REPO, number=7)
OURS = {"author": Person("roadcrew[bot]", is_bot=True), "is_ours": True, "merged_by": "roadcrew[bot]"}


@pytest.fixture
def hold(tmp_path):
    return Hold(tmp_path)


def granted(hold, **options):
    """A grant of four hours that has just begun."""
    hold.merge(**options)
    hold.approve()
    hold.tick()
    assert hold.in_force == {"shop-logs"}
    return hold


def commits(hold, branch=GRANTS):
    tip = hold.tip(branch)
    return hold.mirror.log(REPO, tip, limit=50) if hold.tree(branch) is not None else []


def test_what_is_merged_and_approved_begins_with_one_commit_that_says_it_all(hold):
    sha = hold.merge()
    hold.approve()
    hold.tick(TICK)
    (commit,) = commits(hold)
    assert hold.paths() == [
        "prod/.keep/README.md",
        "prod/shop-logs/configmap-shop-logs.yaml",
        f"{FOLDER}/{GRANT_FILE}",
    ]
    assert dict(commit.trailers) == {
        "Request": "shop-logs",
        "Requested-By": "@developer",
        "Approved-By": "@reviewer",
        "Reason": "errors since noon",
        "Began": "shop-logs",
        "Pull-Request": "acme/platform#7",
        "Source-Commit": sha,
        "Source-Path": REQUEST,
        "Delivery": "leases-1",
    }
    grant = hold.granted.grants["shop-logs"]
    assert (grant.starts_at, grant.expires_at, grant.latest_end) == (NOW, NOW + 4 * HOUR, NOW + 8 * HOUR)
    assert (grant.subject, grant.approved_by) == ("user:default/developer", ("reviewer",))
    assert hold.told() == [f"grant/shop-logs/{one}" for one in ("requested", "approved/reviewer", "began")]


def test_no_file_of_a_grants_folder_but_manifests_is_read_by_what_follows_it(hold):
    granted(hold)
    followed = [path for path in hold.paths() if path.endswith((".yaml", ".yml", ".json"))]
    assert followed == ["prod/shop-logs/configmap-shop-logs.yaml"]


def test_promise_2_running_it_twice_changes_nothing(hold):
    granted(hold)
    tips = hold.tip(GRANTS), hold.tip(LEDGER)
    assert hold.plan().effects == ()
    hold.tick(TICK)
    assert (hold.tip(GRANTS), hold.tip(LEDGER)) == tips


def test_a_grant_is_in_force_to_its_end_and_not_a_tick_longer(hold):
    granted(hold)
    hold.at = NOW + 4 * HOUR - timedelta(seconds=1)
    hold.tick()
    assert hold.in_force == {"shop-logs"}
    hold.tick(timedelta(seconds=1))
    assert (hold.in_force, hold.why()) == (set(), "expired")
    assert len(commits(hold)) == 2, "begun and ended in one commit each"
    assert hold.paths() == ["ended/2026-01/shop-logs.yaml", "prod/.keep/README.md"]
    assert hold.told()[-1] == "grant/shop-logs/ended"


def test_what_has_ended_never_begins_again(hold):
    granted(hold)
    hold.tick(4 * HOUR)
    hold.merge({REQUEST: request(more="  duration: 5h\n")}, number=8)
    hold.approve(number=8)
    hold.tick(TICK)
    assert hold.in_force == set()
    assert hold.plan().effects == ()


def test_a_stale_look_cannot_bring_back_what_has_ended(hold):
    hold.merge()
    hold.approve()
    stale = next(one for one in hold.plan().effects if isinstance(one, EnsureFiles))
    hold.tick()
    hold.tick(4 * HOUR)
    with pytest.raises(Retry, match="moved"):
        ensure_files(stale, hold.ports)
    assert hold.in_force == set()


def test_a_branch_that_was_set_back_ends_what_the_ledger_says_is_over(hold):
    granted(hold)
    before = hold.tip(GRANTS)
    command(hold, "/revoke shop-logs")
    hold.tick()
    assert hold.why() == "revoked"
    hold.origin.references.create(f"refs/heads/{GRANTS}", before, force=True)
    hold.tick(TICK)
    assert (hold.in_force, hold.why()) == (set(), "recorded")


def test_promise_2_a_clock_past_the_end_while_all_was_down_goes_straight_to_ended(hold):
    hold.merge()
    hold.approve()
    hold.tick(5 * HOUR)
    assert (hold.in_force, hold.why()) == (set(), "late")
    (commit,) = commits(hold)
    assert "Began" not in commit.trailers
    assert "grant/shop-logs/began" not in hold.told()


def test_a_removed_request_ends_its_grant(hold):
    granted(hold)
    hold.commit("main", {REQUEST: None})
    hold.tick(TICK)
    assert (hold.in_force, hold.why()) == (set(), "removed")


def test_a_request_that_cannot_be_read_any_more_ends_nothing(hold):
    granted(hold)
    hold.commit("main", {REQUEST: "kind: [Request\n"})
    hold.tick(TICK)
    assert hold.in_force == {"shop-logs"}


def test_a_request_that_became_another_ends_its_grant(hold):
    granted(hold)
    hold.commit("main", {REQUEST: request("other-logs")})
    hold.tick(TICK)
    assert hold.why() == "removed"


def test_ending_needs_no_template_and_no_readable_catalog(hold):
    granted(hold)
    template = "templates/look/manifests/look.yaml"
    hold.commit("main", {template: "{{ nothing.like.that }}\n", "catalog/groups.yaml": "kind: [\n"})
    hold.tick(4 * HOUR)
    assert hold.why() == "expired"


def test_one_that_cannot_be_rendered_stops_no_other(hold):
    hold.merge()
    hold.approve()
    other = {"catalog/requests/cart.yaml": request("cart", more="  duration: 1h\n  parameters: {nope: 1}\n")}
    strict = kind().replace("properties: {}", "properties: {}\n    additionalProperties: false")
    hold.commit("main", {"templates/look/template.yaml": strict})
    hold.merge(other, number=8)
    hold.approve(number=8)
    hold.tick(TICK)
    assert hold.in_force == {"shop-logs"}
    told = hold.plan(PullClosed(delivery="c", repo=REPO, number=8), pull=hold.hub.pulls[8]).parts
    assert [(one.name, one.state) for one in told] == [("cart", "broken")]


@pytest.mark.parametrize(
    ("login", "permission"),
    [("developer", "admin"), ("stranger", "admin"), ("robot", "admin"), ("helper[bot]", "admin")],
    ids=["who asks", "no role", "an agent", "a bot"],
)
def test_nobody_approves_for_themselves_or_without_the_role(tmp_path, login, permission):
    agent = user("robot", "team", labels='  labels: {roadcrew.dev/agent: "true"}\n')
    everyone = BASE | {"catalog/users/developer.yaml": user("developer", "team"), "catalog/robot.yaml": agent}
    hold = Hold(tmp_path, everyone)
    hold.merge()
    hold.approve(login, permission=permission)
    hold.tick()
    assert hold.in_force == set()
    (part,) = hold.plan(CLOSED, pull=hold.hub.pulls[7]).parts
    assert (part.state, part.missing) == ("waiting", 1)


def test_who_gets_it_and_whom_an_agent_acts_for_do_not_approve_it(tmp_path):
    bounds = "  agent: {actsFor: 'user:reviewer', requests: [look], environments: [prod], openRequests: 2}\n"
    agent = user("robot", labels='  labels: {roadcrew.dev/agent: "true"}\n', more=bounds)
    third = user("third", "team")
    hold = Hold(tmp_path, BASE | {"catalog/robot.yaml": agent, "catalog/third.yaml": third})
    asked = {
        REQUEST: request(more="  subject: user:second\n  requestedBy: robot\n  onBehalfOf: user:reviewer\n")
    }
    hold.merge(asked, author=Person("robot"))
    hold.approve("reviewer")
    hold.approve("second")
    hold.tick()
    assert hold.in_force == set()
    hold.approve("third")
    hold.tick()
    assert hold.granted.grants["shop-logs"].approved_by == ("third",)


def test_an_approval_of_another_commit_does_not_count(hold):
    hold.merge()
    hold.approve(head="f" * 40)
    hold.tick()
    assert hold.in_force == set()


def test_an_approver_who_lost_the_right_since_does_not_count(hold):
    hold.merge()
    hold.approve()
    hold.commit("main", {"catalog/users/reviewer.yaml": user("reviewer")})
    hold.tick()
    assert hold.in_force == set()


def test_two_are_needed_where_the_kind_says_so_and_time_runs_from_the_second(tmp_path):
    hold = Hold(tmp_path, BASE | {"templates/look/template.yaml": kind(approvals=2)})
    hold.merge()
    hold.approve("reviewer")
    hold.tick(HOUR)
    assert hold.in_force == set()
    hold.approve("second")
    hold.tick(TICK)
    grant = hold.granted.grants["shop-logs"]
    assert (grant.starts_at, grant.expires_at) == (NOW + HOUR, NOW + 5 * HOUR)


def test_what_we_merged_ourselves_is_approved_by_the_trailers_and_by_nobody_elses(hold):
    said = "Approve\n\nApproved-By: reviewer\n"
    hold.merge(message=said)
    hold.hub.permissions["reviewer"] = "write"
    hold.tick()
    assert hold.in_force == set(), "anyone who merges can write such a line"
    hold.hub.pulls[7] = replace(hold.hub.pulls[7], merged_by="roadcrew[bot]")
    hold.tick()
    assert hold.granted.grants["shop-logs"].approved_by == ("reviewer",)


def test_a_request_without_a_pull_request_never_begins(hold):
    hold.commit("main", ASKED)
    hold.tick()
    assert hold.in_force == set()


def test_a_request_that_the_review_denies_never_begins(hold):
    hold.merge({REQUEST: request(more="  duration: 9h\n")})
    hold.approve()
    hold.tick()
    (part,) = hold.plan(CLOSED, pull=hold.hub.pulls[7]).parts
    assert hold.in_force == set()
    assert [one.rule for one in part.findings] == ["request-duration"]


def test_nobody_asks_in_the_name_of_another(hold):
    hold.merge({REQUEST: request(more="  requestedBy: reviewer\n")})
    hold.approve("second")
    hold.tick()
    assert hold.in_force == set()


def test_promise_4_what_a_person_changes_is_put_right_on_top_and_told_once(hold):
    granted(hold)
    manifest = f"{FOLDER}/configmap-shop-logs.yaml"
    was = hold.tree(GRANTS).read(manifest)
    forged = {
        manifest: "kind: ClusterRoleBinding\n",
        "prod/mine/role.yaml": "a: 1\n",
        "prod/x.yaml": "b: 2\n",
    }
    stranger = hold.commit(GRANTS, forged, message="Help myself\n")
    hold.tick(TICK)
    newest, before, *_ = commits(hold)
    assert newest.parents == (stranger,), "nothing was dropped"
    assert before.sha == stranger
    assert newest.trailers["Put-Right"] == stranger
    assert hold.tree(GRANTS).read(manifest) == was
    assert not [path for path in hold.paths() if "mine" in path or path == "prod/x.yaml"]
    (issue,) = hold.issues.values()
    assert stranger in issue.body
    assert f"put-right/{stranger}" in hold.told()
    assert hold.plan().effects == ()


def test_a_longer_end_that_a_person_wrote_does_not_count(hold):
    granted(hold)
    path = f"{FOLDER}/{GRANT_FILE}"
    text = hold.tree(GRANTS).read(path).decode().replace("2026-01-02T07", "2027-01-02T07")
    hold.commit(GRANTS, {path: text})
    hold.tick(4 * HOUR)
    assert (hold.in_force, hold.why()) == (set(), "expired")


def test_what_a_person_takes_away_stays_away(hold):
    granted(hold)
    hold.commit(GRANTS, {path: None for path in hold.paths() if path.startswith(FOLDER)})
    hold.tick(TICK)
    assert (hold.in_force, hold.why()) == (set(), "by-hand")
    hold.tick(TICK)
    assert hold.in_force == set()


def test_an_end_that_a_person_took_from_the_record_is_put_back(hold):
    granted(hold)
    hold.tick(4 * HOUR)
    hold.commit(GRANTS, {"ended/2026-01/shop-logs.yaml": None})
    hold.tick(TICK)
    assert hold.why() == "expired"
    assert hold.in_force == set()


def test_a_grant_that_only_a_person_wrote_goes(hold):
    forged = {"prod/mine/role.yaml": "kind: ClusterRoleBinding\n"}
    hold.commit(GRANTS, forged)
    hold.tick()
    assert not [path for path in hold.paths() if "mine" in path]
    assert len(hold.issues) == 1


def test_files_beside_the_environments_are_nobodys_business(hold):
    granted(hold)
    hold.commit(GRANTS, {"README.md": "hello\n", ".github/CODEOWNERS": "* @acme/security\n"})
    assert hold.plan().effects == ()


def test_a_document_that_nobody_can_read_fails_closed(hold):
    granted(hold)
    path = f"{FOLDER}/{GRANT_FILE}"
    hold.commit(GRANTS, {path: "kind: [Grant\n"}, by=hold.mirror)  # by ourselves: a fault of ours
    hold.tick(TICK)
    assert (hold.in_force, hold.why()) == (set(), "broken")
    (issue,) = hold.issues.values()
    assert "could not be read" in issue.title
    assert hold.plan().effects == ()


LASTING = kind().replace("maximumDuration: 8h", "maximumDuration: 8h\n    atEnd: propose")


def test_what_lasts_stays_until_people_merge_its_end(tmp_path):
    hold = granted(Hold(tmp_path, BASE | {"templates/look/template.yaml": LASTING}))
    hold.tick(5 * HOUR)
    assert hold.in_force == {"shop-logs"}
    assert set(hold.proposed) == {"request/end-shop-logs"}
    assert REQUEST not in hold.paths("request/end-shop-logs")
    assert "catalog/shop.yaml" in hold.paths("request/end-shop-logs")
    assert hold.plan().effects == (), "asked once"
    hold.commit("main", {REQUEST: None})
    hold.tick(TICK)
    assert (hold.in_force, hold.why()) == (set(), "removed")


def test_what_has_no_end_lasts_until_its_file_goes(tmp_path):
    endless = kind().replace("    maximumDuration: 8h\n", "")
    hold = granted(
        Hold(tmp_path, BASE | {"templates/look/template.yaml": endless}), files={REQUEST: request()}
    )
    hold.tick(timedelta(days=400))
    assert hold.in_force == {"shop-logs"}


GLASS = kind().replace(
    "maximumDuration: 8h", "maximumDuration: 8h\n    breakGlass: {roles: [owner], maximumDuration: 1h}"
)
TAKEN = {REQUEST: request(more="  breakGlass: true\n  requestedBy: reviewer\n")}


def test_break_glass_begins_at_once_for_a_short_while_and_is_told_loudly(tmp_path):
    hold = Hold(tmp_path, BASE | {"templates/look/template.yaml": GLASS})
    ours(hold, TAKEN)
    hold.tick(TICK)
    grant = hold.granted.grants["shop-logs"]
    assert (grant.requested_by, grant.approved_by, grant.is_break_glass) == ("reviewer", (), True)
    assert grant.expires_at == grant.latest_end == NOW + HOUR
    (issue,) = hold.issues.values()
    assert "break-glass" in issue.title
    assert issue.labels == ("roadcrew/break-glass-review",)
    assert "- Who should: the members of `group:default/" in issue.body
    assert f"- Due: {NOW + 168 * HOUR:%Y-%m-%d}" in issue.body
    assert "grant/shop-logs/break-glass" in hold.told()
    assert hold.plan().effects == ()


@pytest.mark.parametrize("change", [{"merged_by": "developer"}, {"is_ours": False}])
def test_nobody_but_us_breaks_the_glass(tmp_path, change):
    hold = Hold(tmp_path, BASE | {"templates/look/template.yaml": GLASS})
    ours(hold, TAKEN)
    hold.hub.pulls[7] = replace(hold.hub.pulls[7], **change)
    hold.tick(TICK)
    assert hold.in_force == set()


def test_a_file_that_others_changed_on_our_branch_never_begins(tmp_path):
    hold = Hold(tmp_path, BASE | {"templates/look/template.yaml": GLASS})
    ours(
        hold,
        TAKEN,
        touched={REQUEST: request(more="  breakGlass: true\n  requestedBy: reviewer\n  duration: 1h\n")},
    )
    hold.tick(TICK)
    assert hold.in_force == set()
    (part,) = hold.plan(CLOSED, pull=hold.hub.pulls[7]).parts
    assert part.case == "touched"


def ours(hold, files, *, touched=None):
    """A pull request that we opened and merged, with its branch."""
    base = hold.tip("main")
    hold.mirror.fetch(REPO, ["refs/heads/main"])
    data = {path: one.encode() for path, one in files.items()}
    head = hold.mirror.push(
        REPO, "request/x", expected=None, parent=base, files=data, message="Ask\n", at=hold.at
    )
    if touched:
        head = hold.commit("request/x", touched)
    hold.origin.references.create("refs/pull/7/head", head)
    text = "Merge\n\nBreak-Glass: reviewer\n"
    hold.merge(touched or files, by=hold.mirror, message=text, base_sha=base, head_sha=head, **OURS)


def test_the_merged_pull_request_is_told_what_is_in_force_and_who_is_missing(hold):
    hold.merge()
    waiting = hold.plan(CLOSED, pull=hold.hub.pulls[7])
    assert "Waiting" in say_leases(waiting.parts, {})[0]
    assert headline(waiting.parts, {}) == "\u23f3 Merged; it waits for approval"
    hold.approve()
    begins = hold.plan(CLOSED, pull=hold.hub.pulls[7])
    (part,) = begins.parts
    assert "In force" in say_leases(begins.parts, {})[0]
    held = {part.effect_key: Held("GitHub says no.", "let it.")}
    assert say_leases(begins.parts, held) == ["**Held:** `shop-logs`: GitHub says no.", "**Next:** let it."]
    hold.tick()
    assert hold.plan(CLOSED, pull=hold.hub.pulls[7]).parts == (replace(part, effect_key=""),)


def test_what_was_written_is_recorded_by_the_look_that_follows_at_once(hold):
    hold.merge()
    hold.approve()
    plan = hold.plan()
    (after,) = [one.event for one in plan.effects if isinstance(one, Enqueue)]
    assert after == LeasesDue(delivery="leases-1/told", repo=REPO)
    assert not [one for one in plan.effects if isinstance(one, Record)], "it is not so yet"
    assert not [one for one in hold.plan(after).effects if isinstance(one, Enqueue)], (
        "it does not go on for ever"
    )


def test_the_thread_is_looked_at_before_the_line_that_says_how_it_stands(hold):
    granted(hold)
    hold.at += 4 * HOUR
    hold.apply(hold.plan().effects)
    look, *records = hold.plan().effects
    assert look == Enqueue(PullClosed(delivery="grant/shop-logs/ended/thread", repo=REPO, number=7))
    assert [one.name for one in records] == ["grant/shop-logs/ended"]


def test_an_issue_stands_before_the_line_that_says_so(hold):
    granted(hold)
    stranger = hold.commit(GRANTS, {"prod/x.yaml": "b: 2\n"})
    hold.apply(hold.plan().effects)
    issue, record = hold.plan().effects
    assert isinstance(issue, EnsureIssue)
    assert record.name == f"put-right/{stranger}"


@pytest.mark.parametrize("done", range(5))
def test_promise_1_killed_after_any_step_the_next_look_ends_the_same(hold, done):
    hold.merge()
    hold.approve()
    effects = hold.plan().effects
    hold.apply(effects[:done])
    told = hold.plan().effects
    hold.apply(told[:done])
    hold.tick(TICK)
    hold.tick(TICK)
    assert hold.in_force == {"shop-logs"}
    assert len(commits(hold)) == 1
    assert hold.told() == [f"grant/shop-logs/{one}" for one in ("requested", "approved/reviewer", "began")]


STEPS = st.one_of(
    st.just(("approve",)),
    st.tuples(st.just("tick"), st.integers(0, 90)),
    st.tuples(st.just("extend"), st.integers(1, 300)),
    st.just(("revoke",)),
    st.tuples(st.just("jump"), st.integers(60, 700)),
)


class Model:
    """What must be in force: nothing more than a few times."""

    def __init__(self):
        self.approved, self.start, self.end, self.latest, self.is_over = None, None, None, None, False

    @property
    def is_in_force(self):
        return self.end is not None and not self.is_over

    def tick(self, at):
        if self.approved and self.end is None and not self.is_over:
            self.start = self.approved
            self.end, self.latest = self.start + 4 * HOUR, self.start + 8 * HOUR
        if self.end is not None and at >= self.end:
            self.is_over = True


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, max_size=6))
def test_whatever_happens_what_is_in_force_is_what_a_simple_model_says(steps):
    with tempfile.TemporaryDirectory() as folder:
        hold, model = Hold(Path(folder)), Model()
        hold.merge()
        for number, step in enumerate(steps, start=1):
            hold.at += timedelta(seconds=1)
            _step(step, hold, model, number)
            hold.tick()
            model.tick(hold.at)
            assert bool(hold.in_force) == model.is_in_force
            if hold.in_force:
                grant = hold.granted.grants["shop-logs"]
                assert (grant.starts_at, grant.expires_at) == (model.start, model.end)


def _step(step, hold, model, number):
    match step:
        case ("approve",):
            if model.approved is None:
                hold.approve()
                model.approved = hold.at
        case ("tick" | "jump", minutes):
            hold.at += timedelta(minutes=minutes)
        case ("extend", minutes):
            answer = command(hold, f"/extend {minutes}m shop-logs", by="second", id_=number)
            may = (
                model.is_in_force
                and hold.at < model.end
                and model.end + timedelta(minutes=minutes) <= model.latest
            )
            assert answer.is_done == may
            if may:
                model.end += timedelta(minutes=minutes)
        case ("revoke",):
            answer = command(hold, "/revoke shop-logs", id_=number)
            if model.is_in_force and hold.at >= model.end:
                return  # over, or about to be: both are fine
            assert answer.is_done == model.is_in_force
            model.is_over = model.is_over or model.is_in_force


AGAIN = "catalog/requests/again.yaml"


@pytest.mark.parametrize("is_over", [True, False])
def test_a_used_name_is_told_of_and_begins_nothing(tmp_path, is_over):
    """Whoever merged it did so against the check."""
    hold = Hold(tmp_path)
    hold.merge()
    hold.approve()
    hold.tick()
    if is_over:
        hold.commit("main", {REQUEST: None})
        hold.tick(TICK)
    before = hold.tree("main")
    hold.merge({AGAIN if is_over else REQUEST: request(more="  duration: 8h\n")}, number=8)
    hold.approve(number=8)
    closed = PullClosed(delivery="c", repo=REPO, number=8)
    plan = hold.plan(closed, pull=hold.hub.pulls[8], brought=(before, hold.tree("main")))
    (part,) = plan.parts
    assert (part.state, part.case, part.name) == ("broken", "used", "shop-logs")
    (words,) = say_leases(plan.parts, {})
    assert "its name was used before, so nothing begins" in words
    assert len(hold.granted.grants) == (0 if is_over else 1)


def test_who_asked_by_command_is_told_of_what_we_opened(tmp_path):
    hold = Hold(tmp_path)
    said = {"event": "waived", "who": "developer"}
    hold.apply([Record(REPO, "waiver/w-1a2b3c/asked", NOW, said)])
    hold.merge({"catalog/note.yaml": group("note")}, number=8, is_ours=True, head_branch="request/w-1a2b3c")
    plan = hold.plan(PullClosed(delivery="c", repo=REPO, number=8), pull=hold.hub.pulls[8])
    assert plan.parts == (AskedPart("developer"),)
