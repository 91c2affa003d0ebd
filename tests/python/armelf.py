"""As much of an ELF for ARM as the tests of the firmware look at."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

WRITE, ALLOC, EXECUTE = 1, 2, 4
NOBITS = 8
LOAD = 1


@dataclass(frozen=True)
class Section:
    name: str
    kind: int
    flags: int
    address: int
    data: bytes
    size: int


@dataclass(frozen=True)
class Segment:
    physical: int
    virtual: int
    data: bytes
    flags: int


class Elf:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = path.read_bytes()
        assert self.bytes[:6] == b"\x7fELF\x01\x01"
        header = struct.unpack_from("<HHIIIIIHHHHHH", self.bytes, 16)
        self.entry, self.at_segments, self.at_sections = header[3:6]
        self.segment_count, self.section_count, self.names = header[9], header[11], header[12]

    @cached_property
    def sections(self) -> list[Section]:
        headers = [
            struct.unpack_from("<IIIIIIIIII", self.bytes, self.at_sections + 40 * i)
            for i in range(self.section_count)
        ]
        names = headers[self.names][4]
        found = []
        for name, kind, flags, address, offset, size, *_ in headers:
            end = self.bytes.index(b"\0", names + name)
            data = b"" if kind == NOBITS else self.bytes[offset : offset + size]
            text = self.bytes[names + name : end].decode()
            found.append(Section(text, kind, flags, address, data, size))
        return found

    @cached_property
    def segments(self) -> list[Segment]:
        """Those that are loaded into flash."""
        found = []
        for i in range(self.segment_count):
            kind, offset, virtual, physical, size, _, flags, _ = struct.unpack_from(
                "<IIIIIIII", self.bytes, self.at_segments + 32 * i
            )
            if kind == LOAD and size > 0:
                data = self.bytes[offset : offset + size]
                found.append(Segment(physical, virtual, data, flags))
        return found

    def section(self, name: str) -> Section | None:
        return next((section for section in self.sections if section.name == name), None)

    @cached_property
    def symbols(self) -> dict[str, int]:
        table, strings = self.section(".symtab"), self.section(".strtab")
        assert table and strings
        found = {}
        for at in range(0, len(table.data), 16):
            name, value = struct.unpack_from("<II", table.data, at)
            found[strings.data[name : strings.data.index(b"\0", name)].decode()] = value
        return found

    def flash(self) -> tuple[int, bytes]:
        """What is flashed: its address, and its bytes with gaps as erased."""
        start = min(segment.physical for segment in self.segments)
        end = max(segment.physical + len(segment.data) for segment in self.segments)
        whole = bytearray(b"\0" * (end - start))
        for segment in self.segments:
            at = segment.physical - start
            whole[at : at + len(segment.data)] = segment.data
        return start, bytes(whole)


def hex_bytes(path: Path) -> tuple[int, bytes]:
    """An Intel HEX file without gaps: its address and bytes. Checks each line's sum."""
    base, pieces = 0, {}
    for line in path.read_text("ascii").splitlines():
        record = bytes.fromhex(line[1:])
        assert line[0] == ":" and sum(record) % 256 == 0 and len(record) == record[0] + 5
        offset, kind, data = int.from_bytes(record[1:3], "big"), record[3], record[4:-1]
        if kind == 0:
            pieces[base + offset] = data
        elif kind == 2:
            base = int.from_bytes(data, "big") << 4
        elif kind == 4:
            base = int.from_bytes(data, "big") << 16
    start = min(pieces)
    whole = bytearray()
    for at in sorted(pieces):
        assert at == start + len(whole), "a gap"
        whole += pieces[at]
    return start, bytes(whole)
