"""Who may, and who could: closed by default, by what GitHub and the base branch's catalog say now."""

import json
from dataclasses import dataclass

import pytest

from bot.catalog.accounts import groups_of, login_of, user_of
from bot.catalog.check import check
from bot.commands.roles import Asker, Holder, Matter, asker_of, holders, is_party, may
from bot.commands.settings import CommandSettings, Role, command_settings
from bot.commands.table import COMMANDS, find_command
from bot.model.pull import Person
from tests.shelf import Shelf


@dataclass(frozen=True)
class Rights:
    permission: str = "none"
    teams: frozenset = frozenset()


def entity(kind, name, spec, group="backstage.io/v1alpha1", **metadata):
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


def group(name, **spec):
    return entity("Group", name, {"type": "team", "children": [], **spec})


def user(name, *groups, login="", agent=None):
    more = {"annotations": {"github.com/user-login": login}} if login else {}
    more |= {"labels": {"roadcrew.dev/agent": "true"}} if agent is not None else {}
    return entity("User", name, {"memberOf": list(groups), **({"agent": agent} if agent else {})}, **more)


PEOPLE = [
    group("engineering"),
    group("payments", parent="engineering", members=["reviewer"]),
    group("security"),
    user("developer", "payments"),
    user("reviewer"),
    user("guard", "security", login="Guard-At-Acme"),
    user("helper", "payments", agent={"actsFor": "developer", "requests": ["access"]}),
    user("robot", "payments", agent={}),
]


def checked(*more):
    texts = {f"catalog/{at}.yaml": json.dumps(one).encode() for at, one in enumerate([*PEOPLE, *more])}
    return check(Shelf(texts), whole=True)


def platform(**commands):
    return entity("Platform", "platform", {"commands": commands}, group="roadcrew.dev/v1")


CATALOG = checked().catalog
PLAIN = CommandSettings()


def asker(login, permission="none", *teams, is_bot=False):
    return asker_of(Person(login, is_bot), CATALOG, Rights(permission, frozenset(teams)))


def test_an_account_is_found_by_its_annotation_or_by_its_name():
    assert user_of("guard-at-acme", CATALOG).name == "guard"
    assert user_of("Developer", CATALOG).name == "developer"
    assert user_of("stranger", CATALOG) is None
    assert user_of("", CATALOG) is None


def test_the_name_of_a_user_with_another_account_is_nobodys():
    assert user_of("guard", CATALOG) is None
    assert login_of(CATALOG.get("user:default/guard")) == "Guard-At-Acme"


def test_groups_are_found_from_both_sides_and_upwards():
    both = {"group:default/payments", "group:default/engineering"}
    assert groups_of("user:default/developer", CATALOG) == both
    assert groups_of("user:default/reviewer", CATALOG) == both
    assert groups_of("user:default/guard", CATALOG) == {"group:default/security"}


def test_groups_in_a_circle_end():
    circle = [group("a", parent="b"), group("b", parent="a"), user("x", "a")]
    assert len(groups_of("user:default/x", checked(*circle).catalog)) == 2


def test_an_asker_is_what_github_and_the_catalog_say():
    assert asker("helper", "write", "Acme/Ops") == Asker(
        login="helper",
        permission="write",
        teams=frozenset({"acme/ops"}),
        user="user:default/helper",
        groups=frozenset({"group:default/payments", "group:default/engineering"}),
        is_agent=True,
        acts_for="user:default/developer",
        selves=frozenset({"user:default/helper", "group:default/payments", "group:default/engineering"}),
    )
    assert asker("stranger") == Asker("stranger")
    assert asker("renovate[bot]").is_bot
    assert asker("app", is_bot=True).is_agent
    assert asker("robot").acts_for == ""


PERMISSIONS = ["none", "read", "triage", "write", "maintain", "admin"]


@pytest.mark.parametrize("held", PERMISSIONS)
@pytest.mark.parametrize("asked", PERMISSIONS[1:])
def test_a_permission_holds_all_lesser_ones(held, asked):
    has = PERMISSIONS.index(held) >= PERMISSIONS.index(asked)
    assert may(asker("stranger", held), [asked], Matter(), PLAIN) is has


@pytest.mark.parametrize("role", ["none", "", "wirte", "security", "None"])
def test_an_unknown_role_is_nobodys(role):
    assert not may(asker("developer", "admin"), [role], Matter("developer"), PLAIN)
    assert not may(Asker("x", permission="owner"), ["read"], Matter(), PLAIN)
    assert not may(asker("developer", "admin"), [], Matter("developer"), PLAIN)


