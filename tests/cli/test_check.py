"""`roadcrew check` as a person and a script meet it: words, forms, exit codes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.check import check

GROUP = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: team}\nspec: {type: team, children: []}\n"
COMPONENT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: cart}
spec: {type: service, lifecycle: production, owner: %s}
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(check, [str(one) for one in arguments])


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_a_valid_catalog_exits_0(tmp_path: Path) -> None:
    result = run(write(tmp_path, {"catalog/team.yaml": GROUP, "catalog/cart.yaml": COMPONENT % "team"}))
    assert (result.exit_code, result.output) == (0, "2 entities: nothing to mend.\n")


def test_a_finding_that_denies_exits_1(tmp_path: Path) -> None:
    result = run(write(tmp_path, {"catalog/team.yaml": GROUP, "catalog/cart.yaml": COMPONENT % "taem"}))
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "catalog/cart.yaml:4:53  deny  reference-unknown",
        "    `spec.owner` is `taem`, but there is no `group:default/taem` in this catalog.",
        "    Fix: Did you mean `team`?",
        "",
        "2 entities: 1 finding denies.",
    ]


def test_warnings_alone_exit_0(tmp_path: Path) -> None:
    result = run(write(tmp_path, {"catalog-info.yaml": COMPONENT % "taem"}))
    assert result.exit_code == 0
    assert "Add it here or mend the name; where it lives in another repo, nothing is wrong" in result.output
    assert "1 entity: 1 finding warns." in result.output


def test_a_folder_without_entities_says_what_was_looked_for(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("No entities were found. Looked for catalog-info.yaml")


@pytest.mark.parametrize("style", ["json", "sarif", "github"])
def test_machines_get_their_form_alone(tmp_path: Path, style: str) -> None:
    result = run(tmp_path, "--format", style)
    assert result.exit_code == 2
    assert "No entities were found" not in result.stdout
    assert "No entities were found" in result.stderr
    if style != "github":
        assert json.loads(result.stdout)


def test_what_only_informs_of_nothing_checked_exits_2_as_well(tmp_path: Path) -> None:
    text = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: '{{ name }}'}\n"
    result = run(write(tmp_path, {"a.yaml": text}))
    assert result.exit_code == 2
    assert "entity-unrendered" in result.stdout
    assert "No entities were found" in result.stderr


def test_someone_elses_catalog_folder_is_not_accused(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "catalog/op.yaml": "schema: olm.package\nname: a\n",
        "templates/a.yaml": "{{ x }}",
    }
    result = run(write(tmp_path, files))
    assert (result.exit_code, result.stdout) == (2, "")


def test_json_counts_entities(tmp_path: Path) -> None:
    write(tmp_path, {"catalog/team.yaml": GROUP, "catalog/cart.yaml": COMPONENT % "taem"})
    said = json.loads(run(tmp_path, "--format", "json").stdout)
    assert said["entities"] == 2
    assert [(one["path"], one["line"], one["column"]) for one in said["findings"]] == [
        ("catalog/cart.yaml", 4, 53)
    ]


def test_what_is_not_there_exits_2_with_a_sentence(tmp_path: Path) -> None:
    result = run(tmp_path / "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"There is no folder {tmp_path / 'nowhere'}.")
    assert result.stderr.count("\n") == 1


def test_a_file_exits_2_and_names_its_folder(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": GROUP})
    result = run(tmp_path / "a.yaml")
    assert result.exit_code == 2
    assert "is not a folder" in result.stderr
    assert str(tmp_path) in result.stderr


def test_a_file_that_fails_to_be_read_exits_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"catalog/a.yaml": GROUP})

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("bot.adapters.folder._content", refuse)
    result = run(tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "a.yaml cannot be read: Permission denied." in result.stderr


def test_the_catalog_folder_itself_can_be_checked(tmp_path: Path) -> None:
    api = (
        "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: a}\n"
        "spec: {type: t, lifecycle: l, owner: team, definition: {$text: ../docs/a.json}}\n"
    )
    (tmp_path / ".git").mkdir()
    files = {"catalog/team.yaml": GROUP, "catalog/api.yaml": api, "docs/a.json": "{}"}
    assert run(write(tmp_path, files)).exit_code == 0
    result = run(tmp_path / "catalog")
    assert result.exit_code == 0
    assert "api.yaml:4:64  info  substitution-outside" in result.output


def test_rules_of_the_folder_change_severities(tmp_path: Path) -> None:
    rule = "apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata: {name: reference-unknown}\nspec: {severity: off}\n"
    files = {"catalog/cart.yaml": COMPONENT % "taem", "rules/references.yaml": rule}
    result = run(write(tmp_path, files))
    assert (result.exit_code, result.output) == (0, "2 entities: nothing to mend.\n")


PLATFORM = {
    "catalog/platform.yaml": "apiVersion: roadcrew.dev/v1\nkind: Platform\nmetadata: {name: acme}\nspec: {}\n",
    "catalog/team.yaml": GROUP,
    **{
        f"catalog/environments/{name}.yaml": "apiVersion: roadcrew.dev/v1\nkind: Environment\n"
        f"metadata: {{name: {name}}}\nspec: {{order: {order}}}\n"
        for order, name in enumerate(["dev", "prod"])
    },
    "templates/web/CHANGELOG.md": "## 1.0.0\n",
    "templates/web/template.yaml": """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: web}
