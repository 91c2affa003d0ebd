"""cutproof layout: what a firmware's build is told, and that what is committed is current."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import Run

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "scenarios"

# Which registers a family has; where there is a choice, the size of the part decides.
CONTROLLERS = {
    "nRF51": {"NVMC"}, "nRF52": {"NVMC"}, "nRF53": {"NVMC_NS"}, "nRF91": {"NVMC_NS"},
    "nRF54L": {"RRAMC"}, "RP2040": {"RP2040"},
    "STM32F0": {"STM32_F0"}, "STM32F1": {"STM32_F0", "STM32_F1_XL"}, "STM32F3": {"STM32_F0"},
    "STM32F2": {"STM32_F4"}, "STM32F4": {"STM32_F4"}, "STM32L4+": {"STM32_L4"},
    **{f"STM32{name}": {f"STM32_{name}"}
       for name in "F7 L0 L1 L4 L5 G0 G4 WB WL U5 H5 H7 H7A".split()},
}

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
    whole = re.sub(r" *\\\n *", " ", text)
    return dict(re.findall(r"^#define CP_BOARD_(\w+) (.*)$", whole, re.M))


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
    assert re.fullmatch(r"\{ ?(0x[0-9a-f]{2},? ?){32}\}", found["PUBLIC_KEY"])


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


def symbols_of(folder: Path, linker: str, script: str = "layout.ld") -> dict[str, int]:
    """As a linker has them."""
    (folder / "layout.ld").write_text(linker)
    (folder / "code.s").write_text(".text\n.word 1\n")
    for command in (
        ["arm-none-eabi-as", "code.s", "-o", "code.o"],
        ["arm-none-eabi-ld", "--fatal-warnings", "code.o", "-T", script, "-o", "out.elf"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    listed = subprocess.run(["arm-none-eabi-nm", folder / "out.elf"], check=True,
                            capture_output=True, text=True).stdout
    return {name: int(value, 16) for value, name in re.findall(r"^(\w+) . (\w+)$", listed, re.M)}


def test_linker(cutproof: Run, scenario: Path, tmp_path: Path) -> None:
    """Offsets as the seed has them, and addresses; none for a chip that is not mapped."""
    assert symbols_of(tmp_path, printed(cutproof, scenario, "--linker")) == {
        "__flash_start": 0x08000000,
        "__bootloader_start": 0,
        "__bootloader_end": 0x8000,
        "__bootloader_address": 0x08000000,
        "__bootloader_size": 0x8000,
        "__bootloader_state_start": 0x8000,
        "__bootloader_state_end": 0x10000,
        "__state_address": 0x08008000,
        "__state_size": 0x8000,
        "__bootloader_active_start": 0x20000,
        "__bootloader_active_end": 0x40000,
        "__active_address": 0x08020000,
        "__active_size": 0x20000,
        "__bootloader_dfu_start": 0,
        "__bootloader_dfu_end": 0x40000,
        "__dfu_size": 0x40000,
    }


def test_any_linker_script_can_include_it(cutproof: Run, scenario: Path, tmp_path: Path) -> None:
    (tmp_path / "app.ld").write_text(
        "INCLUDE layout.ld\n"
        "MEMORY { FLASH (rx) : ORIGIN = __active_address, LENGTH = __active_size }\n"
        "SECTIONS { .text : { here = .; *(.text) } >FLASH }\n"
    )
    linked = symbols_of(tmp_path, printed(cutproof, scenario, "--linker"), "app.ld")
    assert linked["here"] == 0x08020000


def test_flash_at_0(cutproof: Run, tmp_path: Path) -> None:
    """Of Nordic's parts: offsets are addresses. With two slots to start from."""
    scenario = SCENARIOS / "direct/nrf52840.yaml"
    found = symbols_of(tmp_path, printed(cutproof, scenario, "--linker"))
    assert found["__flash_start"] == 0
    for name in ("state", "active", "dfu"):
        start, end = (found[f"__bootloader_{name}_{edge}"] for edge in ("start", "end"))
        assert (start, end - start) == (found[f"__{name}_address"], found[f"__{name}_size"])
    assert found["__dfu_address"] == 0xC000
    header = macros(printed(cutproof, scenario, "--header"))
    assert (header["IS_DIRECT"], header["IS_SIGNED"], header["FLASH_ADDRESS"]) == ("1", "0", "0x0u")
    assert "PUBLIC_KEY" not in header and "CHIP_SIZE_BYTES" not in header


def test_factory(cutproof: Run, tmp_path: Path) -> None:
    """Its matrix has three cases, of one layout."""
    scenario = SCENARIOS / "journal/rescue.yaml"
    header = macros(printed(cutproof, scenario, "--header"))
    assert header["HAS_FACTORY"] == "1" and header["VERIFIES_EACH_BOOT"] == "1"
    assert header["FACTORY_OFFSET_BYTES"] == "0x7000u" and header["NAME"] == '"rescue"'
    found = symbols_of(tmp_path, printed(cutproof, scenario, "--linker"))
    assert (found["__bootloader_factory_start"], found["__bootloader_factory_end"]) == (
        0x7000, 0x7100)
    assert "factory" in printed(cutproof, scenario)


