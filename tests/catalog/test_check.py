"""A repo's entities: which files are, what is said of them together, and what is never said."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalog.check import check
from bot.catalog.layout import matches
from bot.model.plan import Finding, Severity
from bot.model.tree import EntryKind
from tests.shelf import Shelf


def entity(kind: str, name: str, spec: str = "{}", **metadata: str) -> str:
    version = "scaffolder.backstage.io/v1beta3" if kind == "Template" else "backstage.io/v1alpha1"
    extra = "".join(f", {key}: {value}" for key, value in metadata.items())
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}{extra}}}\nspec: {spec}\n"


def component(name: str, owner: str = "team", more: str = "") -> str:
    return entity("Component", name, f"{{type: service, lifecycle: production, owner: '{owner}'{more}}}")


def group(name: str, more: str = "") -> str:
    return entity("Group", name, f"{{type: team, children: []{more}}}")


def own(kind: str, name: str, spec: str) -> str:
    return f"apiVersion: roadcrew.dev/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"


def rules(files: dict[str, Any], **options: Any) -> list[tuple[str, str, str]]:
    return [(one.severity.value, one.rule, one.path) for one in check(Shelf(files), **options).findings]


def only(files: dict[str, Any], **options: Any) -> Finding:
    (finding,) = check(Shelf(files), **options).findings
    return finding


TEAM = {"catalog/team.yaml": group("team")}
KUBERNETES = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
---
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
---
apiVersion: core.oam.dev/v1beta1
kind: Component
metadata: {name: a}
---
apiVersion: template.openshift.io/v1
kind: Template
metadata: {name: a}
---
apiVersion: user.openshift.io/v1
kind: Group
metadata: {name: a}
"""
FOREIGN = {
    "k8s/all.yaml": KUBERNETES,
    ".github/workflows/ci.yaml": "on: [push]\njobs: {a: {steps: [{run: '${{ github.sha }}'}]}}\n",
    "chart/templates/a.yaml": "{{- if .Values.a }}\nkind: Service\n{{ end }}\n",
    "docker-compose.yml": "x: &a {b: 1}\nservices:\n  a:\n    <<: *a\n",
    "mkdocs.yml": "plugins: !!python/name:a.b\n",
    "openapi.yaml": "openapi: 3.1.0\ninfo: {title: a}\n",
    "broken.yaml": "a: [1\n",
    "latin.yaml": "a: \xe9".encode("latin-1"),
    "big.yaml": b"a" * (2 * 1024 * 1024),
    "list.yaml": "- a\n- b\n",
}


def test_nobody_elses_yaml_is_accused() -> None:
    checked = check(Shelf({**FOREIGN, "catalog-info.yaml": component("a")}), whole=None)
    assert [one.rule for one in checked.findings] == ["reference-unknown"]
    assert [one.ref for one in checked.catalog.entities] == ["component:default/a"]


def test_a_folder_without_entities_is_silent() -> None:
    checked = check(Shelf(FOREIGN))
    assert checked.findings == ()
    assert checked.catalog.entities == ()


def test_below_catalog_everything_must_be_an_entity() -> None:
    files = {
        **TEAM,
        "catalog/notes.yaml": "# only a comment\n",
        "catalog/x.yml": "a: 1\n---\n- b\n---\n---\ntext\n",
    }
    assert rules(files) == [
        ("deny", "entity-none", "catalog/x.yml"),
        ("deny", "entity-root", "catalog/x.yml"),
        ("deny", "entity-root", "catalog/x.yml"),
    ]


OLM = {"catalog/op.yaml": "schema: olm.package\nname: a\n---\nschema: olm.bundle\n"}


def test_a_catalog_folder_without_entities_is_someone_elses() -> None:
    assert rules(OLM) == []
    beside = check(Shelf({**OLM, "catalog-info.yaml": component("a")}))
    assert [(one.severity.value, one.rule) for one in beside.findings] == [("warn", "reference-unknown")]


@pytest.mark.parametrize(
    "files",
    [
        TEAM,
        {"platform.yaml": own("Platform", "acme", "{}")},
        {"catalog/a.yaml": "apiVersion: backstage.io/v1alpha1\nkind: [\n"},
        {"catalog/a.yaml": group("a").replace("backstage.io", "backstage.oi")},
    ],
    ids=["an entity", "a platform", "a broken entity", "a slip in the apiVersion"],
)
def test_one_entity_makes_the_catalog_folder_ours(files: dict[str, str]) -> None:
    found = rules({**OLM, **files})
    assert [one for one in found if one[1] == "entity-none"] == [
        ("deny", "entity-none", "catalog/op.yaml")
    ] * 2


def test_where_the_catalog_is_known_to_be_whole_its_folder_needs_no_entity() -> None:
    assert rules(OLM, whole=True) == [("deny", "entity-none", "catalog/op.yaml")] * 2
    assert rules({**OLM, **TEAM}, whole=False) == []


def test_an_empty_api_version_is_said_once() -> None:
    text = component("a").replace("backstage.io/v1alpha1", '""')
    assert rules({**TEAM, "catalog/a.yaml": text}) == [("deny", "field-empty", "catalog/a.yaml")]


