"""`roadcrew render`: what would stand on an environment's branch, printed or in a folder, and nothing else touched."""

from __future__ import annotations

import pytest
import yaml
from click.testing import CliRunner

from bot.cli import main
from tests.platform_rules import rule
from tests.platforms import PLATFORM, component

FILES = PLATFORM | {"catalog/cart.yaml": component("cart", size=3)}


@pytest.fixture
def repo(tmp_path):
    folder = tmp_path / "platform"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def render(repo):
    def run(*argv, folder=repo):
        done = CliRunner().invoke(main, ["render", str(folder), *map(str, argv)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    return run


def held(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_all_components_are_one_stream_that_says_where_each_object_belongs(render):
    code, said, errors = render("--env", "dev")
    assert (code, errors) == (0, "")
    assert [line for line in said.splitlines() if line.startswith("#")] == [
        "# Source: cart/configmap-cart.yaml",
        "# Source: shop/configmap-shop.yaml",
    ]
    objects = list(yaml.safe_load_all(said))
    assert [(one["metadata"]["name"], one["data"]) for one in objects] == [
        ("cart", {"environment": "dev", "size": "3"}),
        ("shop", {"environment": "dev", "size": "1"}),
    ]


@pytest.mark.parametrize("name", ["cart", "component:cart", "Component:default/Cart"])
def test_one_component_alone(render, name):
    code, said, _ = render("--env", "prod", "--component", name)
    assert code == 0
    assert [one["metadata"]["name"] for one in yaml.safe_load_all(said)] == ["cart"]
    assert "environment: prod" in said


def test_any_folder_of_the_repo_will_do(render, repo):
    assert render("--env", "dev", folder=repo / "catalog") == render("--env", "dev")


def test_out_holds_what_the_branch_would(render, tmp_path):
    out = tmp_path / "deep" / "out"
    code, said, errors = render("--env", "dev", "--out", out)
    assert (code, errors) == (0, "")
    assert said == f"2 components, 2 files in {out}: 2 files written or removed.\n"
    assert held(out).keys() == {"cart/configmap-cart.yaml", "shop/configmap-shop.yaml"}
    assert render("--env", "dev", "--out", out)[1].endswith("nothing changed.\n")


def test_out_keeps_all_that_was_not_rendered(render, repo, tmp_path):
    out = tmp_path / "out"
    render("--env", "dev", "--out", out)
    own = {
        "README.md": "mine",
        "other/configmap-x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n",
        "cart/notes.txt": "mine",
        "cart/extra.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: extra\n",
        "cart/configmap-mine.yaml": "# by hand\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n",
        "cart/source.yaml": "kind: Source\n",
    }
    for path, text in own.items():
        (out / path).parent.mkdir(exist_ok=True)
        (out / path).write_text(text)
    stale = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: stale\n"
    (out / "cart" / "configmap-stale.yaml").write_text(stale)
    (repo / "catalog/cart.yaml").write_text(component("cart", size=9))
    code, said, errors = render("--env", "dev", "--component", "cart", "--out", out)
    assert code == 0
    assert "2 files written or removed" in said, "one is new, one was rendered once and is no more"
    after = held(out)
    assert {path: after[path] for path in own} == own
    assert "cart/configmap-stale.yaml" not in after
    assert "shop/configmap-shop.yaml" in after
    assert 'size: "9"' in after["cart/configmap-cart.yaml"]
    assert errors.startswith(
        "Note: left alone, because nothing here rendered them: cart/configmap-mine.yaml, cart/extra"
    )


@pytest.mark.parametrize("out", ["catalog", "templates/tiny", "rules/new/deep", "catalog/../catalog"])
def test_out_is_never_inside_of_what_is_rendered_from(render, repo, out):
    before = held(repo)
    code, said, errors = render("--env", "dev", "--out", repo / out)
    assert (code, said) == (2, "")
    assert "which manifests are rendered from" in errors
    assert held(repo) == before
    assert not (repo / "rules").exists()


def test_out_through_a_link_into_the_catalog_is_refused(render, repo, tmp_path):
    (tmp_path / "link").symlink_to(repo / "catalog")
    before = held(repo)
    assert render("--env", "dev", "--out", tmp_path / "link")[0] == 2
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "cart").symlink_to(repo / "templates")
    assert "is not a folder" in render("--env", "dev", "--out", tmp_path / "out")[2]
    assert held(repo) == before


def test_out_that_is_a_file_is_said(render, tmp_path):
    (tmp_path / "file").write_text("mine")
    code, said, errors = render("--env", "dev", "--out", tmp_path / "file")
    assert (code, said) == (2, "")
    assert errors.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_a_component_that_cannot_be_rendered_holds_up_no_other(render, repo):
    (repo / "catalog/cart.yaml").write_text(component("cart", size="many"))
    code, said, errors = render("--env", "dev")
    assert code == 1
    assert "# Source: shop/configmap-shop.yaml" in said
    assert "cart" not in said
    assert errors.splitlines()[0] == "catalog/cart.yaml:11:11  deny  parameter-invalid"
    assert errors.splitlines()[-1] == "component:default/cart of 2 could not be rendered."


def test_what_is_wrong_besides_is_a_note(render, repo):
    (repo / "catalog/cart.yaml").write_text(component("cart", owner="nobody"))
    code, said, errors = render("--env", "dev")
    assert code == 0
    assert said.count("# Source") == 2
    assert errors == "Note: 1 finding of the catalog denies; `roadcrew check` lists them.\n"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--env", "prd"], "There is no environment prd. Did you mean prod?"),
        (["--env", ""], "There is no environment  . Did you mean dev or prod?"),
        (
            ["--env", "dev", "--component", "crat"],
            "There is no crat in this catalog. Did you mean component:default/cart?",
        ),
        (
            ["--env", "dev", "--component", "group:team"],
            "group:default/team is not rendered: it has no `spec.deploy`",
        ),
        (
            ["--env", "dev", "--component", "api:cart"],
            "There is no api:cart in this catalog. Did you mean component:default/cart?",
        ),
    ],
)
def test_wrong_names_get_a_sentence(render, argv, sentence):
    code, said, errors = render(*argv)
    assert (code, said) == (2, "")
    assert errors.startswith(sentence)
    assert errors.count("\n") == 1


