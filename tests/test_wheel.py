"""What is shipped is whole: a wheel that starts a platform repo, and an sdist from which the same wheel comes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("catalog", "templates", "rules")
_BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_{}(sys.argv[1]))"


def run(argv: list[object], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(one) for one in argv],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def build(what: str, source: Path, to: Path) -> Path:
    to.mkdir(exist_ok=True)
    done = run([sys.executable, "-c", _BUILD.format(what), to], source)
    assert done.returncode == 0, done.stderr
    return to / done.stdout.splitlines()[-1]


def shipped() -> list[str]:
    """Files of the project that git knows or would take."""
    done = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], ROOT)
    assert done.returncode == 0, done.stderr
    return sorted(path for path in set(done.stdout.splitlines()) if (ROOT / path).is_file())


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy, because building leaves its marks."""
    folder = tmp_path_factory.mktemp("source") / "roadcrew"
    for path in shipped():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    return folder


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as file:
        return {name for name in file.namelist() if ".dist-info/" not in name}


def test_the_wheel_has_the_code_the_starter_and_nothing_else(wheel, source):
    top = {
        str(path.relative_to(source))
        for room in ("bot", "workers", *ROOMS)
        for path in (source / room).rglob("*")
        if path.is_file()
    }
    wanted = {f"bot/starter/{name}" if name.split("/")[0] in ROOMS else name for name in top}
    assert names(wheel) == wanted
    odd = {name.rsplit("/", 1)[-1][0] for name in wanted if name.startswith("bot/starter/templates/")}
    assert "." in odd, "dot files too"
    with zipfile.ZipFile(wheel) as file:
        for name in sorted(wanted):
            if name.startswith("bot/starter/"):
                assert file.read(name) == (source / name.removeprefix("bot/starter/")).read_bytes()


def test_the_same_wheel_comes_from_the_sdist(wheel, source, tmp_path):
    sdist = build("sdist", source, tmp_path / "sdist")
    with tarfile.open(sdist) as file:
        file.extractall(tmp_path / "from", filter="data")
    (unpacked,) = (tmp_path / "from").iterdir()
    held = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert {"pyproject.toml", "setup.py", "README.md", "LICENSE", "tests/test_wheel.py"} <= held
    assert not [
        name for name in held if "__pycache__" in name or name.startswith(("build/", ".venv", ".git/"))
    ]
    assert names(build("wheel", unpacked, tmp_path / "wheel")) == names(wheel)


def test_an_installed_wheel_starts_a_platform_repo_that_it_finds_right(wheel, tmp_path):
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    done = run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], tmp_path)
    assert done.returncode == 0, done.stderr
    # What it depends on is taken from where these tests run: quick, and without a network.
    (site,) = home.glob("lib/python*/site-packages")
    (site / "outer.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    empty = tmp_path / "empty"
    empty.mkdir()
    roadcrew = home / "bin" / "roadcrew"
    done = run([roadcrew, "init", "x", "--organization", "blue-sky"], empty)
    assert (done.returncode, done.stderr) == (0, "")
    done = run([python, "-c", "import bot; print(bot.__file__)"], empty)
    assert done.stdout.startswith(str(home)), "the wheel's own code, not the checkout's"
    done = run([roadcrew, "check", "x"], empty)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    made = {str(path.relative_to(empty / "x")) for path in (empty / "x").rglob("*") if path.is_file()}
    assert made == {path for path in shipped() if path.split("/")[0] in ROOMS} | {"README.md", ".gitignore"}
