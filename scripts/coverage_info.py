"""Read what lcov wrote: how often each line and each branch of each file was reached.

Counts of one file from several records are added, as lcov does when it merges. Read are the
records of lcov 1.15 to 2.3, which differ in how they tell of functions and of exceptions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class File:
    """Of one source: hits by line, hits by branch of a line, and where each function begins."""

    lines: dict[int, int] = field(default_factory=dict)
    branches: dict[int, list[int]] = field(default_factory=dict)
    functions: dict[int, str] = field(default_factory=dict)

    def function_at(self, line: int) -> str:
        begun = [begin for begin in self.functions if begin <= line]
        return self.functions[max(begun)] if begun else "-"


@dataclass(frozen=True)
class Totals:
    lines: int = 0
    lines_covered: int = 0
    branches: int = 0
    branches_covered: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.lines + other.lines,
            self.lines_covered + other.lines_covered,
            self.branches + other.branches,
            self.branches_covered + other.branches_covered,
        )


class Unreadable(Exception):
    """The file is not what lcov writes."""


class Reader:
    """Takes the records of a file one by one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, File] = {}
        self.now = File()
        self.begins: dict[str, int] = {}  # of lcov 2.2 and later: functions have numbers
        self.branches: dict[int, dict[tuple[int, int], int]] = {}

    def take(self, kind: str, value: str) -> None:
        if kind == "SF":
            path = Path(value)
            name = path.relative_to(self.root) if path.is_absolute() else path
            self.now = self.files.setdefault(name.as_posix(), File())
            self.begins, self.branches = {}, {}
        elif kind == "DA":
            line, hits = value.split(",")[:2]
            self.now.lines[int(line)] = self.now.lines.get(int(line), 0) + int(hits)
        elif kind == "BRDA":
            line, block, branch, hits = value.split(",")
            place = (int(block.lstrip("e")), int(branch))
            self.branches.setdefault(int(line), {})[place] = 0 if hits == "-" else int(hits)
        elif kind in ("FN", "FNL", "FNA"):
            self.take_function(kind, value.split(","))
        elif kind == "end_of_record":
            self.end_record()

    def take_function(self, kind: str, values: list[str]) -> None:
        if kind == "FN":  # line[,last line],name
            self.now.functions[int(values[0])] = values[-1]
        elif kind == "FNL":  # number,line[,last line]
            self.begins[values[0]] = int(values[1])
        else:  # FNA: number,hits,name
            self.now.functions[self.begins[values[0]]] = values[2]

    def end_record(self) -> None:
        for line, by_place in self.branches.items():
            hits = [by_place[place] for place in sorted(by_place)]
            before = self.now.branches.get(line, [0] * len(hits))
            if len(before) != len(hits):
                raise Unreadable(f"line {line} has {len(hits)} branches here, {len(before)} there")
            self.now.branches[line] = [a + b for a, b in zip(before, hits)]
        self.branches = {}


def read(path: Path, root: Path) -> dict[str, File]:
    """The files of an lcov file by their path in the project."""
    reader = Reader(root)
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        kind, _, value = text.partition(":")
        try:
            reader.take(kind, value)
        except (ValueError, KeyError) as error:
            raise Unreadable(f"{path}:{number}: not of lcov: {text}") from error
        except Unreadable as error:
            raise Unreadable(f"{path}:{number}: {error}") from error
    if not reader.files:
        raise Unreadable(f"{path}: no file was counted")
    return reader.files


def totals(known: File, reached: File | None) -> Totals:
    """What a run reached of all that is known; lcov knows no branches of what never ran."""
    reached = reached or File()
    return Totals(
        len(known.lines),
        sum(reached.lines.get(line, 0) > 0 for line in known.lines),
        sum(len(hits) for hits in known.branches.values()),
        sum(hit > 0 for line in known.branches for hit in reached.branches.get(line, [])),
    )


def row_of(path: str) -> str:
    """The row of the table: core/src, core/verify, and each port by itself."""
    return path.rsplit("." if path.startswith("core/port/") else "/", 1)[0]


def rows(known: dict[str, File], reached: dict[str, File]) -> dict[str, Totals]:
    found: dict[str, Totals] = {}
    for path in sorted(known):
        row = row_of(path)
        found[row] = found.get(row, Totals()) + totals(known[path], reached.get(path))
    return found
