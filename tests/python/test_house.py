"""The rules of the house, as tests: which room may include which, and tidiness.

Each rule is a function from a file's path and text to its findings, lines of
`path:line: what is wrong`. Each is also tested on a snippet that breaks it, so
that a rule which can no longer fail is noticed.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

import pytest

Rule = Callable[[str, str], "list[str]"]

COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70

# What the files of a room may include; a name that ends in "/" is a room or a
# folder with all below it except rooms of their own. Tests may include anything.
SIGNING = ["core/verify/", "core/include/cutproof/verify.h"]
EDGES = {
    # Of the core faults and cli have only what makes and checks signed images.
    "cli": ["cli/", "reports/", "scenarios/", "faults/", "sim/", *SIGNING],
    "reports": ["reports/", "faults/", "sim/"],
    "scenarios": ["scenarios/", "faults/", "sim/"],
    "faults": ["faults/", "sim/", *SIGNING],
    "sim": ["sim/", "core/port/mmio.h", "core/include/"],
    "sim/controllers": ["sim/controllers/", "sim/"],
    "sim/native": ["sim/native/", "sim/program.h", "core/", "core/port/", "cp_core_hash.h"],
    "core": ["core/"],
    "core/port": ["core/port/", "core/include/"],
    "core/firmware": ["core/firmware/", "core/port/", "core/include/", "layout.h"],
}
ROOMS = sorted(EDGES, key=len, reverse=True)
GENERATED = {"cp_core_hash.h", "layout.h"}  # layout.h: one for each of boards/


# --- the project's files


@pytest.fixture(scope="module")
def texts(root: Path) -> dict[str, str]:
    """Every tracked text file by its path in the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    )
    found = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = root / name
        if path.is_file():  # it can be deleted and not yet committed
            data = path.read_bytes()
            if b"\0" not in data:
                found[name] = data.decode("utf-8")
    return found


def is_c(path: str) -> bool:
    return path.endswith((".c", ".h"))


def is_source(path: str) -> bool:
    if path.endswith(".sha256"):
        return False
    return is_c(path) or path.endswith((".S", ".py")) or path.startswith(("scripts/", ".ci/"))


def room_of(path: str) -> str | None:
    return next((room for room in ROOMS if path.startswith(room + "/")), None)


def report(findings: list[str]) -> str:
    return "\n".join(["", *findings])


# --- C as text


def without_comments_and_strings(text: str) -> str:
    """The same lines, with blanks in place of comments and of what quotes hold."""
    pattern = r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""

    def blank(match: re.Match[str]) -> str:
        found = match[0]
        inner = re.sub(r"[^\n]", " ", found)
        return found[0] + inner[1:-1] + found[0] if found[0] in "\"'" else inner

    return re.sub(pattern, blank, text, flags=re.DOTALL)


class Line(NamedTuple):
    number: int
    text: str
    is_directive: bool
    depth_before: int
    depth_after: int


def code_lines(text: str) -> Iterator[Line]:
    """The lines with the depth of braces around them; directives have no braces."""
    depth = 0
    continued = False
    for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
        directive = continued or line.lstrip().startswith("#")
        continued = directive and line.endswith("\\")
        after = depth if directive else depth + line.count("{") - line.count("}")
        yield Line(number, line, directive, depth, after)
        depth = after


class Function(NamedTuple):
    name: str
    first: int
    last: int


def functions(text: str) -> list[Function]:
    """The function definitions at the top level, from their signature to their brace."""
    found = []
    first = 0  # the line where the present declaration began
    head = ""  # its text up to the brace
    for line in code_lines(text):
        if line.is_directive or (line.depth_before == 0 and not line.text.strip()):
            continue
        if line.depth_before == 0:
            first, head = first or line.number, head + " " + line.text.split("{")[0]
        if line.depth_after == 0:
            is_end = "}" in line.text or line.text.rstrip().endswith(";")
            signature = re.search(r"(\w+)\s*\([^=;]*\)\s*$", head)
            if "}" in line.text and signature:
                found.append(Function(signature[1], first, line.number))
            if is_end:
                first, head = 0, ""
    return found


def lines_that_match(pattern: str, path: str, text: str, message: str) -> list[str]:
    return [
        f"{path}:{number}: {message}: {match[0].strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        for match in re.finditer(pattern, line)
    ]


# --- rule: rooms include one way


