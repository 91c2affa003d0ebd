"""The firmware that ships, on QEMU's micro:bit: updates over a serial line, and power losses.

What runs here is what is flashed: the bootloader and the demo applications of boards/nrf51822,
and scripts/serial_update. The prover looks at every power loss there is; this looks at a few,
on an emulator that knows nothing of the prover. Each is behind a write to flash: the number of
it is drawn from a seed, so that the same test finds the same flash.
"""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/qemu"))

from machine import ERASE_REGISTER, Change, Machine, flash_of  # noqa: E402

TIMEOUT_S = 60.0
HANG_S = 0.3  # as long as the power stays on after the last that was heard

# Of boards/nrf51822.yaml.
STATE = (0x3000, 0x800)
ACTIVE = 0x4000
ACTIVE_AND_DFU = (ACTIVE, 0x8400)
MARKS = [(ERASE_REGISTER, 4), STATE]

WANTS = b"~W"  # the frame with which the device asks for an image: it has nothing else to do
READS = b"~R"
IS_TWO = b"~H\x08\x00\x02"  # the first that version 2 says
DEMOS = ["demo-1-good", "demo-2-good", "demo-2-bad", "demo-2-hangs"]


# --- the firmware, the device and its host


@pytest.fixture(scope="session")
def images() -> dict[str, bytes]:
    """bootloader and demos, by name."""
    done = subprocess.run(
        [ROOT / "scripts/firmware", "nrf51822"], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    folder = ROOT / "build/firmware/nrf51822"
    return {name: (folder / f"{name}.bin").read_bytes() for name in ["bootloader", *DEMOS]}


def new_flash(images: dict[str, bytes]) -> bytes:
    return flash_of({0: images["bootloader"], ACTIVE: images["demo-1-good"]})


def running(flash: bytes, images: dict[str, bytes]) -> str | None:
    """Which demo is in ACTIVE, whole?"""
    for name in DEMOS:
        if flash[ACTIVE : ACTIVE + len(images[name])] == images[name]:
            return name
    return None


class Host:
    """scripts/serial_update, with the device's line as its port."""

    def __init__(self, machine: Machine, demo: str) -> None:
        image = ROOT / f"build/firmware/nrf51822/{demo}.bin"
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "scripts/serial_update", f"unix:{machine.line}", image],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        machine.connect(TIMEOUT_S)

    def is_done(self) -> bool:
        return self.process.poll() is not None

    def result(self) -> tuple[int, str]:
        output = self.process.communicate(timeout=TIMEOUT_S)[0]
        return self.process.returncode, output


def run_until_quiet(machine: Machine) -> None:
    """Nobody answers, so the device stays with the first question."""
    machine.run(lambda: WANTS in machine.said, TIMEOUT_S)


def start_line(version: str | int, state: str) -> bytes:
    return f"cutproof demo {version}, state {state}\r\n".encode()


def check_whole(machine: Machine, images: dict[str, bytes], allowed: set[str]) -> None:
    """After all of it one of these runs, whole, and says so."""
    machine.cut_power()
    machine.power_on()
    run_until_quiet(machine)
    found = running(machine.flash, images)
    assert found in allowed, f"{found} runs, of {allowed}"
    assert found and start_line(found[5], "").rstrip() in machine.said
    assert machine.errors == []


# --- updates


def test_an_update(images: dict[str, bytes], tmp_path: Path) -> None:
    with Machine(tmp_path, new_flash(images)) as machine:
        host = Host(machine, "demo-2-good")
        machine.power_on()
        machine.run(host.is_done, TIMEOUT_S)
        code, output = host.result()
        assert code == 0, output
        lines = output.splitlines()
        assert "cutproof demo 1, state Boot" in lines
        assert "cutproof demo 2, state Swap" in lines
        assert lines[-1] == "version 2 is confirmed"
        check_whole(machine, images, {"demo-2-good"})
        assert start_line(2, "Boot") in machine.said


