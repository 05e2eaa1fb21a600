"""A headless Chromium that keeps its console and every request it makes."""

import contextlib
import json
import shutil

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
             "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync",
             "--window-size=1200,1000"]


@contextlib.contextmanager
def browser(folder):
    """Fails, never skips, where there is none: tools/setup test installs it."""
    options = webdriver.ChromeOptions()
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={folder}")
    options.set_capability("goog:loggingPrefs",
                           {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")),
                              options=options)
    try:
        yield driver
    finally:
        driver.quit()


def requests_of(driver):
    """Addresses asked for since the last call."""
    messages = (json.loads(entry["message"])["message"]
                for entry in driver.get_log("performance"))
    return [message["params"]["request"]["url"] for message in messages
            if message["method"] == "Network.requestWillBeSent"]


def media(driver, scheme="light", kind="screen"):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "media": kind, "features": [
            {"name": "prefers-color-scheme", "value": scheme}]})
