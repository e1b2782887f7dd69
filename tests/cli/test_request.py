"""`roadcrew request`: what it lists, what it writes, what it refuses; and pull requests on a local GitHub."""

from dataclasses import replace
from datetime import timedelta

import pytest
import yaml
from click.testing import CliRunner

from bot.cli import main
from bot.leases.grant import GRANTS, Ending, Grant, ended_path, grant_bytes
from tests.cli.test_plan import WHO, git
from tests.deciders.talk import NOW, request
from tests.deciders.test_command_requesting import SHOP
from tests.journeys.troupe import NAME, Troupe

SAID = ("--service", "shop", "--env", "prod", "--reason", "errors since noon", "--set", "role=logs")


def run(*words, env=None):
    return CliRunner().invoke(main, ["request", *map(str, words)], env=env)


@pytest.fixture
def shop(tmp_path):
    for path, text in SHOP.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def written(shop):
    (path,) = (shop / "catalog/requests").iterdir()
    return path, yaml.safe_load(path.read_text())


def test_what_was_asked_for_is_listed_with_whether_it_is_in_force(shop):
    assert run("list", shop).output == "Nothing that was asked for is in force or waits.\n"
    for name in ("shop-logs", "shop-more", "shop-over"):
        (shop / f"catalog/{name}.yaml").write_text(request(name, more="  subject: developer\n"))
    git(shop, "init", "-q", "-b", "main")
    grant = Grant(
        "shop-logs",
        "look",
        "",
        "prod",
        "component:default/shop",
        "",
        "",
        "",
        NOW,
        expires_at=NOW + timedelta(hours=4),
    )
    over = replace(grant, name="shop-over", ended=Ending(NOW, "", "expired"))
    git(shop, "checkout", "-q", "--orphan", GRANTS)
    for path, data in (
        ("prod/shop-logs/grant.lease", grant_bytes(grant)),
        (ended_path(over), grant_bytes(over)),
    ):
        (shop / path).parent.mkdir(parents=True, exist_ok=True)
        (shop / path).write_bytes(data)
    git(shop, "add", "prod", "ended")
    git(shop, "commit", "-q", "-m", "Grants")
    git(shop, "symbolic-ref", "HEAD", "refs/heads/main")
    assert run("list", shop).output == (
        "REQUEST         KIND  SERVICE  FOR        STATE                       WHY\n"
        "prod/shop-logs  look  shop     developer  until 2026-01-02 07:04 UTC  errors since noon\n"
        "prod/shop-more  look  shop     developer  waits                       errors since noon\n"
    )


def test_kinds_are_listed_with_who_approves_and_how_long_they_last(shop):
    done = run("kinds", shop)
    assert done.exit_code == 0
    assert done.output.startswith("access  \n    parameters    role, pods?\n    approved by   1 of owner\n")
    assert (
        "    lasts         2h, 8h at most\n    environments  prod\n    break-glass   owner, 1h at most\n"
        in done.output
    )


def test_without_kinds_that_is_said(tmp_path):
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog/groups.yaml").write_text(SHOP["catalog/groups.yaml"])
    assert "Nothing can be asked for here" in run("kinds", tmp_path).output


def test_a_request_is_written_and_valid(shop):
    done = run("new", "access", shop, *SAID, "--for", "4h", "--subject", "reviewer")
    assert done.exit_code == 0, done.output
    path, document = written(shop)
    assert document == {
        "apiVersion": "roadcrew.dev/v1",
        "kind": "Request",
        "metadata": {"name": path.stem},
        "spec": {
            "type": "access",
            "service": "shop",
            "environment": "prod",
            "subject": "user:default/reviewer",
            "reason": "errors since noon",
            "duration": "4h",
            "parameters": {"role": "logs"},
        },
    }
    assert done.output.startswith(f"catalog/requests/{path.name}\n")
    assert CliRunner().invoke(main, ["check", str(shop)]).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("acess", *SAID), "There is no kind of request called 'acess'. Did you mean access?"),
        (("access", *SAID, "--service", "shpo"), "Did you mean component:default/shop?"),
        (("access", *SAID, "--env", "prd"), "There is no environment `prd`. Did you mean `prod`?"),
        (("access", *SAID, "--env", "dev"), "`access` is not offered in `dev`."),
        (("access", *SAID, "--for", "9h"), "8h at most"),
        (("access", *SAID, "--for", "soon"), "Write days, hours and minutes"),
        (("access", *SAID, "--set", "role=debug"), "'role=debug' is no parameter."),
        (("access", *SAID, "--set", "size=3"), "size"),
        (("access", *SAID, "--set", "pods"), "'pods' is no parameter. Write --set name=value"),
        (("access", *SAID[:-1], "role=root"), "logs"),
        (("access", *SAID, "--subject", "nobody"), "nobody"),
        (("access", *SAID, "--name", "Shop"), "'Shop' is no name."),
        (("access", *SAID, "--open"), "There is no token to open a pull request with."),
    ],
)
def test_wrong_input_gets_a_sentence_and_writes_nothing(shop, words, said):
    kind, *rest = words
    done = run("new", kind, shop, *rest, env={"GITHUB_TOKEN": "", "GH_TOKEN": ""})
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output
    assert not (shop / "catalog/requests").exists()