def test_a_bad_one_is_reverted(images: dict[str, bytes], tmp_path: Path) -> None:
    with Machine(tmp_path, new_flash(images)) as machine:
        host = Host(machine, "demo-2-bad")
        machine.power_on()
        machine.run(host.is_done, TIMEOUT_S)
        code, output = host.result()
        assert code == 1 and "cutproof demo 2, state Swap" in output.splitlines()
        check_whole(machine, images, {"demo-1-good"})
        assert start_line(1, "Revert") in machine.said


def test_one_that_hangs_is_reverted(images: dict[str, bytes], tmp_path: Path) -> None:
    """This machine has no watchdog: a user takes the battery out."""
    with Machine(tmp_path, new_flash(images)) as machine:
        host = Host(machine, "demo-2-hangs")
        machine.power_on()
        machine.run(lambda: start_line(2, "Swap") in machine.said, TIMEOUT_S)
        machine.let_pass(HANG_S)
        assert not host.is_done() and WANTS not in machine.said
        machine.cut_power()
        machine.power_on()
        machine.run(host.is_done, TIMEOUT_S)
        assert host.result()[0] == 1
        check_whole(machine, images, {"demo-1-good"})


# --- power losses


@dataclass
class Phase:
    """A start of the CPU in which the power is cut, and what may come of it."""

    flash: bytes
    first: int  # the marks of this start, of which one is drawn: first <= n < end
    end: int
    allowed: set[str]
    offered: str | None = None  # what a host offers all the time


def marks_of(folder: Path, flash: bytes) -> tuple[int, int]:
    """How often is a page erased or STATE written before the first word is said, and after?"""
    counts = [0, 0]

    def count(change: Change) -> bool:
        counts[bool(change.said)] += 1
        return False

    with Machine(folder, flash) as machine:
        machine.watch(MARKS, count)
        machine.power_on()
        machine.run(lambda: WANTS in machine.said or len(machine.flashes) > 1, TIMEOUT_S)
    return counts[0], counts[1]


def flashes_of(folder: Path, images: dict[str, bytes], demo: str) -> list[bytes]:
    """An update to this demo: the flash at each start of the CPU."""
    with Machine(folder, new_flash(images)) as machine:
        host = Host(machine, demo)
        machine.power_on()
        machine.run(host.is_done, TIMEOUT_S)
        host.result()
        return machine.flashes


def download_marks(folder: Path, images: dict[str, bytes]) -> int:
    count = 0

    def add(change: Change) -> bool:
        nonlocal count
        count += 1
        return False

    with Machine(folder, new_flash(images)) as machine:
        host = Host(machine, "demo-2-good")
        machine.watch(MARKS, add)
        machine.power_on()
        machine.run(lambda: len(machine.flashes) > 1, TIMEOUT_S)
        machine.cut_power()
        host.process.kill()
        host.result()
    return count


@pytest.fixture(scope="session")
def phases(
    images: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Phase]:
    def folder() -> Path:
        return tmp_path_factory.mktemp("phase")

    good, bad = (flashes_of(folder(), images, name) for name in ("demo-2-good", "demo-2-bad"))
    assert (len(good), len(bad)) == (2, 3)
    swap, trial = marks_of(folder(), good[1])
    revert, _ = marks_of(folder(), bad[2])
    assert swap > 30 and trial >= 2 and revert > 30
    old, new = "demo-1-good", "demo-2-good"
    return {
        "download": Phase(good[0], 0, download_marks(folder(), images), {new}, new),
        "swap": Phase(good[1], 0, swap, {new}),
        "trial": Phase(good[1], swap, swap + trial, {old, new}),
        "revert": Phase(bad[2], 0, revert, {old}),
    }


