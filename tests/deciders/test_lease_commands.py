"""/revoke and /extend: who may, up to when, and the same comment five times acts once."""

from datetime import timedelta

import pytest

from bot.model.event import LeasesDue
from bot.model.plan import Enqueue
from bot.report.replies import say_answer
from tests.deciders.hold import ASKED, FOLDER, HOUR, Hold, asked, command
from tests.deciders.talk import BASE, REQUEST, kind, request
from tests.platforms import NOW, REPO

LOOK = "templates/look/template.yaml"


@pytest.fixture
def hold(tmp_path):
    return begun(Hold(tmp_path))


def begun(hold, files=ASKED):
    hold.merge(files)
    hold.approve()
    hold.tick()
    return hold


def words(name, answer):
    return say_answer(name, answer.case, answer.facts, answer.findings)


@pytest.mark.parametrize("by", ["developer", "reviewer", "second"], ids=["who gets it", "owner", "approver"])
def test_whom_it_concerns_ends_it_at_once(hold, by):
    answer = command(hold, '/revoke shop-logs --reason "found it"', by=by)
    assert answer.is_done
    assert hold.in_force == set()
    over = hold.granted.ended["shop-logs"].ended
    assert (over.because, over.by, over.reason) == ("revoked", by, "found it")
    hold.tick()
    assert hold.told()[-1] == "grant/shop-logs/ended"


def test_others_do_not(hold):
    answer = command(hold, "/revoke shop-logs", by="stranger", permission="admin")
    assert (answer.is_done, answer.case) == (False, "no-right")
    assert hold.in_force == {"shop-logs"}


def test_the_name_can_be_left_out_in_its_own_thread(hold):
    assert command(hold, "/revoke", number=8).case == "none-here"
    assert command(hold, "/revoke", number=7).is_done


@pytest.mark.parametrize("text", ["/revoke shop-logs", "/extend 1h shop-logs"])
def test_promise_1_the_same_comment_five_times_acts_once(hold, text):
    for _ in range(5):
        assert command(hold, text, by="second").is_done
        hold.tick()
    grant = hold.granted.find("shop-logs")
    assert len(grant.extensions) <= 1
    assert len(hold.mirror.log(REPO, hold.tip("roadcrew/grants"), limit=9)) == 2


def test_it_is_recorded_by_a_look_at_the_leases_that_follows(hold):
    (_, after) = asked(hold, "/revoke shop-logs").effects
    assert isinstance(after, Enqueue)
    assert isinstance(after.event, LeasesDue)


def test_a_second_revoke_hears_that_it_is_over(hold):
    command(hold, "/revoke shop-logs")
    again = command(hold, "/revoke shop-logs", by="reviewer", id_=6)
    assert not again.is_done
    assert words("revoke", again).startswith("`shop-logs` is over since 2026-01-02 03:04 UTC.")


def test_an_extension_stands_in_the_grant_and_in_the_record(hold):
    answer = command(hold, '/extend 2h shop-logs --reason "still broken"', by="second")
    assert words("extend", answer) == "`shop-logs` lasts until 2026-01-02 09:04 UTC now."
    grant = hold.granted.grants["shop-logs"]
    (one,) = grant.extensions
    assert (one.by, one.until, one.reason) == ("second", NOW + 6 * HOUR, "still broken")
    hold.tick()
    assert hold.told()[-1] == "grant/shop-logs/extended-1"
    hold.tick(5 * HOUR)
    assert hold.in_force == {"shop-logs"}
    hold.tick(HOUR)
    assert hold.in_force == set()


def test_no_extension_passes_the_maximum(hold):
    assert command(hold, "/extend 4h shop-logs", by="second").is_done
    answer = command(hold, "/extend 1m shop-logs", by="second", id_=6)
    assert (answer.is_done, answer.case) == (False, "latest-now")
    assert "the most for its kind" in words("extend", answer)
    assert hold.granted.grants["shop-logs"].expires_at == NOW + 8 * HOUR


def test_too_long_an_extension_hears_what_is_left(hold):
    answer = command(hold, "/extend 5h shop-logs", by="second")
    assert (
        words("extend", answer)
        == "`shop-logs` can last until 2026-01-02 11:04 UTC at most: 4h longer than now."
    )


def test_who_gets_it_does_not_extend_it(hold):
    assert command(hold, "/extend 1h shop-logs", by="developer").case == "own"


