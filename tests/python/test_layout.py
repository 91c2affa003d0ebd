"""cutproof layout: what a firmware's build is told, and that what is committed is current."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from conftest import Run

ROOT = Path(__file__).resolve().parents[2]
BOARDS = sorted(path.stem for path in (ROOT / "boards").glob("*.yaml"))

SCENARIO = """\
schema: 1
name: layout/test
about: Two devices, pages of two sizes.
target: {part: stm32f405rg}
external: {part: w25q64jv}
format: journal
strategy: swap
security: {signed: true, rollback_protection: true}
layout:
  bootloader: {at: 0x0, size: 32KiB}
  state:      {at: 0x8000, size: 32KiB}
  active:     {at: 0x20000, size: 128KiB}
  dfu:        {at: 0x0, size: 256KiB, device: external}
  buffer: 256B
images:
  old: {size: 64KiB, file: nowhere.bin, security_counter: 7}
lifecycle: {start: old, updates: [], download: prepare}
faults: {cut: none}
properties: [bootable]
expect: {verdict: proved}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "test.yaml"
    path.write_text(SCENARIO)
    return path


def printed(cutproof: Run, *arguments: str | Path) -> str:
    done = cutproof("layout", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def macros(text: str) -> dict[str, str]:
    return dict(re.findall(r"^#define CP_BOARD_(\w+) (.*)$", text, re.M))


@pytest.mark.parametrize("name", BOARDS)
def test_what_is_committed_is_current(cutproof: Run, name: str) -> None:
    """scripts/boards makes it anew."""
    for form, file in (("--header", "layout.h"), ("--linker", "layout.ld")):
        made = printed(cutproof, ROOT / "boards" / f"{name}.yaml", form)
        assert (ROOT / "boards" / name / file).read_text() == made, f"run scripts/boards {name}"


def test_each_directory_has_a_scenario() -> None:
    folders = {path.parent.name for path in (ROOT / "boards").glob("*/layout.h")}
    assert folders == set(BOARDS)
    assert len(BOARDS) >= 4


def test_header(cutproof: Run, scenario: Path) -> None:
    found = macros(printed(cutproof, scenario, "--header"))
    expected = {
        "NAME": '"test"',
        "PART": '"stm32f405rg"',
        "CONTROLLER_STM32_F4": "1",
        "FLASH_ADDRESS": "0x8000000u",
        "REGISTERS_ADDRESS": "0x40023c00u",
        "CHIP_CONTROLLER_STM32_SPI": "1",
        "STATE_OFFSET_BYTES": "0x8000u",
        "STATE_RUN_OFFSET_BYTES": "0x0u",  # four sectors of 16 KiB from 0 on
        "STATE_RUN_SIZE_BYTES": "0x10000u",
        "STATE_ERASE_SIZE_BYTES": "0x4000u",
        "ACTIVE_RUN_OFFSET_BYTES": "0x20000u",
        "ACTIVE_ERASE_SIZE_BYTES": "0x20000u",
        "DFU_DEVICE": "1",
        "DFU_ERASE_SIZE_BYTES": "0x1000u",
        "BUFFER_SIZE_BYTES": "256u",
        "FORMAT_JOURNAL": "1",
        "IS_SIGNED": "1",
        "REFUSES_DOWNGRADES": "1",
        "SECURITY_COUNTER_MIN": "7u",
        "HAS_FACTORY": "0",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert re.fullmatch(r"\{(0x[0-9a-f]{2}(, )?){32}\}", found["PUBLIC_KEY"])


def test_description_is_in_the_header(cutproof: Run, scenario: Path, tmp_path: Path) -> None:
    """As a compiler has it."""
    (tmp_path / "layout.h").write_text(printed(cutproof, scenario, "--header"))
    source = tmp_path / "print.c"
    source.write_text('#include <stdio.h>\n#include "layout.h"\n'
                      "int main(void) { fputs(CP_BOARD_DESCRIPTION, stdout); return 0; }\n")
    program = tmp_path / "print"
    subprocess.run(["gcc", "-Wall", "-Wextra", "-Werror", source, "-o", program], check=True)
    said = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    assert said == printed(cutproof, scenario, "--description")
    assert "active_size_bytes=0x20000\n" in said and "is_signed=1\n" in said


def test_linker(cutproof: Run, scenario: Path, tmp_path: Path) -> None:
    """As a linker has it: offsets as the seed has them, and addresses."""
    (tmp_path / "layout.ld").write_text(printed(cutproof, scenario, "--linker"))
    (tmp_path / "empty.s").write_text("")
    for command in (
        ["arm-none-eabi-as", "empty.s", "-o", "empty.o"],
        ["arm-none-eabi-ld", "empty.o", "-T", "layout.ld", "-o", "out.elf"],
    ):
        subprocess.run(command, cwd=tmp_path, check=True)
    listed = subprocess.run(["arm-none-eabi-nm", tmp_path / "out.elf"], check=True,
                            capture_output=True, text=True).stdout
    symbols = {name: int(value, 16) for value, name in re.findall(r"^(\w+) . (\w+)$", listed, re.M)}
    assert symbols["__bootloader_state_start"] == 0x8000
    assert symbols["__bootloader_active_end"] == 0x40000
    assert symbols["__bootloader_dfu_start"] == 0
    assert symbols["__active_address"] == 0x08020000
    assert symbols["__active_size"] == 128 * 1024
    assert symbols["__flash_start"] == 0x08000000


def test_table(cutproof: Run, scenario: Path) -> None:
    lines = printed(cutproof, scenario).splitlines()
    assert lines[3].split() == ["active", "stm32f405rg", "0x08020000", "0x08040000", "128KiB",
                                "128KiB"]
    assert lines[-1].split() == ["left", "over", "w25q64jv", "7936KiB"]


def test_wrong_use(cutproof: Run, scenario: Path) -> None:
    done = cutproof("layout", scenario, "--header", "--linker")
    assert done.returncode == 4 and "cannot be given together" in done.stderr
    done = cutproof("layout")
    assert done.returncode == 4 and "which scenarios?" in done.stderr
    scenario.write_text(SCENARIO + "matrix: {layout.buffer: [64B, 128B]}\n")
    done = cutproof("layout", scenario)
    assert done.returncode == 4 and "choose one with --case" in done.stderr
    name = re.search(r"such as '(.*)'", done.stderr)
    assert name and "64B" in name[1]
    assert "buffer_size_bytes=64" in printed(cutproof, scenario, "--description", "--case", name[1])
    scenario.write_text(SCENARIO.replace("64KiB, file", "1GiB, file"))
    done = cutproof("layout", scenario)
    assert done.returncode == 4 and "larger than 'active'" in done.stderr
