"""Uncorrectable words, as the firmware of real parts takes them: by NMI or bus fault.

A tear of STATE may leave a word uncorrectable. The handler of bootloader or application has to
take the exception and return, on cores that return in different ways; with --engine both what
follows is compared with the host build.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from conftest import Run

TEARS = "{cut: every-event, torn_program: [any, uncorrectable], torn_in: [state]}"
# Cortex-M0+, M4 and M33 with an NMI, M7 with a bus fault.
BOARDS = ("stm32g071", "stm32l476", "stm32u585", "stm32h743")
STATES = 300


@pytest.fixture(scope="session")
def firmware(root: Path) -> Path:
    done = subprocess.run([root / "scripts/firmware", *BOARDS], cwd=root, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    return root / "build/firmware"


def torn(root: Path, firmware: Path, board: str, folder: Path) -> Path:
    """The board's scenario with tears in STATE, and firmware from anywhere."""
    text = (root / f"boards/{board}.yaml").read_text()
    text = text.replace("../build/firmware", str(firmware))
    text = re.sub(r"^faults:.*(\n  .*)*", f"faults: {TEARS}", text, flags=re.M)
    text = re.sub(r"^properties:.*(\n  .*)*", "properties: [no-phantom-update]", text, flags=re.M)
    path = folder / f"{board}.yaml"
    path.write_text(re.sub(r"^expect:.*(\n  .*)*", "expect: {verdict: proved}", text, flags=re.M))
    return path


@pytest.mark.parametrize("board", BOARDS)
def test_uncorrectable_words_are_survived(
    cutproof: Run, root: Path, firmware: Path, board: str, tmp_path: Path
) -> None:
    scenario = torn(root, firmware, board, tmp_path)
    done = cutproof("run", scenario, "--engine", "both", "--max-states", str(STATES))
    assert "the programs differ" not in done.stdout
    assert f"{STATES} states" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    "board, file, old, new",
    [
        ("stm32l476", "guarded_read.c", "    is_uncorrectable = true;\n", ""),
        ("stm32h743", "startup.c", "[3] = {.handler = cp_firmware_bus_fault}",
         "[3] = {.handler = cp_firmware_fault}"),
    ],
)
def test_a_handler_with_a_mistake_is_told(
    cutproof: Run, root: Path, board: str, file: str, old: str, new: str, tmp_path: Path
) -> None:
    for name in ("core", "boards", "scripts", "CMakeLists.txt", "CMakePresets.json"):
        subprocess.run(["cp", "-r", root / name, tmp_path], check=True)
    source = tmp_path / "core/firmware" / file
    assert old in source.read_text()
    source.write_text(source.read_text().replace(old, new))
    subprocess.run([tmp_path / "scripts/firmware", board], cwd=tmp_path, check=True)
    scenario = torn(root, tmp_path / "build/firmware", board, tmp_path)
    done = cutproof("run", scenario, "--engine", "both", "--max-states", str(STATES))
    assert done.returncode == 1 and "the programs differ" in done.stdout