def test_a_wrong_namespace_is_said_once() -> None:
    text = component("a").replace("name: a", "name: a, namespace: Shop")
    assert rules({**TEAM, "catalog/a.yaml": text}) == [("deny", "field-format", "catalog/a.yaml")]
    named = component("a", "other/team").replace("name: a", "name: a, namespace: Shop")
    assert len(rules({**TEAM, "catalog/a.yaml": named})) == 2


def test_a_foreign_kind_in_the_catalog_is_kept_and_said_once() -> None:
    files = {**TEAM, "catalog/a.yaml": "apiVersion: acme.example/v1\nkind: Capability\nmetadata: {name: a}\n"}
    assert rules(files) == [("info", "entity-kind", "catalog/a.yaml")]
    assert check(Shelf(files)).catalog.get("capability:default/a") is not None


@pytest.mark.parametrize(
    ("version", "kind", "expected"),
    [
        ("backstage.io/v1alpha1", "component", ("warn", "entity-kind")),
        ("backstage.io/v1alpha1", "Capability", ("info", "entity-kind")),
        ("backstage.io/v1", "Component", ("deny", "entity-api-version")),
        ("backstage.io/v1beta2", "Template", ("deny", "entity-api-version")),
        ("backstage.oi/v1alpha1", "Component", ("deny", "entity-api-version")),
        ("v1alpha1", "Component", ("deny", "entity-api-version")),
        ("roadcrew.dev/v2", "Rule", ("deny", "entity-api-version")),
        ("roadcrew.dev/v1", "Enviroment", ("deny", "entity-kind")),
        ("acme.example/v1", "Component", ("info", "entity-kind")),
    ],
)
def test_versions_and_kinds(version: str, kind: str, expected: tuple[str, str]) -> None:
    files = {
        **TEAM,
        "catalog/a.yaml": f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{}}\n",
    }
    assert [(severity, rule) for severity, rule, _ in rules(files)] == [expected]


def test_a_slip_in_the_api_version_shows_beside_other_entities_only() -> None:
    slip = component("b").replace("backstage.io", "backstage.oi")
    beside = {"a.yaml": component("a", "component:a"), "b.yaml": slip}
    assert ("deny", "entity-api-version", "b.yaml") in rules(beside)
    assert rules({"b.yaml": slip}) == []


def test_catalog_info_is_an_entity_wherever_it_lies() -> None:
    files = {"services/a/catalog-info.yml": "a: 1\n", "b/catalog-info.yaml": "a: [\n"}
    assert rules(files) == [
        ("deny", "yaml-syntax", "b/catalog-info.yaml"),
        ("deny", "entity-none", "services/a/catalog-info.yml"),
    ]


def test_a_broken_document_does_not_hide_the_others() -> None:
    text = f"{group('team')}---\na: [1\n---\n{component('a', 'nobody')}---\n{component('b c')}"
    assert rules({"catalog/a.yaml": text}) == [
        ("deny", "yaml-syntax", "catalog/a.yaml"),
        ("deny", "reference-unknown", "catalog/a.yaml"),
        ("deny", "field-format", "catalog/a.yaml"),
    ]


def test_lines_in_facts_are_those_of_the_file() -> None:
    finding = only({"catalog/a.yaml": f"{group('team')}---\na: 1\nb: 1\na: 2\n"})
    assert (finding.rule, finding.line, finding.facts["first"]) == ("yaml-duplicate-key", 8, 6)


def test_a_reference_to_a_document_that_cannot_be_read_is_not_doubted() -> None:
    files = {
        "catalog/a.yaml": component("a"),
        "catalog/t.yaml": "kind: Group\nmetadata:\n  name: team\n  x: [\n",
    }
    assert rules(files) == [("deny", "yaml-syntax", "catalog/t.yaml")]


@pytest.mark.parametrize(
    ("data", "rule", "place"),
    [
        (b"x" * 10_000_000, "yaml-size", (0, 0)),
        ("a: 1\nb: \xe9\n".encode("latin-1"), "yaml-encoding", (2, 4)),
        ("a: 1\n".encode("utf-16"), "yaml-encoding", (1, 1)),
        ("apiVersion: 1\n".encode("utf-16-le"), "yaml-encoding", (1, 1)),
        (b"a: 1\nb: \x00\n", "yaml-encoding", (2, 4)),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "yaml-encoding", (1, 1)),
        (b"a: \x1b[31m\n", "yaml-encoding", (1, 4)),
    ],
    ids=["10 MB", "latin-1", "utf-16", "utf-16 without mark", "zero byte", "picture", "escape code"],
)
def test_files_that_are_no_text_get_one_sentence(data: bytes, rule: str, place: tuple[int, int]) -> None:
    finding = only({**TEAM, "catalog/a.yaml": data})
    assert (finding.rule, finding.line, finding.column) == (rule, *place)
    assert finding.severity is Severity.DENY


def test_a_large_file_is_not_even_read() -> None:
    shelf = Shelf({**TEAM, "catalog/a.yaml": b"x" * 2_000_000})
    assert [one.rule for one in check(shelf).findings] == ["yaml-size"]
    assert "catalog/a.yaml" not in shelf.reads