spec:
  type: service
  owner: team
  version: 1.0.0
  parameters: {required: [port, size], properties: {port: {type: integer}, size: {type: string}}}
  steps: []
""",
    "templates/web/manifests/a.yaml": "apiVersion: v1\nkind: ConfigMap\n"
    'metadata: {name: {{ component.name }}}\ndata: {port: "{{ parameters.port }}"}\n',
}
SOUND = "{template: web, port: 80, size: s}"


def deployed(deploy: str, name: str = "cart") -> str:
    return (COMPONENT % f"team, deploy: {deploy}").replace("name: cart", f"name: {name}")


def platform(folder: Path, deploy: str, **files: str) -> Path:
    return write(folder, {**PLATFORM, "catalog/cart.yaml": deployed(deploy), **files})


def test_a_platform_whose_components_render_has_nothing_to_mend(tmp_path: Path) -> None:
    result = run(platform(tmp_path, SOUND))
    assert (result.exit_code, result.output) == (0, "6 entities: nothing to mend.\n")


@pytest.mark.parametrize(
    ("deploy", "rules"),
    [
        ("{template: web, port: eighty, size: s}", ["parameter-invalid"]),
        ("{template: nope}", ["template-unknown"]),
        ("{template: web, port: 80, size: s, environments: {prdo: {port: 1}}}", ["environment-unknown"]),
        ("{template: web, port: 80, size: s, environments: {prod: {port: x}}}", ["parameter-invalid"]),
        ("{template: web}", ["parameter-missing", "parameter-missing"]),
        ("web", ["deploy-invalid"]),
    ],
)
def test_what_the_bot_cannot_render_denies_here_once(tmp_path: Path, deploy: str, rules: list[str]) -> None:
    result = run(platform(tmp_path, deploy), "--format", "json")
    found = json.loads(result.stdout)["findings"]
    assert [(one["rule"], one["severity"], one["path"], one["line"]) for one in found] == [
        (rule, "deny", "catalog/cart.yaml", 4) for rule in rules
    ]
    assert result.exit_code == 1


def test_a_template_that_fails_is_one_finding_however_many_use_it(tmp_path: Path) -> None:
    files = {
        "catalog/other.yaml": deployed(SOUND, "other"),
        "templates/web/manifests/b.yaml": "a: {{ nope }}\n",
    }
    found = json.loads(run(platform(tmp_path, SOUND, **files), "--format", "json").stdout)["findings"]
    assert [(one["rule"], one["path"], one["line"]) for one in found] == [
        ("template-failed", "templates/web/manifests/b.yaml", 1)
    ]


def test_findings_of_the_catalog_and_of_rendering_stand_in_one_order(tmp_path: Path) -> None:
    files = {f"catalog/{name}.yaml": (COMPONENT % "taem").replace("cart", name) for name in ("a", "z")}
    found = json.loads(run(platform(tmp_path, "web", **files), "--format", "json").stdout)["findings"]
    assert [(one["path"], one["rule"]) for one in found] == [
        ("catalog/a.yaml", "reference-unknown"),
        ("catalog/cart.yaml", "deploy-invalid"),
        ("catalog/z.yaml", "reference-unknown"),
    ]


def test_a_platform_without_environments_is_told_so_as_its_rules_weigh_it(tmp_path: Path) -> None:
    kept = {path: text for path, text in PLATFORM.items() if "environments" not in path}
    write(tmp_path, {**kept, "catalog/cart.yaml": deployed(SOUND)})
    result = run(tmp_path)
    assert result.exit_code == 0
    assert "catalog/environments/dev.yaml  warn  environment-missing" in result.output
    rule = "apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata: {name: environment-missing}\nspec: {severity: deny}\n"
    assert run(write(tmp_path, {"rules/a.yaml": rule})).exit_code == 1


def test_catalog_beside_templates_is_a_platform_without_saying_so(tmp_path: Path) -> None:
    platform(tmp_path, "{template: nope}")
    (tmp_path / "catalog/platform.yaml").unlink()
    assert "template-unknown" in run(tmp_path).output


def test_nothing_is_rendered_where_no_platform_is(tmp_path: Path) -> None:
    result = run(
        write(tmp_path, {"catalog/team.yaml": GROUP, "catalog-info.yaml": deployed("{template: nope}")})
    )
    assert (result.exit_code, result.output) == (0, "2 entities: nothing to mend.\n")


def test_a_platforms_catalog_folder_alone_is_not_rendered(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    platform(tmp_path, SOUND)
    assert run(tmp_path / "catalog").exit_code == 0


@pytest.mark.parametrize("style", ["text", "json", "sarif", "github"])
def test_promise_10_bad_files_get_sentences_and_no_stack_trace(tmp_path: Path, style: str) -> None:
    files: dict[str, str | bytes] = {
        "catalog/team.yaml": GROUP,
        "catalog/tabs.yaml": "a:\n\tb: 1\n",
        "catalog/twice.yaml": "a: 1\na: 2\n",
        "catalog/deep.yaml": "[" * 100_000,
        "catalog/bomb.yaml": "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *a]\n" for n in range(30)),
        "catalog/big.yaml": b"x" * 10_000_000,
        "catalog/binary.yaml": bytes(range(256)),
        "catalog/latin.yaml": b"a: \xe9\n",
        "catalog/utf16.yaml": "a: 1".encode("utf-16"),
        "catalog/odd \U0001f600.yaml": "- a\n",
    }
    write(tmp_path, files)
    (tmp_path / "catalog/link.yaml").symlink_to("/etc/passwd")
    (tmp_path / "catalog/loop").symlink_to(tmp_path)
    result = run(tmp_path, "--format", style)
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    for path in ["tabs", "twice", "deep", "bomb", "big", "binary", "latin", "utf16", "link", "loop"]:
        assert f"catalog/{path}" in result.output


def test_a_name_that_is_no_utf_8_is_shown_somehow(tmp_path: Path) -> None:
    write(tmp_path, {"catalog/other.yaml": GROUP.replace("team}", "other}")})
    (tmp_path / "catalog" / os.fsdecode(b"a\xff.yaml")).write_text(GROUP)
    for style in ("text", "json", "sarif", "github"):
        result = run(tmp_path, "--format", style)
        assert result.exit_code == 1, style
        assert "path-unsafe" in result.stdout


def _on_a_terminal(folder: Path, **environment: str) -> str:
    """What the command writes to a pseudo terminal."""
    ours, theirs = pty.openpty()
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-c", "from bot.cli.check import check; check()", str(folder)]
    process = subprocess.Popen(command, stdout=theirs, env={**kept, "TERM": "xterm-256color", **environment})
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # Linux says EIO when the other side is gone
            break
        if not part:
            break
        said += part
    os.close(ours)
    process.wait(timeout=30)
    return said.decode()


def test_colours_on_a_terminal_only(tmp_path: Path) -> None:
    write(tmp_path, {"catalog/cart.yaml": COMPONENT % "'[red]team'"})
    said = _on_a_terminal(tmp_path)
    assert "\x1b[" in said
    assert "[red]team" in said
    assert "\x1b[31m" not in _on_a_terminal(tmp_path, NO_COLOR="1")
    assert "\x1b[" not in run(tmp_path).output
