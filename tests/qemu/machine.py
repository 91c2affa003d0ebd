"""A micro:bit (nRF51822) on QEMU that keeps its flash, is reset and loses power as a real one.

One QEMU process for each start of the CPU: at a reset QEMU would load the first flash again.
So a reset ends the process, its flash is saved, and the next process starts with it. What is
on the device's serial line goes through a Unix socket of its own, which outlives all of this;
what a host sends while the device is off is lost, as on a wire.

QEMU's flash is ideal: an erase or a write of a word has happened or has not. Its watchdog does
not exist. The register that tells the cause of a reset reads 1, the reset pin, each time.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

FLASH_SIZE_BYTES = 0x40000
ERASED = 0xFF
ERASE_REGISTER = 0x4001E508  # NVMC.ERASEPAGE
QUIT_TIMEOUT_S = 10.0

# What QEMU 7.2 says of itself: it resets the CPU once before the board has a flash.
OWN_ERRORS = [
    f"Invalid read at addr 0x{address}, size 4, region '(null)', reason: rejected"
    for address in (0, 4)
]


class MachineError(Exception):
    """The machine did not do in time what was waited for, or QEMU failed."""


def flash_of(parts: dict[int, bytes]) -> bytes:
    """All of the flash, erased but for what is at these addresses."""
    flash = bytearray([ERASED]) * FLASH_SIZE_BYTES
    for address, data in parts.items():
        flash[address : address + len(data)] = data
    return bytes(flash)


@dataclass
class Change:
    """The CPU has changed what is watched: a page was erased, or a word was written."""

    address: int  # of the register or of the word
    said: bytes  # all that the device has said since it started


Watcher = Callable[[Change], bool]


class Qmp:
    """QEMU's control channel. Events are kept until somebody asks."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.data = b""
        self.events: list[str] = []
        self.answer_of("")  # the greeting
        self.call("qmp_capabilities")

    def message(self) -> dict[str, Any]:
        while b"\n" not in self.data:
            piece = self.channel.recv(65536)
            if not piece:
                raise MachineError("QEMU ended by itself")
            self.data += piece
        line, self.data = self.data.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    def answer_of(self, command: str) -> dict[str, Any]:
        while True:
            message = self.message()
            if "error" in message:
                raise MachineError(f"{command}: {message['error']['desc']}")
            if "event" not in message:
                return message
            self.events.append(message["event"])

    def call(self, command: str, **arguments: Any) -> None:
        request = {"execute": command, "arguments": arguments}
        self.channel.sendall(json.dumps(request).encode() + b"\n")
        self.answer_of(command)

    def take_events(self) -> None:
        """Something has come: all that is there."""
        self.events.append(self.message().get("event", ""))
        while b"\n" in self.data:
            self.events.append(self.message().get("event", ""))


