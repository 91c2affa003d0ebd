"""Machines of QEMU with a SPI NOR chip in a file: the program of tests/qemu/chip on each.

One QEMU process for each start of the CPU, as in machine.py. The chip is a file, so it keeps
what it holds; QEMU's chips are ideal: of a program, each byte has happened or has not, an erase
has happened or has not, and none takes any time.
"""

from __future__ import annotations

import select
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from machine import MachineError, Qemu

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OLD, GOOD, BAD, HANGS = 1, 2, 3, 4  # the images of main.c
BEFORE, INSIDE, BEHIND = 0, 1, 2  # enum order_where
STATE_PAGES = 2
ENDS = ("delivered", "rests", "reverted", "hangs", "a mix", "gave up", "fault")

# Once in each start: commands of the driver that wake or resume chips of other makers. A chip
# that does not know them ignores them.
IGNORED = ["M25P80: Unknown cmd ff", "M25P80: Unknown cmd 7a"]


@dataclass(frozen=True)
class Board:
    """A machine, the chip on it, and what the chip says of itself."""

    machine: str
    macros: list[str]
    cpu: str
    code_address: int
    ram_address: int
    order_address: int
    chip_size_bytes: int
    end_bytes: int  # of what the driver uses: 3 address bytes are for 16 MiB
    erase_size_bytes: int
    active_pages: int
    said_at_start: list[str]
    # What QEMU logs at each start, besides IGNORED.
    own_errors: list[str] = field(default_factory=list)

    @property
    def used_bytes(self) -> int:
        """STATE, ACTIVE and DFU lie at the end; the rest is not theirs."""
        return (STATE_PAGES + 2 * self.active_pages + 1) * self.erase_size_bytes

    @property
    def active_bytes(self) -> int:
        return self.active_pages * self.erase_size_bytes

    @property
    def start_bytes(self) -> int:
        return self.end_bytes - self.used_bytes


EMCRAFT = Board(
    machine="emcraft-sf2",
    macros=["MACHINE_EMCRAFT"],
    cpu="cortex-m3",
    code_address=0x60000000,
    ram_address=0x20000000,
    order_address=0x2000FFE0,
    chip_size_bytes=16 << 20,
    end_bytes=16 << 20,
    erase_size_bytes=64 << 10,
    active_pages=1,
    said_at_start=[
        "init fffffffc", "id 00012018", "size 01000000", "erase 000100d8", "four 00000000",
    ],
    own_errors=["M25P80: Unknown cmd 5a"],  # SFDP, which this chip has not
)


def ast1030(chip: str, chip_size_bytes: int, end_bytes: int, said: list[str]) -> Board:
    return Board(
        machine=f"ast1030-evb,fmc-model={chip}",
        macros=[],
        cpu="cortex-m4",
        code_address=0,
        ram_address=0x20000,
        order_address=0xBFFE0,
        chip_size_bytes=chip_size_bytes,
        end_bytes=end_bytes,
        erase_size_bytes=4 << 10,
        active_pages=3,
        said_at_start=["init 00000000", *said],
        own_errors=[f"Invalid read at addr 0x{address}, size 4, region '(null)', reason: rejected"
                    for address in (0, 4)]
        + ["aspeed_timer_ctrl_pulse_enable: Timer does not support pulse mode"] * 4,
    )