@pytest.mark.parametrize(
    ("path", "kind", "rule"),
    [
        ("catalog/a.yaml", EntryKind.SYMLINK, "path-symlink"),
        ("catalog/teams", EntryKind.SYMLINK, "path-symlink"),
        ("catalog/vendor", EntryKind.SUBMODULE, "path-submodule"),
        ("templates/web", EntryKind.SYMLINK, "path-symlink"),
        ("rules/a.yaml", EntryKind.SYMLINK, "path-symlink"),
        ("catalog/../../a.yaml", EntryKind.FILE, "path-unsafe"),
        ("catalog/a\nb.yaml", EntryKind.FILE, "path-unsafe"),
        ("catalog/a\\b.yaml", EntryKind.FILE, "path-unsafe"),
    ],
)
def test_links_and_odd_paths_are_never_followed(path: str, kind: EntryKind, rule: str) -> None:
    shelf = Shelf({**TEAM, path: "../../etc/passwd"}, {path: kind})
    (finding,) = check(shelf).findings
    assert (finding.rule, finding.severity, finding.path) == (rule, Severity.DENY, path)
    assert path not in shelf.reads


def test_an_absolute_path_is_never_read() -> None:
    shelf = Shelf({"/catalog-info.yaml": component("a")})
    assert [one.rule for one in check(shelf).findings] == ["path-unsafe"]
    assert shelf.reads == []