class Gdb:
    """Watchpoints, over the GDB remote protocol. QEMU waits when somebody connects."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.data = b""
        self.watches: list[str] = []
        self.ask("?")

    def send(self, packet: str) -> None:
        self.channel.sendall(f"${packet}#{sum(packet.encode()) & 0xFF:02x}".encode())

    def receive(self) -> None:
        piece = self.channel.recv(4096)
        if not piece:
            raise MachineError("QEMU ended by itself")
        self.data += piece

    def take(self) -> str | None:
        """A packet that is there, acknowledged."""
        start = self.data.find(b"$")
        end = self.data.find(b"#", start)
        if start < 0 or end < 0 or len(self.data) < end + 3:
            return None
        packet = self.data[start + 1 : end].decode()
        self.data = self.data[end + 3 :]
        self.channel.sendall(b"+")
        return packet

    def packet(self) -> str:
        while True:
            packet = self.take()
            if packet is not None:
                return packet
            self.receive()

    def ask(self, packet: str) -> str:
        self.send(packet)
        return self.packet()

    def watch(self, address: int, size_bytes: int) -> None:
        self.watches.append(f"2,{address:x},{size_bytes:x}")
        if self.ask("Z" + self.watches[-1]) != "OK":
            raise MachineError("QEMU takes no watchpoint")

    def step(self) -> None:
        """Finish the instruction that was stopped: QEMU 7.2 would stop at it for ever."""
        for watch in self.watches:
            self.ask("z" + watch)
        self.ask("s")
        for watch in self.watches:
            self.ask("Z" + watch)

    def stopped_at(self) -> int | None:
        """Something has come: which watched address did it stop for?

        None: for none, but for a reset, say; or what has come is no stop.
        """
        self.receive()
        packet = self.take() or ""
        for field in packet[3:].split(";"):
            name, _, value = field.partition(":")
            if packet.startswith("T05") and name == "watch":
                return int(value, 16)
        return None


class Qemu:
    """One process: from a start of the CPU to the next."""

    def __init__(self, folder: Path, is_watched: bool) -> None:
        self.folder = folder
        self.said = b""
        names = ["serial", "qmp"] + (["gdb"] if is_watched else [])
        pairs = {name: socket.socketpair() for name in names}
        self.process = subprocess.Popen(
            self.command({name: theirs.fileno() for name, (_, theirs) in pairs.items()}),
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno() for _, theirs in pairs.values()],
        )
        for _, theirs in pairs.values():
            theirs.close()
        self.channels = {name: ours for name, (ours, _) in pairs.items()}
        self.serial = self.channels["serial"]
        self.qmp = Qmp(self.channels["qmp"])
        self.gdb = Gdb(self.channels["gdb"]) if is_watched else None

    def command(self, fds: dict[str, int]) -> list[str]:
        command = ["qemu-system-arm", "-M", "microbit", "-nodefaults", "-display", "none", "-S"]
        command += ["-kernel", str(self.folder / "flash.bin")]
        command += ["-action", "reboot=shutdown,shutdown=pause"]
        command += ["-d", "guest_errors", "-D", str(self.folder / "errors.log")]
        for name, fd in fds.items():
            command += ["-chardev", f"socket,id={name},fd={fd}"]
        command += ["-serial", "chardev:serial", "-mon", "chardev=qmp,mode=control"]
        return command + (["-gdb", "chardev:gdb"] if "gdb" in fds else [])

    def go(self) -> None:
        if self.gdb:
            self.gdb.send("c")
        else:
            self.qmp.call("cont")

    def end(self) -> bytes:
        """Stop it where it is. Its flash is what is left."""
        saved = self.folder / "saved.bin"
        self.qmp.call("stop")
        # pmemsave would give zeros: this flash is not in QEMU's system memory
        self.qmp.call("memsave", val=0, size=FLASH_SIZE_BYTES, filename=str(saved))
        self.kill()
        return saved.read_bytes()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(QUIT_TIMEOUT_S)
        for channel in self.channels.values():
            channel.close()

    def errors(self) -> list[str]:
        lines = (self.folder / "errors.log").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line not in OWN_ERRORS]


class Machine:
    """The device. Its serial line is the Unix socket `line`, for one host at a time."""

    def __init__(self, folder: Path, flash: bytes) -> None:
        self.folder = folder
        self.flash = flash  # as of the last start, reset or power loss
        self.line = folder / "serial"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.line))
        self.listener.listen(1)
        self.host: socket.socket | None = None
        self.qemu: Qemu | None = None
        self.flashes: list[bytes] = []  # as they were at each start of the CPU
        self.said_before = b""  # in the start before this one
        self.errors: list[str] = []  # of the guest: what no program should do
        self.watches: list[tuple[int, int]] = []
        self.watcher: Watcher | None = None

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut_power()
        if self.host:
            self.host.close()
        self.listener.close()

    @property
    def said(self) -> bytes:
        """What the device has said since the CPU started."""
        return self.qemu.said if self.qemu else b""

    def watch(self, watches: list[tuple[int, int]], watcher: Watcher | None) -> None:
        """From the next start on, tell `watcher` of each write to these (address, size).

        The power is cut behind the one at which it returns true.
        """
        self.watches, self.watcher = watches, watcher

    def watch_more(self, address: int, size_bytes: int) -> None:
        """For a watcher: watch this as well, until the CPU starts again."""
        if self.qemu and self.qemu.gdb:
            self.qemu.gdb.watch(address, size_bytes)

    def power_on(self) -> None:
        (self.folder / "flash.bin").write_bytes(self.flash)
        self.qemu = Qemu(self.folder, self.watcher is not None)
        self.flashes.append(self.flash)
        if self.qemu.gdb:
            for address, size_bytes in self.watches:
                self.qemu.gdb.watch(address, size_bytes)
        self.qemu.go()

    def cut_power(self) -> None:
        """At once, wherever the CPU is. Nothing happens if it is off."""
        if self.qemu:
            self.flash = self.qemu.end()
            self.errors += self.qemu.errors()
            self.said_before = self.qemu.said
            self.qemu = None

    def is_on(self) -> bool:
        return self.qemu is not None

    def connect(self, timeout_s: float) -> None:
        """Wait for a host that is about to connect."""
        self.hang_up()
        self.listener.settimeout(timeout_s)
        self.host = self.listener.accept()[0]

    def let_pass(self, time_s: float) -> None:
        end = time.monotonic() + time_s
        self.run(lambda: time.monotonic() >= end, time_s + 1)

    def run(self, is_done: Callable[[], bool], timeout_s: float) -> None:
        """Let time pass, through resets, until is_done() or a watcher cuts the power."""
        end = time.monotonic() + timeout_s
        while self.qemu and not is_done():
            if time.monotonic() > end:
                raise MachineError(f"nothing came of it in {timeout_s:g} s: {self.said!r}")
            self.step(0.02)

    # --- one turn

    def step(self, timeout_s: float) -> None:
        qemu = self.qemu
        assert qemu
        channels = [qemu.serial, qemu.qmp.channel, self.host or self.listener]
        channels += [qemu.gdb.channel] if qemu.gdb else []
        ready = select.select(channels, [], [], timeout_s)[0]
        if qemu.serial in ready:
            self.pass_on(qemu)
        if self.host in ready:
            self.receive(qemu)
        if self.listener in ready:
            self.host = self.listener.accept()[0]
        if qemu.gdb and qemu.gdb.channel in ready:
            self.stopped(qemu)
        if self.qemu and qemu.qmp.channel in ready:
            qemu.qmp.take_events()
        if self.qemu and "SHUTDOWN" in qemu.qmp.events:
            self.pass_on(qemu)
            self.cut_power()
            self.power_on()

    def pass_on(self, qemu: Qemu) -> None:
        """What the device says goes to the host, if there is one."""
        try:
            data = qemu.serial.recv(65536, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        qemu.said += data
        try:
            if self.host:
                self.host.sendall(data)
        except OSError:
            self.hang_up()

    def receive(self, qemu: Qemu) -> None:
        assert self.host
        try:
            data = self.host.recv(65536)
        except OSError:
            data = b""
        if data:
            qemu.serial.sendall(data)
        else:
            self.hang_up()

    def hang_up(self) -> None:
        if self.host:
            self.host.close()
            self.host = None

    def stopped(self, qemu: Qemu) -> None:
        assert qemu.gdb
        address = qemu.gdb.stopped_at()
        if address is None:
            return
        qemu.gdb.step()
        self.pass_on(qemu)
        if self.watcher and self.watcher(Change(address, qemu.said)):
            self.cut_power()
        else:
            qemu.go()