def test_without_an_environment_there_is_nothing_to_render(render, repo):
    for name in ("dev", "prod"):
        (repo / f"catalog/{name}.yaml").unlink()
    code, said, errors = render("--env", "dev")
    assert (code, said) == (2, "")
    assert (
        errors
        == "There is no Environment here that can be used, so nothing is rendered. `roadcrew check` says why.\n"
    )


def test_a_folder_without_entities_is_said(render, tmp_path):
    (tmp_path / "empty" / ".git").mkdir(parents=True)
    assert render("--env", "dev", folder=tmp_path / "empty")[0] == 2
    assert render("--env", "dev", folder=tmp_path / "nowhere")[2].startswith("There is no folder")


def rules_in(repo):
    """An environment whose cluster gets the one rule, which a component breaks."""
    text = (repo / "catalog/dev.yaml").read_text()
    (repo / "catalog/dev.yaml").write_text(f"{text}  rules: {{export: true}}\n")
    (repo / "rules").mkdir()
    wrong = rule("small", "int(object.data.size) < 3", judges="object", match="{kinds: [ConfigMap]}")
    (repo / "rules/small.yaml").write_text(wrong)


def test_what_the_rules_say_of_these_manifests_is_said_too(render, repo):
    rules_in(repo)
    code, _, errors = render("--env", "dev")
    assert code == 0
    assert "catalog/cart.yaml" in errors
    assert "small" in errors
    assert "catalog/shop.yaml" not in errors
    assert "small" not in render("--env", "dev", "--component", "shop")[2]


def test_the_clusters_rules_are_the_folder_that_export_writes(render, repo, tmp_path):
    rules_in(repo)
    assert render("--env", "dev", "--out", tmp_path / "out")[0] == 0
    done = CliRunner().invoke(
        main, ["rules", "export", str(repo), "--env", "dev", "--out", str(tmp_path / "policies")]
    )
    assert done.exit_code == 0
    exported = held(tmp_path / "policies")
    assert len(exported) == 2
    assert held(tmp_path / "out/roadcrew-rules") == exported
    assert "roadcrew-rules" not in render("--env", "dev", "--component", "shop")[1]
    assert "roadcrew-rules" not in render("--env", "prod")[1]
