"""The firmware of each board: that it builds, and what its files hold.

That it does the right thing is shown by the ARM engine (test_arm.py).
"""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from itertools import combinations
from pathlib import Path

import pytest

from armelf import ALLOC, WRITE, Elf, hex_bytes

ROOT = Path(__file__).resolve().parents[2]
BOARDS = sorted(path.stem for path in (ROOT / "boards").glob("*.yaml"))
# What a build needs, and nothing else of the project.
TREE = ("core", "boards", "scripts", "CMakeLists.txt", "CMakePresets.json")

CONTRACT = [
    "cp_firmware_panic_error", "cp_firmware_dfu_mode", "__data_start", "__bss_end",
    "__stack_top", "__ram_start", "__ram_end", "__vectors_start",
]


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, cwd=cwd, capture_output=True, text=True, check=False, timeout=600
    )


@pytest.fixture(scope="session")
def built() -> Path:
    """build/firmware, with all boards."""
    done = run(ROOT / "scripts/firmware", cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "build/firmware"


@pytest.fixture(params=BOARDS)
def board(built: Path, request: pytest.FixtureRequest) -> Path:
    return built / str(request.param)


def layout(name: str) -> dict[str, str]:
    text = (ROOT / "boards" / name / "layout.h").read_text()
    return dict(re.findall(r"^#define CP_BOARD_(\w+) (.*)$", text, re.M))


def number(text: str) -> int:
    return int(text.rstrip("u"), 0)


def area(name: str, which: str) -> tuple[int, int]:
    """Address and size."""
    macros = layout(name)
    address = number(macros["FLASH_ADDRESS"]) + number(macros[f"{which}_OFFSET_BYTES"])
    return address, number(macros[f"{which}_SIZE_BYTES"])


def area_of(name: str, program: str) -> tuple[int, int]:
    if program == "bootloader":
        return area(name, "BOOTLOADER")
    return area(name, "DFU" if program.endswith("-b") else "ACTIVE")


def programs(board: Path) -> list[str]:
    return sorted(path.stem for path in board.glob("*.elf"))


def test_presets_are_the_boards() -> None:
    presets = json.loads((ROOT / "CMakePresets.json").read_text())
    named = [p["name"] for p in presets["configurePresets"] if not p.get("hidden")]
    assert sorted(named) == BOARDS == sorted(p["name"] for p in presets["buildPresets"])
    assert len(BOARDS) >= 18


# --- each board


def test_programs(board: Path) -> None:
    found = programs(board)
    assert {"bootloader", "demo-prover-1", "demo-prover-2", "demo-prover-3"} <= set(found)
    for program in found:
        assert (board / f"{program}.map").is_file()
    serial = {"demo-1-good", "demo-2-good", "demo-2-bad", "demo-2-hangs"}
    assert serial <= set(found) or board.name.endswith("-direct")
    # Stack use and calls, which scripts/size adds up.
    assert list(board.rglob("boot.c.su")) and list(board.rglob("boot.c.ci"))


def test_contract(board: Path) -> None:
    elf = Elf(board / "bootloader.elf")
    missing = [name for name in CONTRACT if name not in elf.symbols]
    assert not missing
    ram = range(elf.symbols["__ram_start"], elf.symbols["__ram_end"])
    assert elf.symbols["cp_firmware_panic_error"] in ram
    assert elf.symbols["__stack_top"] == ram.stop
    assert elf.symbols["cp_firmware_dfu_mode"] & 1, "no Thumb function"
    assert elf.section(".debug_frame"), "nothing to unwind by"


def test_description(board: Path) -> None:
    elf = Elf(board / "bootloader.elf")
    section = elf.section(".cutproof")
    assert section and section.flags & ALLOC == 0
    cpu, ram, rest = section.data.decode().rstrip("\0").split("\n", 2)
    assert re.fullmatch(r"cpu=cortex-m(0|0plus|3|4|7|33)", cpu)
    start, size = elf.symbols["__ram_start"], elf.symbols["__ram_end"] - elf.symbols["__ram_start"]
    assert ram == f"ram={start:#x}+{size:#x}"
    header = (ROOT / "boards" / board.name / "layout.h").read_text()
    strings = re.findall(r'^    "(.*)\\n"', header, re.M)
    assert rest == "".join(f"{line}\n" for line in strings) and len(strings) > 20


def test_files_agree(board: Path) -> None:
    for program in programs(board):
        start, flash = Elf(board / f"{program}.elf").flash()
        assert (board / f"{program}.bin").read_bytes() == flash
        assert hex_bytes(board / f"{program}.hex") == (start, flash)


def test_fits(board: Path) -> None:
    for program in programs(board):
        start, flash = Elf(board / f"{program}.elf").flash()
        address, size = area_of(board.name, program)
        assert start == address and len(flash) <= size
        if program.startswith("demo-prover"):  # those of a serial line are as large as they are
            signed = layout(board.name)["IS_SIGNED"] == "1"
            assert len(flash) == area(board.name, "ACTIVE")[1] - (96 if signed else 0)


def test_vectors(board: Path) -> None:
    for program in programs(board):
        elf = Elf(board / f"{program}.elf")
        start, flash = elf.flash()
        at = elf.symbols["__vectors_start"] - start
        assert at == (0x100 if board.name == "rp2040" and program == "bootloader" else 0)
        stack, entry, *others = struct.unpack_from("<16I", flash, at)
        assert stack == elf.symbols["__stack_top"] and stack % 8 == 0
        assert entry == elf.entry | 1 and start <= entry < start + len(flash)
        for vector in others:
            assert vector == 0 or (vector & 1 and start <= vector < start + len(flash))
        assert others[0] and others[1], "no NMI or hard fault"


def test_no_writable_flash(board: Path) -> None:
    for program in programs(board):
        elf = Elf(board / f"{program}.elf")
        start, flash = elf.flash()
        for section in elf.sections:
            if section.flags & WRITE and section.flags & ALLOC and section.size:
                assert not start <= section.address < start + len(flash), section.name


def test_demos_differ_in_every_page(board: Path) -> None:
    page = min(number(layout(board.name)[f"{a}_ERASE_SIZE_BYTES"]) for a in ("ACTIVE", "DFU"))
    demos = [p for p in programs(board) if p != "bootloader"]
    for one, other in combinations(demos, 2):
        a, b = ((board / f"{name}.bin").read_bytes() for name in (one, other))
        same = [at for at in range(0, len(a), page) if a[at : at + page] == b[at : at + page]]
        assert not same, (one, other, same)


def test_version(board: Path) -> None:
    for version in (1, 2, 3):
        elf = Elf(board / f"demo-prover-{version}.elf")
        start, flash = elf.flash()
        at = elf.symbols["demo_version"] - start
        assert struct.unpack_from("<I", flash, at) == (version,)


def test_sources_are_named_by_their_place_in_the_project(board: Path) -> None:
    for program in programs(board):
        elf = board / f"{program}.elf"
        assert str(ROOT).encode() not in elf.read_bytes()
    assert b"core/firmware/bootloader.c" in (board / "bootloader.elf").read_bytes()


# --- some boards


def crc32_of_boot_rom(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


def test_second_stage_of_rp2040(built: Path) -> None:
    stage = (built / "rp2040/bootloader.bin").read_bytes()[:256]
    assert struct.unpack("<I", stage[252:]) == (crc32_of_boot_rom(stage[:252]),)
    assert crc32_of_boot_rom(b"\1" + stage[1:252]) != crc32_of_boot_rom(stage[:252])


@pytest.mark.parametrize("program", ["bootloader", "demo-prover-1"])
def test_code_in_ram_of_rp2040_calls_no_flash(built: Path, program: str) -> None:
    elf = built / f"rp2040/{program}.elf"
    listing = run("arm-none-eabi-objdump", "-d", "-j", ".data", elf, cwd=ROOT).stdout
    targets = re.findall(r"\tb\S*\t(?:r\d+, )?([0-9a-f]{8}) ", listing)
    assert len(targets) > 20
    assert [target for target in targets if not target.startswith("2000")] == []


def test_vectors_of_nrf51_are_forwarded(built: Path) -> None:
    elf = Elf(built / "nrf51822/bootloader.elf")
    _, flash = elf.flash()
    vectors = struct.unpack_from("<48I", flash, 0)
    assert set(vectors[2:]) == {elf.symbols["forward"] | 1}
    # The word that it reads lies where no program has anything else.
    word = elf.symbols["cp_firmware_forward_to"]
    assert word == elf.symbols["__ram_start"] < elf.symbols["__data_start"]
    demo = Elf(built / "nrf51822/demo-prover-1.elf")
    assert demo.symbols["__data_start"] >= word + 8


# --- registers

# Where a register can be, but for those of the prover's channel.
REGISTERS = [
    range(0x14000000, 0x20000000), range(0x40000000, 0x60000000), range(0xE0000000, 0xE0100000)
]


def undocumented(sources: str, page: str) -> list[str]:
    found = sorted(set(re.findall(r"\b0x[0-9A-Fa-f]{8}(?=u?\b)", sources)))
    known = page.lower()
    return [
        text
        for text in found
        if any(int(text, 16) in area for area in REGISTERS) and text.lower() not in known
    ]


def test_every_register_is_documented() -> None:
    """The prover models what docs/firmware.md lists; an access to anything else is an error."""
    page = (ROOT / "docs/firmware.md").read_text()
    folder = ROOT / "core/firmware"
    sources = [path for path in folder.iterdir() if path.suffix in (".c", ".h", ".S")]
    text = "\n".join(path.read_text() for path in sources)
    values = {"0x46504331", "0x5AFEB007"}  # the channel's magic word, and a value that is stored
    assert [found for found in undocumented(text, page) if found not in values] == []
    assert undocumented("#define A 0x40001234u", page) == ["0x40001234"]


# --- other trees


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def test_another_tree_gives_the_same_files(built: Path, tree: Path) -> None:
    done = run("scripts/firmware", "nrf52840-small", cwd=tree)
    assert done.returncode == 0 and done.stdout == "" == done.stderr
    for program in ("bootloader.elf", "bootloader.bin", "demo-prover-1.elf", "demo-prover-2.bin"):
        there = (tree / "build/firmware/nrf52840-small" / program).read_bytes()
        assert there == (built / "nrf52840-small" / program).read_bytes(), program


def board_of(cutproof_path: Path, scenario: Path, tree: Path) -> None:
    (tree / "boards/other").mkdir()
    for option, name in (("--header", "layout.h"), ("--linker", "layout.ld")):
        done = run(cutproof_path, "layout", scenario, option, cwd=tree)
        assert done.returncode == 0, done.stderr
        (tree / "boards/other" / name).write_text(done.stdout)


def build_other(tree: Path) -> Elf:
    """The bootloader of boards/other, for which there is no preset."""
    build = tree / "build"
    toolchain = tree / "core/firmware/toolchain.cmake"
    done = run("cmake", "-S", tree, "-B", build, "-G", "Ninja", "-DCP_BOARD=other",
               f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", cwd=tree)
    assert done.returncode == 0, done.stderr
    done = run("cmake", "--build", build, "--target", "bootloader", "-j2", cwd=tree)
    assert done.returncode == 0, done.stdout
    return Elf(build / "bootloader.elf")


@pytest.mark.parametrize("name", ["nrf52840-w25q64jv", "stm32l476rg-mx25r6435f"])
def test_a_board_with_a_chip(cutproof_path: Path, tree: Path, name: str) -> None:
    board_of(cutproof_path, ROOT / f"scenarios/parts/{name}.yaml", tree)
    assert "cp_spinor_flash" in build_other(tree).symbols


def test_a_board_with_a_factory_image(cutproof_path: Path, tree: Path) -> None:
    scenario = tree / "boards/nrf52840-small-journal.yaml"
    change(scenario, "  buffer:", "  factory:    {at: 0x20000, size: 16KiB}\n  buffer:")
    change(scenario, "updates: [new]}", "updates: [new], factory: old}")
    board_of(cutproof_path, scenario, tree)
    assert "CP_BOARD_FACTORY_SIZE_BYTES 0x4000u" in (tree / "boards/other/layout.h").read_text()
    assert "cp_spinor_flash" not in build_other(tree).symbols


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    "file, old, new, told",
    [
        ("boards/nrf52840-small/layout.ld", "__bootloader_size = 0x6000",
         "__bootloader_size = 0x400", "overflowed"),
        ("core/firmware/parts.cmake", "0x20000000 0x40000)", "0x20000000 0x800)", "too little RAM"),
        ("boards/nrf52840-small/layout.h", 'CP_BOARD_PART "nrf52840"', 'CP_BOARD_PART "nrf52999"',
         "does not know the part 'nrf52999'"),
        ("core/firmware/system.c", "#define AIRCR ", "#define AIRCR_ ", "AIRCR"),
    ],
)
def test_a_mistake_stops_the_build(tree: Path, file: str, old: str, new: str, told: str) -> None:
    change(tree / file, old, new)
    done = run("scripts/firmware", "nrf52840-small", cwd=tree)
    assert done.returncode != 0 and told in done.stderr


def test_a_board_that_is_none() -> None:
    done = run(ROOT / "scripts/firmware", "nothing", cwd=ROOT)
    assert done.returncode != 0 and "there is no board 'nothing'" in done.stderr