def include_target(path: str, name: str, known: set[str]) -> str | None:
    """The project's file that an include names, or None if it is not the project's."""
    beside = str(Path(path).parent / name)
    candidates = [beside, name, f"core/include/{name}"]
    return next((c for c in candidates if c in known or c in GENERATED), None)


def may_include(room: str, target: str) -> bool:
    for allowed in EDGES[room]:
        if target == allowed:
            return True
        if allowed.endswith("/") and target.startswith(allowed):
            inner = room_of(target)
            if inner is None or allowed.startswith(inner + "/"):
                return True
    return False


def rule_includes(path: str, text: str, known: set[str]) -> list[str]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        directive = re.match(r"\s*#\s*include\b\s*(.*)", line)
        if not directive:
            continue
        match = re.match(r"([\"<])([^\">]+)[\">]", directive[1])
        if not match:
            found.append(f"{path}:{number}: an include that is not a plain name")
            continue
        target = include_target(path, match[2], known)
        room = room_of(path)
        if target is None and match[1] == '"':
            found.append(f"{path}:{number}: no file of the project: {match[2]}")
        elif target and room and not may_include(room, target):
            found.append(f"{path}:{number}: {room} may not include {target}")
    return found


def test_rooms_include_one_way(texts: dict[str, str]) -> None:
    sources = {path: text for path, text in texts.items() if is_source(path)}
    known = set(sources)
    found = [
        finding
        for path, text in sources.items()
        if is_c(path) or path.endswith(".S")
        for finding in rule_includes(path, text, known)
    ]
    assert not found, report(found)


INCLUDE_FILES = {
    "cli/text.h",
    "reports/log.h",
    "scenarios/load.h",
    "faults/case.h",
    "sim/bus.h",
    "sim/program.h",
    "sim/controllers/models.h",
    "sim/native/native.h",
    "core/port/mmio.h",
    "core/port/nrf/nvmc.h",
    "core/src/layout.h",
    "core/include/cutproof/boot.h",
    "core/include/cutproof/verify.h",
    "core/verify/sha512.h",
}


@pytest.mark.parametrize(
    "path, line",
    [
        ("core/src/boot.c", '#include "sim/bus.h"'),
        ("core/src/boot.c", "#include <sim/bus.h>"),
        ("core/src/boot.c", '#  include "../../sim/bus.h"'),
        ("core/src/boot.c", "#include HEADER"),
        ("core/src/boot.c", '#include "nowhere.h"'),
        ("core/src/boot.c", '#include "cp_core_hash.h"'),
        ("core/src/boot.c", '#include "core/port/mmio.h"'),
        ("core/port/nrf/nvmc.c", '#include "core/src/layout.h"'),
        ("core/port/nrf/nvmc.c", '#include "sim/program.h"'),
        ("sim/controllers/nvmc.c", '#include "core/port/mmio.h"'),
        ("sim/controllers/nvmc.c", '#include "core/port/nrf/nvmc.h"'),
        ("sim/controllers/nvmc.c", '#include "cutproof/boot.h"'),
        ("sim/controllers/nvmc.c", '#include "sim/native/native.h"'),
        ("sim/controllers/nvmc.c", '#include "faults/case.h"'),
        ("sim/bus.c", '#include "sim/controllers/models.h"'),
        ("sim/native/native.c", '#include "sim/controllers/models.h"'),
        ("faults/case.c", '#include "sim/controllers/models.h"'),
        ("sim/bus.c", '#include "core/src/layout.h"'),
        ("sim/bus.c", '#include "core/port/nrf/nvmc.h"'),
        ("sim/bus.c", '#include "sim/native/native.h"'),
        ("sim/bus.c", '#include "faults/case.h"'),
        ("sim/native/native.c", '#include "sim/bus.h"'),
        ("faults/case.c", '#include "cutproof/boot.h"'),
        ("faults/case.c", '#include "reports/log.h"'),
        ("scenarios/load.c", '#include "reports/log.h"'),
        ("reports/log.c", '#include "scenarios/load.h"'),
        ("reports/log.c", '#include "cli/text.h"'),
        ("cli/main.c", '#include "core/port/mmio.h"'),
        ("cli/main.c", '#include "cutproof/boot.h"'),
        ("scenarios/load.c", '#include "cutproof/verify.h"'),
    ],
)
def test_a_wrong_include_is_found(path: str, line: str) -> None:
    assert len(rule_includes(path, f"// a\n{line}\n", INCLUDE_FILES)) == 1