class TestReferences:
    def test_what_does_not_exist_denies_in_a_whole_catalog_and_warns_elsewhere(self) -> None:
        whole = only({**TEAM, "catalog/a.yaml": component("a", "taem")})
        assert (whole.rule, whole.severity, whole.facts["near"]) == (
            "reference-unknown",
            Severity.DENY,
            ("team",),
        )
        alone = only({"catalog-info.yaml": component("a", "taem")})
        assert (alone.rule, alone.severity) == ("reference-unknown", Severity.WARN)
        told = only({"catalog-info.yaml": component("a", "taem")}, whole=True)
        assert told.severity is Severity.DENY

    def test_a_platform_makes_it_whole(self) -> None:
        files = {"platform.yaml": own("Platform", "acme", "{}"), "a.yaml": component("a")}
        assert rules(files) == [("deny", "reference-unknown", "a.yaml")]

    def test_the_namespace_of_the_entity_is_the_default(self) -> None:
        there = entity("Group", "team", "{type: team, children: []}", namespace="shop")
        here = entity("System", "a", "{owner: team}", namespace="shop")
        assert rules({"catalog/a.yaml": f"{there}---\n{here}"}) == []
        elsewhere = only({"catalog/a.yaml": f"{there}---\n{entity('System', 'a', '{owner: team}')}"})
        assert elsewhere.facts["near"] == ("shop/team",)

    def test_an_owner_may_be_a_user_and_the_fix_says_how(self) -> None:
        user = entity("User", "developer", "{memberOf: []}")
        assert rules({"catalog/a.yaml": f"{user}---\n{component('a', 'user:developer')}"}) == []
        assert only({"catalog/a.yaml": f"{user}---\n{component('a', 'developer')}"}).facts["near"] == (
            "user:developer",
        )

    def test_case_does_not_matter(self) -> None:
        assert rules({**TEAM, "catalog/a.yaml": component("A", "GROUP:Default/Team")}) == []

    def test_a_kind_is_needed_in_depends_on_and_the_fix_names_it(self) -> None:
        finding = only({**TEAM, "catalog/a.yaml": component("a", more=", dependencyOf: [a]")})
        assert (finding.rule, finding.facts["near"]) == ("reference-kind", ("component:a",))

    def test_an_owner_must_be_a_group_or_a_user(self) -> None:
        assert only({"catalog/a.yaml": component("a", "component:a")}).rule == "reference-owner"

    @pytest.mark.parametrize(
        ("kind", "spec", "field", "expected"),
        [
            ("Component", "system: 'group:x'", "spec.system", "system"),
            ("Component", "system: 'component:x'", "spec.system", "system"),
            ("Component", "subcomponentOf: 'api:x'", "spec.subcomponentOf", "component"),
            ("Component", "providesApis: ['component:x']", "spec.providesApis[0]", "api"),
            ("Component", "consumesApis: ['component:x']", "spec.consumesApis[0]", "api"),
            ("API", "definition: d, system: 'domain:x'", "spec.system", "system"),
            ("Resource", "system: 'domain:x'", "spec.system", "system"),
            ("System", "domain: 'group:x'", "spec.domain", "domain"),
            ("Domain", "subdomainOf: 'system:x'", "spec.subdomainOf", "domain"),
            ("Group", "children: [], parent: 'user:x'", "spec.parent", "group"),
            ("Group", "children: ['user:x']", "spec.children[0]", "group"),
            ("Group", "children: [], members: ['group:x']", "spec.members[0]", "user"),
            ("User", "memberOf: ['component:x']", "spec.memberOf[0]", "group"),
        ],
    )
    def test_a_reference_names_the_kind_that_its_field_is_for(
        self, kind: str, spec: str, field: str, expected: str
    ) -> None:
        text = entity(kind, "a", f"{{type: t, lifecycle: l, owner: team, {spec}}}")
        finding = only({**TEAM, "catalog/a.yaml": text})
        assert (finding.rule, finding.severity) == ("reference-target", Severity.DENY)
        assert (finding.facts["field"], finding.facts["expected"]) == (field, (expected,))
        found = check(Shelf({"catalog-info.yaml": text})).findings
        assert ("warn", "reference-target") in [(one.severity.value, one.rule) for one in found]
        assert "deny" not in [one.severity.value for one in found]

    def test_a_wrong_owner_warns_where_the_catalog_is_not_whole(self) -> None:
        finding = only({"catalog-info.yaml": component("a", "domain:x")})
        assert (finding.rule, finding.severity) == ("reference-owner", Severity.WARN)

    def test_a_name_that_two_claim_is_suggested_once(self) -> None:
        guest = entity("User", "guest", "{memberOf: []}")
        files = {"a.yaml": guest, "b.yaml": guest, "c.yaml": component("a", "guest")}
        unknown = [one for one in check(Shelf(files)).findings if one.rule == "reference-unknown"]
        assert [one.facts["near"] for one in unknown] == [("user:guest",)]

    @pytest.mark.parametrize(
        ("kind", "field", "spec"),
        [
            ("Group", "parent", "{type: t, children: [], parent: %s}"),
            ("Component", "subcomponentOf", "{type: t, lifecycle: l, owner: team, subcomponentOf: %s}"),
            ("Domain", "subdomainOf", "{owner: team, subdomainOf: %s}"),
        ],
    )
    def test_circles_are_found_once(self, kind: str, field: str, spec: str) -> None:
        texts = [
            entity(kind, name, spec % above)
            for name, above in [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
        ]
        finding = only({**TEAM, "catalog/a.yaml": "---\n".join(texts)})
        assert (finding.rule, finding.facts["field"], finding.line) == ("reference-cycle", f"spec.{field}", 4)
        assert only({**TEAM, "catalog/a.yaml": entity(kind, "a", spec % "a")}).rule == "reference-cycle"

    def test_who_writes_a_list_as_owner_hears_of_it_once(self) -> None:
        text = component("a").replace("'team'", "[team]")
        assert only({**TEAM, "catalog/a.yaml": text}).rule == "field-type"


def test_duplicates_name_both_places() -> None:
    files = {**TEAM, "catalog/z.yaml": group("TEAM")}
    finding = only(files)
    assert (finding.rule, finding.path, finding.facts["first"]) == (
        "entity-duplicate",
        "catalog/z.yaml",
        "catalog/team.yaml",
    )
    twice = only({"catalog/a.yaml": f"{group('a')}---\n{group('a')}"})
    assert (twice.line, twice.facts["first"]) == (8, "line 3")


def test_the_same_name_in_two_examples_of_one_repo_only_warns() -> None:
    files = {"a/catalog-info.yaml": group("a"), "b/catalog-info.yaml": group("a")}
    assert rules(files) == [("warn", "entity-duplicate", "b/catalog-info.yaml")]


def test_a_user_without_groups_is_a_warning() -> None:
    assert rules({"catalog/u.yaml": entity("User", "u")}) == [("warn", "user-groups", "catalog/u.yaml")]


class TestTemplates:
    STEPS = "{type: t, steps: [{action: 'fetch:template', input: {url: %s}}]}"
    BAD = entity("Component", "a b", "{}")

    def test_what_lies_beside_a_template_is_its_material(self) -> None:
        files = {
            "a/template.yaml": entity("Template", "a", self.STEPS % "./skel"),
            "a/skel/catalog-info.yaml": self.BAD,
            "a/other/catalog-info.yaml": "a: {% if x %}\n",
            "a/catalog-info.yaml": self.BAD,
            "a/skel/template.yaml": entity("Template", "${{ values.x }}"),
            "shared/${{ values.name }}/catalog-info.yaml": "name: ${{ values.name }}\n",
        }
        assert rules(files) == [("info", "entity-unrendered", "shared/${{ values.name }}/catalog-info.yaml")]

    def test_a_step_may_copy_from_elsewhere(self) -> None:
        files = {
            "t/a/template.yaml": entity(
                "Template", "a", self.STEPS % "'../../skeletons/${{ parameters.x }}/'"
            ),
            "skeletons/java/catalog-info.yaml": self.BAD,
            "catalog-info.yaml": self.BAD,
        }
        assert {path for _, _, path in rules(files)} == {"catalog-info.yaml"}

    def test_a_template_at_the_root_does_not_own_the_repo(self) -> None:
        files = {
            "template.yaml": entity("Template", "a", self.STEPS % "./files"),
            "files/catalog-info.yaml": self.BAD,
            "skeleton/catalog-info.yaml": self.BAD,
            "docs/catalog-info.yaml": self.BAD,
        }
        assert {path for _, _, path in rules(files)} == {"docs/catalog-info.yaml"}

    def test_a_location_outside_can_point_into_it(self) -> None:
        files = {
            "all.yaml": entity("Location", "all", "{targets: [./a/*.yaml]}"),
            "a/template.yaml": entity("Template", "a", self.STEPS % "./skel"),
            "a/org.yaml": group("a b"),
        }
        assert rules(files) == [("deny", "field-format", "a/org.yaml")]

    def test_a_broken_template_still_owns_its_folder(self) -> None:
        files = {
            "a/template.yaml": "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nspec: [\n",
            "a/skeleton/catalog-info.yaml": self.BAD,
        }
        assert rules(files) == [("deny", "yaml-syntax", "a/template.yaml")]

    def test_in_a_platform_repo_only_the_template_itself_is_read(self) -> None:
        files = {
            **TEAM,
            "templates/web/template.yaml": "a: 1\n",
            "templates/web/skeleton/catalog-info.yaml": self.BAD,
            "templates/web/manifests/deployment.yaml": "{{ x }}\n",
            "templates/README.yaml": "a: 1\n",
            "tests/fixtures/catalog-info.yaml": self.BAD,
        }
        assert rules(files) == [("deny", "entity-none", "templates/web/template.yaml")]

    @pytest.mark.parametrize(
        "text",
        [
            "apiVersion: backstage.io/v1alpha1\n{%- if x %}\nkind: API\n{%- endif %}\nmetadata: {name: a}\n",
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: ${{ values.name }}\n",
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {{ cookiecutter.name }}\n",
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\nspec: {owner: '${{ x }}'}\n",
        ],
    )
    def test_an_unrendered_file_gets_at_most_a_hint(self, text: str) -> None:
        assert rules({"x/component.yaml": text}) == [("info", "entity-unrendered", "x/component.yaml")]

    def test_braces_in_a_description_do_not_make_a_template(self) -> None:
        text = entity("System", "a b", "{owner: team}", description="'Say {{ name }}'")
        assert ("deny", "field-format", "s.yaml") in rules({"s.yaml": text})


class TestSubstitutions:
    API = entity("API", "a", "{type: openapi, lifecycle: l, owner: team, definition: {%s: %s}}")

    def _rules(self, name: str, target: str, **more: Any) -> list[tuple[str, str]]:
        files = {**TEAM, "catalog/apis/a.yaml": self.API % (name, target), **more.pop("files", {})}
        return [(severity, rule) for severity, rule, _ in rules(files, **more)]

    def test_text_is_put_in_before_the_schema_looks(self) -> None:
        files = {**TEAM, "catalog/apis/a.yaml": self.API % ("$text", "../o.json"), "catalog/o.json": "{}"}
        checked = check(Shelf(files))
        assert checked.findings == ()
        api = checked.catalog.get("api:default/a")
        assert api is not None
        assert api.spec["definition"] == "{}"

    def test_yaml_is_put_in_as_a_value_and_judged(self) -> None:
        found = self._rules("$yaml", "./d.txt", files={"catalog/apis/d.txt": "a: no\n"})
        assert found == [("deny", "field-type")]

    @pytest.mark.parametrize(
        ("name", "target", "expected"),
        [
            ("$text", "./missing.txt", ("deny", "substitution-missing")),
            ("$text", "https://acme.example/a", ("info", "substitution-url")),
            ("$yaml", "https://acme.example/a", ("info", "substitution-url")),
            ("$text", "../../../etc/passwd", ("deny", "substitution-outside")),
            ("$text", "/etc/passwd", ("deny", "substitution-outside")),
            ("$text", "12", ("deny", "substitution-failed")),
            ("$json", "./yes.yml", ("deny", "substitution-failed")),
            ("$yaml", "./broken.txt", ("deny", "substitution-failed")),
            ("$yaml", "./two.txt", ("deny", "substitution-failed")),
            ("$text", "./latin.txt", ("deny", "substitution-failed")),
        ],
    )
    def test_what_cannot_be_put_in_is_said_once(
        self, name: str, target: str, expected: tuple[str, str]
    ) -> None:
        files = {
            "catalog/apis/broken.txt": "a: [",
            "catalog/apis/two.txt": "a: 1\n---\nb: 1\n",
            "catalog/apis/latin.txt": b"\xe9",
            "yes.txt": "a",
        }
        assert self._rules(name, target, files=files | {"catalog/apis/yes.txt": "a"})[:1] == (
            [expected] if target != "./yes.yml" else [("deny", "substitution-missing")]
        )
        assert len(self._rules(name, target, files=files)) == 1

    def test_the_finding_stands_on_the_target(self) -> None:
        files = {
            **TEAM,
            "catalog/a.yaml": self.API % ("$text", "./opnapi.json"),
            "catalog/openapi.json": "{}",
        }
        finding = only(files)
        assert (finding.line, finding.column) == (4, 70)
        assert finding.facts["near"] == ("catalog/openapi.json",)

    def test_outside_of_a_part_of_a_repo_nobody_can_tell(self) -> None:
        files = {"a.yaml": self.API % ("$text", "../o.json"), "t.yaml": group("team")}
        assert rules(files, is_root=False) == [("info", "substitution-outside", "a.yaml")]

    def test_a_link_is_not_read(self) -> None:
        shelf = Shelf(
            {**TEAM, "catalog/a.yaml": self.API % ("$text", "./l"), "catalog/l": "/etc/passwd"},
            {"catalog/l": EntryKind.SYMLINK},
        )
        assert sorted({one.rule for one in check(shelf).findings}) == ["path-symlink", "substitution-failed"]
        assert "catalog/l" not in shelf.reads

    def test_unknown_names_stay_and_only_a_slip_is_worth_a_word(self) -> None:
        steps = "{type: t, steps: [], parameters: {properties: {a: {$ref: '#/x'}, b: {$txt: c}}}}"
        files = {**TEAM, "templates/a/template.yaml": entity("Template", "a", steps)}
        assert rules(files) == [("info", "substitution-unknown", "templates/a/template.yaml")]

    def test_a_plugins_placeholder_is_not_accused(self) -> None:
        assert self._rules("$openapi", "./a.yaml") == [("info", "substitution-unknown")]
        assert self._rules("$txt", "./a.yaml") == [("deny", "field-type"), ("info", "substitution-unknown")]


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("a/b/c.yaml", "a/*/c.yaml", True),
        ("a/b/x/c.yaml", "a/*/c.yaml", False),
        ("a/b/x/c.yaml", "a/**/c.yaml", True),
        ("a/c.yaml", "a/**/c.yaml", True),
        ("c.yaml", "**/*.yaml", True),
        ("a/b/c.yaml", "**", True),
        ("a/b/c.yaml", "**/a/**/b/**/c.*", True),
        ("a/b/c.yaml", "**/x/**", False),
        ("a/b", "a/b/*", False),
        ("a" * 60, "*a" * 30 + "b", False),
        ("a/" * 60 + "a", "**/a/" * 30 + "b", False),
    ],
)
def test_patterns_of_locations(path: str, pattern: str, *, expected: bool) -> None:
    assert matches(path, pattern) is expected


