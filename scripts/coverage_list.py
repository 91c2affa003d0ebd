"""Compare what lcov counted with the list of branches that are known not to be reached.

usage: coverage_list.py SCENARIOS.info ALL.info LIST [--json FILE] [--measures FILE]

Called by scripts/coverage. ALL.info has every file of the core; SCENARIOS.info what the
scenarios alone have reached. Prints a table, writes the numbers, and ends with 1 if a branch
is not reached and not in LIST, or is in LIST and is reached. tests/coverage/uncovered.txt
says how a list is written; a branch is named there by its function, the text of its line and
what decides, so that it stays known when lines move.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import coverage_info
import coverage_source
from coverage_info import File, Totals

NOTHING, UNIT = "nothing", "unit"
CONTEXT_LINES_MAX = 6


@dataclass(frozen=True)
class Site:
    """A branch that is not reached by the scenarios; `who` reaches it all the same."""

    path: str
    line: int
    function: str
    context: tuple[str, ...]  # the lines up to it, the last first
    operand: str
    way: str
    who: str

    def key(self) -> tuple[str, str, str, str]:
        return self.path, self.function, self.operand, self.way

    def code(self, count: int) -> str:
        return " ... ".join(reversed(self.context[:count]))


@dataclass(frozen=True)
class Entry:
    """A branch of the list."""

    number: int  # of its line there
    path: str
    function: str
    code: str
    operand: str
    way: str
    who: str
    reason: str

    def key(self) -> tuple[str, str, str, str]:
        return self.path, self.function, self.operand, self.way

    def is_of(self, site: Site) -> bool:
        count = self.code.count(" ... ") + 1
        return site.key() == self.key() and site.code(count) == self.code


class BadList(Exception):
    """The list cannot be read; the text says where and why."""


# --- what was counted


def context_of(lines: list[str], number: int) -> tuple[str, ...]:
    """The text of a line and of those before it, without blank ones and comments."""
    found: list[str] = []
    for text in reversed(lines[:number]):
        code = re.sub(r"\s*//.*", "", text).strip()
        if code:
            found.append(code)
        if len(found) == CONTEXT_LINES_MAX:
            break
    return tuple(found)


def find_sites(root: Path, known: dict[str, File], scenarios: dict[str, File]) -> list[Site]:
    """Every branch that the scenarios do not reach, in the order of the sources."""
    found = []
    for path in sorted(known):
        text = (root / path).read_text(encoding="utf-8")
        lines, file = text.splitlines(), known[path]
        counts = {line: len(hits) for line, hits in file.branches.items()}
        names = coverage_source.name_branches(text, counts)
        reached = scenarios.get(path, File()).branches
        for line in sorted(counts):
            hits = reached.get(line, [0] * counts[line])
            for at, branch in enumerate(names[line]):
                if hits[at] == 0:
                    who = UNIT if file.branches[line][at] > 0 else NOTHING
                    place = (path, line, file.function_at(line), context_of(lines, line))
                    found.append(Site(*place, branch.operand, branch.way, who))
    return found


def codes_of(sites: list[Site]) -> dict[Site, str]:
    """For each branch the least text that tells it from others; two lines for a bare check."""
    found = {}
    for site in sites:
        rivals = [other for other in sites if other.key() == site.key() and other is not site]
        count = 2 if re.fullmatch(r"if \(!?\w+\) \{", site.context[0]) else 1
        while count < len(site.context) and any(
            other.code(count) == site.code(count) for other in rivals
        ):
            count += 1
        found[site] = site.code(count)
    return found


# --- the list


class ListReader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.reasons: dict[str, str] = {}
        self.entries: list[Entry] = []
        self.place: tuple[str, str] | None = None
        self.code = ""

    def fail(self, number: int, why: str) -> None:
        raise BadList(f"{self.name}:{number}: {why}")

    def take(self, number: int, text: str) -> None:
        indent = len(text) - len(text.lstrip())
        text = text.strip()
        if not text or text.startswith("#"):
            return
        if indent == 0 and text.startswith("reason "):
            self.take_reason(number, text)
        elif indent == 0:
            self.take_function(number, text)
        elif indent == 2:
            self.code = text
        elif indent == 4:
            self.take_entry(number, text)
        else:
            self.fail(number, "indented by 0, 2 or 4 columns, not otherwise")

    def take_reason(self, number: int, text: str) -> None:
        match = re.fullmatch(r"reason ([a-z-]+): (.+)", text)
        if not match or match[1] in self.reasons:
            self.fail(number, "not `reason NAME: TEXT`, or a name that is there already")
        self.reasons[match[1]] = match[2]

    def take_function(self, number: int, text: str) -> None:
        match = re.fullmatch(r"(\S+): (\S+)", text)
        if not match:
            self.fail(number, "not `FILE: FUNCTION`")
        self.place, self.code = (match[1], match[2]), ""

    def take_entry(self, number: int, text: str) -> None:
        match = re.fullmatch(r"(nothing|unit): (.+?) (?:is|->) (true|false|taken): ?(.*)", text)
        if not match or not self.place or not self.code:
            self.fail(number, "not `nothing|unit: OPERAND is true|false|taken: REASON` below code")
        name = re.split(r"[:.;,] ", match[4] + " ")[0].strip()
        if name not in self.reasons:
            self.fail(number, f"'{name}' is none of the reasons above")
        place = (number, *self.place, self.code)
        self.entries.append(Entry(*place, match[2], match[3], match[1], match[4]))


def read_list(path: Path) -> ListReader:
    reader = ListReader(str(path))
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        reader.take(number, text)
    return reader


def reason_name(entry: Entry) -> str:
    return re.split(r"[:.;,] ", entry.reason + " ")[0].strip()


# --- comparing


def told(site: Site) -> str:
    who = "nothing reaches" if site.who == NOTHING else "no scenario reaches"
    return f"{site.path}:{site.line}: {who} it: {site.operand} is {site.way}"


def as_listed(sites: list[Site], codes: dict[Site, str]) -> list[str]:
    """The lines that would list these branches, without their reasons."""
    found: list[str] = []
    place, code = None, None
    for site in sites:
        if (site.path, site.function) != place:
            place, code = (site.path, site.function), None
            found.append(f"{site.path}: {site.function}")
        if codes[site] != code:
            code = codes[site]
            found.append(f"  {code}")
        found.append(f"    {site.who}: {site.operand} is {site.way}: ")
    return found


def compare(sites: list[Site], reader: ListReader) -> tuple[list[str], list[Site]]:
    """What is wrong with the list, and the branches that are not in it."""
    findings, listed = [], set()
    for entry in reader.entries:
        matching = [site for site in sites if entry.is_of(site)]
        where = f"{reader.name}:{entry.number}"
        what = f"{entry.path} {entry.function}: {entry.operand} is {entry.way}"
        if not matching:
            findings.append(f"{where}: reached now, or gone: {what}")
        elif len(matching) > 1:
            findings.append(f"{where}: {len(matching)} such branches; add the line before: {what}")
        elif matching[0] in listed:
            findings.append(f"{where}: listed twice: {what}")
        elif matching[0].who != entry.who:
            now = "a unit test reaches it" if entry.who == NOTHING else "no unit test reaches it"
            findings.append(f"{where}: {now} now: {what}")
        listed.update(matching)
    return findings, [site for site in sites if site not in listed]


# --- what is told


def percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0


def share(part: int, whole: int) -> str:
    return f"{percent(part, whole):5.1f}% {part:5d}/{whole:<5d}"


def print_table(scenarios: dict[str, Totals], both: dict[str, Totals]) -> None:
    print(f"{'':28}  {'scenarios alone':^37}  {'with unit tests':^37}")
    print(f"{'':28}  {'lines':<18} {'branches':<18}  {'lines':<18} {'branches':<18}".rstrip())
    for row in [*both, "all"]:
        few = scenarios[row] if row != "all" else sum(scenarios.values(), Totals())
        many = both[row] if row != "all" else sum(both.values(), Totals())
        print(
            f"{row:28}  {share(few.lines_covered, few.lines)} "
            f"{share(few.branches_covered, few.branches)}  "
            f"{share(many.lines_covered, many.lines)} "
            f"{share(many.branches_covered, many.branches)}".rstrip()
        )


def print_reasons(reader: ListReader) -> None:
    counted = Counter((entry.who, reason_name(entry)) for entry in reader.entries)
    for who, title in ((NOTHING, "nothing reaches"), (UNIT, "unit tests alone reach")):
        rows = {name: count for (of, name), count in counted.items() if of == who}
        print(f"\nbranches that {title}: {sum(rows.values())}")
        for name in reader.reasons:
            if name in rows:
                print(f"  {rows[name]:4d}  {name:18}  {reader.reasons[name]}")


def numbers(totals: Totals) -> dict[str, float | int]:
    return {
        "lines": totals.lines,
        "lines_covered": totals.lines_covered,
        "lines_covered_percent": round(percent(totals.lines_covered, totals.lines), 2),
        "branches": totals.branches,
        "branches_covered": totals.branches_covered,
        "branches_covered_percent": round(percent(totals.branches_covered, totals.branches), 2),
    }


def as_json(scenarios: dict[str, Totals], both: dict[str, Totals], reader: ListReader) -> str:
    rows = {
        row: {"scenarios": numbers(scenarios[row]), "all": numbers(both[row])} for row in both
    }
    total = {
        "scenarios": numbers(sum(scenarios.values(), Totals())),
        "all": numbers(sum(both.values(), Totals())),
    }
    listed = [
        {
            "file": entry.path,
            "function": entry.function,
            "code": entry.code,
            "branch": f"{entry.operand} is {entry.way}",
            "reached_by": "unit tests" if entry.who == UNIT else "nothing",
            "reason": entry.reason,
        }
        for entry in reader.entries
    ]
    return json.dumps({"total": total, "rows": rows, "uncovered": listed}, indent=1) + "\n"


def measures(scenarios: dict[str, Totals], both: dict[str, Totals]) -> list[str]:
    """Arguments of `cutproof measure`: of the core as a whole, and of each row."""
    found = []
    for by, totals in (("", both), (".scenarios", scenarios)):
        for row, of in [("core", sum(totals.values(), Totals())), *totals.items()]:
            name = row.replace("/", ".")
            for kind in ("lines", "branches"):
                value = numbers(of)[f"{kind}_covered_percent"]
                if getattr(of, kind) > 0:
                    found.append(f"{name}{by}.{kind}_covered_percent={value}")
    return found


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", type=Path)
    parser.add_argument("all", type=Path)
    parser.add_argument("list", type=Path)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measures", type=Path)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    given = read_arguments(arguments)
    try:
        known = coverage_info.read(given.all, given.root)
        reached = coverage_info.read(given.scenarios, given.root)
        reader = read_list(given.list)
    except (OSError, UnicodeDecodeError, BadList, coverage_info.Unreadable) as error:
        print(f"coverage_list: error: {error}", file=sys.stderr)
        return 4
    scenarios, both = coverage_info.rows(known, reached), coverage_info.rows(known, known)
    print_table(scenarios, both)
    print_reasons(reader)
    if given.json:
        given.json.write_text(as_json(scenarios, both, reader), encoding="utf-8")
    if given.measures:
        given.measures.write_text("\n".join(measures(scenarios, both)) + "\n", encoding="utf-8")
    sites = find_sites(given.root, known, reached)
    findings, unlisted = compare(sites, reader)
    for finding in findings + [told(site) for site in unlisted]:
        print(f"coverage_list: error: {finding}", file=sys.stderr)
    if unlisted:
        help_text = f"cover them, or list them in {given.list} with a reason:"
        print(f"    = help: {help_text}", file=sys.stderr)
        codes = codes_of(sites)
        print("\n".join(as_listed(unlisted, codes)), file=sys.stderr)
    return 1 if findings or unlisted else 0


if __name__ == "__main__":
    sys.exit(main())