@pytest.mark.parametrize(
    "path, line",
    [
        ("core/src/boot.c", '#include "cutproof/boot.h"'),
        ("core/src/boot.c", '#include "layout.h"'),
        ("core/src/boot.c", "#include <stdint.h>"),
        ("sim/bus.c", '#include "core/port/mmio.h"'),
        ("sim/bus.c", '#include "cutproof/boot.h"'),
        ("core/port/nrf/nvmc.c", '#include "core/port/mmio.h"'),
        ("core/port/nrf/nvmc.c", '#include "cutproof/boot.h"'),
        ("sim/controllers/nvmc.c", '#include "sim/controllers/models.h"'),
        ("sim/controllers/nvmc.c", '#include "sim/bus.h"'),
        ("sim/native/native.c", '#include "cp_core_hash.h"'),
        ("sim/native/native.c", '#include "core/port/nrf/nvmc.h"'),
        ("cli/main.c", '#include "sim/bus.h"'),
        ("cli/sign.c", '#include "cutproof/verify.h"'),
        ("cli/sign.c", '#include "core/verify/sha512.h"'),
        ("tests/unit/test_boot.c", '#include "core/src/layout.h"'),
    ],
)
def test_a_right_include_is_let_pass(path: str, line: str) -> None:
    assert rule_includes(path, line, INCLUDE_FILES) == []


# --- rules of tidiness


def rule_line_length(path: str, text: str) -> list[str]:
    if not is_source(path):
        return []
    return [
        f"{path}:{number}: {len(line)} columns, at most {COLUMNS_MAX}"
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) > COLUMNS_MAX
    ]


def rule_function_length(path: str, text: str) -> list[str]:
    if not is_c(path):
        return []
    return [
        f"{path}:{f.first}: {f.name} has {f.last - f.first + 1} lines, at most {FUNCTION_LINES_MAX}"
        for f in functions(text)
        if f.last - f.first + 1 > FUNCTION_LINES_MAX
    ]


def rule_header_comment(path: str, text: str) -> list[str]:
    name = Path(path).name
    if not is_c(path) or re.match(rf"// {re.escape(name)}: \S", text):
        return []
    return [f"{path}:1: does not begin with `// {name}: what it is`"]