class TestOwnKinds:
    def test_unknown_fields_are_findings_with_a_suggestion(self) -> None:
        finding = only({"catalog/e.yaml": own("Environment", "dev", "{order: 1, brnch: env/dev}")})
        assert (finding.rule, finding.facts["near"]) == ("field-unknown", ("branch",))
        assert (finding.line, finding.column) == (4, 18)

    @pytest.mark.parametrize(
        "branch", ["main", "env/", "env/a..b", "env/a.lock", "env/-a/", "'env/ '", "env/a/.b"]
    )
    def test_branches_are_below_env(self, branch: str) -> None:
        assert (
            only({"catalog/e.yaml": own("Environment", "dev", f"{{order: 1, branch: {branch}}}")}).rule
            == "field-format"
        )

    def test_two_environments_do_not_share_a_branch(self) -> None:
        text = f"{own('Environment', 'dev', '{order: 1}')}---\n{own('Environment', 'test', '{order: 2, branch: env/dev}')}"
        assert only({"catalog/e.yaml": text}).rule == "environment-branch"

    @pytest.mark.parametrize(
        ("field", "value", "is_fine"),
        [
            ("namespace", "{system}-{environment}", True),
            ("namespace", "Shop-{team}", True),
            ("namespace", "prod", True),
            ("namespace", "{system}_prod", False),
            ("namespace", "{sytem}", False),
            ("namespace", "-{system}", False),
            ("namespace", "x" * 64, False),
            ("domain", "dev.acme.example", True),
            ("domain", "Acme.example", False),
            ("domain", "acme.example.", False),
            ("domain", "https://acme.example", False),
            ("domain", "*.acme.example", False),
        ],
    )
    def test_what_names_and_hosts_are_made_of(self, field: str, value: str, *, is_fine: bool) -> None:
        files = {"catalog/e.yaml": own("Environment", "dev", f"{{order: 1, {field}: '{value}'}}")}
        found = [(one.rule, one.line) for one in check(Shelf(files)).findings]
        assert found == ([] if is_fine else [("field-format", 4)])

    def test_two_environments_do_not_share_an_order(self) -> None:
        text = "---\n".join(own("Environment", name, "{order: 1}") for name in ("test", "dev"))
        finding = only({"catalog/e.yaml": text})
        assert (finding.rule, finding.severity, finding.line) == ("environment-order", Severity.WARN, 4)
        assert (finding.facts["environment"], finding.facts["holder"]) == ("test", "dev")

    def test_defaults_are_of_a_template_that_is_there(self) -> None:
        spec = "{order: 1, defaults: {\n web: {}, wbe: {}, wreck: {}}}"
        files = TEAM | {
            "catalog/e.yaml": own("Environment", "dev", spec),
            "templates/web/template.yaml": entity("Template", "web", "{type: x, owner: team, steps: []}"),
        }
        broken = {
            "templates/wreck/template.yaml": "apiVersion: [\nkind: Template\nmetadata:\n  name: wreck\n"
        }
        assert [one.rule for one in check(Shelf(files | broken)).findings][1:] == ["yaml-syntax"]
        finding, _ = check(Shelf(files)).findings
        assert (finding.rule, finding.path, finding.line, finding.column) == (
            "template-unknown",
            "catalog/e.yaml",
            5,
            11,
        )
        assert finding.facts["near"] == ("web",)
        assert rules(files, whole=False) == [], "the platform's templates stand elsewhere"

    @pytest.mark.parametrize(
        ("kind", "spec", "key"),
        [
            ("Component", "type: service, lifecycle: x", "template: web"),
            ("API", "type: openapi, lifecycle: x, definition: d", "deploy: {template: web}"),
            ("System", "type: x", "deploy: {}"),
        ],
    )
    def test_what_asks_for_manifests_where_nothing_looks_for_it(self, kind: str, spec: str, key: str) -> None:
        files = TEAM | {"catalog/c.yaml": entity(kind, "c", f"{{owner: team, {spec},\n  {key}}}")}
        finding = only(files)
        assert (finding.rule, finding.severity) == ("deploy-misplaced", Severity.WARN)
        assert (finding.path, finding.line, finding.column) == ("catalog/c.yaml", 5, 3)
        assert rules(files, whole=False) == []

    def test_a_component_that_is_deployed_may_say_more(self) -> None:
        assert rules(TEAM | {"catalog/c.yaml": component("c", more=", deploy: {}, template: x")}) == []

    def test_a_rule_must_exist(self) -> None:
        finding = only({**TEAM, "rules/a.yaml": own("Rule", "reference-unknwn", "{severity: warn}")})
        assert (finding.rule, finding.facts["near"][0]) == ("rule-unknown", "reference-unknown")  # type: ignore[index]

    def test_a_rule_may_be_locked(self) -> None:
        finding = only({**TEAM, "rules/a.yaml": own("Rule", "yaml-syntax", "{severity: off}")})
        assert (finding.rule, finding.severity, finding.line) == ("rule-locked", Severity.WARN, 4)

    def test_off_is_a_word_in_yaml_1_2(self) -> None:
        assert rules({**TEAM, "rules/a.yaml": own("Rule", "user-groups", "{severity: off}")}) == []

    def test_a_platform_may_keep_its_catalog_elsewhere(self) -> None:
        files = {
            "platform.yaml": own("Platform", "acme", "{catalog: [entities/], templates: paths, rules: law}"),
            "entities/a.yaml": "a: 1\n",
            "paths/web/template.yaml": "a: 1\n",
            "law/r.yaml": "a: 1\n",
            "other/a.yaml": "a: 1\n",
        }
        assert rules(files) == [
            ("deny", "entity-none", "entities/a.yaml"),
            ("deny", "entity-none", "law/r.yaml"),
            ("deny", "entity-none", "paths/web/template.yaml"),
        ]

    @pytest.mark.parametrize("folder", ["../a", "/a", "a/../../b"])
    def test_a_platform_stays_in_its_repo(self, folder: str) -> None:
        assert only({"p.yaml": own("Platform", "acme", f"{{templates: {folder}}}")}).rule == "field-format"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spec: null\n", ["field-type"]),
        ("spec: []\n", ["field-type"]),
        ("", ["field-missing"]),
        ("spec: &s {<<: {a: 1}, type: t, lifecycle: l, owner: team}\n", []),
        ("spec: {type: t, lifecycle: l, <<: {owner: team}}\n", ["field-missing"]),
        ("spec: {type: &t service, lifecycle: *t, owner: team}\n", []),
        ("spec: {type: t, lifecycle: made up, owner: team, more: [1, {a: yes}]}\n", []),
        ("spec: {type: t, lifecycle: l, owner: team, system: null}\n", ["field-type"]),
        ("spec: {type: t, lifecycle: l, owner: {kind: group, name: team}}\n", ["field-type"]),
    ],
)
def test_specs_as_they_occur(text: str, expected: list[str]) -> None:
    head = "apiVersion: backstage.io/v1beta1\nkind: Component\nmetadata: {name: a}\n"
    assert [rule for _, rule, _ in rules({**TEAM, "catalog/a.yaml": head + text})] == expected


