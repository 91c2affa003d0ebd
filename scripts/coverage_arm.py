"""Which instructions of an ELF were executed, by function, held against a list of reasons.

usage: coverage_arm.py ELF EXECUTED LIST [--json FILE] [--measures FILE] [--name NAME]

Called by scripts/coverage_arm. EXECUTED is what `cutproof run --engine arm --executed` wrote.
Prints a table by source file. Ends with 1 if LIST gives no reason for a function that was never
executed, or for one of core/firmware that was not executed whole; or if it gives one for a
function that needs none. The branches of the core have a list of their own: docs/coverage.md.

A line of LIST is `FUNCTION: REASON`.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

OBJDUMP, ADDR2LINE = "arm-none-eabi-objdump", "arm-none-eabi-addr2line"
FUNCTION = re.compile(r"^([0-9a-f]{8}) <([^>]+)>:$")
INSTRUCTION = re.compile(r"^\s+([0-9a-f]+):\t[0-9a-f ]+\t(\S+)(.*)")
NOTHING = {"nop", "movs\tr0, r0"}
DATA = {".word", ".short", ".byte", ".hword"}


@dataclass
class Function:
    name: str
    address: int
    instructions: list[int] = field(default_factory=list)
    file: str = "?"
    executed: int = 0
    padding: int = 0  # instructions at the end that only align what follows

    def add(self, address: int, is_nothing: bool) -> None:
        self.instructions.append(address)
        self.padding = self.padding + 1 if is_nothing else 0

    def end(self) -> None:
        if self.padding:
            del self.instructions[-self.padding :]
        self.padding = 0


def output_of(*command: str, feed: str | None = None) -> str:
    return subprocess.run(command, input=feed, check=True, capture_output=True, text=True).stdout


def functions_of(elf: Path) -> list[Function]:
    """Functions with their instructions; literals between them are none."""
    found: list[Function] = []
    for line in output_of(OBJDUMP, "--disassemble", str(elf)).splitlines():
        if head := FUNCTION.match(line):
            found.append(Function(head[2], int(head[1], 16)))
        elif (at := INSTRUCTION.match(line)) and at[2] not in DATA and found:
            found[-1].add(int(at[1], 16), f"{at[2]}{at[3]}" in NOTHING)
        elif found:
            found[-1].end()  # literals: what is before them ends with a branch
    return [function for function in found if function.instructions]


def name_files(elf: Path, functions: list[Function]) -> None:
    addresses = "\n".join(f"{function.address:x}" for function in functions)
    places = output_of(ADDR2LINE, "--exe", str(elf), feed=addresses).splitlines()
    for function, place in zip(functions, places, strict=True):
        path = place.rsplit(":", 1)[0]
        at = re.search(r"(core|third_party|boards)/.*", path)
        function.file = at[0] if at else "libgcc" if path == "??" else Path(path).name


def executed_of(path: Path, elf: Path) -> set[int]:
    for line in path.read_text().splitlines():
        name, *addresses = line.split(" ")
        if Path(name).resolve() == elf.resolve():
            return {int(address, 16) for address in addresses}
    sys.exit(f"coverage_arm: error: {path} has no line for {elf}: was it executed?")


def reasons_of(path: Path) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        name, colon, reason = line.partition(":")
        if not colon or not reason.strip() or name in reasons:
            sys.exit(f"{path}:{number}: error: a line is FUNCTION: REASON, each function once")
        reasons[name] = reason.strip()
    return reasons


def print_table(functions: list[Function]) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for function in functions:
        for name in (function.file, "all"):
            executed, count = sums[name]
            sums[name] = executed + function.executed, count + len(function.instructions)
    print(f"{'instructions executed':32}{'':>12}{'':>8}")
    for name in sorted(sums, key=lambda name: (name == "all", name)):
        executed, count = sums[name]
        print(f"{name:32}{f'{executed}/{count}':>12}{100 * executed / count:7.1f}%")
    return dict(sums)


def needs_reason(function: Function) -> bool:
    is_whole = function.executed == len(function.instructions)
    is_own = function.file.startswith("core/firmware/")
    return function.executed == 0 or (is_own and not is_whole)


def compare(functions: list[Function], reasons: dict[str, str], path: Path) -> int:
    partial = {f.name: f for f in functions if needs_reason(f)}
    missing = [f for name, f in partial.items() if name not in reasons]
    known = {f.name for f in functions}
    stale = [name for name in reasons if name in known and name not in partial]
    for function in missing:
        print(
            f"not in {path}: {function.name}: {function.executed} of "
            f"{len(function.instructions)} instructions executed ({function.file})"
        )
    for name in stale:
        print(f"in {path}, but it needs no reason: {name}")
    return 1 if missing or stale else 0


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("elf", "executed", "list"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measures", type=Path)
    parser.add_argument("--name", default="bootloader")
    options = parser.parse_args()
    functions = functions_of(options.elf)
    name_files(options.elf, functions)
    executed = executed_of(options.executed, options.elf)
    for function in functions:
        function.executed = sum(address in executed for address in function.instructions)
    sums = print_table(functions)
    if options.json:
        rows = [
            {"function": f.name, "file": f.file, "executed": f.executed,
             "instructions": len(f.instructions)}
            for f in functions
        ]
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    if options.measures:
        all_executed, count = sums["all"]
        options.measures.write_text(
            f"arm.{options.name}.instructions_executed_percent="
            f"{100 * all_executed / count:.2f}\n"
        )
    return compare(functions, reasons_of(options.list), options.list)


if __name__ == "__main__":
    sys.exit(main())
