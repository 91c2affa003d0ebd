"""Every port comes with a model, parts, scenarios, and faulty drivers that are caught."""

from __future__ import annotations

from pathlib import Path

import pytest
from port_table import (
    SHARED,
    Faulty,
    Port,
    calls_by_controller,
    exported_by,
    faulty_by_file,
    missing,
    models_by_controller,
    models_in,
    ports_of,
    text_of,
    texts,
)

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(set(texts(ROOT, "core/port/**/*.c")) - SHARED)


@pytest.fixture(scope="session")
def ports(root: Path, cutproof_path: Path) -> dict[str, Port]:
    return {port.file: port for port in ports_of(root, cutproof_path)}


@pytest.mark.parametrize("file", FILES)
def test_a_port_has_all_it_needs(file: str, ports: dict[str, Port]) -> None:
    assert missing(ports[file]) == [], "\n" + text_of(ports[file])


def test_the_table_is_whole(ports: dict[str, Port]) -> None:
    assert sorted(ports) == FILES
    assert SHARED <= set(texts(ROOT, "core/port/*.c"))
    nvmc = ports["core/port/nrf/nvmc.c"]
    assert nvmc.is_driver and nvmc.controllers == ["NVMC"]
    assert nvmc.models == ["sim/controllers/nvmc.c"]
    assert "nrf52840" in nvmc.parts and "nvmc-8k" in nvmc.parts
    assert "seed/update-confirm" in nvmc.cases
    assert Faulty("nvmc_stores_bytes", "bootable", "seed/request-completes") in nvmc.faulty


def test_each_controller_has_a_model_and_a_port(ports: dict[str, Port]) -> None:
    models = models_by_controller((ROOT / "sim/controllers/models.c").read_text("utf-8"))
    driven = {name for port in ports.values() if port.is_driver for name in port.controllers}
    assert driven == set(models)


# --- what would not be noticed otherwise

WHOLE = Port("a.c", True, ["A"], ["m.c"], ["p"], ["c"], [Faulty("f", "resumes", "c")] * 2)


@pytest.mark.parametrize(
    "port, count",
    [
        (WHOLE, 0),
        (Port(**{**vars(WHOLE), "controllers": []}), 1),
        (Port(**{**vars(WHOLE), "models": []}), 1),
        (Port(**{**vars(WHOLE), "parts": []}), 1),
        (Port(**{**vars(WHOLE), "cases": []}), 1),
        (Port(**{**vars(WHOLE), "faulty": WHOLE.faulty[:1]}), 1),
        (Port("a.c", True), 5),
    ],
)
def test_what_is_missing_is_found(port: Port, count: int) -> None:
    assert len(missing(port)) == count
    assert text_of(port).count("missing") == count


NATIVE = """
static uint32_t bank(const struct device *device) {
    return bank_of(device);
}

static void init_a(struct window *window, const struct device *device,
                   enum family family) {
    if (bank(device)) {
        cp_a_flash(&window->flash);
    }
}

static void init_b(struct window *window) {
    cp_b_flash(&window->flash);
}

void native_port_init(struct window *window, const struct device *device) {
    switch (device->controller) {
    case CP_CONTROLLER_A1:
    case CP_CONTROLLER_A2: init_a(window, device, FAMILY_A); break;
    case CP_CONTROLLER_B:
        init_b(window);
        break;
    default: break;
    }
}
"""


def test_calls_are_found() -> None:
    calls = calls_by_controller(NATIVE)
    assert sorted(calls) == ["A1", "A2", "B"]
    assert {"bank_of", "cp_a_flash"} <= calls["A1"] & calls["A2"]
    assert "cp_b_flash" in calls["B"] - calls["A1"] and "cp_a_flash" not in calls["B"]


def test_functions_and_models_are_found() -> None:
    text = "static int cp_a(void) {\n}\nbool cp_b(int a,\n    int b) {\n}\nint cp_c(void);\n"
    assert exported_by(text) == {"cp_b"}
    text = 'const struct cp_controller_model cp_m = {\n    .name = "m-1",\n    .a = "b",\n};\n'
    text += 'const struct cp_controller_model cp_n = MODEL("n");\n'
    assert models_in(text) == {"cp_m": "m-1", "cp_n": "n"}
    assert models_by_controller("[CP_CONTROLLER_A] = &m, [CP_CONTROLLER_B] = &m,") == {
        "A": "m",
        "B": "m",
    }


def test_patches_are_found() -> None:
    patch = "It forgets.\ncatch: resumes seed/a\n--- a/x.c\n+++ b/x.c\n--- a/y.c\n+++ b/y.c\n"
    found = Faulty("a_forgets", "resumes", "seed/a")
    assert faulty_by_file({"drivers/a_forgets.patch": patch}) == {"x.c": [found], "y.c": [found]}