def test_a_location_that_points_to_nothing_is_a_warning() -> None:
    spec = "{targets: [./a.yaml, ./gone.yaml, ./g*/x.yaml, https://acme.example/x.yaml], presence: %s}"
    files = {"catalog/a.yaml": group("a"), "catalog/l.yaml": entity("Location", "l", spec % "required")}
    assert rules(files) == [("warn", "location-target", "catalog/l.yaml")] * 2
    assert rules({**files, "catalog/l.yaml": entity("Location", "l", spec % "optional")}) == []


LOCATION = "{{type: {type}, targets: ['{target}']}}"


@pytest.mark.parametrize(
    ("target", "kind", "case"),
    [
        ("../../../x.yaml", "url", "outside"),
        ("../../a/*.yaml", "url", "outside"),
        ("/etc/x.yaml", "file", "outside"),
        ("/x.yaml", "url", ""),
        ("/../x.yaml", "url", "outside"),
        ("/catalog/nowhere.yaml", "url", "missing"),
        ("https://acme.example/x.yaml", "url", ""),
    ],
)
def test_targets_of_locations_stay_in_the_repo(target: str, kind: str, case: str) -> None:
    text = entity("Location", "l", LOCATION.format(target=target, type=kind))
    found = check(Shelf({**TEAM, "catalog/l.yaml": text, "x.yaml": group("x")})).findings
    said = [(one.rule, one.severity.value, one.facts.get("case", "missing")) for one in found]
    assert said == ([("location-target", "warn", case)] if case else [])


