"""`roadcrew catalog` as a person and a script meet it: words, trees, wrong names, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main

BACKSTAGE = "apiVersion: backstage.io/v1alpha1\n"
FILES = {
    "catalog/platform.yaml": "apiVersion: roadcrew.dev/v1\nkind: Platform\nmetadata: {name: acme}\n",
    "catalog/groups.yaml": f"""\
{BACKSTAGE}kind: Group
metadata:
  name: payments
  title: Payments
  description: Takes the money.
  annotations: {{acme.example/slack-channel: "#payments", acme.example/floor: "3"}}
  links:
    - {{url: https://acme.pagerduty.example/P1, title: Who is on call}}
    - {{url: https://wiki.acme.example/payments, title: Handbook}}
spec:
  type: team
  children: [ledger]
  members: [ada]
  lead: ada
  profile: {{email: payments@acme.example}}
---
{BACKSTAGE}kind: Group
metadata: {{name: ledger}}
spec: {{type: team, children: []}}
""",
    "catalog/users.yaml": f"""\
{BACKSTAGE}kind: User
metadata: {{name: ada}}
spec: {{profile: {{displayName: Ada}}, memberOf: []}}
---
{BACKSTAGE}kind: User
metadata: {{name: bob}}
spec: {{memberOf: [ledger]}}
""",
    "catalog/shop.yaml": f"""\
{BACKSTAGE}kind: System
metadata: {{name: shop}}
spec: {{owner: payments}}
---
{BACKSTAGE}kind: Component
metadata:
  name: checkout
  description: Turns a basket into an order.
  tags: [java, money]
  annotations: {{pagerduty.com/service-id: PABC}}
  links: [{{url: https://runbooks.acme.example/checkout, title: Runbook}}]
spec:
  type: service
  lifecycle: production
  system: shop
  providesApis: [orders]
  dependsOn: [component:cart, resource:gone]
---
{BACKSTAGE}kind: Component
metadata: {{name: cart, title: Basket}}
spec: {{type: service, lifecycle: production, owner: payments, dependsOn: [component:checkout]}}
---
{BACKSTAGE}kind: API
metadata: {{name: orders}}
spec: {{type: openapi, lifecycle: production, owner: payments, definition: "{{}}"}}
---
{BACKSTAGE}kind: Component
metadata: {{name: site}}
spec: {{type: website, lifecycle: production, owner: nobody, consumesApis: [orders]}}
---
{BACKSTAGE}kind: Component
metadata: {{name: cart, namespace: old}}
spec: {{type: service, lifecycle: deprecated, owner: default/payments}}
---
{BACKSTAGE}kind: API
metadata: {{name: site}}
spec: {{type: openapi, lifecycle: production, owner: payments, definition: "{{}}"}}
""",
    "rules/none.txt": "",
}


@pytest.fixture
def repo(tmp_path):
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.fixture
def ask(repo):
    def run(*argv: str, folder: Path = repo):
        done = CliRunner().invoke(main, ["catalog", *argv, "--dir", str(folder)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    return run


def test_owner_names_the_group_its_people_and_how_to_reach_them(ask):
    code, said, errors = ask("owner", "component:cart")
    assert (code, errors) == (0, "")
    assert said.splitlines() == [
        "component:default/cart is owned by group:default/payments  Payments: Takes the money.",
        "    catalog/shop.yaml:24",
        "",
        "Members",
        "    user:default/ada  Ada, lead",
        "    user:default/bob  in group:default/ledger",
        "",
        "Contact",
        "    email    payments@acme.example               spec.profile.email",
        "    chat     #payments                           acme.example/slack-channel",
        "    on call  https://acme.pagerduty.example/P1   Who is on call",
        "    link     https://wiki.acme.example/payments  Handbook",
    ]


def test_who_names_no_owner_has_that_of_its_system(ask):
    code, said, _ = ask("owner", "checkout")
    assert code == 0
    assert said.splitlines()[:3] == [
        "component:default/checkout is owned by group:default/payments  Payments: Takes the money.",
        "    as part of system:default/shop; it names no owner itself",
        "    catalog/shop.yaml:4",
    ]
    assert "on call  PABC" in said
    assert "pagerduty.com/service-id, of component:default/checkout" in said


def test_an_owner_that_does_not_exist_is_no_owner(ask):
    code, said, _ = ask("owner", "component:site")
    assert code == 1
    assert "is owned by group:default/nobody  (not in the catalog)" in said


def test_what_has_no_owner_at_all_is_said(ask):
    code, said, _ = ask("owner", "platform:acme")
    assert (code, said) == (1, "platform:default/acme names no owner: catalog/platform.yaml:3\n")


def test_dependents_are_a_tree_through_apis_with_circles_cut(ask):
    code, said, _ = ask("dependents", "component:cart")
    assert code == 0
    assert said.splitlines() == [
        "component:default/cart  catalog/shop.yaml:23",
        "    component:default/checkout",
        "        component:default/cart  (a circle: see above)",
        "        component:default/site  consumes its api:default/orders",
        "",
        "2 dependents, 1 direct.",
    ]


def test_depth_stops_the_tree(ask):
    _, said, _ = ask("dependents", "component:cart", "--depth", "1")
    assert said.splitlines()[1:] == ["    component:default/checkout", "", "1 dependent, 1 direct."]


def test_dependencies_name_the_api_between_and_what_does_not_exist(ask):
    code, said, _ = ask("dependencies", "component:site")
    assert code == 0
    assert said.splitlines()[1:-2] == [
        "    component:default/checkout  provides api:default/orders, which it consumes",
        "        component:default/cart",
        "            component:default/checkout  (a circle: see above)",
        "        resource:default/gone  (not in the catalog)",
    ]


def test_what_nobody_depends_on_says_what_there_is(ask):
    code, said, _ = ask("dependents", "group:payments")
    assert code == 0
    assert said == (
        "Nothing depends on group:default/payments. It owns 5 entities, has 1 member and has 1 group below it: "
        "see `roadcrew catalog show group:default/payments`.\n"
    )


def test_show_has_all_that_is_known(ask):
    code, said, _ = ask("show", "Component:Default/Checkout")
    assert code == 0
    assert said.splitlines() == [
        "component:default/checkout",
        "    catalog/shop.yaml:9",
        "    Turns a basket into an order.",
        "",
        "    owner      group:default/payments, as part of system:default/shop",
        "    kind       Component",
        "    type       service",
        "    lifecycle  production",
        "    system     shop",
        "    tags       java, money",
        "",
        "Relations",
        "    part of        system:default/shop",
        "    depends on     component:default/cart",
        "                   resource:default/gone  (not in the catalog)",
        "    dependency of  component:default/cart",
        "    provides API   api:default/orders",
        "",
        "Links",
        "    https://runbooks.acme.example/checkout  Runbook",
    ]


@pytest.mark.parametrize(
    "name", ["checkout", "component:checkout", "default/checkout", "COMPONENT:default/Checkout", " checkout "]
)
def test_every_spelling_of_a_reference_is_understood(ask, name):
    assert ask("show", name)[1].startswith("component:default/checkout\n")


def test_a_reference_without_a_namespace_means_the_default_one(ask):
    assert ask("show", "component:cart")[1].startswith("component:default/cart\n")
    assert ask("show", "component:old/cart")[1].startswith("component:old/cart\n")


def test_a_name_that_several_have_lists_them(ask):
    code, said, errors = ask("show", "site")
    assert (code, said) == (1, "")
    assert errors.splitlines() == [
        "2 entities have the name site. Say which:",
        "    api:default/site",
        "    component:default/site",
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("chekout", " Did you mean component:default/checkout?"),
        ("component:orders", " Did you mean api:default/orders?"),
        ("component:elsewhere/checkout", " Did you mean component:default/checkout?"),
        ("zzzzzz", ""),
        ("", ""),
        ("::", ""),
        ("a:b:c/d", ""),
    ],
)
def test_an_unknown_name_gets_near_ones(ask, name, meant):
    code, said, errors = ask("owner", name)
    assert (code, said) == (1, "")
    assert errors == f"There is no {name or ' '} in this catalog.{meant}\n"


def test_search_ranks_names_before_titles_before_descriptions(ask):
    code, said, _ = ask("search", "BASKET")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()] == [
        "component:default/cart",
        "component:default/checkout",
    ]


def test_search_wants_all_words_and_looks_at_tags_and_types(ask):
    assert ask("search", "java", "service")[1].split()[0] == "component:default/checkout"
    assert ask("search", "java", "website")[:2] == (1, "Nothing in this catalog has java website.\n")
    assert ask("search", "api orders")[1].split()[0] == "api:default/orders"


def test_search_for_nothing_is_said(ask):
    assert ask("search", " ") == (
        2,
        "",
        "There is no word to look for. Say one that stands in a name or a description.\n",
    )


def test_search_is_bounded_and_says_so(ask):
    lines = ask("search", "a", "--limit", "2")[1].splitlines()
    assert len(lines) == 4
    assert lines[-1] == "2 of 9; --limit shows more."


def test_machines_get_json(ask):
    owner = json.loads(ask("owner", "checkout", "--format", "json")[1])
    assert (owner["owner"], owner["via"]) == ("group:default/payments", ["system:default/shop"])
    assert owner["members"][0] == {"ref": "user:default/ada", "group": "group:default/payments", "lead": True}
    tree = json.loads(ask("dependents", "component:cart", "--format", "json")[1])
    assert [(one["ref"], one["depth"], one["circle"]) for one in tree["dependents"]] == [
        ("component:default/checkout", 1, False),
        ("component:default/cart", 2, True),
        ("component:default/site", 2, False),
    ]
    assert tree["dependents"][2]["because"] == [{"relation": "consumesApi", "through": "api:default/orders"}]
    shown = json.loads(ask("show", "checkout", "--format", "json")[1])
    assert (shown["path"], shown["line"], shown["spec"]["type"]) == ("catalog/shop.yaml", 9, "service")
    assert json.loads(ask("search", "java", "--format", "json")[1])["total"] == 1
    code, said, errors = ask("show", "site", "--format", "json")
    assert code == 1
    assert errors
    assert json.loads(said)["candidates"] == ["api:default/site", "component:default/site"]


def test_any_folder_of_the_repo_will_do(ask, repo):
    expected = ask("show", "checkout")
    assert ask("show", "checkout", folder=repo / "catalog") == expected
    (repo / "src" / "deep").mkdir(parents=True)
    assert ask("show", "checkout", folder=repo / "src" / "deep") == expected


def test_a_service_repo_is_asked_from_its_git_root(ask, tmp_path):
    (tmp_path / "one" / ".git").mkdir(parents=True)
    (tmp_path / "one" / "src").mkdir()
    text = (
        f"{BACKSTAGE}kind: Component\nmetadata: {{name: alone}}\nspec: {{type: t, lifecycle: l, owner: x}}\n"
    )
    (tmp_path / "one" / "catalog-info.yaml").write_text(text)
    assert ask("show", "alone", folder=tmp_path / "one" / "src")[0] == 0


def test_what_cannot_be_read_is_no_secret(ask, repo):
    (repo / "catalog" / "broken.yaml").write_text("a: [\n")
    code, said, errors = ask("show", "checkout")
    assert code == 0
    assert said
    assert errors == (
        "Note: 1 file cannot be read, such as catalog/broken.yaml; what stands there is missing here. "
        "`roadcrew check` says why.\n"
    )


def test_where_there_is_nothing_to_ask_exits_2(ask, tmp_path):
    (tmp_path / "empty").mkdir()
    code, said, errors = ask("show", "x", folder=tmp_path / "nowhere")
    assert (code, said) == (2, "")
    assert errors.startswith(f"There is no folder {tmp_path / 'nowhere'}.")
    (tmp_path / "empty" / ".git").mkdir()
    code, said, errors = ask("show", "x", folder=tmp_path / "empty")
    assert (code, said) == (2, "")
    assert "No entities were found." in errors
    (tmp_path / "file").write_text("")
    assert ask("search", "x", folder=tmp_path / "file")[0] == 2


def test_what_people_wrote_leaves_the_terminal_alone(ask, repo):
    evil = f'{BACKSTAGE}kind: Component\nmetadata: {{name: evil, title: "\\e[31mred\\u202e", links: [{{url: "https://x\\e]8", title: "\\e"}}]}}\nspec: {{type: "\\a", owner: "\\e[2J"}}\n'
    (repo / "catalog" / "evil.yaml").write_text(evil)
    for argv in (
        ("show", "evil"),
        ("search", "evil"),
        ("owner", "evil"),
        ("dependencies", "evil"),
        ("show", "\x1b[31m"),
    ):
        _, said, errors = ask(*argv)
        assert not set(said + errors) & {"\x1b", "\x07", "\u202e"}, argv


def test_help_says_the_exit_codes():
    for command in ("owner", "dependents", "dependencies", "show", "search"):
        said = CliRunner().invoke(main, ["catalog", command, "--help"]).output
        assert "Exit codes: 0 answered, 1 there is no" in said
