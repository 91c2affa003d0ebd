"""scripts/coverage_*.py: what lcov wrote, what branches are called, and the list of those that
are not reached.

The counts here are made up, but for one test: it compiles a source as scripts/coverage does
and looks whether each branch was called by its right name. scripts/coverage itself is not run.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def load(name: str) -> ModuleType:
    sys.path.insert(0, str(SCRIPTS))
    try:
        spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(SCRIPTS))


coverage_info = load("coverage_info")
coverage_source = load("coverage_source")
coverage_list = load("coverage_list")


# --- a core of one file

SOURCE = """\
// a.c: made up
int a(int err, int n) {
    if (err) {
        return err;
    }
    err = b(n);
    if (err) { // told
        return err;
    }
    return n > 3 || n < 0 ? 1 : 0;
}
"""


def info(first: str = "1,9", second: str = "0,9", last: str = "9,0,0,9") -> str:
    """Hits of the branches of the lines 3, 7 and 10; `-`: the line was never executed."""
    lines = ["SF:core/src/a.c", "FN:2,a", "FNDA:10,a"]
    for line, hits in ((3, first), (7, second), (10, last)):
        lines += [f"BRDA:{line},0,{at},{hit}" for at, hit in enumerate(hits.split(","))]
    return "\n".join([*lines, "DA:3,10", "DA:4,1", "DA:7,9", "DA:8,0", "end_of_record", ""])


LISTED = """\
# made up
reason cannot-happen: no input leads there
reason not-modelled: the scenarios know nothing like it