@pytest.mark.parametrize("target", ["../x.yaml", "/x.yaml"])
def test_what_lies_above_a_part_of_a_repo_nobody_can_tell(target: str) -> None:
    files = {"l.yaml": entity("Location", "l", LOCATION.format(target=target, type="url"))}
    finding = only(files, is_root=False)
    assert (finding.severity, finding.facts["case"]) == (Severity.INFO, "above")


def test_promise_10_a_document_full_of_mistakes_says_how_many_more_there_are() -> None:
    labels = "".join(f"    l{number}: 1\n" for number in range(150))
    text = f"apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: a\n  labels:\n{labels}spec: {{owner: team}}\n"
    found = check(Shelf({**TEAM, "catalog/a.yaml": text})).findings
    assert len(found) == 101
    assert [one.facts["count"] for one in found if one.rule == "entity-many"] == [50]


class TestMemo:
    def test_what_did_not_change_is_not_read_again(self) -> None:
        files = {**TEAM, "catalog/a.yaml": component("a"), "catalog/b.yaml": component("b c")}
        memo: dict[Any, Any] = {}
        first = check(Shelf(files), memo=memo)
        again = Shelf({**files, "catalog/c.yaml": component("c")})
        second = check(again, memo=memo)
        assert again.reads == ["catalog/c.yaml"]
        assert second.findings == first.findings

    def test_a_substituted_file_that_changes_is_seen(self) -> None:
        api = entity("API", "a", "{type: t, lifecycle: l, owner: team, definition: {$text: ./d}}")
        memo: dict[Any, Any] = {}
        for content in ("one", "two", None, "three"):
            files = {**TEAM, "catalog/a.yaml": api, **({"catalog/d": content} if content else {})}
            checked = check(Shelf(files), memo=memo)
            found = checked.catalog.get("api:default/a")
            assert found is not None
            assert bool(checked.findings) is (content is None)
            assert content is None or found.spec["definition"] == content

    def test_a_memo_never_changes_an_answer(self) -> None:
        memo: dict[Any, Any] = {}
        worlds: list[dict[str, Any]] = [
            {"a.yaml": component("a"), "b.yaml": "a: 1\n"},
            {"catalog/a.yaml": component("a"), "catalog/b.yaml": "a: 1\n"},
            {"a.yaml": component("a"), "b.yaml": "a: 1\n", "platform.yaml": own("Platform", "p", "{}")},
        ]
        for world in [*worlds, *reversed(worlds)]:
            assert check(Shelf(world), memo=memo) == check(Shelf(world))


