"""States that the prover has reached, given to QEMU: does the bootloader leave the same flash?

The flash of a state, as it is behind a power loss in a swap or a revert, is started on QEMU's
micro:bit, and in the prover's ARM engine by a replay of its trace. Until the bootloader starts
ACTIVE both have to have done the same. The images in it are those for the prover, which talk to
registers that the prover alone has: QEMU is stopped at their first instruction.
"""

from __future__ import annotations

import json
import random
import sqlite3
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import Run, runner

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/qemu"))

from machine import Qemu  # noqa: E402

STATES = 100
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Exploration:
    """A run of boards/nrf51822 on the ARM engine."""

    log: Path
    prefix: str  # of the ids of traces
    choice: int  # the event at which the new image turns out good or bad
    states: list[int]  # the operation behind which the power was lost, of bootloader states

    def trace(self, operation: int) -> str:
        """Behind the choice these are states of the revert, that a bad image leads to."""
        chosen = f"c{self.choice}=1," if operation > self.choice else ""
        return f"{self.prefix}{chosen}a{operation}"


@pytest.fixture(scope="module")
def exploration(
    cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Exploration:
    built = subprocess.run(
        [ROOT / "scripts/firmware", "nrf51822"], capture_output=True, text=True, timeout=600
    )
    assert built.returncode == 0, built.stdout + built.stderr
    folder = tmp_path_factory.mktemp("exploration")
    log = folder / "log.db"
    cutproof = runner(cutproof_path, folder)
    done = cutproof("run", ROOT / "boards/nrf51822.yaml", "--engine", "arm", "--log", log)
    assert done.returncode == 0, done.stdout + done.stderr
    with sqlite3.connect(log) as rows:
        (prefix,) = rows.execute("select replay_id from traces where kind = 'uncut'").fetchone()
        (choice,) = rows.execute(
            "select event from steps s join traces using (case_id, trace_id)"
            " where text like 'choice: option 0%'"
        ).fetchone()
        states = rows.execute(
            "select operation_index from states where phase = 0 and fault = 1 order by id"
        ).fetchall()
    return Exploration(log, prefix, choice, [operation for (operation,) in states])


def predicted(
    exploration: Exploration, operation: int, cutproof: Run, folder: Path
) -> tuple[bytes, bytes]:
    """The flash behind the power loss, and when the bootloader starts ACTIVE after it."""
    trace = exploration.trace(operation)

    def replay(*args: str | Path) -> str:
        options = ["--log", exploration.log, "--engine", "arm", *args]
        done = cutproof("replay", trace, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    steps = [json.loads(line) for line in replay("--format", "json").splitlines()]
    start = next(
        step["event_index"]
        for step in steps
        if step.get("cuts") == 1 and step.get("text", "").startswith("ACTIVE is started")
    )
    first, last = folder / "first.bin", folder / "last.bin"
    replay("--image", f"after={first}")
    replay("--until", f"1:{start}", "--image", f"after={last}")
    return with_bootloader(first), with_bootloader(last)


def with_bootloader(file: Path) -> bytes:
    """The prover's images are without."""
    flash = file.read_bytes()
    bootloader = (ROOT / "build/firmware/nrf51822/bootloader.bin").read_bytes()
    assert flash[: len(bootloader)].strip(b"\xff") == b""
    return bootloader + flash[len(bootloader) :]


def entries() -> set[int]:
    """Where the images of the prover begin to run, which the bootloader alone jumps to."""
    folder = ROOT / "build/firmware/nrf51822"
    images = [(folder / f"demo-prover-{version}.bin").read_bytes() for version in (1, 2)]
    return {struct.unpack_from("<I", image, 4)[0] & ~1 for image in images}


def started(flash: bytes, folder: Path) -> bytes:
    """What QEMU's bootloader makes of it."""
    (folder / "flash.bin").write_bytes(flash)
    qemu = Qemu(folder, True)
    try:
        assert qemu.gdb
        qemu.gdb.channel.settimeout(TIMEOUT_S)
        for entry in entries():
            assert qemu.gdb.ask(f"Z1,{entry:x},2") == "OK"
        qemu.go()
        assert qemu.gdb.packet().startswith("T05")
        registers = struct.unpack("<16I", bytes.fromhex(qemu.gdb.ask("g"))[:64])
        assert registers[15] in entries(), registers
        left = qemu.end()
    finally:
        qemu.kill()
    assert qemu.errors() == []
    return left


def test_there_are_states_of_swap_and_revert(exploration: Exploration) -> None:
    assert len([state for state in exploration.states if state < exploration.choice]) > 8000
    assert len([state for state in exploration.states if state > exploration.choice]) > 8000


@pytest.mark.parametrize("draw", range(STATES))
def test_a_state(draw: int, exploration: Exploration, cutproof: Run, tmp_path: Path) -> None:
    operation = random.Random(draw).choice(exploration.states)
    first, last = predicted(exploration, operation, cutproof, tmp_path)
    assert started(first, tmp_path) == last, exploration.trace(operation)


def test_another_flash_is_found(exploration: Exploration, cutproof: Run, tmp_path: Path) -> None:
    """The same, with one byte of the bootloader's way that is not what it was."""
    operation = exploration.states[len(exploration.states) // 3]
    first, last = predicted(exploration, operation, cutproof, tmp_path)
    assert first != last
    changed = bytearray(first)
    changed[0x8000] ^= 1  # DFU
    assert started(bytes(changed), tmp_path) != last
