"""The SPI NOR driver with the core above it, on QEMU machines whose chip is a file.

The chips are QEMU's, and so is the SPI master: neither knows of the prover or of its model of a
chip. The power is cut before, inside and behind programs and erases that are drawn from a seed.
After all of them the image in ACTIVE is read from the file.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/qemu"))

from chip_board import (  # noqa: E402
    BAD,
    BEFORE,
    BEHIND,
    EMCRAFT,
    GOOD,
    HANGS,
    INSIDE,
    OLD,
    STATE_PAGES,
    Board,
    Device,
    Order,
    Start,
    ast1030,
    build,
    image,
)
from machine import MachineError  # noqa: E402

# What the driver has to find out: from the chip's description of itself (SFDP), but of the first.
BOARDS = {
    "s25sl12801": EMCRAFT,
    "w25q256": ast1030(  # describes no commands with 4 address bytes
        "w25q256",
        32 << 20,
        16 << 20,
        ["id 00ef4019", "size 01000000", "erase 00001020", "four 00000000"],
    ),
    "w25q512jv": ast1030(
        "w25q512jv",
        64 << 20,
        64 << 20,
        ["id 00ef4020", "size 04000000", "erase 00001021", "four 00000001"],
    ),
}
CUTS = {
    "s25sl12801": {"download": 9, "swap": 12, "revert": 9},
    "w25q256": {"swap": 2},
    "w25q512jv": {"download": 2, "swap": 3, "revert": 2},
}
CASES = [
    (board, phase, seed)
    for board, phases in CUTS.items()
    for phase, count in phases.items()
    for seed in range(count)
]


@dataclass
class Phase:
    """A start of the CPU in which the power is cut, and what may come of it."""

    flash: bytes
    operations: int  # programs and erases in this start
    next_version: int
    allowed: set[int]


@dataclass
class Lab:
    """A board with its program, and what is known of it before a power loss."""

    board: Board
    program: Path
    phases: dict[str, Phase]

    def device(self, folder: Path, flash: bytes) -> Device:
        device = Device(folder, self.board, self.program)
        device.flash = flash
        return device


def installed(device: Device) -> int | None:
    """Which image is in ACTIVE, whole?"""
    board = device.board
    start = STATE_PAGES * board.erase_size_bytes
    active = device.flash[start : start + board.active_bytes]
    return next((v for v in (OLD, GOOD, BAD, HANGS) if active == image(v, len(active))), None)


def operations(start: Start) -> int:
    count = start.number("operations")
    assert count is not None, start.lines
    return count


def check_rests(device: Device) -> None:
    """It says that it runs what it has, and goes on doing so. (A start may tidy STATE up.)"""
    for _ in range(2):
        start = device.start(Order(0))
        assert start.lines[-1] in ("rests", "reverted")
        assert start.number("version") == installed(device)
    assert operations(start) == 0


def prepare(board: Board, program: Path, folder: Path) -> Lab:
    """Deliver a device, update it well and badly, and keep the flash of each start."""
    device = Device(folder, board, program)
    assert device.start(Order(OLD)).lines[-1] == "delivered"
    lab = Lab(board, program, {})
    delivered = device.flash
    request = device.start(Order(GOOD))
    assert request.is_reset
    lab.phases["download"] = Phase(delivered, operations(request), GOOD, {GOOD})
    requested = device.flash
    swap = device.start(Order(0))
    assert installed(device) == GOOD, swap.lines
    lab.phases["swap"] = Phase(requested, operations(swap), 0, {GOOD})
    device.flash = delivered
    assert device.start(Order(BAD)).is_reset and device.start(Order(0)).is_reset
    failed = device.flash
    revert = device.start(Order(0))
    assert installed(device) == OLD, revert.lines
    lab.phases["revert"] = Phase(failed, operations(revert), 0, {OLD})
    return lab


def qemu_version() -> tuple[int, ...]:
    told = subprocess.run(["qemu-system-arm", "--version"], capture_output=True, text=True)
    return tuple(map(int, re.findall(r"\d+", told.stdout)[:2]))


Labs = Callable[[str], Lab]


@pytest.fixture(scope="session")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Labs:
    made: dict[str, Lab] = {}

    def lab(name: str) -> Lab:
        if name != "s25sl12801" and qemu_version() < (7, 2):
            pytest.skip("no chip of QEMU describes itself before version 7.2")
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            made[name] = prepare(BOARDS[name], build(BOARDS[name], folder), folder)
        return made[name]

    return lab


# --- updates


@pytest.mark.parametrize("name", BOARDS)
def test_an_update(name: str, labs: Labs, tmp_path: Path) -> None:
    lab = labs(name)
    device = lab.device(tmp_path, lab.phases["download"].flash)
    starts = device.live(Order(GOOD))
    assert installed(device) == GOOD
    assert starts[0].lines[: len(lab.board.said_at_start)] == lab.board.said_at_start
    assert [start.is_reset for start in starts] == [True, False]
    assert "confirmed" in starts[1].lines
    check_rests(device)


@pytest.mark.parametrize("name", BOARDS)
def test_a_bad_one_is_reverted(name: str, labs: Labs, tmp_path: Path) -> None:
    lab = labs(name)
    device = lab.device(tmp_path, lab.phases["download"].flash)
    starts = device.live(Order(BAD))
    assert installed(device) == OLD
    assert [start.is_reset for start in starts] == [True, True, False]
    assert "fails" in starts[1].lines and starts[2].lines[-1] == "reverted"


def test_one_that_hangs_is_reverted(labs: Labs, tmp_path: Path) -> None:
    """This program starts no watchdog: a user takes the battery out."""
    lab = labs("s25sl12801")
    device = lab.device(tmp_path, lab.phases["download"].flash)
    assert device.live(Order(HANGS))[-1].lines[-1] == "hangs"
    assert installed(device) == HANGS
    assert device.start(Order(0)).lines[-1] == "reverted"
    assert installed(device) == OLD


# --- power losses


def tear(device: Device, cut: str, draw: random.Random) -> None:
    """An erase that was cut: QEMU's happen or do not, so of these bytes some are erased here."""
    words = cut.split()
    if words[1] != "erase":
        return
    start = int(words[2], 16) - device.board.start_bytes
    size_bytes = device.board.erase_size_bytes
    flash = bytearray(device.flash)
    step = draw.choice([1, 16, 256, size_bytes // 2])
    for at in range(start, start + size_bytes, step):
        if draw.random() < 0.5:
            flash[at : at + step] = b"\xff" * step
    device.flash = bytes(flash)


def run_and_cut(device: Device, order: Order, draw: random.Random) -> Start:
    start = device.start(order)
    assert start.lines[-1].startswith("cut "), start.lines
    if order.cut_where == INSIDE:
        tear(device, start.lines[-1], draw)
    return start


def draw_order(draw: random.Random, operations_max: int, next_version: int) -> Order:
    where = draw.choice([BEFORE, INSIDE, INSIDE, BEHIND])
    return Order(next_version, draw.randrange(operations_max) + 1, where)


def after_power_losses(lab: Lab, phase: Phase, draw: random.Random, folder: Path) -> Device:
    """One power loss, and for half of the seeds a second one in what follows."""
    device = lab.device(folder, phase.flash)
    run_and_cut(device, draw_order(draw, phase.operations, phase.next_version), draw)
    if draw.random() < 0.5:
        again = Device(folder, lab.board, lab.program)
        again.flash = device.flash
        left = operations(again.start(Order(phase.next_version)))
        if left > 0:
            run_and_cut(device, draw_order(draw, left, phase.next_version), draw)
    device.live(Order(phase.next_version))
    return device


@pytest.mark.parametrize("name, phase, seed", CASES, ids=["-".join(map(str, c)) for c in CASES])
def test_a_power_loss(name: str, phase: str, seed: int, labs: Labs, tmp_path: Path) -> None:
    lab = labs(name)
    draw = random.Random(f"{name} {phase} {seed}")
    device = after_power_losses(lab, lab.phases[phase], draw, tmp_path)
    assert installed(device) in lab.phases[phase].allowed
    check_rests(device)


def test_there_are_enough_power_losses() -> None:
    assert sum(CUTS["s25sl12801"].values()) >= 30


# --- that these checks can fail


def patched_core(patch: str, folder: Path) -> Path:
    """The core with a mistake in it, as the faulty cores and drivers of the prover's tests."""
    subprocess.run(["cp", "-r", ROOT / "core", folder], check=True)
    patch_file = ROOT / "tests/faulty" / f"{patch}.patch"
    subprocess.run(
        ["patch", "-s", "-p1", "-i", patch_file], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
    return folder / "core"


def faulty_lab(name: str, patch: str, folder: Path) -> Lab:
    core = patched_core(patch, folder)
    board = BOARDS[name]
    return prepare(board, build(board, folder, core), folder)


def test_an_erase_of_too_much_is_found(labs: Labs, tmp_path: Path) -> None:
    """It takes the neighbours along, and what lies before them."""
    labs("w25q256")
    with pytest.raises(MachineError, match="where it is not ours"):
        faulty_lab("w25q256", "drivers/spinor_erases_64k", tmp_path)


def test_too_few_address_bytes_are_found(labs: Labs, tmp_path: Path) -> None:
    """What is meant for the end of the chip goes elsewhere, where it is not blank."""
    labs("w25q512jv")
    with pytest.raises(AssertionError, match="gave up"):
        faulty_lab("w25q512jv", "drivers/spinor_three_byte_addresses", tmp_path)


def test_a_step_recorded_too_early_is_found(tmp_path: Path) -> None:
    lab = faulty_lab("s25sl12801", "step_before_copy", tmp_path)
    phase = lab.phases["swap"]
    mixed = 0
    for seed in range(4):
        device = after_power_losses(lab, phase, random.Random(seed), tmp_path)
        mixed += installed(device) is None
    assert mixed > 0