def location(name: str, *targets: str) -> str:
    return entity("Location", name, f"{{targets: [{', '.join(f'{one!r}' for one in targets)}]}}")


class TestLocationsOfAPlatform:
    """What a Location names is part of the catalog, wherever in the repo it stands."""

    BILLING = entity("System", "billing", "{owner: team}")

    def names(self, files: dict[str, Any]) -> set[str]:
        return {one.name for one in check(Shelf(TEAM | files), whole=True).catalog.entities}

    @pytest.mark.parametrize(
        "target", ["../services/c.yaml", "../services/*.yaml", "../*/c.yaml", "/services/c.yaml"]
    )
    def test_its_target_is_read_and_others_may_refer_to_it(self, target: str) -> None:
        files = TEAM | {
            "catalog/x.yaml": location("all", target),
            "catalog/c.yaml": component("cart", more=", system: billing"),
            "services/c.yaml": self.BILLING,
        }
        assert rules(files, whole=True) == []
        assert "billing" in self.names(files)
        assert rules({**files, "services/c.yaml": "a: b\n"}, whole=True)[-1][1:] == (
            "entity-none",
            "services/c.yaml",
        )

    def test_what_is_wrong_there_is_found_there(self) -> None:
        wrong = entity("System", "billing", "{owner: nobody}")
        files = {
            "catalog/x.yaml": entity("Location", "a", "{target: ../services/c.yaml}"),
            "services/c.yaml": wrong,
        }
        finding = only(TEAM | files, whole=True)
        assert (finding.rule, finding.path, finding.line) == ("reference-unknown", "services/c.yaml", 4)

    def test_locations_there_are_followed_and_circles_end(self) -> None:
        files = {
            "catalog/x.yaml": location("x", "../a/x.yaml"),
            "a/x.yaml": location("a", "b.yaml", "../catalog/x.yaml"),
            "a/b.yaml": location("b", "x.yaml", "c.yaml"),
            "a/c.yaml": self.BILLING,
        }
        assert rules(TEAM | files, whole=True) == []
        assert "billing" in self.names(files)

    def test_a_way_has_an_end(self) -> None:
        files = {f"way/{n}.yaml": location(f"n{n}", f"{n + 1}.yaml") for n in range(40)}
        names = self.names(
            files | {"catalog/x.yaml": location("x", "../way/0.yaml"), "way/40.yaml": self.BILLING}
        )
        assert "n9" in names
        assert not {"n10", "billing"} & names

    def test_what_templates_copy_is_not_followed(self) -> None:
        files = TEAM | {
            "templates/web/skeleton/catalog-info.yaml": component("${{ values.name }}"),
            "golden/web/template.yaml": entity("Template", "golden", "{type: x, owner: team, steps: []}"),
            "golden/web/skeleton/c.yaml": component("skeleton"),
        }
        one = files | {"catalog/x.yaml": location("x", "../golden/*/template.yaml")}
        assert rules(one, whole=True) == []
        assert "golden" in self.names(one)
        many = files | {"catalog/x.yaml": location("x", "../golden/**/*.yaml", "../templates/**")}
        assert rules(many, whole=True) == []
        assert "skeleton" not in self.names(many)

    def test_a_link_is_not_followed(self) -> None:
        files = TEAM | {"catalog/x.yaml": location("x", "../services/c.yaml"), "services/c.yaml": "elsewhere"}
        (finding,) = check(Shelf(files, {"services/c.yaml": EntryKind.SYMLINK}), whole=True).findings
        assert (finding.rule, finding.path) == ("path-symlink", "services/c.yaml")
