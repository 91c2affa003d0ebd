"""Measure what is flashed: flash, static RAM and the deepest stack of each board's bootloader.

usage: size_boards.py [--build DIR] [--baseline FILE] [--accept] [--measures FILE]

Called by scripts/size, which has built DIR (build/firmware). Compares with FILE, which is
committed, and ends with 1 if a number has grown; --accept writes FILE anew. The sizes are those
of one compiler: with another one they are printed and not compared.

The stack is measured as size_table.py explains.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import size_table
from size_table import ROOT, Graph, Unmeasurable

ENTRY = "cp_firmware_reset"
HANDLERS = ("cp_firmware_nmi", "cp_firmware_bus_fault", "cp_firmware_fault")
# Naked functions branch where the compiler does not see it.
NAKED_CALLS = {"cp_firmware_bus_fault": "skip_guarded"}


@dataclass(frozen=True)
class Size:
    flash: int
    static: int
    stack: int
    verifier_stack: int | None

    def text(self) -> str:
        verifying = f" verifying {self.verifier_stack}" if self.verifier_stack else ""
        return f"flash {self.flash} static {self.static} stack {self.stack}{verifying}"

    def numbers(self) -> dict[str, int]:
        words = self.text().split()
        return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def sections(elf: Path) -> dict[str, int]:
    listed = size_table.run(["arm-none-eabi-size", "-A", str(elf)])
    return {name: int(size) for name, size in re.findall(r"^(\.\w+)\s+(\d+)", listed, re.M)}


def listings(folder: Path) -> dict[str, Path]:
    """The call graphs that the compiler wrote, by the source."""
    found = {}
    for target in ("cp_board", "cp_verify", "cp_crypto", "bootloader"):
        objects = folder / f"CMakeFiles/{target}.dir"
        for listing in sorted(objects.rglob("*.ci")):
            found[str(listing.relative_to(objects).with_suffix(""))] = listing
    if not found:
        raise Unmeasurable(f"{folder} has no call graphs: was it built?")
    return found


def graph_of(folder: Path) -> Graph:
    graph = Graph()
    for listing in listings(folder).values():
        # Sources are named by their path in the project, wherever it lies.
        text = listing.read_text(encoding="utf-8").replace(f"{ROOT}/", "")
        size_table.read_graph(graph, text)
    return graph


def stack_of(folder: Path, with_verifier: bool) -> int:
    graph, elf = graph_of(folder), folder / "bootloader.elf"
    program = size_table.disassemble(size_table.run(["arm-none-eabi-objdump", "-d", str(elf)]))
    titles = {size_table.plain(title): title for title in graph.frames}
    for caller, callee in NAKED_CALLS.items():
        if caller in program and callee in program:
            graph.calls.setdefault(titles[caller], set()).add(titles[callee])
    size_table.complete(graph, program, size_table.run(["arm-none-eabi-nm", str(elf)]))
    built = listings(folder)
    used = [name for name in size_table.sources("core/**/*.c") if name in built]
    targets = size_table.pointed_to(graph, used)
    if not with_verifier:
        targets["verify"] = set()
    names = set(program)
    found = [titles[name] for name in HANDLERS if name in names]
    below = [size_table.deepest(graph, handler, targets, names) for handler in found]
    exception = max((size_table.EXCEPTION_BYTES + bytes_ for bytes_ in below), default=0)
    return size_table.deepest(graph, ENTRY, targets, names) + exception


def measure(folder: Path) -> Size:
    found = sections(folder / "bootloader.elf")
    is_signed = (folder / "CMakeFiles/cp_verify.dir").is_dir()
    return Size(
        flash=sum(found.get(name, 0) for name in (".boot2", ".text", ".data")),
        static=sum(found.get(name, 0) for name in (".data", ".bss", ".noinit")),
        stack=stack_of(folder, with_verifier=False),
        verifier_stack=stack_of(folder, with_verifier=True) if is_signed else None,
    )


# --- the baseline


def compiler() -> str:
    return size_table.run(["arm-none-eabi-gcc", "-dumpfullversion"]).strip()


def read_baseline(path: Path) -> tuple[str, dict[str, dict[str, int]]]:
    sizes: dict[str, dict[str, int]] = {}
    version = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if line.startswith("#") or not words:
            continue
        if words[0] == "compiler":
            version = words[1]
        elif len(words) % 2 == 1 and all(word.isdigit() for word in words[2::2]):
            sizes[words[0]] = dict(zip(words[1::2], map(int, words[2::2]), strict=True))
        else:
            raise Unmeasurable(f"{path}:{number}: a line is BOARD and names with numbers")
    return version, sizes


def write_baseline(path: Path, table: dict[str, Size]) -> None:
    lines = [
        "# Sizes of each board's bootloader in bytes: scripts/size --accept writes them.",
        f"compiler {compiler()}",
        *(f"{name} {size.text()}" for name, size in table.items()),
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def compare(table: dict[str, Size], path: Path) -> int:
    version, baseline = read_baseline(path)
    if version != compiler():
        print(f"{path.name} is of gcc {version}, this is {compiler()}: not compared")
        return 0
    code = 0
    for name, size in table.items():
        before = baseline.get(name)
        if before is None:
            print(f"size: {name} is not in {path}: scripts/size --accept", file=sys.stderr)
            code = 1
            continue
        for what, value in size.numbers().items():
            if value > before.get(what, 0):
                print(f"size: {name}: {what} grew from {before.get(what, 0)} to {value} bytes; "
                      "scripts/size --accept if that is meant", file=sys.stderr)
                code = 1
    return code


def changes(size: Size, before: dict[str, int]) -> str:
    numbers = size.numbers()
    differences = [f"{what} {value - before[what]:+}" for what, value in numbers.items()
                   if what in before and value != before[what]]
    return ", ".join(differences)


def print_table(table: dict[str, Size], baseline: dict[str, dict[str, int]]) -> None:
    layout = "{:<26} {:>7} {:>7} {:>6} {:>6} {:>9}  {}"
    heads = ("bootloader of", "flash", "static", "stack", "RAM", "verifying", "")
    print(layout.format(*heads).rstrip())
    for name, size in table.items():
        verifying = f"{size.verifier_stack:,}" if size.verifier_stack else "-"
        print(layout.format(name, f"{size.flash:,}", f"{size.static:,}", size.stack,
                            f"{size.static + size.stack:,}", verifying,
                            changes(size, baseline.get(name, {}))).rstrip())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--build", type=Path, default=ROOT / "build/firmware")
    parser.add_argument("--baseline", type=Path, default=ROOT / "tests/size/baseline.txt")
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--measures", type=Path)
    options = parser.parse_args(arguments)
    boards = sorted(path.parent.name for path in (ROOT / "boards").glob("*/layout.h"))
    try:
        table = {name: measure(options.build / name) for name in boards}
        if options.accept:
            write_baseline(options.baseline, table)
        print_table(table, read_baseline(options.baseline)[1])
        if options.measures:
            lines = [f"firmware.{name}.{what}_bytes={value}\n"
                     for name, size in table.items() for what, value in size.numbers().items()]
            options.measures.write_text("".join(lines), encoding="utf-8")
        return compare(table, options.baseline)
    except Unmeasurable as error:
        print(f"size: error: {error}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
