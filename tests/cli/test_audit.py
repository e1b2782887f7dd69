"""`roadcrew grants` and `roadcrew audit`: from a clone, without a network, in sentences where it cannot be."""

import csv
import io
import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.leases.audit import told
from bot.leases.grant import GRANTS
from bot.leases.ledger import Entry
from bot.report.audit import audit_csv, audit_text, grants_text
from tests.deciders.hold import HOUR, Hold, command
from tests.deciders.talk import BASE, kind
from tests.platforms import NOW, REPO

AUDIT = ("WHAT", "WHO", "FOR", "KIND", "WITH", "SERVICE", "GRANT", "UNTIL", "WHY")


@pytest.fixture
def hold(tmp_path):
    role = kind().replace("properties: {}", "properties: {role: {type: string, default: logs}}")
    found = Hold(tmp_path, BASE | {"templates/look/template.yaml": role})
    found.merge()
    found.approve()
    found.tick()
    return found


def run(*arguments):
    return CliRunner().invoke(main, [str(one) for one in arguments])


def test_what_is_in_force_is_listed_with_its_end(hold):
    shown = grants_text([*hold.granted.grants.values()], NOW + HOUR)
    head, line = shown.splitlines()
    assert head.split() == ["GRANT", "KIND", "FOR", "ENDS", "APPROVED", "WHY"]
    assert line.split()[:6] == ["prod/shop-logs", "look", "role=logs", "developer", "in", "3h"]
    listed = run("grants", hold.origin.path)
    assert listed.exit_code == 0, listed.output
    assert "prod/shop-logs" in listed.output
    (found,) = json.loads(run("grants", hold.origin.path, "--format", "json").output)
    assert (found["request"], found["approvedBy"]) == ("shop-logs", ["reviewer"])


def test_the_audit_tells_who_and_when_and_why(hold):
    command(hold, '/revoke shop-logs --reason "found it"')
    hold.tick(timedelta(seconds=20))
    text = run("audit", hold.origin.path).output
    assert [line.split()[2] for line in text.splitlines()[1:]] == [
        "requested",
        "approved",
        "began",
        "revoked",
    ]
    head, *lines = text.splitlines()
    assert head.split() == ["WHEN", "(UTC)", *AUDIT]
    assert max(map(len, text.splitlines())) <= 190
    began = lines[2]
    assert all(one in began for one in ("developer", "role=logs", "prod/shop-logs", "2026-01-02"))
    found = json.loads(run("audit", hold.origin.path, "--format", "json", "--who", "reviewer").output)
    assert {one["request"] for one in found} == {"shop-logs"}
    rows = list(csv.DictReader(io.StringIO(run("audit", hold.origin.path, "--format", "csv").output)))
    assert rows[-1]["event"] == "revoked"
    assert rows[-1]["reason"] == "found it"
    assert {one["parameters"] for one in rows} == {"role=logs"}
    assert all(one["parameters"] == ["role=logs"] for one in found)
    made = hold.mirror.log(REPO, hold.tip(GRANTS), limit=5)
    assert {one.trailers["Parameters"] for one in made} == {"role=logs"}
    none = run("audit", hold.origin.path, "--service", "cart")
    assert (none.exit_code, none.output) == (0, "Nothing of that kind is recorded.\n")


def test_a_span_of_time_is_a_day_or_how_long_ago(hold):
    everything = run("audit", hold.origin.path, "--since", "2026-01-01", "--until", "2026-01-03T00:00").output
    assert "began" in everything
    assert "began" not in run("audit", hold.origin.path, "--since", "2026-01-03").output
    assert "began" not in run("audit", hold.origin.path, "--until", "2026-01-02").output


@pytest.mark.parametrize("name", ["grants", "audit"])
@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere", "not inside a git repository"),
        (".", "not inside a git repository"),
        ("hub/acme/platform.git", "roadcrew/grants"),
    ],
)
def test_bad_input_gets_a_sentence(tmp_path, name, place, said):
    Hold(tmp_path)
    found = run(name, tmp_path / place)
    assert found.exit_code == 2
    assert said in found.output
    assert "Traceback" not in found.output


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "7"])
def test_what_is_no_time_is_said(hold, text):
    found = run("audit", hold.origin.path, "--since", text)
    assert found.exit_code == 2
    assert f"--since {text!r} is no time." in found.output


def test_no_cell_runs_in_a_spreadsheet_or_moves_the_terminal():
    entry = Entry(
        "a", NOW, "began", {"who": "x", "reason": '=HYPERLINK("http://evil")\x1b[2J' + "long " * 90}
    )
    assert "'=HYPERLINK" in audit_csv([entry])
    text = audit_text([entry])
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 190
    assert told(None, None) == ()
