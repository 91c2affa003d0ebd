"""Link a bootloader for each port and measure it: flash, static RAM, and the deepest stack.

usage: size_table.py [--build DIR] [--measures FILE]        called by scripts/size

FILE gets a line NAME=VALUE for each number, as `cutproof measure` takes them.

The stack is the deepest path of the call graph that the compiler wrote, with the frames that
it wrote beside it. A call through a pointer goes to each function that the sources put into
the field of that name. What the disassembly calls and the graph does not know is an error, and
so are recursion and frames of no fixed size.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLAGS = """-mthumb -std=gnu11 -Os -ffreestanding -ffunction-sections -fdata-sections
    -fno-tree-loop-distribute-patterns -fstack-usage -fcallgraph-info=su,da
    -Wall -Wextra -Wconversion -Wshadow -Werror -I. -Icore/include
    -isystem third_party/monocypher -isystem third_party/sha2""".split()
FOREIGN_FLAGS = ["-w", "-fno-tree-ter", "-Icore/verify", "-DSMALL_KERNEL"]

FIRMWARE = "tests/firmware/firmware.c"

FLASH_MAX = 6 * 1024
SIGNED_FLASH_MAX = 16 * 1024
RAM_MAX = 1024

# What the CPU pushes when it takes an exception, and may lose to align the stack.
EXCEPTION_BYTES = 32 + 4
ENTRY = "reset"
HANDLERS = ("nmi", "fault")

# Pointers that no `.field = function` tells about, and what sources give for them.
POINTERS = {
    "read_word": ("cp_port_read_plain", "read_word"),  # parameters of cp_port_read() and others
    "verify": ("cp_verify_ed25519",),
    "drop_cache": (),  # NULL on these boards
}


class Unmeasurable(Exception):
    pass


@dataclass(frozen=True)
class Board:
    """What is linked: `macro` chooses the board in tests/firmware/boards.h."""

    name: str
    macro: str
    cpu: str
    ports: tuple[str, ...]
    is_limited: bool = False  # the limits are for a Cortex-M4 with one port


NVMC = ("mapped", "nrf/nvmc")
L4 = ("mapped", "stm32/l4")
BOARDS = [
    Board("nRF51, NVMC", "NVMC_NRF51", "m0", NVMC),
    Board("nRF52, NVMC", "NVMC", "m4", NVMC, True),
    Board("STM32 L4", "STM32_L4", "m4", L4, True),
    Board("nRF53, nRF91, NVMC", "NVMC_NS", "m4", ("mapped", "nrf/nvmc_ns"), True),
    Board("nRF54L, RRAMC", "RRAMC", "m4", ("mapped", "nrf/rramc"), True),
    Board("STM32 F0, F1, F3", "STM32_F0", "m4", ("mapped", "stm32/f0"), True),
    Board("STM32 F2, F4, F7", "STM32_F4", "m4", ("mapped", "stm32/f4"), True),
    Board("STM32 L0, L1", "STM32_L0", "m4", ("mapped", "stm32/l0"), True),
    Board("STM32 U5", "STM32_U5", "m4", ("mapped", "stm32/u5"), True),
    Board("STM32 H5", "STM32_H5", "m4", ("mapped", "stm32/h5"), True),
    Board("STM32 H7", "STM32_H7", "m4", ("mapped", "stm32/h7"), True),
    # No Cortex-M4 in any form: code in RAM, and a page of its chip on the stack.
    Board("RP2040", "RP2040", "m4", ("mapped", "rp2040/flash")),
    Board("nRF52 + SPI NOR", "NVMC_SPINOR", "m4", (*NVMC, "nrf/spi", "spinor/spinor")),
    Board("STM32 L4 + SPI NOR", "STM32_L4_SPINOR", "m4", (*L4, "stm32/spi", "spinor/spinor")),
]
FULLY_MEASURED = BOARDS[:3]  # with each format, and signed


@dataclass
class Graph:
    """Functions by title: `name`, or `path:name` of a static one."""

    frames: dict[str, int] = field(default_factory=dict)
    calls: dict[str, set[str]] = field(default_factory=dict)
    pointer_calls: dict[str, set[str]] = field(default_factory=dict)  # titles to field names


@dataclass
class Row:
    board: Board
    contents: str
    flash: int
    static: int
    code_in_ram: int
    stack: int
    verifier_stack: int | None  # of the deepest path through the verifier
    optimized_flash: int  # with -flto
    flash_max: int | None
    ram_max: int | None

    @property
    def ram(self) -> int:
        return self.static - self.code_in_ram + self.stack

    def exceeded(self) -> list[str]:
        limits = [("flash", self.optimized_flash, self.flash_max), ("RAM", self.ram, self.ram_max)]
        return [
            f"{self.board.name}, {self.contents}: {value} bytes of {what}, at most {limit}"
            for what, value, limit in limits
            if limit is not None and value > limit
        ]


# --- compiling


def run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unmeasurable(f"{' '.join(command)}:\n{done.stderr}")
    return done.stdout


@cache
def compiled(build: Path, cpu: str, source: str, *options: str) -> Path:
    """The object of a source; its call graph lies beside it, as .ci."""
    name = re.sub(r"\W", "_", source + "".join(options))
    target = build / cpu / f"{name}.o"
    target.parent.mkdir(parents=True, exist_ok=True)
    foreign = FOREIGN_FLAGS if source.startswith("third_party/") else []
    run(["arm-none-eabi-gcc", f"-mcpu=cortex-{cpu}", *FLAGS, *foreign, *options, "-c", source,
         "-o", str(target)])
    return target


def sources(pattern: str) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))


@dataclass
class Linked:
    elf: Path
    objects: list[Path]
    sources: list[str]


def link(build: Path, board: Board, options: list[str], *optimize: str) -> Linked:
    used = sources("core/src/*.c") + [f"core/port/{port}.c" for port in board.ports]
    if "-DWITH_SIGNATURE" in options:
        used += sources("core/verify/*.c") + sources("third_party/*/*.c")
    objects = [compiled(build, board.cpu, source, *optimize) for source in used]
    own = (f"-DBOARD_{board.macro}", *options, *optimize)
    objects.append(compiled(build, board.cpu, FIRMWARE, *own))
    elf = objects[-1].with_suffix(".elf")
    run(["arm-none-eabi-gcc", f"-mcpu=cortex-{board.cpu}", *FLAGS, *optimize, "-nostdlib",
         "-T", "tests/firmware/firmware.ld", "-Wl,--gc-sections", *map(str, objects), "-lgcc",
         "-o", str(elf)])
    return Linked(elf, objects, [*used, FIRMWARE])


def check_config(build: Path, board: Board, options: list[str]) -> None:
    """The core has to accept the board: what it refuses would be measured for nothing."""
    program = build / "check"
    ports = [f"core/port/{port}.c" for port in board.ports]
    own = [option for option in options if option != "-DWITH_SIGNATURE"]
    run(["gcc", "-std=gnu11", "-w", "-I.", "-Icore/include", f"-DBOARD_{board.macro}", *own,
         FIRMWARE, *sources("core/src/*.c"), *ports,
         "-static", "-Wl,--unresolved-symbols=ignore-all", "-o", str(program)])
    code = subprocess.run([program], check=False).returncode
    if code != 0:
        raise Unmeasurable(f"{board.name}: cp_boot_check() refuses the board with -{code}")


# --- the call graph


def source_name(place: str) -> str:
    """The field or parameter through which the call at FILE:LINE:COLUMN goes."""
    path, line, column = place.rsplit(":", 2)
    text = (ROOT / path).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    match = re.match(r"(?:\w+(?:->|\.))*(\w+)\(", text[int(column) - 1 :])
    if not match:
        raise Unmeasurable(f"{place}: which pointer is called here?")
    return match[1]


def read_graph(graph: Graph, text: str) -> None:
    for title, label in re.findall(r'^node: \{ title: "([^"]*)" label: "([^"]*)"', text, re.M):
        frame = re.search(r"\\n(\d+) bytes \(([\w,]+)\)", label)
        if frame and frame[2] not in ("static", "dynamic,bounded"):
            raise Unmeasurable(f"{title} has a frame of no fixed size")
        if frame:
            graph.frames[title] = int(frame[1])
    edges = r'^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"(?: label: "([^"]*)")?'
    for caller, callee, place in re.findall(edges, text, re.M):
        if callee == "__indirect_call":
            graph.pointer_calls.setdefault(caller, set()).add(source_name(place))
        else:
            graph.calls.setdefault(caller, set()).add(callee)


def title_of(graph: Graph, source: str, name: str) -> str:
    return f"{source}:{name}" if f"{source}:{name}" in graph.frames else name


def pointed_to(graph: Graph, used: list[str]) -> dict[str, set[str]]:
    """The functions that sources put into a field, by the name of the field."""
    found: dict[str, set[str]] = {}
    for source in used:
        text = (ROOT / source).read_text(encoding="utf-8")
        for name, function in re.findall(r"\.(\w+) = (\w+)[,}]", text):
            found.setdefault(name, set()).add(title_of(graph, source, function))
        for name, functions in POINTERS.items():
            given = [f for f in functions if re.search(rf"[(,{{]\s*{f}[,)]", text)]
            titles = {title_of(graph, source, function) for function in given}
            found.setdefault(name, set()).update(titles & graph.frames.keys())
    return found


def plain(title: str) -> str:
    return title.rsplit(":", 1)[-1]


@dataclass
class Disassembled:
    """A function of the linked program."""

    pushed_bytes: int = 0
    calls: set[str] = field(default_factory=set)


def disassemble(text: str) -> dict[str, Disassembled]:
    found: dict[str, Disassembled] = {}
    current = Disassembled()
    for line in text.splitlines():
        head = re.match(r"[0-9a-f]+ <([^>]+)>:", line)
        if head:
            current = found.setdefault(head[1], Disassembled())
            continue
        push = re.search(r"\t(?:push|stmdb\tsp!,)\S*\s*\{([^}]*)\}", line)
        if push:
            current.pushed_bytes += 4 * count_registers(push[1])
        lowered = re.search(r"\tsub\S*\tsp, (?:sp, )?#(\d+)", line)
        if lowered:
            current.pushed_bytes += int(lowered[1])
        branch = re.search(r"\tb\S*\t[0-9a-f]+ <([^>+]+)>", line)
        if branch:
            current.calls.add(re.sub(r"^__(\w+)_veneer$", r"\1", branch[1]))
    return found


def count_registers(text: str) -> int:
    count = 0
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        count += int(last[1:]) - int(first[1:]) + 1 if last else 1
    return count


def same_function(symbols: str, program: dict[str, Disassembled]) -> dict[str, str]:
    """The name that the disassembly has for each other name of a function."""
    pairs = re.findall(r"^([0-9a-f]+) [tTwW] (\S+)$", symbols, re.M)
    shown = {int(address, 16) & ~1: name for address, name in pairs if name in program}
    return {name: shown.get(int(address, 16) & ~1, name) for address, name in pairs}


def complete(graph: Graph, program: dict[str, Disassembled], symbols: str) -> None:
    """Add the functions of libgcc; what else is not in the graph is an error."""
    names = same_function(symbols, program)
    for caller, callees in graph.calls.items():
        graph.calls[caller] = {names.get(callee, callee) for callee in callees}
    known: dict[str, set[str]] = {}
    for caller in graph.frames:
        callees = {plain(title) for title in graph.calls.get(caller, ())}
        known.setdefault(plain(caller), set()).update(callees)
    for name, function in program.items():
        calls = function.calls - {name}
        if name not in known:
            graph.frames[name] = function.pushed_bytes
            graph.calls[name] = calls
            continue
        missing = {call for call in calls - known[name] if call in program}
        for call in missing:
            if not call.startswith("__gnu_thumb1_case_"):
                raise Unmeasurable(f"{name} calls {call}, which the call graph does not know")
            for title in [title for title in graph.frames if plain(title) == name]:
                graph.calls.setdefault(title, set()).add(call)


def deepest(graph: Graph, entry: str, targets: dict[str, set[str]], linked: set[str]) -> int:
    """The bytes that the stack takes at most below the call of `entry`."""
    depths: dict[str, int] = {}
    path: list[str] = []

    def callees(title: str) -> set[str]:
        found = set(graph.calls.get(title, ()))
        for name in graph.pointer_calls.get(title, ()):
            if name not in targets:
                raise Unmeasurable(f"{title} calls through {name}: what does that point to?")
            found |= {target for target in targets[name] if plain(target) in linked}
        return found

    def depth(title: str) -> int:
        if title in path:
            raise Unmeasurable(f"recursion: {' > '.join([*path, title])}")
        if title not in depths:
            if title not in graph.frames:
                raise Unmeasurable(f"{path[-1]} calls {title}, whose frame is not known")
            path.append(title)
            below = [depth(callee) for callee in callees(title)]
            path.pop()
            depths[title] = graph.frames[title] + max(below, default=0)
        return depths[title]

    return depth(entry)


# --- a row of the table


def section_sizes(elf: Path) -> dict[str, int]:
    """Those of .text, with constants and vectors, .data and .bss."""
    listed = run(["arm-none-eabi-size", "-A", str(elf)])
    found = {name: int(size) for name, size in re.findall(r"^(\.\w+)\s+(\d+)", listed, re.M)}
    return {name: found.get(name, 0) for name in (".text", ".data", ".bss")}


def stack_of(linked: Linked, with_verifier: bool) -> int:
    graph = Graph()
    for item in linked.objects:
        read_graph(graph, item.with_suffix(".ci").read_text(encoding="utf-8"))
    program = disassemble(run(["arm-none-eabi-objdump", "-d", str(linked.elf)]))
    complete(graph, program, run(["arm-none-eabi-nm", str(linked.elf)]))
    targets = pointed_to(graph, linked.sources)
    if not with_verifier:
        targets["verify"] = set()
    names = set(program)
    handlers = [title_of(graph, FIRMWARE, name) for name in HANDLERS if name in names]
    below = [deepest(graph, handler, targets, names) for handler in handlers]
    exception = max((EXCEPTION_BYTES + bytes_ for bytes_ in below), default=0)
    return deepest(graph, ENTRY, targets, names) + exception


def flash_max(board: Board, is_signed: bool) -> int | None:
    """What a product links, optimized as a whole, has to fit. One driver for six families of
    STM32 leaves no room for a verifier: docs/size.md."""
    if not board.is_limited or (is_signed and board.ports == L4):
        return None
    return SIGNED_FLASH_MAX if is_signed else FLASH_MAX


def measure(build: Path, board: Board, contents: str, options: list[str]) -> Row:
    linked = link(build, board, options)
    check_config(build, board, options)
    sizes = section_sizes(linked.elf)
    data, bss = sizes[".data"], sizes[".bss"]
    is_signed = "-DWITH_SIGNATURE" in options
    whole = section_sizes(link(build, board, options, "-flto").elf)
    return Row(
        board=board,
        contents=contents,
        flash=sizes[".text"] + data,
        static=data + bss,
        code_in_ram=data,  # nothing else is initialized: the core has no mutable statics
        stack=stack_of(linked, with_verifier=False),
        verifier_stack=stack_of(linked, with_verifier=True) if is_signed else None,
        optimized_flash=whole[".text"] + whole[".data"],
        flash_max=flash_max(board, is_signed),
        ram_max=RAM_MAX if board.is_limited else None,
    )


def rows(build: Path) -> list[Row]:
    found = []
    for board in BOARDS:
        if board in FULLY_MEASURED:
            found.append(measure(build, board, "seed", ["-DFORMAT_SEED"]))
        found.append(measure(build, board, "journal", []))
        if board in FULLY_MEASURED:
            found.append(measure(build, board, "journal, Ed25519", ["-DWITH_SIGNATURE"]))
    return found


def print_table(table: list[Row]) -> None:
    layout = "{:<20} {:<4} {:<17} {:>6} {:>6} {:>6} {:>7} {:>5} {:>6} {:>6} {:>9}"
    print(layout.format("bootloader", "CPU", "holds", "flash", "limit", "-flto", "static", "stack",
                        "RAM", "limit", "verifying"))
    for row in table:
        optional = (row.flash_max, row.ram_max, row.verifier_stack)
        flash_max, ram_max, verifying = ("-" if n is None else f"{n:,}" for n in optional)
        print(layout.format(row.board.name, row.board.cpu.upper(), row.contents, f"{row.flash:,}",
                            flash_max, f"{row.optimized_flash:,}", f"{row.static:,}", row.stack,
                            f"{row.ram:,}", ram_max, verifying))


def word(text: str) -> str:
    """As a part of the name of a measure: "nRF52, NVMC" is nrf52-nvmc."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def measures(table: list[Row]) -> list[str]:
    found = []
    for row in table:
        numbers = {
            "flash": row.flash,
            "optimized_flash": row.optimized_flash,
            "static": row.static,
            "stack": row.stack,
            "verifier_stack": row.verifier_stack,
        }
        name = f"core.{word(row.board.name)}.{word(row.contents)}"
        found += [f"{name}.{what}_bytes={n}" for what, n in numbers.items() if n is not None]
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--build", default="build/size")
    parser.add_argument("--measures", type=Path)
    options = parser.parse_args(arguments)
    try:
        table = rows(ROOT / options.build)
    except Unmeasurable as error:
        print(f"size: error: {error}", file=sys.stderr)
        return 3
    print_table(table)
    if options.measures:
        options.measures.write_text("".join(f"{line}\n" for line in measures(table)))
    exceeded = [line for row in table for line in row.exceeded()]
    for line in exceeded:
        print(f"size: too large: {line}", file=sys.stderr)
    return 1 if exceeded else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
