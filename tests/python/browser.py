"""A headless Chromium for tests of the HTML report: found, started, and asked what it saw."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

HELP = (
    "no Chromium with a driver is here. Debian: apt-get install chromium chromium-driver. Ubuntu,"
    " whose packages are stubs: snap install chromium. Or set CHROMIUM and CHROMEDRIVER to the two"
    " programs."
)


def works(program: str | None) -> bool:
    """A stub of a package prints a hint and fails."""
    if not program:
        return False
    ended = subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False)
    return ended.returncode == 0


def find_program(variable: str, names: list[str]) -> str | None:
    found = [os.environ.get(variable), *map(shutil.which, names)]
    return next((path for path in found if works(path)), None)


def start_browser(folder: Path) -> webdriver.Chrome:
    """Without a browser the test fails: it must not be skipped in silence."""
    chromium = find_program("CHROMIUM", ["chromium", "chromium-browser", "google-chrome"])
    drivers = os.environ.get("CHROMEWEBDRIVER", "")
    names = ["chromedriver", "chromium.chromedriver", f"{drivers}/chromedriver"]
    driver = find_program("CHROMEDRIVER", names)
    if not chromium or not driver:
        pytest.fail(HELP)
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--force-device-scale-factor=1",
        "--lang=en",
        "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing on the network has an address
        f"--user-data-dir={folder}",
    ]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))


def console_of(browser: webdriver.Chrome) -> list[str]:
    """What the page complained of since it was asked last."""
    return [f"{line['level']}: {line['message']}" for line in browser.get_log("browser")]


def requests_of(browser: webdriver.Chrome) -> Iterator[str]:
    """The addresses that were asked for since it was asked last."""
    for line in browser.get_log("performance"):
        message = json.loads(line["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            yield message["params"]["request"]["url"]
