"""cutproof replay --engine arm --gdb: gdb attaches to the ARM code at the cut, and can go on."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

import pytest

from terminal import Terminal

Run = Callable[..., "subprocess.CompletedProcess[str]"]

BOARD = "nrf52840-seed"
STATE, ACTIVE, DFU = 0x6000, 0x7000, 0x17000  # of the board
LIMIT_S = 60

# A loop without an end, in RAM: there is none in the firmware that does nothing else.
LOOP = "set {short}0x20002000 = 0xe7fe\nset var $pc = 0x20002000"
PRESS_CTRL_C = """python
import os, signal, threading
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
end"""


class Board(NamedTuple):
    """A scenario whose bootloader and images have been built."""

    program: Path
    scenario: Path
    cutproof: Run

    def replay_id(self, trace: str) -> str:
        """With a hash that is none: --force replays it all the same."""
        text = self.scenario.read_text(encoding="utf-8")
        [name] = re.findall(r"^name: (\S+)$", text, re.MULTILINE)
        return f"{name}@00000000:{trace}"

    def command(self, trace: str, *options: str) -> list[str | os.PathLike[str]]:
        replay = ["replay", "--engine", "arm", "--force", self.replay_id(trace)]
        return [self.program, *replay, self.scenario, *options]

    def steps(self, trace: str) -> list[dict[str, Any]]:
        shown = self.cutproof(*self.command(trace, "--format", "json")[1:])
        assert shown.returncode in (0, 1), shown.stderr
        return [json.loads(line) for line in shown.stdout.splitlines()][:-1]


class Session(NamedTuple):
    """What gdb printed, and what the replay that it was attached to."""

    gdb: str
    replay: str
    exit_code: int

    def part(self, number: int) -> str:
        return self.gdb.partition(f"=== {number}\n")[2].partition("\n=== ")[0]


@pytest.fixture(scope="session")
def built(root: Path, cutproof_session: Run) -> Path:
    """The folder with the board's files."""
    if not shutil.which("gdb-multiarch"):
        pytest.fail("gdb-multiarch is not installed; run scripts/setup")
    refused = cutproof_session("replay", "--engine", "arm", "x@00000000:", "--force")
    if "no ARM engine" in refused.stderr:
        pytest.skip("this cutproof was built without libunicorn 2")
    subprocess.run([root / "scripts/firmware", BOARD], check=True, timeout=300)
    return root / "build/firmware" / BOARD


@pytest.fixture
def make_board(
    root: Path, built: Path, cutproof_path: Path, cutproof: Run, tmp_path: Path
) -> Callable[..., Board]:
    """The board's scenario, with some of its text replaced."""

    def make(*changes: tuple[str, str]) -> Board:
        text = (root / f"boards/{BOARD}.yaml").read_text(encoding="utf-8")
        for find, replace in (("../build/firmware/" + BOARD, str(built)), *changes):
            assert find in text
            text = text.replace(find, replace)
        scenario = tmp_path / "board.yaml"
        scenario.write_text(text, encoding="utf-8")
        return Board(cutproof_path, scenario, cutproof)

    return make


@pytest.fixture
def board(make_board: Callable[..., Board]) -> Board:
    return make_board()


def finish(process: "subprocess.Popen[str]") -> tuple[str, int]:
    """The rest of what a replay prints, and its exit code."""
    timer = threading.Timer(LIMIT_S, process.kill)
    timer.start()
    assert process.stdout
    output = process.stdout.read()
    exit_code = process.wait()
    timer.cancel()
    return output, exit_code