def test_roles_of_a_matter():
    matter = Matter("developer", "reviewer", "user:default/guard", frozenset({"group:default/engineering"}))
    who = ["developer", "reviewer", "Guard-at-acme", "stranger"]
    held = {role: [one for one in who if may(asker(one), [role], matter, PLAIN)] for role in
            ("author", "requester", "subject", "owner")}  # fmt: skip
    assert held == {
        "author": ["developer"],
        "requester": ["reviewer"],
        "subject": ["Guard-at-acme"],
        "owner": ["developer", "reviewer"],
    }


def test_in_an_empty_matter_nobody_is_anything():
    for role in ("author", "requester", "subject", "owner", "approver"):
        assert not may(Asker(""), [role], Matter(), PLAIN)
        assert not may(asker("developer", "admin"), [role], Matter(), PLAIN)


def test_a_user_of_the_catalog_needs_to_see_the_repo():
    assert may(asker("developer", "read"), ["user"], Matter(), PLAIN)
    assert not may(asker("developer"), ["user"], Matter(), PLAIN)
    assert not may(asker("stranger", "read"), ["user"], Matter(), PLAIN)


OWN = CommandSettings(
    roles={
        "permitted": Role(permission="maintain"),
        "grouped": Role(groups=frozenset({"group:default/engineering"})),
        "teamed": Role(teams=frozenset({"acme/security"})),
        "named": Role(users=frozenset({"stranger"})),
        "empty": Role(),
        "admin": Role(users=frozenset({"stranger"})),
    }
)


@pytest.mark.parametrize(
    ("role", "who"),
    [
        ("permitted", asker("stranger", "admin")),
        ("grouped", asker("developer")),
        ("teamed", asker("stranger", "none", "Acme/Security")),
        ("named", asker("Stranger")),
    ],
)
def test_roles_of_the_platforms_own(role, who):
    assert may(who, [role], Matter(), OWN)
    assert not may(Asker("other", "write"), [role], Matter(), OWN)
    assert not may(who, ["empty"], Matter(), OWN)


def test_a_platforms_role_cannot_stand_for_a_built_in_one():
    assert not may(asker("stranger"), ["admin"], Matter(), OWN)


def approves(login, permission="write", **matter):
    wanted = {"author": "author", "approvers": ("write",), **matter}
    return may(asker(login, permission), ["approver"], Matter(**wanted), PLAIN)


def test_an_approver_holds_a_role_that_the_kind_names():
    assert approves("reviewer")
    assert not approves("reviewer", "read")
    assert not approves("reviewer", approvers=())
    assert not approves("reviewer", approvers=("approver",))
    assert approves("reviewer", "none", approvers=("owner",), owners=frozenset({"group:default/payments"}))


@pytest.mark.parametrize(
    "matter",
    [
        {"author": "Reviewer"},
        {"requester": "reviewer"},
        {"subject": "user:default/reviewer"},
        {"subject": "group:default/engineering"},
        {"on_behalf_of": "user:default/reviewer"},
    ],
)
def test_nobody_approves_their_own_matter(matter):
    assert not approves("reviewer", "admin", **matter)
    assert is_party(asker("reviewer"), Matter(**matter))


def test_no_agent_and_no_bot_approves():
    assert not approves("helper", "admin")
    assert not may(asker("app", "admin", is_bot=True), ["approver"], Matter(approvers=("read",)), PLAIN)


def test_holders_are_named_by_what_they_are():
    matter = Matter(
        "author", "asker", "user:default/guard", frozenset({"group:default/payments"}), ("owner", "own")
    )
    settings = CommandSettings(
        roles={
            "own": Role("admin", frozenset({"group:default/security"}), frozenset({"a/b"}), frozenset({"x"}))
        }
    )
    assert holders(["author", "requester", "subject", "nobody"], matter, settings, CATALOG) == (
        Holder("login", "author"),
        Holder("login", "asker"),
        Holder("login", "Guard-At-Acme"),
    )
    assert holders(["approver", "owner", "read", "user"], matter, settings, CATALOG) == (
        Holder("group", "group:default/payments"),
        Holder("group", "group:default/security"),
        Holder("team", "a/b"),
        Holder("login", "x"),
        Holder("permission", "admin"),
        Holder("permission", "read"),
        Holder("permission", "user"),
    )
    assert holders(["approver", "author"], Matter(), settings, CATALOG) == ()
    assert holders(["subject"], Matter(subject="user:default/gone"), PLAIN, CATALOG) == (
        Holder("user", "user:default/gone"),
    )


