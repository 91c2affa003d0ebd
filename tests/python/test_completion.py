"""cutproof completion: the scripts and the man page against the help, in the real shells.

The help is printed from the tables of commands and options; what completes must have all
that it has, and nothing else. bash and mandoc are installed by scripts/setup. zsh and fish
are not: where they are missing their tests are skipped, and the summary says so.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest
from conftest import Run, runner

BREAKS = "\"'@><=;|&(:"

needs_zsh = pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
needs_fish = pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")


# --- what the help says


class Option(NamedTuple):
    names: list[str]  # ["-j", "--jobs"]
    value: str  # as the help shows it; "" for a flag


class Command(NamedTuple):
    usage: list[str]
    options: list[Option]


def read_help(run: Run, name: str) -> Command:
    text = run("help", name).stdout
    usage = text.splitlines()[0].split()[2:]
    rows = re.findall(r"^  (-\w,|   ) (--[a-z-]+)(?: (\S+))? +\S.*$", text, re.MULTILINE)
    options = [
        Option([*([letter[:2]] if letter.strip() else []), long], value)
        for letter, long, value in rows
    ]
    listed = re.search(r"^Options:\n((?:  .*\n)+)", text, re.MULTILINE)
    assert listed and len(options) == listed[1].count("\n"), text
    return Command(usage, options)


@pytest.fixture(scope="module")
def run(cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return runner(cutproof_path, tmp_path_factory.mktemp("completion"))


@pytest.fixture(scope="module")
def commands(run: Run) -> dict[str, Command]:
    listed = re.search(r"^Commands .*\n((?:  .*\n)+)", run("help").stdout, re.MULTILINE)
    assert listed
    names = [line.split()[0] for line in listed[1].splitlines()]
    assert {"run", "replay", "completion", "help", "version"} <= set(names)
    return {name: read_help(run, name) for name in names}


def words_in(commands: dict[str, Command]) -> set[str]:
    """Everything that stands for a value or an argument, without brackets and dots."""
    found = {re.sub(r"^\[|\]$|\.\.\.", "", w) for c in commands.values() for w in c.usage}
    return found | {o.value for c in commands.values() for o in c.options if o.value}


# What stands behind a word, as the files of the folder below; None: nothing is offered.
FOLDER = ["a.yaml", "b.db", "c.so", "d.txt", "deep/"]
OFFERED: dict[str, list[str] | None] = {
    "FILE|DIR": ["a.yaml", "deep"],
    "DIR": ["deep"],
    "FILE": ["a.yaml", "b.db", "c.so", "d.txt", "deep"],
    "IMAGE": ["a.yaml", "b.db", "c.so", "d.txt", "deep"],
    "LOG": ["b.db", "deep"],
    "BASE": ["b.db", "deep"],
    "NEW": ["b.db", "deep"],
    "LIB.so": ["c.so", "deep"],
    "FILE.yaml": ["a.yaml", "deep"],
    **dict.fromkeys(["N", "I/N", "TIME", "SIZE", "BYTES", "OP", "X.Y.Z[+N]"]),
    **dict.fromkeys(["NAME=VALUE", "WHEN=FILE", "TEXT"]),
}
ASKED = {"NAME", "TAG", "ID", "COMMAND"}  # tested one by one


def offered_for(word: str) -> list[str]:
    if re.fullmatch(r"[a-z|-]+", word):
        return sorted(word.split("|"))
    return OFFERED[word] or []


def test_each_word_of_the_help_has_its_kind(commands: dict[str, Command]) -> None:
    """A new word must be decided on: is there something to offer for it?"""
    fixed = {word for word in words_in(commands) if re.fullmatch(r"[a-z|-]+", word)}
    assert "fast|slow|arm|both" in fixed and "bash|zsh|fish|man" in fixed
    assert words_in(commands) - fixed <= set(OFFERED) | ASKED


# --- bash, its function called as the shell calls it


@pytest.fixture(scope="module")
def scripts(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("scripts")
    for name in ("bash", "zsh", "fish", "man"):
        printed = run("completion", name)
        assert (printed.returncode, printed.stderr) == (0, "")
        (folder / name).write_text(printed.stdout)
    return {name: folder / name for name in ("bash", "zsh", "fish", "man")}


@pytest.fixture(scope="module")
def folder(run: Run, cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of each kind, a scenario that fails with its log, and the program in bin/."""
    folder = tmp_path_factory.mktemp("folder")
    for name in FOLDER:
        (folder / name).mkdir() if name.endswith("/") else (folder / name).touch()
    (folder / "bin").mkdir()
    (folder / "bin/cutproof").symlink_to(cutproof_path)
    (folder / "full").mkdir()
    assert run("init", "board", cwd=folder / "full").returncode == 0
    scenario = folder / "full/board/first.yaml"
    text = re.sub(r"(?m)^properties: .*", "properties: all", scenario.read_text())
    matrix = "tags: [mine, other]\nmatrix:\n  layout.buffer: [64B, 1KiB]\n"
    scenario.write_text(text + matrix)
    assert run("run", "board", cwd=folder / "full").returncode == 1
    return folder