core/src/a.c: a
  err = b(n); ... if (err) {
    nothing: err is true: cannot-happen: b() never fails
  return n > 3 || n < 0 ? 1 : 0;
    unit: n > 3 is true: not-modelled
    nothing: n < 0 is true: cannot-happen
"""


class Done(NamedTuple):
    code: int
    stdout: str
    stderr: str


class Case:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.source, self.listed = SOURCE, LISTED
        self.scenarios, self.all = info(), info(last="9,1,0,9")

    def run(self) -> Done:
        (self.folder / "core/src").mkdir(parents=True, exist_ok=True)
        (self.folder / "core/src/a.c").write_text(self.source)
        (self.folder / "list.txt").write_text(self.listed)
        (self.folder / "scenarios.info").write_text(self.scenarios)
        (self.folder / "all.info").write_text(self.all)
        return self.compare("scenarios.info")

    def compare(self, scenarios: str) -> Done:
        files = [str(self.folder / name) for name in (scenarios, "all.info", "list.txt")]
        options = ["--root", str(self.folder), "--json", str(self.folder / "coverage.json")]
        options += ["--measures", str(self.folder / "measures.txt")]
        code = coverage_list.main([*files, *options])
        return Done(code, *self.capsys.readouterr())

    def expect(self, code: int, *texts: str) -> None:
        done = self.run()
        for text in texts:
            assert text in done.stderr
        assert done.code == code, done.stderr


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Case:
    return Case(tmp_path, capsys)


def test_all_is_listed(case: Case) -> None:
    done = case.run()
    assert done.stderr == ""
    assert done.code == 0
    assert re.search(r"core/src +75\.0% +3/4 +62\.5% +5/8 +75\.0% +3/4 +75\.0% +6/8", done.stdout)
    assert "branches that nothing reaches: 2\n     2  cannot-happen" in done.stdout
    assert "branches that unit tests alone reach: 1\n     1  not-modelled" in done.stdout


def test_numbers_for_machines(case: Case) -> None:
    case.expect(0)
    told = json.loads((case.folder / "coverage.json").read_text())
    assert told["rows"]["core/src"]["scenarios"]["branches_covered"] == 5
    assert told["total"]["all"]["branches_covered_percent"] == 75.0
    reached_by = [entry["reached_by"] for entry in told["uncovered"]]
    assert reached_by == ["nothing", "unit tests", "nothing"]
    measures = (case.folder / "measures.txt").read_text().split()
    assert "core.lines_covered_percent=75.0" in measures
    assert "core.scenarios.branches_covered_percent=62.5" in measures
    assert "core.src.scenarios.lines_covered_percent=75.0" in measures


def test_unlisted_branch_fails(case: Case) -> None:
    case.scenarios = info(first="0,9")
    case.expect(
        1,
        "core/src/a.c:3: no scenario reaches it: err is true",
        "core/src/a.c: a\n  int a(int err, int n) { ... if (err) {\n    unit: err is true: \n",
    )


def test_line_never_executed_fails(case: Case) -> None:
    case.scenarios = case.all = info(first="-,-")
    never = "a.c:3: nothing reaches it: err is"
    case.expect(1, f"{never} true", f"{never} false")


def test_stale_line_fails(case: Case) -> None:
    case.scenarios, case.all = info(second="1,9"), info(second="1,9", last="9,1,0,9")
    case.expect(1, "list.txt:7: reached now, or gone: core/src/a.c a: err is true")


@pytest.mark.parametrize("scenarios,told", [("9,0,1,9", "reached now"), ("9,1,0,9", "reached now")])
def test_scenario_reaches_what_is_listed(case: Case, scenarios: str, told: str) -> None:
    case.scenarios = case.all = info(last=scenarios)
    case.expect(1, told)


def test_unit_test_reaches_what_nothing_did(case: Case) -> None:
    case.all = info(second="1,9", last="9,1,0,9")
    case.expect(1, "list.txt:7: a unit test reaches it now: core/src/a.c a: err is true")


def test_unit_test_reaches_it_no_more(case: Case) -> None:
    case.all = info()
    case.expect(1, "list.txt:9: no unit test reaches it now: core/src/a.c a: n > 3 is true")


def test_lines_may_move(case: Case) -> None:
    case.source = SOURCE.replace("int a(", "// more\n\n\nint a(")
    for name in ("scenarios", "all"):
        text = getattr(case, name)
        moved = re.sub(r"(FN:|DA:)(\d+)", lambda m: f"{m[1]}{int(m[2]) + 3}", text)
        setattr(case, name, moved)
    case.expect(0)


def test_other_code_is_another_branch(case: Case) -> None:
    case.source = SOURCE.replace("err = b(n)", "err = c(n)")
    case.expect(1, "list.txt:7: reached now, or gone", "a.c:7: nothing reaches it: err is true")


def test_two_of_one_text(case: Case) -> None:
    case.listed = LISTED.replace("err = b(n); ... ", "")
    case.scenarios, case.all = info(first="0,9"), info(first="0,9", last="9,1,0,9")
    case.expect(1, "list.txt:7: 2 such branches; add the line before: core/src/a.c a: err is true")


@pytest.mark.parametrize(
    "line,told",
    [
        ("reason cannot-happen: again", "not `reason NAME: TEXT`, or a name that is there already"),
        ("core/src/a.c a", "not `FILE: FUNCTION`"),
        ("   odd", "indented by 0, 2 or 4 columns"),
        ("    nobody: n < 0 is true: cannot-happen", "not `nothing|unit: OPERAND is"),
        ("    nothing: n < 0 is true:", "'' is none of the reasons above"),
        ("    nothing: n < 0 is true: whatever", "'whatever' is none of the reasons above"),
    ],
)
def test_bad_list(case: Case, line: str, told: str) -> None:
    case.listed = LISTED + line + "\n"
    number = len(LISTED.splitlines()) + 1
    case.expect(4, f"list.txt:{number}: {told}")


@pytest.mark.parametrize("text", ["", "no lcov\n", "SF:core/src/a.c\nBRDA:1,2\nend_of_record\n"])
def test_bad_info(case: Case, text: str) -> None:
    case.all = text
    case.expect(4, "coverage_list: error: ")


def test_no_such_info(case: Case) -> None:
    case.expect(0)
    done = case.compare("none.info")
    assert done.code == 4
    assert "none.info" in done.stderr


# --- what lcov writes, of several versions


@pytest.mark.parametrize(
    "functions",
    ["FN:2,a", "FN:2,11,a", "FNL:0,2,11\nFNA:0,10,a"],
    ids=["lcov 1.16", "lcov 2.0", "lcov 2.2"],
)
def test_versions_of_lcov(tmp_path: Path, functions: str) -> None:
    path = tmp_path / "x.info"
    path.write_text(info().replace("FN:2,a", functions).replace("BRDA:3,0,0", "BRDA:3,e0,0"))
    file = coverage_info.read(path, tmp_path)["core/src/a.c"]
    assert file.function_at(7) == "a"
    assert file.branches == {3: [1, 9], 7: [0, 9], 10: [9, 0, 0, 9]}


@pytest.mark.parametrize(
    "path,row",
    [
        ("core/src/boot.c", "core/src"),
        ("core/verify/verify.c", "core/verify"),
        ("core/port/mapped.h", "core/port/mapped"),
        ("core/port/stm32/l4.c", "core/port/stm32/l4"),
    ],
)
def test_rows(path: str, row: str) -> None:
    assert coverage_info.row_of(path) == row


def test_records_of_one_file_are_added(tmp_path: Path) -> None:
    path = tmp_path / "x.info"
    path.write_text(info() + info(second="5,0"))
    file = coverage_info.read(path, tmp_path)["core/src/a.c"]
    assert file.branches[7] == [5, 9]
    assert file.lines[3] == 20


# --- what branches are called, with the compiler that is here

COUNTED = """\
static int next(int *i, int end) { return (*i)++ < end; }
static int more(int e) { return e + 1; }
int shapes(int a, int b, int c);
int shapes(int a, int b, int c) {
    int n = 0, i = 0, *p = &n;
    if (a && (b || c)) { // a:2/1 b:1/1 c:1/0
        n++;
    }
    if ((a && b) || c) { // a:2/1 b:1/1 c:1/1
        n++;
    }
    if (!(a || b) && c) { // a:2/1 b:0/1 c:0/1
        n++;
    }
    if (!a || b > 1 || c) { // !a:1/2 b > 1:1/1 c:1/0
        n++;
    }
    if (a ? b > 3 || c > 3 : (c & 7) != 7) { // a:2/1 b > 3:0/2 c > 3:0/2
        n++;
    }
    while (next(&i, 4)) { // next(&i, 4):12/3
        if (c) { // c:8/4
            n++;
        }
    }
    for (int k = 0; !c && k < 3; k++) { // !c:4/2 k < 3:3/1
        n += k;
    }
    n += a ? a : more(b); // a:2/1
    n += a ? -1 : more(b); // a:2/1
    n += a ? *p : 4; // a:2/1
    n += a && b ? 4 : more(a); // a:2/1 b:1/1
    const int is_any = b > 5 || c; // b > 5:0/3 c:2/1
    switch (c + is_any) { // case 4, case 5:2 case 9:0 no case:1
    case 4:
    case 5: return 1;
    case 9: n++; break;
    }
    return a == 9
               ? 7
               : more(n); // a == 9:0/1
}
int main(void) {
    return shapes(0, 0, 0) + shapes(1, 2, 3) + shapes(1, 0, 3) < 0;
}
"""


def flags_of_coverage(root: Path) -> list[str]:
    """As CMakeLists.txt compiles the core to count it."""
    text = (root / "CMakeLists.txt").read_text()
    match = re.search(r"target_compile_options\(\$\{counted\} PRIVATE ([^)]*)\)", text)
    assert match
    return ["-O2", "-g", "-Wall", "-Wextra", *match[1].split()]


def counted(folder: Path, root: Path) -> list[dict]:
    """What gcov says of each line of COUNTED."""
    (folder / "a.c").write_text(COUNTED)
    compile_ = ["gcc", *flags_of_coverage(root), "-c", "a.c"]
    subprocess.run(compile_, cwd=folder, check=True)
    subprocess.run(["gcc", "--coverage", "a.o", "-o", "a"], cwd=folder, check=True)
    subprocess.run(["./a"], cwd=folder, check=True)
    gcov = ["gcov", "--branch-probabilities", "--json-format", "--stdout", "a.gcda"]
    done = subprocess.run(gcov, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[0])["files"][0]["lines"]


def expected_of(comment: str) -> dict[str, list[int]]:
    found = re.findall(r"(\S.*?):(\d+)(?:/(\d+))?(?: |$)", comment)
    return {name: [int(hit) for hit in hits if hit] for name, *hits in found}


@pytest.mark.skipif(not shutil.which("gcov"), reason="no gcov beside gcc")
def test_names_are_those_of_the_source(tmp_path: Path, root: Path) -> None:
    lines = counted(tmp_path, root)
    counts = {line["line_number"]: len(line["branches"]) for line in lines}
    names = coverage_source.name_branches(COUNTED, counts)
    hits: dict[str, dict[tuple[str, str], int]] = {}
    for line in lines:
        for branch, name in zip(line["branches"], names.get(line["line_number"], [])):
            place = hits.setdefault(line["line_number"], {})
            place[name.operand, name.way] = branch["count"]
    checked = 0
    for number, text in enumerate(COUNTED.splitlines(), 1):
        for operand, expected in expected_of(text.partition("// ")[2]).items():
            ways = ("true", "false") if len(expected) == 2 else ("taken",)
            got = [hits[number].get((operand, way)) for way in ways]
            assert got == expected, f"line {number}: {operand}"
            checked += 1
    assert checked == 30


def test_what_does_not_fit_has_a_number() -> None:
    names = coverage_source.name_branches("int f(int a) {\n    return a ? 1 : 2;\n}\n", {2: 3})
    assert [branch.operand for branch in names[2]] == [f"branch {n} of 3" for n in (1, 2, 3)]


def test_min_has_no_branch() -> None:
    text = "int f(int a, int b) {\n    return a < b ? a : b;\n}\n"
    assert coverage_source.name_branches(text, {}) == {}


def test_list_of_the_project(root: Path) -> None:
    """It can be read, its functions are there, and every reason is used."""
    reader = coverage_list.read_list(root / "tests/coverage/uncovered.txt")
    used = {coverage_list.reason_name(entry) for entry in reader.entries}
    assert used == set(reader.reasons)
    for entry in reader.entries:
        text = (root / entry.path).read_text()
        assert re.search(rf"\b{entry.function}\(", text), entry
        codes = [re.sub(r"\s*//.*", "", line).strip() for line in text.splitlines()]
        for code in entry.code.split(" ... "):
            assert code in codes, f"{entry.path} {entry.function}: {code}"