def test_holders_of_an_approval_leave_out_whose_matter_it_is():
    settings = CommandSettings(
        roles={"own": Role(users=frozenset({"developer", "reviewer", "helper", "guest"}))}
    )
    matter = Matter("developer", approvers=("own",), on_behalf_of="user:default/reviewer")
    assert holders(["approver"], matter, settings, CATALOG) == (Holder("login", "guest"),)


def test_without_a_platform_the_table_says_who_may():
    settings = command_settings(CATALOG)
    assert settings == CommandSettings()
    assert all(settings.allowed(one) == one.allow for one in COMMANDS)


def test_a_platform_adds_roles_and_says_who_may():
    said = platform(
        bare=False,
        roles={
            "sec": {"groups": ["Security"], "teams": ["Acme/Sec"], "users": ["Guest"], "permission": "admin"}
        },
        allow={"hold": ["maintain", "sec"], "retry": []},
    )
    found = checked(said)
    assert found.findings == ()
    settings = command_settings(found.catalog)
    role = Role("admin", frozenset({"group:default/security"}), frozenset({"acme/sec"}), frozenset({"guest"}))
    assert settings == CommandSettings(False, {"sec": role}, {"hold": ("maintain", "sec"), "retry": ()})
    assert settings.teams == {"acme/sec"}
    assert settings.allowed(find_command("retry")) == ()
    assert settings.allowed(find_command("plan")) == find_command("plan").allow


@pytest.mark.parametrize(
    "commands",
    [
        {"bare": "yes"},
        {"rolls": {}},
        {"roles": {"sec": {"permission": "wirte"}}},
        {"roles": {"sec": {"groups": ["group:"]}}},
        {"allow": {"hold": "maintain"}},
        {"allow": []},
        [],
        "off",
    ],
)
def test_broken_settings_leave_only_help(commands):
    said = entity("Platform", "platform", {"commands": commands}, group="roadcrew.dev/v1")
    found = checked(said)
    assert found.findings
    settings = command_settings(found.catalog)
    assert settings.is_broken
    assert [one.name for one in COMMANDS if settings.allowed(one)] == ["help"]


@pytest.mark.parametrize(
    ("commands", "rule", "facts"),
    [
        ({"allow": {"hld": ["write"]}}, "field-unknown", {"field": "spec.commands.allow.hld", "near": ("hold", "unhold")}),
        ({"allow": {"hold": ["wirte"]}}, "field-value", {"case": "role", "got": "wirte", "near": ("write",)}),
        ({"roles": {"owner": {}}}, "field-value", {"case": "role-taken", "got": "owner"}),
        ({"roles": {"sec": {"groups": ["securty"]}}}, "reference-unknown", {"near": ("security",)}),
        ({"roles": {"sec": {"groups": ["user:x"]}}}, "reference-target", {"kind": "user"}),
        ({"roles": {"sec": {"groups": ["group:"]}}}, "reference-form", {"found": "group:"}),
        ({"roles": {"sec": {"teams": ["acme"]}}}, "field-format", {"case": "team", "got": "acme"}),
        ({"roles": {"sec": {"group": ["x"]}}}, "field-unknown", {"near": ("groups",)}),
    ],
)  # fmt: skip
def test_names_that_mean_nothing_are_found(commands, rule, facts):
    (finding,) = checked(platform(**commands)).findings
    assert finding.rule == rule
    assert facts.items() <= finding.facts.items()


@pytest.mark.parametrize(
    ("agent", "rule", "near"),
    [
        ({"actFor": "developer"}, "field-unknown", ("actsFor",)),
        ({"actsFor": "develper"}, "reference-unknown", ("developer", "helper")),
        ({"actsFor": "group:payments"}, "reference-target", ()),
        ({"actsFor": "user:"}, "reference-form", ()),
    ],
)
def test_what_a_user_says_of_an_agent_is_checked(agent, rule, near):
    (finding,) = checked(user("typist", agent=agent)).findings
    assert (finding.rule, finding.facts.get("near", ())) == (rule, near)