def build(board: Board, folder: Path, core: Path = ROOT / "core") -> Path:
    """The program for a board, of a core that may be another than the project's."""
    for name in ("shift.ld", "fill.ld"):
        (folder / name).write_text("")
    firmware = ["startup.c", "library.c", "system.c"]
    sources = [*sorted((core / "src").glob("*.c")), core / "port/mapped.c",
               core / "port/spinor/spinor.c", *(core / "firmware" / name for name in firmware),
               HERE / "chip/main.c", HERE / "chip/power.c", HERE / "chip/uart.c",
               HERE / ("chip/bus_mss.c" if board.macros else "chip/bus_aspeed.c")]
    symbols = {"__code_address": board.code_address, "__ram_address": board.ram_address,
               "__stack_size_min": 2048, "__forward_size": 0}
    program = folder / "chip.elf"
    command = ["arm-none-eabi-gcc", f"-mcpu={board.cpu}", "-mthumb", "-std=gnu11", "-O2", "-g",
               "-ffreestanding", "-ffunction-sections", "-fdata-sections",
               "-fno-tree-loop-distribute-patterns",
               "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Werror",
               f"-I{core.parent}", f"-I{core / 'include'}", f"-I{ROOT}",
               "-DCP_FIRMWARE_HAS_VTOR", f"-DACTIVE_PAGES={board.active_pages}u",
               *(f"-D{macro}" for macro in board.macros),
               "-nostdlib", "-nostartfiles", "-Wl,--gc-sections", "-Wl,--fatal-warnings",
               f"-L{core / 'firmware'}", f"-L{folder}", f"-T{HERE / 'chip/chip.ld'}",
               *(f"-Wl,--defsym={name}={value:#x}" for name, value in symbols.items()),
               *map(str, sources), "-lgcc", "-o", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise MachineError(done.stderr)
    return program


@dataclass(frozen=True)
class Order:
    """What the program is told: see tests/qemu/chip/order.h."""

    next_version: int
    cut_operation: int = 0
    cut_where: int = BEFORE


@dataclass
class Start:
    """What came of a start of the CPU."""

    lines: list[str]
    flash: bytes  # of the used bytes
    time_s: float
    is_reset: bool = False  # the program asked for a reset

    def number(self, name: str) -> int | None:
        """What it said of that name, the last time."""
        for line in reversed(self.lines):
            if line.startswith(name + " "):
                return int(line.split()[-1], 16)
        return None


class ChipQemu(Qemu):
    """A process that runs the program once."""

    def __init__(self, folder: Path, board: Board, program: Path, order: Order) -> None:
        self.board, self.program, self.order = board, program, order
        super().__init__(folder, False)

    def command(self, fds: dict[str, int]) -> list[str]:
        command = ["qemu-system-arm", "-M", self.board.machine, "-nodefaults", "-display", "none"]
        command += ["-S", "-kernel", str(self.program), "-nic", "none"]
        command += ["-drive", f"if=mtd,format=raw,file={self.folder / 'chip.img'}"]
        command += ["-action", "reboot=shutdown,shutdown=pause"]
        command += ["-d", "guest_errors", "-D", str(self.folder / "errors.log")]
        words = (self.order.cut_operation, self.order.cut_where, self.order.next_version)
        for i, word in enumerate(words):
            address = self.board.order_address + 4 * i
            command += ["-device", f"loader,addr={address:#x},data={word},data-len=4"]
        for name, fd in fds.items():
            command += ["-chardev", f"socket,id={name},fd={fd}"]
        return command + ["-serial", "chardev:serial", "-mon", "chardev=qmp,mode=control"]

    def is_over(self) -> bool:
        """Has it said the last it has to say?"""
        last = self.said.decode().split("\n")[-2:]
        return len(last) == 2 and last[1] == "" and last[0].startswith((*ENDS, "cut "))

    def wait(self, time_max_s: float) -> None:
        """Until it is over, it asks for a reset, or this time has passed."""
        end = time.monotonic() + time_max_s
        while not self.is_over() and "SHUTDOWN" not in self.qmp.events:
            left_s = end - time.monotonic()
            if left_s <= 0:
                return
            ready = select.select([self.serial, self.qmp.channel], [], [], left_s)[0]
            if self.serial in ready:
                self.said += self.serial.recv(65536)
            elif ready:
                self.qmp.take_events()

    def power_off(self) -> None:
        """Wherever it is. What the chip was told before is in the file: QEMU waits for that."""
        self.qmp.call("stop")
        if select.select([self.serial], [], [], 0)[0]:
            self.said += self.serial.recv(65536)
        self.kill()


class Device:
    """A board whose chip is in a file, and whose power is switched."""

    def __init__(self, folder: Path, board: Board, program: Path) -> None:
        self.folder, self.board, self.program = folder, board, program
        self.flash = b"\xff" * board.used_bytes
        self.chip = folder / "chip.img"

    def fill_chip(self) -> None:
        """Zeros, which take no room on a disk, where nothing is ours."""
        with self.chip.open("wb") as chip:
            chip.truncate(self.board.chip_size_bytes)
            chip.seek(self.board.start_bytes)
            chip.write(self.flash)

    def read_chip(self) -> bytes:
        with self.chip.open("rb") as chip:
            data = chip.read()
        start, end = self.board.start_bytes, self.board.end_bytes
        if data.count(0, 0, start) != start or data.count(0, end) != len(data) - end:
            raise MachineError("the chip was written to where it is not ours")
        return data[start:end]

    def start(self, order: Order, time_max_s: float = 30.0, is_limited: bool = True) -> Start:
        """Switch it on until it is over, it asks for a reset, or so much time has passed.

        is_limited: in that time it has to be over.
        """
        self.fill_chip()
        begun = time.monotonic()
        qemu = ChipQemu(self.folder, self.board, self.program, order)
        try:
            qemu.go()
            qemu.wait(time_max_s)
            qemu.power_off()
        finally:
            qemu.kill()
        is_reset = "SHUTDOWN" in qemu.qmp.events
        lines = qemu.said.decode().splitlines()
        if is_limited and not is_reset and not qemu.is_over():
            raise MachineError(f"it did not end in {time_max_s:g} s: {lines}")
        self.check_errors(qemu)
        self.flash = self.read_chip()
        return Start(lines, self.flash, time.monotonic() - begun, is_reset)

    def check_errors(self, qemu: ChipQemu) -> None:
        allowed = [*IGNORED, *self.board.own_errors]
        for line in qemu.errors():
            if line not in allowed:
                raise MachineError(f"QEMU says of the program: {line}")
            allowed.remove(line)

    def live(self, order: Order, starts_max: int = 6) -> list[Start]:
        """Start after start, until it rests, hangs, or loses its power as ordered."""
        starts = [self.start(order)]
        while starts[-1].is_reset:
            if len(starts) == starts_max:
                raise MachineError(f"it still resets at start {starts_max}: {starts[-1].lines}")
            starts.append(self.start(Order(order.next_version)))
        return starts


def image(version: int, size_bytes: int) -> bytes:
    """As main.c makes it: word 0 is the version, the others follow from it and their index."""
    words = [index * 0x9E3779B1 + version * 0x85EBCA6B for index in range(size_bytes // 4)]
    words[0] = version
    return b"".join((word & 0xFFFFFFFF).to_bytes(4, "little") for word in words)
