"""Fixtures for all Python tests: the project, the built program, and a way to run it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

pytest.register_assert_rewrite("faulty")


@pytest.fixture(scope="session")
def root() -> Path:
    """The top directory of the project."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def cutproof_path(root: Path) -> Path:
    """The program under test: $CUTPROOF, or else build/cutproof."""
    path = Path(os.environ.get("CUTPROOF") or root / "build/cutproof").resolve()
    if not path.is_file():
        pytest.fail(f"{path} is not built; run scripts/build, or set CUTPROOF to a program")
    return path


def runner(program: Path, folder: Path) -> Run:
    """A function that runs the program: run("list", file, cwd=..., env={...}).

    It runs in `folder` unless told otherwise, without colour, and with `env` added to
    the environment (None takes a variable out). Nothing is checked.
    """

    def run(
        *args: str | os.PathLike[str],
        cwd: str | os.PathLike[str] | None = None,
        env: dict[str, str | None] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        merged = {**os.environ, "NO_COLOR": "1", **(env or {})}
        return subprocess.run(
            [program, *args],
            cwd=cwd or folder,
            env={name: value for name, value in merged.items() if value is not None},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def cutproof(cutproof_path: Path, tmp_path: Path) -> Run:
    """Run the program, in the test's own folder."""
    return runner(cutproof_path, tmp_path)


@pytest.fixture(scope="session")
def cutproof_session(cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the program for what several tests share, in a folder of all of them."""
    return runner(cutproof_path, tmp_path_factory.mktemp("session"))