def rule_no_reminders(path: str, text: str) -> list[str]:
    return lines_that_match(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b", path, text, "a reminder")


def rule_core_calls(path: str, text: str) -> list[str]:
    if not is_c(path) or not path.startswith("core/"):
        return []
    calls = r"\b(malloc|calloc|realloc|free|alloca|v?[a-z]{0,2}printf|puts)\b"
    return lines_that_match(calls, path, without_comments_and_strings(text), "not in the core")


def rule_core_conditionals(path: str, text: str) -> list[str]:
    if not is_c(path) or not path.startswith("core/"):
        return []
    return [
        f"{path}:{line.number}: conditional compilation inside braces: {line.text.strip()}"
        for line in code_lines(text)
        if line.depth_before > 0 and re.match(r"\s*#\s*(if|el|endif)", line.text)
    ]


def rule_machine_paths(path: str, text: str) -> list[str]:
    # A template for mkdtemp names no machine's path.
    paths = r"(?<![\w.>)])(/(?:work|root|home/\w+|Users/\w+)\b|/tmp/(?![\w-]*X{6})\w)[^\s\"']*"
    return lines_that_match(paths, path, text, "a machine's path")


def rule_registry_hosts(path: str, text: str) -> list[str]:
    hosts = ["pypi", "pythonhosted", "crates", "npmjs", "maven", "golang", "debian", "ubuntu"]
    hosts = rf"\b[\w.-]*\b(?:{'|'.join(hosts)})\.(?:org|io|com|net)\b"
    return lines_that_match(hosts, path, text, "a registry's host")


RULES: list[Rule] = [
    rule_line_length,
    rule_function_length,
    rule_header_comment,
    rule_no_reminders,
    rule_core_calls,
    rule_core_conditionals,
    rule_machine_paths,
    rule_registry_hosts,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_tidy(rule: Rule, texts: dict[str, str]) -> None:
    found = [finding for path, text in texts.items() for finding in rule(path, text)]
    assert not found, report(found)


def function_of(lines: int) -> str:
    return "// a.c: a\n\nstatic int\nf(int a)\n{\n" + "    a++;\n" * (lines - 4) + "}\n"


# For each rule: a file that breaks it once, and one that nearly does.
SNIPPETS: list[tuple[Rule, str, str, str]] = [
    (rule_line_length, "cli/a.c", "x" * 101, "x" * 100),
    (rule_line_length, "scripts/a", "x" * 101, "é" * 100),
    (rule_function_length, "cli/a.c", function_of(71), function_of(70)),
    (
        rule_function_length,
        "cli/a.c",
        'int f(void) {\n    g("}", \'}\'); // }\n' + "\n" * 70 + "}\n",
        "struct s {\n" + "    int a;\n" * 80 + "};\n",
    ),
    (rule_header_comment, "cli/a.c", "// b.c: a\n", "// a.c: a\n"),
    (rule_header_comment, "cli/a.h", "#pragma once\n// a.h: a\n", "// a.h: a\n"),
    (rule_no_reminders, "docs/a.md", "TO" + "DO: a\n", "XXXXXX\n"),
    (rule_core_calls, "core/src/a.c", "p = malloc(4);\n", "// malloc(4)\n"),
    (rule_core_calls, "core/port/a/a.c", "snprintf(s, 4, t);\n", 'log("free(p)");\n'),
    (
        rule_core_conditionals,
        "core/src/a.c",
        "void f(void)\n{\n#ifdef A\n    g();\n}\n",
        "#ifdef A\nvoid f(void)\n{\n    g();\n}\n#endif\n",
    ),
    (rule_machine_paths, "docs/a.md", "see /ro" + "ot/a\n", "see docs/root/a\n"),
    (rule_machine_paths, "a.txt", "/tm" + "p/here\n", '"/tmp/cp-XXXXXX" or /tmp\n'),
    (rule_machine_paths, "a.txt", "cd /wo" + "rk\n", "${a}/network\n"),
    (rule_registry_hosts, "scripts/a", "https://py" + "pi.org/simple\n", "apt and pip\n"),
]


@pytest.mark.parametrize("rule, path, bad, good", SNIPPETS)
def test_a_rule_can_fail(rule: Rule, path: str, bad: str, good: str) -> None:
    assert len(rule(path, bad)) == 1
    assert rule(path, good) == []


def test_every_rule_is_tested_on_a_snippet() -> None:
    assert {rule for rule, *_ in SNIPPETS} == set(RULES)


def test_functions_are_found(texts: dict[str, str]) -> None:
    """The counter of lines sees the functions: a known one, with its real bounds."""
    text = "int a;\nint b[] = {1, 2};\nstatic int\nf(int x,\n  int y)\n{\n    if (x) {\n    }\n}\n"
    assert functions(text) == [Function("f", 3, 9)]
    names = [f.name for f in functions(texts["core/src/boot.c"])]
    assert "cp_boot" in " ".join(names) and len(names) > 5


# --- rule: the core has no mutable statics


def mutable_statics(objects: list[Path]) -> list[str]:
    """Symbols in writable sections; constants that hold addresses are not (.data.rel.ro)."""
    command = ["nm", "--print-file-name", "--format=sysv", *objects]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    writable = r"\|\s*(\.t?data(?!\.rel\.ro)\S*|\.[st]?bss\S*|\.sdata\S*|\*COM\*)\s*$"
    lines = [line for line in listed.stdout.splitlines() if re.search(writable, line)]
    return [line.split("|")[0].rpartition(":")[2].strip() for line in lines]


def test_core_has_no_mutable_statics(cutproof_path: Path) -> None:
    folder = cutproof_path.parent / "CMakeFiles"
    for library in ["cp_core", "cp_verify", "cp_crypto"]:
        objects = sorted((folder / f"{library}.dir").rglob("*.o"))
        assert objects, f"no object files of {library} beside the program"
        assert mutable_statics(objects) == []


@pytest.mark.parametrize(
    "declaration, names",
    [
        ("static int counter; int *f(void) { return &counter; }", ["counter"]),
        ("int table[2] = {1, 2};", ["table"]),
        ("int f(void) { static int calls; return ++calls; }", ["calls"]),
        ("int tentative; ", ["tentative"]),
        ("_Thread_local int local;", ["local"]),
        ("const int table[2] = {1, 2};", []),
        ("int f(void); int (*const functions[])(void) = {f};", []),
    ],
)
def test_a_mutable_static_is_found(declaration: str, names: list[str], tmp_path: Path) -> None:
    source, target = tmp_path / "a.c", tmp_path / "a.o"
    source.write_text(declaration)
    subprocess.run(["gcc", "-c", "-O2", "-fcommon", source, "-o", target], check=True)
    assert [name.partition(".")[0] for name in mutable_statics([target])] == names
