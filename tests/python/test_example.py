"""examples/firmware: built as its README says, booted on QEMU's micro:bit, and updated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Run

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/firmware"
sys.path.insert(0, str(ROOT / "tests/qemu"))

from machine import Machine, flash_of  # noqa: E402

ACTIVE = 0x4000
TIMEOUT_S = 60.0
HELLO = b"~H\x08\x00"  # and the version


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    build = tmp_path_factory.mktemp("example")
    for command in (["cmake", "-S", EXAMPLE, "-B", build, "-G", "Ninja"],
                    ["cmake", "--build", build, "-j2"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return {name: build / f"{name}.bin" for name in ("bootloader", "blink-1", "blink-2")}


def test_the_layout_is_current(cutproof: Run) -> None:
    for form, file in (("--header", "layout.h"), ("--linker", "layout.ld")):
        made = cutproof("layout", EXAMPLE / "board.yaml", form).stdout
        assert (EXAMPLE / file).read_text() == made


def test_its_layout_is_explored(cutproof: Run) -> None:
    done = cutproof("run", EXAMPLE / "board.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_updates_itself(images: dict[str, Path], tmp_path: Path) -> None:
    """With a power loss in the middle of the download."""
    new = images["blink-2"].read_bytes()
    flash = flash_of({0: images["bootloader"].read_bytes(), ACTIVE: images["blink-1"].read_bytes()})
    with Machine(tmp_path, flash) as machine:
        host = subprocess.Popen(
            [sys.executable, ROOT / "scripts/serial_update", f"unix:{machine.line}",
             images["blink-2"]],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        machine.connect(TIMEOUT_S)
        machine.power_on()
        machine.run(lambda: machine.said.count(b"~R") > 9, TIMEOUT_S)
        machine.cut_power()
        machine.power_on()
        machine.run(lambda: host.poll() is not None, TIMEOUT_S)
        output = host.communicate(timeout=TIMEOUT_S)[0]
        assert host.returncode == 0, output
        assert output.splitlines()[-1] == "version 2 is confirmed"
        machine.cut_power()
        machine.power_on()
        machine.run(lambda: HELLO + b"\x02" in machine.said, TIMEOUT_S)
        assert machine.flash[ACTIVE : ACTIVE + len(new)] == new
        assert machine.errors == []