class Cutter:
    """Cuts the power behind that mark, and so many words of ACTIVE or DFU if there are."""

    def __init__(self, machine: Machine, marks: int, words: int) -> None:
        self.machine, self.marks, self.words = machine, marks, words
        machine.watch(MARKS, self.watch)

    def watch(self, change: Change) -> bool:
        del change
        if self.marks > 0:
            self.marks -= 1
            return False
        if self.words == 0:
            return True
        if self.marks == 0:
            self.machine.watch_more(*ACTIVE_AND_DFU)
            self.marks = -1
        self.words -= 1
        return False


CUTS = {"download": 12, "swap": 14, "trial": 6, "revert": 14}
CASES = [(name, seed) for name, count in CUTS.items() for seed in range(count)]


def run_and_cut(machine: Machine, host: Host | None, marks: int, words: int) -> Cutter:
    """Run until the power is cut there, or at the end: of this start, or of all."""
    cutter = Cutter(machine, marks, words)
    machine.power_on()
    starts = len(machine.flashes)

    def is_over() -> bool:
        is_quiet = host.is_done() if host else WANTS in machine.said
        return is_quiet or len(machine.flashes) > starts

    machine.run(is_over, TIMEOUT_S)
    machine.cut_power()
    machine.watch([], None)
    return cutter


@pytest.mark.parametrize("name, seed", CASES, ids=[f"{name}-{seed}" for name, seed in CASES])
def test_a_power_loss(
    name: str, seed: int, phases: dict[str, Phase], images: dict[str, bytes], tmp_path: Path
) -> None:
    """One, and for half of them a second one in what follows."""
    draw = random.Random(f"{name} {seed}")
    phase = phases[name]
    with Machine(tmp_path, phase.flash) as machine:
        host = Host(machine, phase.offered) if phase.offered else None
        words = 0 if name == "trial" else draw.choice([0, 1, draw.randrange(60)])
        cutter = run_and_cut(machine, host, draw.randrange(phase.first, phase.end), words)
        assert cutter.marks <= 0, "there are fewer marks"
        allowed = set(phase.allowed)
        if draw.random() < 0.5:
            run_and_cut(machine, host, draw.randrange(80), 0)
            if IS_TWO in machine.said_before:
                allowed.add("demo-1-good")  # the trial was not to its end
        machine.power_on()
        if host:
            machine.run(host.is_done, TIMEOUT_S)
            code, output = host.result()
            assert code == 0 or "demo-1-good" in allowed, output
        else:
            run_until_quiet(machine)
        check_whole(machine, images, allowed)


def test_there_are_enough_power_losses() -> None:
    assert len(CASES) >= 40


def test_what_is_kept_is_not_fetched_again(images: dict[str, bytes], tmp_path: Path) -> None:
    with Machine(tmp_path, new_flash(images)) as machine:
        host = Host(machine, "demo-2-good")
        machine.power_on()
        machine.run(lambda: machine.said.count(READS) >= 30, TIMEOUT_S)
        machine.cut_power()
        machine.power_on()
        machine.run(lambda: len(machine.flashes) > 2, TIMEOUT_S)
        reads = len(images["demo-2-good"]) / 256
        assert machine.said_before.count(READS) < reads - 20
        machine.run(host.is_done, TIMEOUT_S)
        assert host.result()[0] == 0


# --- that these checks can fail


def test_a_torn_image_is_found(images: dict[str, bytes]) -> None:
    flash = bytearray(new_flash(images))
    assert running(bytes(flash), images) == "demo-1-good"
    flash[ACTIVE + 0x400 : ACTIVE + 0x800] = images["demo-2-good"][0x400:0x800]
    assert running(bytes(flash), images) is None


def test_a_guest_error_is_found(tmp_path: Path) -> None:
    """Word 0x400 of flash is written without leave of the controller."""
    program = struct.pack("<2I4H", 0x20001000, 9, 0x2001, 0x0281, 0x6008, 0xE7FE)
    with Machine(tmp_path, flash_of({0: program})) as machine:
        machine.power_on()
        machine.let_pass(HANG_S)
        machine.cut_power()
        assert machine.errors == ["flash_write: Flash write 0x400 while flash not writable."]
