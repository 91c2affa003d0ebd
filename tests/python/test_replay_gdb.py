"""cutproof replay --gdb: it stops in the core, at the right event, and all can be seen."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from replaying import (
    WRITES_TWICE, Run, Trace, is_operation, run_for_traces, scenario_with, steps_of,
)  # fmt: skip

MINE = """
#include "core/port/mmio.h"
#include "sim/program.h"

static int count_to(int most) {
    int sum = 0;
    for (int i = 0; i < most; i++) {
        sum += (int)(mmio_read32(0x6000) & 1);
    }
    cp_end_jump();
    return sum;
}

static void bootloader(const struct cp_program_board *board) {
    (void)board;
    count_to(7);
}

static void application(const struct cp_program_board *board, uint8_t image) {
    (void)board, (void)image;
    cp_end_idle();
}

const struct cp_program cp_program = {
    .abi = CP_PROGRAM_ABI, .name = "mine", .core_hash = "1",
    .bootloader = bootloader, .application = application, .dfu_mode = application,
};
"""


@pytest.fixture
def claim(cutproof: Run, root: Path, tmp_path: Path) -> Trace:
    """Two cuts: the second time the core programs a word for the third time."""
    if not shutil.which("gdb"):
        pytest.fail("gdb is not installed; run scripts/setup")
    return run_for_traces(cutproof, scenario_with(root, tmp_path / "twice.yaml", WRITES_TWICE))[0]


def debug(program: Path, trace: Trace, commands: list[str], *options: str | Path) -> str:
    """What gdb prints when it is given these commands, each after a line `=== number`."""
    script = "".join(f"echo \\n=== {i}\\n\n{command}\n" for i, command in enumerate(commands))
    ran = subprocess.run(
        [program, "replay", trace.replay_id, trace.scenario, "--gdb", *options],
        input=script + "kill\nquit\n",
        cwd=trace.scenario.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return (ran.stdout + ran.stderr).replace("(gdb) ", "")


def part(output: str, number: int) -> str:
    return output.partition(f"=== {number}\n")[2].partition("\n=== ")[0]


def operation_at(
    cutproof: Run, trace: Trace, cuts: int, event: int
) -> dict[str, Any]:
    [step] = [
        step
        for step in steps_of(cutproof, trace)
        if is_operation(step) and (step["cuts"], step["event_index"]) == (cuts, event)
    ]
    return step


def check_stop(output: str, step: dict[str, Any]) -> None:
    """gdb stands before that operation: the register access has its address and value."""
    asked = dict(re.findall(r"^(address|value) = (\d+)$", part(output, 1), re.MULTILINE))
    state = 0x6000  # where the scenario has STATE
    assert int(asked["address"]) == state + step["address"]
    assert int(asked["value"]) == step["new_value"]
    [word] = re.findall(r"\$\d+ = (\d+)", part(output, 2))
    assert int(word) == step["old_value"], "the operation has been done already"


ASK = [
    "bt",
    "frame function mmio_write32\ninfo args",
    "print cp_bus_machine->devices[0].nor.words[address / 4]",
]


def frames_of_core(backtrace: str) -> list[tuple[str, str]]:
    """Function, and file with line, of the frames in core/src."""
    flat = " ".join(backtrace.split())
    return re.findall(r"#\d+ (?:0x[0-9a-f]+ in )?(\w+) \([^#]*?\) at (core/src/\w+\.c:\d+)", flat)


def test_the_last_cut(cutproof: Run, cutproof_path: Path, claim: Trace) -> None:
    *_, last_cut = [step for step in steps_of(cutproof, claim) if step.get("kind") == "cut"]
    step = operation_at(cutproof, claim, last_cut["cuts"], last_cut["event_index"])
    output = debug(cutproof_path, claim, ASK)
    assert f"asks for event {step['cuts']}:{step['event_index']}" in output
    check_stop(output, step)
    frames = frames_of_core(part(output, 0))
    names = [name for name, _ in frames]
    assert names.index("seed_finish_revert") < names.index("cp_boot_prepare"), frames
    assert f"{step['file']}:{step['line']}" in [place for _, place in frames]


def test_an_event_that_is_named(cutproof: Run, cutproof_path: Path, claim: Trace) -> None:
    operations = [s for s in steps_of(cutproof, claim) if is_operation(s) and s["area"] == "state"]
    for step in (operations[0], operations[2]):
        until = f"{step['cuts']}:{step['event_index']}"
        output = debug(cutproof_path, claim, ASK, "--until", until)
        assert f"asks for event {until}" in output
        check_stop(output, step)


def test_locals_of_the_core(cutproof_path: Path, claim: Trace) -> None:
    """The frame that is chosen is of the core, and nothing of it is optimized out."""
    output = debug(cutproof_path, claim, ["info locals", "info args", "up\ninfo locals"])
    before = output.partition("=== 0\n")[0]
    assert re.search(r"program_word \(.*\)\s+at core/src/format_seed\.c:\d+", before, re.DOTALL)
    assert re.search(r"^size_bytes = 4$", part(output, 0), re.MULTILINE)
    assert re.search(r"^word_index = 1$", part(output, 1), re.MULTILINE)
    assert "optimized out" not in part(output, 0) + part(output, 1) + part(output, 2)


def test_the_source_is_found(cutproof_path: Path, claim: Trace) -> None:
    """Also by somebody who takes his time: no timer of the replay ends gdb."""
    output = debug(cutproof_path, claim, ["shell sleep 1.2\nlist"])
    assert "cp_partition_program(state" in part(output, 0)


def test_it_can_go_on(cutproof_path: Path, claim: Trace) -> None:
    output = debug(cutproof_path, claim, ["finish\ncontinue"])
    assert "REPRODUCED" in part(output, 0)
    assert "exited with code 01" in part(output, 0)


@pytest.fixture
def library(root: Path, tmp_path: Path) -> Path:
    (tmp_path / "mine.c").write_text(MINE)
    flags = ["-g", "-O0", "-shared", "-fPIC", "-fno-omit-frame-pointer", f"-I{root}"]
    command = ["gcc", *flags, "mine.c", "-o", "mine.so"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    return tmp_path / "mine.so"


def test_a_core_in_a_library(
    cutproof: Run, cutproof_path: Path, claim: Trace, library: Path, tmp_path: Path
) -> None:
    cutproof("run", claim.scenario, "--core", library, "--log", "mine.db")
    with closing(sqlite3.connect(tmp_path / "mine.db")) as db:
        [(case_hash,)] = db.execute("SELECT hash FROM cases").fetchall()
    trace = Trace(f"cli/hole@{case_hash}:", claim.scenario)
    output = debug(
        cutproof_path, trace, ["bt", "info locals"], "--core", library, "--until", "0:1"
    )
    assert re.search(r"count_to \(most=7\) at .*mine\.c:\d+", part(output, 0))
    assert re.search(r"^sum = \d+$", part(output, 1), re.MULTILINE)


# --- refused


def test_without_gdb(cutproof: Run, claim: Trace, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    told = cutproof(
        "replay", claim.replay_id, claim.scenario, "--gdb", env={"PATH": str(tmp_path / "empty")}
    )
    assert (told.returncode, told.stdout) == (4, "")
    assert "gdb is not installed" in told.stderr and "= help: " in told.stderr


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--until", "0:0"], "it is the power-on"),
        (["--until", "0:999999"], "there is no event 0:999999"),
        (["--step"], "--step and --gdb both want the terminal"),
        (["--format", "json"], "--gdb is for people"),
    ],
)
def test_refused(
    options: list[str], complaint: str, cutproof: Run, claim: Trace
) -> None:
    told = cutproof("replay", claim.replay_id, claim.scenario, "--gdb", *options)
    assert (told.returncode, told.stdout) == (4, "")
    assert complaint in told.stderr


def test_nothing_to_stop_at(cutproof: Run, claim: Trace) -> None:
    told = cutproof("replay", claim.of(""), claim.scenario, "--gdb")
    assert told.returncode == 4
    assert "has no cut" in told.stderr and "--until" in told.stderr


def test_without_the_program_for_it(
    cutproof: Run, cutproof_path: Path, claim: Trace, tmp_path: Path
) -> None:
    """A copy of the program alone can do it too, and says what is missing."""
    shutil.copy(cutproof_path, tmp_path / "cutproof")
    told = subprocess.run(
        [tmp_path / "cutproof", "replay", claim.replay_id, claim.scenario, "--gdb"],
        input="bt\nkill\nquit\n",
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )
    assert "there is no cutproof-debug" in told.stderr
    assert "core/src/format_seed.c:" in told.stdout