def test_each_part_as_it_is_listed(cutproof: Run, tmp_path: Path) -> None:
    """And each header compiles, with the warnings on."""
    listed = cutproof("list", "--targets", "--format", "json").stdout.splitlines()
    parts = {part["name"]: part for part in map(json.loads, listed)}
    seen = set()
    for scenario in sorted((SCENARIOS / "parts").glob("*-driver.yaml")):
        text = printed(cutproof, scenario, "--header")
        header = macros(text)
        part = parts[json.loads(header["PART"])]
        (controller,) = (name[11:] for name in header if name.startswith("CONTROLLER_"))
        assert controller in CONTROLLERS[part["family"]]
        seen.add(controller)
        for name in ("flash_address", "registers_address", "bank_size_bytes", "write_size_bytes"):
            assert int(header[name.upper()].removesuffix("u"), 0) == part[name], name
        assert int(header["FLASH_SIZE_BYTES"].removesuffix("u"), 0) == part["size_bytes"]
        (tmp_path / f"{scenario.stem}.c").write_text(
            f"{text}extern const char text[];\nconst char text[] = CP_BOARD_DESCRIPTION;\n")
    assert seen == set().union(*CONTROLLERS.values())
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Wundef", "-Werror", "-fsyntax-only",
                    *tmp_path.glob("*.c")], check=True)


def test_table(cutproof: Run, scenario: Path) -> None:
    lines = printed(cutproof, scenario).splitlines()
    assert lines[3].split() == ["active", "stm32f405rg", "0x08020000", "0x08040000", "128KiB",
                                "128KiB"]
    assert lines[-1].split() == ["left", "over", "w25q64jv", "7936KiB"]


def test_table_of_a_chip_and_of_a_hole(cutproof: Run, scenario: Path) -> None:
    """A chip behind a SPI master has offsets only; a hole is no flash that is left over."""
    dfu = next(line for line in printed(cutproof, scenario).splitlines() if line[:3] == "dfu")
    assert dfu.split()[2:4] == ["+0x00000000", "+0x00040000"]
    last = printed(cutproof, SCENARIOS / "parts/stm32h743vg-driver.yaml").splitlines()[-1]
    assert last.split()[-1] == f"{1024 - 128 - 128 - 128 - 256}KiB"


def test_output_is_the_same_from_anywhere(cutproof: Run, scenario: Path, tmp_path: Path) -> None:
    for form in ((), ("--header",), ("--linker",), ("--description",)):
        assert printed(cutproof, scenario, *form) == printed(cutproof, "test.yaml", *form)


def test_boards_script(cutproof_path: Path, scenario: Path, tmp_path: Path) -> None:
    """It makes both files; one that cannot be made stays as it is."""
    for name in ("boards", "lib.sh"):
        (tmp_path / "scripts").mkdir(exist_ok=True)
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts" / name)
    (tmp_path / "boards").mkdir()
    made = tmp_path / "boards/test/layout.h"

    def run(*names: str) -> int:
        command = [tmp_path / "scripts/boards", *names]
        env = {"CUTPROOF": str(cutproof_path), "PATH": "/usr/bin:/bin"}
        return subprocess.run(command, env=env, capture_output=True, check=False).returncode

    board = tmp_path / "boards/test.yaml"
    board.write_text(SCENARIO)
    assert run() == 0
    before = made.read_text()
    assert "CP_BOARD_BUFFER_SIZE_BYTES 256u" in before
    assert "__active_address" in made.with_suffix(".ld").read_text()
    board.write_text(SCENARIO.replace("buffer: 256B", "buffer: 257B"))
    assert run("test") == 4 and made.read_text() == before
    board.write_text(SCENARIO.replace("buffer: 256B", "buffer: 512B"))
    assert run("test") == 0 and "CP_BOARD_BUFFER_SIZE_BYTES 512u" in made.read_text()
    assert run("nothing") == 4 and not (tmp_path / "boards/nothing").exists()


def test_wrong_use(cutproof: Run, scenario: Path, tmp_path: Path) -> None:
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
    (tmp_path / "other.yaml").write_text(SCENARIO.replace("layout/test", "layout/other"))
    scenario.write_text(SCENARIO)
    done = cutproof("layout", tmp_path, "--header")
    assert done.returncode == 4 and "of several scenarios" in done.stderr and done.stdout == ""
    done = cutproof("layout", tmp_path, "--header", "--case", "layout/other")
    assert done.returncode == 0 and macros(done.stdout)["NAME"] == '"other"'