def test_over_is_over_although_nobody_looked_yet(hold):
    hold.at += 4 * HOUR
    assert command(hold, "/extend 1h shop-logs", by="second").case == "over"


@pytest.mark.parametrize(
    ("text", "case"),
    [("/extend 1h shop-log", "unknown"), ("/roadcrew extend soon shop-logs", "no-duration")],
)
def test_bad_input_gets_a_sentence(hold, text, case):
    answer = command(hold, text, by="second")
    assert (answer.is_done, answer.case) == (False, case)
    assert words("extend", answer)
    assert "{" not in words("extend", answer)


def test_a_name_that_is_nearly_right_hears_of_the_right_one(hold):
    said = words("revoke", command(hold, "/revoke shop-log"))
    assert "Did you mean `shop-logs`?" in said
    assert "`/revoke [NAME] [--reason TEXT]`" in said


def test_an_unknown_flag_hears_the_usage(hold):
    answer = command(hold, "/revoke shop-logs --resaon x")
    said = words("revoke", answer)
    assert answer.case == "misuse-flag"
    assert "Did you mean `--reason`?" in said
    assert "`/revoke [NAME] [--reason TEXT]`" in said


def test_promise_7_an_extension_gives_what_was_approved_whatever_the_default_branch_says_now(hold):
    path = f"{FOLDER}/configmap-shop-logs.yaml"
    was = hold.tree("roadcrew/grants").read(path)
    more = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ grant.name }}\ndata:\n  who: everyone\n"
    other = request(service="team", more="  duration: 8h\n  subject: user:second\n")
    hold.commit("main", {"templates/look/manifests/look.yaml": more, REQUEST: other})
    assert command(hold, "/extend 1h shop-logs", by="second").is_done
    now = hold.tree("roadcrew/grants").read(path)
    assert b"who: developer" in was
    assert b"who: developer" in now
    assert hold.granted.grants["shop-logs"].subject == "user:default/developer"


def test_promise_7_what_nobody_approved_renders_nothing(hold):
    """Whoever may write the branch of grants could name any commit."""
    stray = hold.commit("stray", {"templates/look/manifests/look.yaml": "{}\n"})
    document = hold.tree("roadcrew/grants").read(f"{FOLDER}/grant.lease").decode()
    (line,) = [one for one in document.splitlines() if "baseCommit" in one]
    forged = document.replace(line, f"  baseCommit: {stray}")
    hold.commit("roadcrew/grants", {f"{FOLDER}/grant.lease": forged}, by=hold.mirror)
    answer = command(hold, "/extend 1h shop-logs", by="second")
    assert (answer.is_done, answer.case) == (False, "no-request")
    hold.tick(4 * HOUR)
    assert hold.in_force == set()


def test_promise_7_nobody_extends_his_own_whatever_the_platform_allows(tmp_path):
    allow = BASE["catalog/platform.yaml"] + "    allow: {extend: [subject, requester, read]}\n"
    hold = begun(Hold(tmp_path, {**BASE, "catalog/platform.yaml": allow}))
    answer = command(hold, "/extend 1h shop-logs", by="developer")
    assert (answer.is_done, answer.case) == (False, "own")
    answer = command(hold, "/extend 1h shop-logs", by="stranger", id_=6)
    assert (answer.is_done, answer.case) == (False, "no-right")
    assert command(hold, "/extend 1h shop-logs", by="second", id_=7).is_done


def test_what_lasts_is_not_deleted_by_a_comment(tmp_path):
    lasting = kind().replace("    maximumDuration: 8h\n", "    atEnd: propose\n")
    hold = begun(Hold(tmp_path, BASE | {LOOK: lasting}), {REQUEST: request()})
    answer = command(hold, "/revoke shop-logs", by="reviewer")
    assert (answer.is_done, answer.case) == (True, "proposed")
    assert hold.in_force == {"shop-logs"}
    assert set(hold.proposed) == {"request/end-shop-logs"}
    assert command(hold, "/revoke shop-logs", by="reviewer").is_done, "a worker was killed in between"
    assert command(hold, "/extend 1h shop-logs", by="second", id_=9).case == "lasting"


def test_a_command_puts_right_what_others_changed_too(hold):
    hold.commit("roadcrew/grants", {"prod/x.yaml": "b: 2\n"})
    hold.at += timedelta(minutes=1)
    assert command(hold, "/extend 1h shop-logs", by="second").is_done
    assert "prod/x.yaml" not in hold.paths()
