"""The ports of core/port/, with all that a port has to come with, gathered from the tree.

Which port drives which controller is what sim/native/ports.c does: the functions that it
calls for a controller are defined in the port. Run by scripts/ports, and held by
test_ports.py.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

SHARED = {"core/port/mapped.c"}  # helpers of ports, not ports
FAULTY_MIN = 2


@dataclass
class Faulty:
    name: str
    promise: str
    case: str


@dataclass
class Port:
    file: str
    is_driver: bool  # it fills in a struct cp_flash; else it serves one that does
    controllers: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)  # files
    parts: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)  # on one of its parts
    faulty: list[Faulty] = field(default_factory=list)


# --- C as text


def functions_of(text: str) -> dict[str, str]:
    """The functions with a body at the top level, and their bodies."""
    pattern = r"^(?!\s)[^;{}#=/]*?\b(\w+)\([^;{}]*\) \{$(.*?)^\}$"
    return dict(re.findall(pattern, text, re.MULTILINE | re.DOTALL))


def exported_by(text: str) -> set[str]:
    """The functions that other files can call."""
    pattern = r"^(?!static\b|\s)[\w *]+?\b(cp_\w+)\([^;{}]*\) \{$"
    return set(re.findall(pattern, text, re.MULTILINE))


def reached(name: str, functions: dict[str, str]) -> set[str]:
    """All names in a function and in those of the same text that it comes to."""
    names: set[str] = set()
    waiting = [name]
    while waiting:
        for found in set(re.findall(r"\b\w+\b", functions.get(waiting.pop(), ""))) - names:
            names.add(found)
            waiting.append(found)
    return names


def calls_by_controller(text: str) -> dict[str, set[str]]:
    """What sim/native/ports.c comes to for each controller."""
    functions = functions_of(text)
    found: dict[str, set[str]] = {}
    labels = r"((?:case CP_CONTROLLER_\w+:\s*)+)(.*?)\bbreak;"
    for cases, statements in re.findall(labels, text, re.DOTALL):
        names = set(re.findall(r"\b\w+\b", statements))
        names |= {inner for name in list(names) for inner in reached(name, functions)}
        for controller in re.findall(r"CP_CONTROLLER_(\w+)", cases):
            found.setdefault(controller, set()).update(names)
    return found


def models_by_controller(text: str) -> dict[str, str]:
    """The model of each controller, by the name of its struct."""
    return dict(re.findall(r"\[CP_CONTROLLER_(\w+)\]\s*=\s*&(\w+)", text))


def models_in(text: str) -> dict[str, str]:
    """The models defined in a file, and the name that the program has for each."""
    pattern = r'^const struct cp_controller_model (\w+) =[^"]*"([\w-]+)"'
    return dict(re.findall(pattern, text, re.MULTILINE))


# --- the tree


def json_of(program: Path, *args: str | Path) -> list[dict]:
    command = [program, "list", *args, "--format", "json"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in listed.stdout.splitlines()]


def texts(root: Path, pattern: str) -> dict[str, str]:
    return {str(p.relative_to(root)): p.read_text("utf-8") for p in sorted(root.glob(pattern))}


def faulty_by_file(patches: dict[str, str]) -> dict[str, list[Faulty]]:
    """The faulty drivers by the files that they patch."""
    found: dict[str, list[Faulty]] = {}
    for path, text in patches.items():
        match = re.match(r".*\ncatch: (\S+) (\S+)\n", text)
        promise, case = match.groups() if match else ("?", "?")
        for file in re.findall(r"^--- a/(\S+)", text, re.MULTILINE):
            found.setdefault(file, []).append(Faulty(Path(path).stem, promise, case))
    return found


def add_controllers(ports: dict[str, Port], sources: dict[str, str], native: str) -> None:
    """Those that a port is called for, and those of ports that call it."""
    for controller, names in calls_by_controller(native).items():
        waiting = [file for file in ports if exported_by(sources[file]) & names]
        while waiting:
            file = waiting.pop()
            if controller not in ports[file].controllers:
                ports[file].controllers.append(controller)
                words = set(re.findall(r"\b\w+\b", sources[file]))
                waiting += [other for other in ports if exported_by(sources[other]) & words]


def add_models(port: Port, root: Path) -> set[str]:
    """Adds their files, and returns the names that the program has for them."""
    by_controller = models_by_controller((root / "sim/controllers/models.c").read_text("utf-8"))
    wanted = {by_controller[name] for name in port.controllers if name in by_controller}
    names: set[str] = set()
    for file, text in texts(root, "sim/controllers/*.c").items():
        here = {model: name for model, name in models_in(text).items() if model in wanted}
        names |= set(here.values())
        port.models += [file] * bool(here)
    return names


def add_parts_and_cases(
    port: Port, names: set[str], parts: list[dict], cases: list[dict]
) -> None:
    """A chip behind SPI is on the list of parts with one master, and in cases with any."""
    listed = [(part["name"], part["controller"]) for part in parts]
    for case in cases:
        devices = [(device["part"], device["controller"]) for device in case["devices"]]
        port.cases += [case["name"]] * any(name in names for _, name in devices)
        listed += devices
    port.parts = list(dict.fromkeys(part for part, name in listed if name in names))


def add_faulty(ports: dict[str, Port], patches: dict[str, str]) -> None:
    """A port that only serves a driver counts with it: what is wrong with one shows there."""
    by_file = faulty_by_file(patches)
    for port in ports.values():
        files = [port.file]
        if not port.is_driver:
            files += [
                other.file
                for other in ports.values()
                if other.is_driver and set(other.controllers) & set(port.controllers)
            ]
        port.faulty = [faulty for file in files for faulty in by_file.get(file, [])]


def ports_of(root: Path, program: Path) -> list[Port]:
    sources = texts(root, "core/port/**/*.c")
    ports = {
        file: Port(file, any(name.endswith("_flash") for name in exported_by(text)))
        for file, text in sources.items()
        if file not in SHARED
    }
    add_controllers(ports, sources, "\n".join(texts(root, "sim/native/ports*.c").values()))
    parts = json_of(program, "--targets")
    cases = json_of(program, root / "scenarios")
    for port in ports.values():
        add_parts_and_cases(port, add_models(port, root), parts, cases)
    add_faulty(ports, texts(root, "tests/faulty/drivers/*.patch"))
    return list(ports.values())


def missing(port: Port) -> list[str]:
    """What a port does not have and has to."""
    found = []
    if not port.controllers:
        found.append("sim/native/ports.c calls it for no controller")
    if not port.models:
        found.append("no model in sim/controllers/")
    if not port.parts:
        found.append("no part")
    if not port.cases:
        found.append("no scenario")
    if len(port.faulty) < FAULTY_MIN:
        found.append(f"{len(port.faulty)} faulty drivers, at least {FAULTY_MIN}")
    return found


# --- printing


def wrapped(label: str, words: list[str]) -> str:
    """A line or more of words, none longer than the page."""
    lines, line = [], f"  {label:12}"
    for word in words or ["-"]:
        if len(line) + len(word) > 100 and line.strip() != label:
            lines.append(line.rstrip())
            line = " " * 14
        line += word + " "
    return "\n".join([*lines, line.rstrip()])


def text_of(port: Port) -> str:
    files = sorted({case.partition("[")[0] for case in port.cases})
    width = max((len(faulty.name) for faulty in port.faulty), default=0)
    lines = [
        port.file,
        wrapped("controllers", port.controllers),
        wrapped("models", port.models),
        wrapped("parts", port.parts),
        wrapped("scenarios", files),
    ]
    for label, faulty in zip(["faulty", *[""] * len(port.faulty)], port.faulty):
        lines.append(f"  {label:12}{faulty.name:{width}}  {faulty.promise:20} {faulty.case}")
    return "\n".join(lines + [f"  {'missing':12}{what}" for what in missing(port)])


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/ports", description="List the ports.")
    parser.add_argument("--format", choices=["human", "json"], default="human")
    arguments = parser.parse_args()
    root = Path(__file__).resolve().parents[2]
    ports = ports_of(root, Path(os.environ.get("CUTPROOF") or root / "build/cutproof").resolve())
    for port in ports:
        print(json.dumps(asdict(port)) if arguments.format == "json" else text_of(port))
    return 1 if any(missing(port) for port in ports) else 0


if __name__ == "__main__":
    sys.exit(main())