@pytest.fixture
def serve(root: Path) -> Iterator[Callable[..., tuple["subprocess.Popen[str]", int, str]]]:
    """Start a replay, up to the moment in which it waits for gdb: process, port, first lines."""
    started: list[subprocess.Popen[str]] = []

    def start(board: Board, trace: str, *options: str) -> tuple["subprocess.Popen[str]", int, str]:
        process = subprocess.Popen(
            board.command(trace, "--gdb", *options),
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        assert process.stdout
        head = ""
        for line in process.stdout:
            head += line
            waits = re.search(r"target remote 127\.0\.0\.1:(\d+)", line)
            if waits:
                return process, int(waits[1]), head
        raise AssertionError(head)

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def debug(root: Path, built: Path, serve: Any) -> Callable[..., Session]:
    """Attach gdb, and give it commands, each after a line `=== number`."""

    def run(board: Board, trace: str, commands: list[str], *options: str) -> Session:
        process, port, head = serve(board, trace, *options)
        script = "".join(f"echo \\n=== {i}\\n\n{command}\n" for i, command in enumerate(commands))
        ran = subprocess.run(
            [
                *("gdb-multiarch", "-q", "-nx", built / "bootloader.elf"),
                *("-iex", "set confirm off", "-iex", "set pagination off"),
                *("-iex", "set width 0", "-iex", "set sysroot /"),
                *("-ex", f"target remote 127.0.0.1:{port}"),
            ],
            input=script + "quit\n",
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # there gdb prints what `monitor` answers
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        replay, exit_code = finish(process)
        return Session(ran.stdout.replace("(gdb) ", ""), head + replay, exit_code)

    return run


Debug = Callable[..., Session]


def program_in(steps: list[dict[str, Any]], area: str) -> dict[str, Any]:
    """One in the middle of a page."""
    return next(s for s in steps if s["kind"] == "program" and s["area"] == area and
                s["page_offset"] == 64)  # fmt: skip


@pytest.fixture
def swap(board: Board) -> dict[str, Any]:
    """A program of the swap, which the bootloader does."""
    return program_in(board.steps(""), "dfu")


def names_in(backtrace: str) -> list[str]:
    return re.findall(r"^#\d+ +(?:0x[0-9a-f]+ in )?(\w+) \(", backtrace, re.MULTILINE)


# --- at the cut


def test_the_source_line_and_who_called(board: Board, swap: dict[str, Any], debug: Debug) -> None:
    session = debug(board, f"a{swap['event_index']}", ["bt"])
    assert f"asks for event 0:{swap['event_index']}" in session.replay
    connected = session.gdb.partition("=== 0\n")[0]
    assert re.search(r"^mmio_write32 \(value=.*\) at core/port/mmio\.h:\d+$", connected, re.M)
    assert "*(volatile uint32_t *)address = value;" in connected
    names = names_in(session.part(0))
    order = [names.index(name) for name in ("mmio_write32", "nvmc_program", "copy_page",
                                            "cp_boot_run", "cp_firmware_main")]  # fmt: skip
    assert order[0] == 0 and order == sorted(order)
    assert names[-1] == "cp_firmware_reset"
    assert f"at {swap['file']}:{swap['line']}" in session.part(0)


def test_nothing_has_been_done_yet(board: Board, swap: dict[str, Any], debug: Debug) -> None:
    address = DFU + swap["address"]
    ask = [
        "info args",
        f"x/xw {address:#x}",
        f"x/xw {STATE:#x}",
        "x/i $pc",
        "stepi\nx/i $pc",
        f"x/xw {address:#x}",
    ]
    last = board.steps("")[-1]["event_index"]
    session = debug(board, f"a{last}", ask, "--until", f"0:{swap['event_index']}")
    assert f"value = {swap['new_value']}\n" in session.part(0)
    assert f"address = {address}\n" in session.part(0)
    assert session.part(1).strip().endswith("0xffffffff"), "it is done already"
    assert session.part(2).strip().endswith("0xf0f0f0f0")  # Swap, as the seed writes it
    store, after = (int(re.findall(r"=> (0x\w+)", session.part(i))[0], 16) for i in (3, 4))
    assert "\tstr" in session.part(3)
    assert 2 <= after - store <= 4
    assert int(session.part(5).split()[-1], 16) == swap["new_value"]


def test_variables(board: Board, swap: dict[str, Any], debug: Debug) -> None:
    ask = [
        "frame function cp_boot_run\nprint/x config->active.offset_bytes",
        "print config->buffer_size_bytes",
        "print/x config->dfu",
    ]
    session = debug(board, f"a{swap['event_index']}", ask)
    assert f"= {ACTIVE:#x}" in session.part(0)
    assert "= 64" in session.part(1)
    assert f"offset_bytes = {DFU:#x}" in session.part(2)


def test_memory_of_each_kind(board: Board, swap: dict[str, Any], built: Path, debug: Debug) -> None:
    ask = [
        "x/2xw 0",
        f"x/4xb {ACTIVE:#x}",
        "print &buffer\nx/xb &buffer",
        "x/xw 0xe000ed08",
        "x/xw 0x4001e400",
        "x/xw 0x30000000",
        "info registers primask",
    ]
    session = debug(board, f"a{swap['event_index']}", ask)
    bootloader = (built / "bootloader.bin").read_bytes()
    words = [int(word, 16) for word in re.findall(r"\t(0x\w+)", session.part(0))]
    assert words == [int.from_bytes(bootloader[i : i + 4], "little") for i in (0, 4)]
    old = (built / "demo-prover-1.bin").read_bytes()
    assert re.findall(r"\t(0x\w+)", session.part(1)) == [f"0x{byte:02x}" for byte in old[:4]]
    assert "0x20000" in session.part(2)
    assert session.part(3).strip().endswith("0x00000000")  # VTOR
    assert "Cannot access memory at address 0x4001e400" in session.gdb  # of the flash controller
    assert "Cannot access memory at address 0x30000000" in session.gdb
    assert re.search(r"^primask +0x0", session.part(6), re.MULTILINE)


def test_what_is_torn_is_told(make_board: Callable[..., Board], debug: Debug) -> None:
    board = make_board(("cut: every-event", "cut: every-event, torn_program: [any]"))
    swap = program_in(board.steps(""), "dfu")
    address = DFU + swap["address"]
    ask = [
        f"monitor flash {address:#x}",
        "stepi",
        f"monitor flash {address:#x}",
        f"monitor flash {STATE:#x}",
        "monitor flash 0x900000",
        "monitor flash",
        "monitor else",
    ]
    session = debug(board, f"t{swap['event_index']}.any", ask)
    assert "area DFU  programmed 0 times since its erase\n0xffffffff" in session.part(0)
    open_bits = 0xFFFFFFFF ^ swap["new_value"]
    assert f"torn, undecided: 0x{swap['new_value']:08x} in which the bits 0x{open_bits:08x}" in (
        session.part(2)
    )
    assert "area STATE  programmed 1 time since its erase\n0xf0f0f0f0" in session.part(3)
    assert "there is no flash at 0x900000" in session.part(4)
    assert "which word?" in session.part(5)
    assert "monitor cut" in session.part(6)


# --- beyond it


def test_a_step_over_the_cut_ends_at_the_reset(
    board: Board, swap: dict[str, Any], debug: Debug
) -> None:
    event = swap["event_index"]
    session = debug(board, f"a{event},a3", ["monitor cut", "stepi", "bt", "monitor cut"], "--until",
                    f"0:{event}")  # fmt: skip
    assert f"power-on 1 of 3, the bootloader runs; {event - 1} events so far" in session.part(0)
    assert f"the power is cut after event 0:{event}" in session.part(0)
    assert "cp_firmware_reset ()" in session.part(1)
    assert names_in(session.part(2)) == ["cp_firmware_reset"]
    assert "power-on 2 of 3, the bootloader runs; 0 events so far, the next is 1:1" in (
        session.part(3)
    )
    assert "the power is cut after event 1:3" in session.part(3)


def test_a_breakpoint_in_the_recovery(board: Board, swap: dict[str, Any], debug: Debug) -> None:
    ask = [
        "break cp_boot_prepare",
        "continue",
        "bt",
        "monitor cut",
        "finish",
        "delete\ncontinue",
    ]
    session = debug(board, f"a{swap['event_index']}", ask)
    assert re.search(r"Breakpoint 1, cp_boot_prepare \(config=0x\w+, state=", session.part(1))
    assert names_in(session.part(2))[0] == "cp_boot_prepare"
    assert "power-on 2 of 2" in session.part(3)
    assert "it is not cut any more" in session.part(3)
    assert "Value returned is" in session.part(4)
    assert "exited normally" in session.part(5)
    assert session.replay.splitlines()[-1].startswith("HOLDS")
    assert session.exit_code == 0


def test_both_applications_have_their_symbols(
    board: Board, swap: dict[str, Any], debug: Debug
) -> None:
    """The one that runs is told of as a library, and a breakpoint is in whichever it is."""
    ask = [
        "info sharedlibrary",
        "break run_trial",
        "continue",
        "info sharedlibrary",
        "bt",
        "next\nnext",
        "continue",
    ]
    session = debug(board, f"a{swap['event_index']}", ask)
    assert "demo-prover-1.elf" in session.part(0)  # it made the request
    assert re.search(r"run_trial \(\) at core/firmware/demo\.c:\d+", session.part(2))
    assert "demo-prover-2.elf" in session.part(3) and "prover-1" not in session.part(3)
    assert names_in(session.part(4))[:2] == ["run_trial", "cp_firmware_main"]
    assert "exited normally" in session.part(6)


def test_it_begins_where_it_is_told_to(board: Board, debug: Debug) -> None:
    """Also at a power-on, where nothing is asked for, and in an application."""
    session = debug(board, "a9", ["bt", "monitor cut"], "--until", "1:0")
    assert "before the first instruction: power on, 1 cut so far" in session.replay
    assert names_in(session.part(0)) == ["cp_firmware_reset"]
    session = debug(board, "a9", ["bt", "monitor cut"], "--until", "0:4")
    assert {"seed_set", "install", "cp_firmware_main"} <= set(names_in(session.part(0)))
    assert "image 'old' runs" in session.part(1)


def test_ctrl_c(board: Board, swap: dict[str, Any], debug: Debug) -> None:
    ask = ["stepi", LOOP, PRESS_CTRL_C, "continue", "print $pc", "kill"]
    session = debug(board, f"a{swap['event_index']}", ask)
    assert "received signal SIGINT" in session.gdb
    assert "0x20002000" in session.part(4)
    assert "HOLDS" not in session.replay  # it was not run to its end
    assert session.exit_code == 0


def test_a_crash_stops_it(board: Board, swap: dict[str, Any], debug: Debug) -> None:
    ask = ["stepi", "set var $pc = 0x30000000", "continue", "continue"]
    session = debug(board, f"a{swap['event_index']}", ask)
    assert "cutproof: the program branches to 0x30000000" in session.part(2)
    assert "received signal SIGSEGV" in session.gdb
    assert "REPRODUCED" in session.replay  # what came of it breaks a promise
    assert "gdb changed registers or RAM" in session.replay
    assert session.exit_code == 1


def test_illegal_use_stops_it(board: Board, swap: dict[str, Any], debug: Debug) -> None:
    """`str r1, [r0]` to flash that is not open for writing; from RAM, as a stray pointer might."""
    ask = [
        f"stepi\nset {{short}}0x20002000 = 0x6001\nset var $r0 = {STATE:#x}",
        "set var $pc = 0x20002000\ncontinue",
        "print $pc\nkill",
    ]
    session = debug(board, f"a{swap['event_index']}", ask)
    assert f"cutproof: store to flash at {STATE:#x} without CONFIG.WEN" in session.part(1)
    assert "received signal SIGILL" in session.part(1)
    assert "0x20002000" in session.part(2)


def test_a_watchpoint(board: Board, swap: dict[str, Any], debug: Debug) -> None:
    """On RAM, and on a word of flash, of which the operation is done then, or the power cut."""
    word = f"*(unsigned *){DFU + swap['address']:#x}"
    ask = [
        f"watch {word}\ncontinue",
        "continue",
        "monitor cut",
        "delete\nwatch buffer[5]\ncontinue",
        "bt 1",
        "delete\nrwatch buffer[5]\ncontinue",
    ]
    until = f"0:{swap['event_index']}"
    session = debug(board, f"a{swap['event_index'] + 1}", ask, "--until", until)
    value = swap["new_value"]
    assert f"Old value = 4294967295\nNew value = {value}\n" in session.part(0)
    assert f"Old value = {value}\nNew value = 4294967295\n" in session.part(1)  # erased
    assert "power-on 2 of 2, the bootloader runs; 1 event so far" in session.part(2)
    assert re.search(r"Old value = .*\nNew value = ", session.part(3))
    assert "buffer+4" in session.part(4)
    assert "Could not insert hardware watchpoint" in session.part(5)


def test_what_may_be_changed(board: Board, swap: dict[str, Any], debug: Debug) -> None:
    ask = [
        "set var $r5 = 7",  # within the access
        f"set {{int}}{DFU:#x} = 0",
        "set {int}0x20002000 = 0x1234\nx/xw 0x20002000",
        "stepi\nset var $r5 = 7\nstepi\nprint $r5",
    ]
    session = debug(board, f"a{swap['event_index']}", ask)
    assert "step to the next instruction first" in session.gdb
    assert f"Cannot access memory at address {DFU:#x}" in session.gdb
    assert session.part(2).strip().endswith("0x00001234")
    assert session.part(3).strip().endswith("= 7")


# --- the end


def test_detach_leaves_it_to_itself(board: Board, swap: dict[str, Any], debug: Debug) -> None:
    session = debug(board, f"a{swap['event_index']}", ["break cp_boot_prepare", "detach"])
    assert "detached" in session.part(1)
    assert f"cut  the power is cut after event {swap['event_index']}" in session.replay
    assert session.replay.splitlines()[-1].startswith("HOLDS")
    assert session.exit_code == 0


def test_the_verdict_is_that_of_a_replay(make_board: Callable[..., Board], debug: Debug) -> None:
    """A known hole of the seed: a confirm that was cut tells of a revert."""
    board = make_board(("[bootable, resumes,", "[tells-truth, bootable, resumes,"))
    [begun] = [s["event_index"] for s in board.steps("") if s.get("text") == "confirm begun"]
    session = debug(board, f"a{begun + 1}", ["bt", "continue"])
    assert {"seed_set", "cp_firmware_main"} <= set(names_in(session.part(0)))
    assert "exited normally" in session.part(1)
    assert "REPRODUCED  boards/nrf52840-seed violates tells-truth" in session.replay
    assert session.exit_code == 1


# --- the wire


def receive(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        assert piece
        data += piece
    return data


def test_a_client_that_goes_away_ends_it(board: Board, serve: Any) -> None:
    process, port, _ = serve(board, "a9")
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as connection:
        connection.sendall(b"$?#00")
        assert receive(connection, 1) == b"-"
        connection.sendall(b"$?#3f")
        assert receive(connection, 17) == b"+$T05thread:1;#d7"[:17]
        connection.sendall(b"-")  # it is sent again
        assert receive(connection, 16) == b"$T05thread:1;#d7"
    output, exit_code = finish(process)
    assert exit_code == 0
    assert "HOLDS" not in output


def test_only_this_machine_can_connect(board: Board, serve: Any) -> None:
    _, port, _ = serve(board, "a9")
    listening = Path("/proc/net/tcp").read_text(encoding="ascii")
    addresses = [line.split()[1] for line in listening.splitlines()[1:] if line.split()[3] == "0A"]
    assert [a for a in addresses if a.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_a_client_without_libraries_sees_no_other_stops(board: Board, serve: Any) -> None:
    """From the reset of the bootloader through both applications to the end."""
    process, port, _ = serve(board, "a9", "--until", "0:0")
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as connection:
        connection.sendall(b"$c#63")
        assert receive(connection, 8) == b"+$W00#b7"
    assert finish(process)[1] == 0


# --- on a terminal


def test_it_starts_gdb_itself(board: Board, swap: dict[str, Any], root: Path) -> None:
    terminal = Terminal(
        board.command(f"a{swap['event_index']}", "--gdb"), columns=120, lines=40, cwd=root
    )
    screen = "\n".join(terminal.wait_for("(gdb)", LIMIT_S))
    assert f"asks for event 0:{swap['event_index']}" in screen
    assert "return cp_partition_program(" in screen  # the frame of the core, and its source
    os.write(terminal.master, b"print config->buffer_size_bytes\n")  # for gdb to read
    terminal.wait_for("$1 = 64", LIMIT_S)
    os.write(terminal.master, b"quit\n")
    assert terminal.finish() == 0
