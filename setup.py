"""Puts what `roadcrew init` starts a platform repo from into the wheel: catalog, templates and rules.

They stand in this repo's own top-level folders, the one source of truth, and become package data of `bot`
while it is built. All else about the package is in pyproject.toml.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
ROOMS = ("catalog", "templates", "rules")


class BuildWithStarter(build_py):
    """Builds the modules, then copies the starter beside them. An editable install reads the folders."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        starter = Path(self.build_lib, "bot", "starter")
        shutil.rmtree(starter, ignore_errors=True)
        for room in ROOMS:
            shutil.copytree(
                ROOT / room,
                starter / room,
                ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".DS_Store"),
            )


setup(cmdclass={"build_py": BuildWithStarter})
