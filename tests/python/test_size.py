"""scripts/size_table.py: the depth of a call graph, and what it refuses to measure.

The graphs here are written by hand, as the compiler writes them; scripts/size itself is a
stage of scripts/test.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/size_table.py"


@pytest.fixture(scope="module")
def size() -> ModuleType:
    spec = importlib.util.spec_from_file_location("size_table", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def node(title: str, frame: str) -> str:
    label = f"{title}\\na.c:1:1\\n{frame}\\n0 dynamic objects"
    return f'node: {{ title: "{title}" label: "{label}" }}\n'


def edge(caller: str, callee: str) -> str:
    return f'edge: {{ sourcename: "{caller}" targetname: "{callee}" label: "a.c:2:3" }}\n'


FRAMES = node("reset", "8 bytes (static)") + node("a", "16 bytes (static)") + node(
    "b", "24 bytes (dynamic,bounded)"
)
LINKED = {"reset", "a", "b"}


def depth(size: ModuleType, text: str, targets: dict[str, set[str]] | None = None) -> int:
    graph = size.Graph()
    size.read_graph(graph, text)
    return size.deepest(graph, "reset", targets or {}, LINKED)


def test_deepest_path(size: ModuleType) -> None:
    assert depth(size, FRAMES) == 8
    assert depth(size, FRAMES + edge("reset", "a") + edge("reset", "b")) == 8 + 24
    assert depth(size, FRAMES + edge("reset", "a") + edge("a", "b")) == 8 + 16 + 24


def test_recursion_is_refused(size: ModuleType) -> None:
    with pytest.raises(size.Unmeasurable, match="recursion: reset > a > b > a"):
        depth(size, FRAMES + edge("reset", "a") + edge("a", "b") + edge("b", "a"))


def test_a_frame_of_no_fixed_size_is_refused(size: ModuleType) -> None:
    with pytest.raises(size.Unmeasurable, match="no fixed size"):
        depth(size, FRAMES + node("c", "40 bytes (dynamic)"))


def test_an_unknown_frame_is_refused(size: ModuleType) -> None:
    with pytest.raises(size.Unmeasurable, match="reset calls c"):
        depth(size, FRAMES + edge("reset", "c"))


def pointer_call(size: ModuleType) -> object:
    graph = size.Graph()
    size.read_graph(graph, FRAMES)
    graph.pointer_calls["reset"] = {"erase"}
    return graph


def test_pointers(size: ModuleType) -> None:
    graph = pointer_call(size)
    assert size.deepest(graph, "reset", {"erase": {"a", "b"}}, LINKED) == 8 + 24
    assert size.deepest(graph, "reset", {"erase": {"a", "b"}}, {"a"}) == 8 + 16
    with pytest.raises(size.Unmeasurable, match="through erase"):
        size.deepest(graph, "reset", {}, LINKED)


def test_pointer_of_a_call_is_named(size: ModuleType) -> None:
    path = "core/src/partition.c"
    lines = (SCRIPT.parents[1] / path).read_text(encoding="utf-8").splitlines()
    number = next(i for i, line in enumerate(lines, 1) if "flash->erase(" in line)
    column = lines[number - 1].index("flash->erase(") + 1
    assert size.source_name(f"{path}:{number}:{column}") == "erase"
    with pytest.raises(size.Unmeasurable, match="which pointer"):
        size.source_name(f"{path}:1:1")


DISASSEMBLY = """
00000000 <f>:
   0:\tb5f8      \tpush\t{r3, r4, r5, r6, r7, lr}
   2:\tb082      \tsub\tsp, #8
   4:\tf000 f802 \tbl\t10 <__g_veneer>
   8:\te92d 41f0 \tstmdb\tsp!, {r4-r8, lr}
   a:\td0fe      \tbeq.n\t2 <f+0x2>
"""


def test_disassembly(size: ModuleType) -> None:
    found = size.disassemble(DISASSEMBLY)["f"]
    assert found.pushed_bytes == 6 * 4 + 8 + 6 * 4
    assert found.calls == {"g"}


def test_a_call_that_the_graph_lacks_is_refused(size: ModuleType) -> None:
    program = {"a": size.Disassembled(0, {"b"}), "b": size.Disassembled(4, set())}
    graph = size.Graph()
    size.read_graph(graph, node("a", "8 bytes (static)") + node("b", "8 bytes (static)"))
    with pytest.raises(size.Unmeasurable, match="a calls b"):
        size.complete(graph, program, "00000001 T a\n00000011 T b\n")
    size.read_graph(graph, edge("a", "b"))
    size.complete(graph, program, "00000001 T a\n00000011 T b\n")


def test_functions_of_libgcc_count(size: ModuleType) -> None:
    """They are in no graph, and go by several names."""
    program = {"a": size.Disassembled(0, {"__udivsi3"}), "__udivsi3": size.Disassembled(12, set())}
    graph = size.Graph()
    size.read_graph(graph, node("a", "8 bytes (static)") + edge("a", "__aeabi_uidiv"))
    size.complete(graph, program, "00000001 T a\n00000010 T __aeabi_uidiv\n00000011 T __udivsi3\n")
    assert size.deepest(graph, "a", {}, set(program)) == 8 + 12


@pytest.mark.parametrize(
    "flash, static, stack, expected",
    [(6144, 512, 512, 0), (6145, 512, 512, 1), (6144, 513, 512, 1), (7000, 700, 700, 2)],
)
def test_limits(size: ModuleType, flash: int, static: int, stack: int, expected: int) -> None:
    row = size.Row(
        board=size.BOARDS[1], contents="journal", flash=0, static=static, code_in_ram=0,
        stack=stack, verifier_stack=None, optimized_flash=flash, flash_max=size.FLASH_MAX,
        ram_max=size.RAM_MAX,
    )
    assert len(row.exceeded()) == expected


def test_every_port_is_measured(size: ModuleType) -> None:
    """A port that is added is linked into some board."""
    ports = {str(path.relative_to(SCRIPT.parents[1] / "core/port").with_suffix(""))
             for path in (SCRIPT.parents[1] / "core/port").rglob("*.c")}
    assert ports == {port for board in size.BOARDS for port in board.ports}


def test_measures_have_names_of_measures(size: ModuleType) -> None:
    row = size.Row(board=size.BOARDS[1], contents="journal, Ed25519", flash=5204, static=288,
                   code_in_ram=0, stack=568, verifier_stack=None, optimized_flash=5000,
                   flash_max=None, ram_max=None)  # fmt: skip
    assert size.measures([row]) == [
        "core.nrf52-nvmc.journal-ed25519.flash_bytes=5204",
        "core.nrf52-nvmc.journal-ed25519.optimized_flash_bytes=5000",
        "core.nrf52-nvmc.journal-ed25519.static_bytes=288",
        "core.nrf52-nvmc.journal-ed25519.stack_bytes=568",
    ]