def as_bash_splits(line: str) -> list[str]:
    """The words of a line without quotes, as readline takes it apart."""
    breaks = re.escape(BREAKS)
    words = re.findall(rf"[{breaks}]+|[^\s{breaks}]+", line)
    return words if not line.endswith(" ") else [*words, ""]


def bash_complete(
    lines: list[str], script: Path, bin_folder: Path, cwd: Path
) -> dict[str, list[str]]:
    """What the function offers at the end of each line, in one bash."""
    calls = [f"COMP_WORDBREAKS=$' \\t\\n\"\\'@><=;|&(:'; source {script}"]
    for line in lines:
        words = as_bash_splits(line)
        quoted = " ".join("'" + word + "'" for word in words)
        calls.append(
            f"COMP_LINE='{line}' COMP_POINT={len(line)} COMP_WORDS=({quoted})"
            f" COMP_CWORD={len(words) - 1}; _cutproof cutproof;"
            " printf '%s\\n' \"${COMPREPLY[@]}\" -end-"
        )
    ended = subprocess.run(
        ["bash", "--norc", "-c", "\n".join(calls)],
        cwd=cwd,
        env={**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stderr == ""
    answers = ended.stdout.split("-end-\n")
    assert len(answers) == len(lines) + 1
    return {
        line: sorted(filter(None, answer.splitlines())) for line, answer in zip(lines, answers)
    }


@pytest.fixture
def complete(scripts: dict[str, Path], folder: Path):
    def call(*lines: str, cwd: Path = folder) -> list[list[str]]:
        got = bash_complete(list(lines), scripts["bash"], folder / "bin", cwd)
        return [got[line] for line in lines]

    return call


def test_bash_commands(commands: dict[str, Command], complete) -> None:
    assert complete("cutproof ", "cutproof re", "cutproof nowhere ") == [
        sorted(commands),
        sorted(name for name in commands if name.startswith("re")),
        [],
    ]


def test_bash_options_are_those_of_the_help(commands: dict[str, Command], complete) -> None:
    got = complete(*(f"cutproof {name} -" for name in commands))
    for (name, command), offered in zip(commands.items(), got):
        assert offered == sorted(n for option in command.options for n in option.names), name


def values_of(commands: dict[str, Command]) -> Iterator[tuple[str, str]]:
    """Lines at whose end a value is wanted, and the word that stands for it."""
    for name, command in commands.items():
        for option in command.options:
            for given in option.names if option.value else []:
                yield f"cutproof {name} {given} ", option.value
                if given.startswith("--"):
                    yield f"cutproof {name} {given}=", option.value


def test_bash_values(commands: dict[str, Command], complete, folder: Path) -> None:
    wanted = {line: word for line, word in values_of(commands) if word not in ASKED}
    assert len(wanted) > 50
    folder_of_values = folder / "values"
    folder_of_values.mkdir(exist_ok=True)
    for name in FOLDER:
        made = folder_of_values / name
        made.mkdir(exist_ok=True) if name.endswith("/") else made.touch()
    for (line, word), got in zip(wanted.items(), complete(*wanted, cwd=folder_of_values)):
        assert got == offered_for(word), line
    flags = [
        f"cutproof {name} {given} -"
        for name, command in commands.items()
        for option in command.options
        if not option.value
        for given in option.names
    ]
    assert all("--help" in got for got in complete(*flags)), "a flag takes no value"


def test_bash_arguments(commands: dict[str, Command], complete, folder: Path) -> None:
    cwd = folder / "arguments"
    cwd.mkdir(exist_ok=True)
    for name in FOLDER:
        (cwd / name).mkdir(exist_ok=True) if name.endswith("/") else (cwd / name).touch()
    lines: dict[str, list[str]] = {}
    for name, command in commands.items():
        line = f"cutproof {name} --color never -- "
        for usage in command.usage:
            word = re.sub(r"^\[|\]$|\.\.\.", "", usage)
            if word not in ASKED:
                lines[line] = offered_for(word)
            line += "x "
        repeats = bool(command.usage) and "..." in command.usage[-1]
        lines[line] = lines.get(line.removesuffix("x "), []) if repeats else []
    for (line, expected), got in zip(lines.items(), complete(*lines, cwd=cwd)):
        assert got == expected, line


def test_bash_asks_the_program(complete, folder: Path) -> None:
    cases = ["first\\[layout.buffer=1KiB\\]", "first\\[layout.buffer=64B\\]"]
    whole, half, tags, nothing, of_half_a_line, ids = complete(
        "cutproof run board --case ",
        "cutproof run board --case first[layout.buffer=",
        "cutproof list board --tag=",
        "cutproof run --case ",
        "cutproof run board nowhere.yaml --case fir",
        "cutproof replay ",
        cwd=folder / "full",
    )
    assert whole == of_half_a_line == cases
    assert half == ["1KiB\\]", "64B\\]"]  # behind the '=', where the shell goes on
    assert tags == ["mine", "other"]
    assert nothing == []
    assert len(ids) == 2
    assert all(re.fullmatch(r"first\\\[layout\.buffer=\w+\\\]@\w{8}:a\d+", i) for i in ids), ids
    log = next((folder / "full/.cutproof/runs").glob("2*/run.db"))
    [same] = complete(f"cutproof replay --log {log} ", cwd=folder)
    assert same == ids
    assert complete("cutproof replay ", cwd=folder) == [[]]


def test_bash_help_of_a_command(commands: dict[str, Command], complete) -> None:
    assert complete("cutproof help ") == [sorted(commands)]


def test_bash_script_is_sound(scripts: dict[str, Path]) -> None:
    subprocess.run(["bash", "-n", scripts["bash"]], check=True)
    told = subprocess.run(
        ["shellcheck", "--shell=bash", scripts["bash"]], capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout


# --- the real shells, with keys typed into a terminal


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, argv: list[str], folder: Path, setup: list[str]) -> None:
        environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "TERM": "dumb",
            "COLUMNS": "200",
            "HOME": str(folder),
        }
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.chdir(folder / "full")
            os.execvpe(argv[0], argv, environment)
        self.type("\n".join([*setup, "echo rea''dy", ""]), "\nready", "ready\r\n")

    def type(self, keys: str, *ends: str) -> str:
        """Type, and read until one of these is seen."""
        os.write(self.screen, keys.encode())
        seen = ""
        until = time.monotonic() + 20
        while time.monotonic() < until and not any(end in seen for end in ends):
            if select.select([self.screen], [], [], 0.1)[0]:
                seen += os.read(self.screen, 65536).decode(errors="replace")
        assert any(end in seen for end in ends), seen
        return seen

    def completes(self, typed: str, added: str) -> None:
        self.type("\x15" + typed + "\t", typed + added)

    def close(self) -> None:
        os.close(self.screen)
        os.waitpid(self.pid, 0)


# What is typed before Tab, and what the line is then: what was typed stays as it is.
TYPED = [
    ("cutproof run --eng", "ine"),
    ("cutproof run --engine=s", "low"),
    ("cutproof run --engine f", "ast"),
    ("cutproof run bo", "ard/"),
    ("cutproof run board --case fi", "rst\\[layout.buffer="),
    ("cutproof run board --case first\\[layout.buffer=6", "4B\\]"),
    ("cutproof run board --case 'first[layout.buffer=6", "4B]'"),
    ("cutproof run 'boa", "rd/"),
]


def types_well(terminal: Terminal, typed: list[tuple[str, str]]) -> None:
    try:
        for keys, added in typed:
            terminal.completes(keys, added)
    finally:
        terminal.close()


def test_bash_on_a_terminal(scripts: dict[str, Path], folder: Path) -> None:
    setup = ["bind 'set bell-style none'", f"source {scripts['bash']}"]
    types_well(Terminal(["bash", "--norc", "--noprofile", "-i"], folder, setup), TYPED)


@needs_zsh
def test_zsh_on_a_terminal(scripts: dict[str, Path], folder: Path) -> None:
    subprocess.run(["zsh", "-n", scripts["zsh"]], check=True)
    setup = ["PS1='$ '", "autoload -U compinit", "compinit -u -D", f"source {scripts['zsh']}"]
    types_well(Terminal(["zsh", "-f", "-i"], folder, setup), TYPED)


def fish_complete(lines: list[str], script: Path, folder: Path) -> list[list[str]]:
    calls = [f"source {script}"] + [f"complete -C '{line}'; echo -end-" for line in lines]
    ended = subprocess.run(
        ["fish", "--no-config", "-c", "\n".join(calls)],
        cwd=folder / "full",
        env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stderr == ""
    answers = ended.stdout.split("-end-\n")[:-1]
    return [sorted(row.split("\t")[0] for row in answer.splitlines()) for answer in answers]


@needs_fish
def test_fish(commands: dict[str, Command], scripts: dict[str, Path], folder: Path) -> None:
    subprocess.run(["fish", "--no-execute", scripts["fish"]], check=True)
    lines = [f"cutproof {name} --" for name in commands]
    for (name, command), got in zip(
        commands.items(), fish_complete(lines, scripts["fish"], folder)
    ):
        assert got == sorted(option.names[-1] for option in command.options), name
    assert fish_complete(
        [
            "cutproof ",
            "cutproof completion ",
            "cutproof run --engine ",
            "cutproof run -j ",
            "cutproof list board --case ",
        ],
        scripts["fish"],
        folder,
    ) == [
        sorted(commands),
        ["bash", "fish", "man", "zsh"],
        ["arm", "both", "fast", "slow"],
        [],
        ["first[layout.buffer=1KiB]", "first[layout.buffer=64B]"],
    ]


def test_scripts_have_every_option(
    commands: dict[str, Command], scripts: dict[str, Path]
) -> None:
    """Of zsh and fish too where they are not installed: read from the script itself."""
    zsh = scripts["zsh"].read_text()
    fish = scripts["fish"].read_text()
    for name, command in commands.items():
        part = re.search(rf"^        \({name}\)\n(.*?)^            ;;", zsh, re.M | re.S)
        assert part, name
        long = set(re.findall(r"(?<=['\)])(--[a-z-]+)=?\[", part[1]))
        assert long == {option.names[-1] for option in command.options}, name
        lines = re.findall(rf"^complete .*__cutproof_is {name}' -l ([a-z-]+)", fish, re.M)
        assert {f"--{line}" for line in lines} == long, name


# --- the man page


def lint(page: str, tmp_path: Path) -> str:
    file = tmp_path / "cutproof.1"
    file.write_text(page)
    told = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", file], capture_output=True, text=True
    )
    return told.stdout + told.stderr


def sections_of(page: str, tmp_path: Path) -> dict[str, str]:
    """The rendered page: the text below each heading, those of commands by their first word."""
    file = tmp_path / "cutproof.1"
    file.write_text(page)
    rendered = subprocess.run(
        ["mandoc", "-T", "utf8", "-O", "width=120", file], capture_output=True, text=True
    )
    assert rendered.returncode == 0, rendered.stderr
    plain = re.sub(r".\x08", "", rendered.stdout)
    found = re.findall(r"^(?:   )?(\S.*)\n((?:(?:     .*)?\n)*)", plain, re.MULTILINE)
    return {(heading if heading.isupper() else heading.split()[0]): body for heading, body in found}


def test_man_page_is_sound(run: Run, scripts: dict[str, Path], tmp_path: Path) -> None:
    page = scripts["man"].read_text()
    assert lint(page, tmp_path) == ""
    assert "@" not in re.sub(r"@\w{8}:", "", page), "a hole that was not filled"
    dated = run("completion", "man", env={"SOURCE_DATE_EPOCH": "86400"}).stdout
    assert ".Dd January  2, 1970\n" in dated
    version = run("version").stdout.strip()
    assert f".Os {version}\n" in page


def test_a_fault_of_the_page_is_found(scripts: dict[str, Path], tmp_path: Path) -> None:
    page = scripts["man"].read_text()
    assert "skipping unknown macro" in lint(page + ".Zz oops\n", tmp_path)
    assert lint(page.replace(".Dd ", ".Dx ", 1), tmp_path) != ""


def test_man_page_has_every_option(
    commands: dict[str, Command], scripts: dict[str, Path], tmp_path: Path
) -> None:
    sections = sections_of(scripts["man"].read_text(), tmp_path)
    common = sections["Options"]
    for name, command in commands.items():
        assert f"cutproof {name} " in sections["SYNOPSIS"]
        for option in command.options:
            shown = ", ".join(option.names) + (f" {option.value}" if option.value else "")
            here = re.compile(rf"^     {re.escape(shown)}(\s|$)", re.MULTILINE)
            assert here.search(sections[name]) or here.search(common), (name, shown)
    ours = {option.names[-1] for command in commands.values() for option in command.options}
    rendered = set(re.findall(r"(?<=[\s,])--[a-z][a-z-]*", "\n".join(sections.values())))
    assert rendered == ours


def test_man_page_has_the_rest(run: Run, scripts: dict[str, Path], tmp_path: Path) -> None:
    sections = sections_of(scripts["man"].read_text(), tmp_path)
    listed = re.findall(r"^  (\d)  (\S.*)$", run("help").stdout, re.MULTILINE)
    assert [code for code, _ in listed] == list("0123456")
    for code, about in listed:
        assert re.search(rf"^     {code} +{re.escape(about)}$", sections["EXIT STATUS"], re.M)
    assert "NO_COLOR" in sections["ENVIRONMENT"]
    assert ".cutproof/runs/ID/run.db" in sections["FILES"]
    for name in ("run", "replay", "report", "gate", "sign"):
        example = run("help", name).stdout.partition("Example:\n  ")[2].strip()
        assert example in sections["EXAMPLES"]


# --- bad input


@pytest.mark.parametrize(
    "words, error, help_line",
    [
        ([], "for which shell?", "give bash, zsh or fish, or man for the man page"),
        (["bahs"], "there is no completion for 'bahs'", "did you mean 'bash'?"),
        (["powershell"], "there is no completion", "give bash, zsh, fish or man"),
        (["bash", "zsh"], "for which shell?", "give bash, zsh or fish"),
    ],
)
def test_bad_input(words: list[str], error: str, help_line: str, cutproof: Run) -> None:
    told = cutproof("completion", *words)
    assert (told.returncode, told.stdout) == (4, "")
    assert error in told.stderr and f"= help: {help_line}" in told.stderr


def test_what_cannot_be_read_offers_nothing(cutproof: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("nonsense: [\n")
    (tmp_path / "bad.db").write_text("no log\n")
    for line in ("cases bad.yaml nowhere", "tags bad.yaml", "ids bad.db", "ids"):
        asked = line.split()
        told = cutproof("completion", *asked)
        assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.db", "bad.yaml"]