def test_nothing_is_written_over(shop):
    assert run("new", "access", shop, *SAID, "--name", "mine").exit_code == 0
    again = run("new", "access", shop, *SAID, "--name", "mine")
    assert (again.exit_code, "already" in again.output) == (2, True)


@pytest.fixture
def hub(tmp_path, app_key):
    with Troupe(tmp_path / "troupe", app_key, files=SHOP) as troupe:
        yield troupe


@pytest.fixture
def clone(hub, tmp_path):
    token = hub.stage.tokens["developer"]
    git(tmp_path, "clone", "--quiet", hub.hub.clone_url(NAME, token), "clone")
    return tmp_path / "clone", {**WHO, "GITHUB_TOKEN": token, "ROADCREW_API_URL": hub.hub.api_url}


def test_with_open_there_is_a_pull_request_by_the_user(hub, clone):
    folder, env = clone
    (folder / "notes.txt").write_text("mine")
    done = run("new", "access", folder, *SAID, "--name", "shop-logs", "--open", env=env)
    assert done.exit_code == 0, done.output
    (pull,) = hub.hub.pulls(NAME)
    assert done.output.strip().endswith(f"/{NAME}/pull/{pull.number}")
    assert (pull.title, pull.head_ref) == ("Access for shop in prod", "request/shop-logs")
    git(folder, "fetch", "--quiet", "origin")
    changed = git(folder, "diff", "--name-only", "origin/main", "origin/request/shop-logs")
    assert changed == "catalog/requests/shop-logs.yaml"
    assert git(folder, "status", "--porcelain") == "?? notes.txt"
    assert git(folder, "branch", "--show-current") == "main"
    assert env["GITHUB_TOKEN"] not in done.output


def test_what_github_refuses_is_said_in_its_words(hub, clone):
    folder, env = clone
    done = run("new", "access", folder, *SAID, "--open", env={**env, "GITHUB_TOKEN": "ghp_" + "0" * 36})
    assert done.exit_code == 2
    assert "GitHub did not open the pull request" in done.output
    assert hub.hub.pulls(NAME) == []


def test_a_branch_that_is_there_is_not_moved(hub, clone):
    folder, env = clone
    git(folder, "push", "--quiet", "origin", "main:refs/heads/request/shop-logs")
    done = run("new", "access", folder, *SAID, "--name", "shop-logs", "--open", env=env)
    assert (done.exit_code, "git push did not work" in done.output) == (2, True)
    git(folder, "fetch", "--quiet", "origin")
    assert git(folder, "rev-parse", "origin/request/shop-logs") == git(folder, "rev-parse", "origin/main")
    assert hub.hub.pulls(NAME) == []


def test_check_judges_requests_and_kinds_too(shop):
    assert run("new", "access", shop, *SAID, "--name", "mine").exit_code == 0
    path = shop / "catalog/requests/mine.yaml"
    path.write_text(path.read_text().replace("logs", "root").replace("kind: access", "kind: acess"))
    kind = shop / "templates/access/template.yaml"
    kind.write_text(kind.read_text().replace("[owner]\n    max", "[ower]\n    max"))
    done = CliRunner().invoke(main, ["check", str(shop)])
    assert done.exit_code == 1
    assert "root" in done.output
    assert "request-template" in done.output
