"""Debian's Chromium, driven by Playwright, with everything that goes wrong in a page written down."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError

from ops.install.npm import node_program
from tests.kit.install import PROJECT, Toolbox
from tests.kit.waiting import eventually

CONSOLE = PROJECT / "console"
_AXE = CONSOLE / "node_modules" / "axe-core" / "axe.min.js"

PLAIN_HTTP_NAME = "registry.example.com"
"""A name of this machine's, for the browser alone: over plain http browsers trust localhost more than any other address."""

_FLAGS = [
    "--no-sandbox",  # Chromium refuses to run as root with it
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    f"--host-resolver-rules=MAP {PLAIN_HTTP_NAME} 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WIDE = (1440, 900)
_NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
"""What Chromium says to all that is under way when a network interface comes or goes, loopback's requests included."""


@contextmanager
def running_browser(program: Path, tools: Toolbox, home: Path) -> Iterator[Browser]:
    """Chromium without a window, with `home` as its only place for files."""
    # Playwright's own Node needs a library that a bare Debian has not.
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node_program()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=_FLAGS, env=_environment(tools, home), headless=True
        )
        try:
            yield browser
        finally:
            browser.close()


def _environment(tools: Toolbox, home: Path) -> dict[str, str | float | bool]:
    """That of the clients; for an unpacked browser also what Debian's packages name in full: sound's libraries, and fonts."""
    variables = tools.environment(home)
    sound = [str(folder) for folder in tools.root.glob("*/usr/lib/*-linux-*/pulseaudio")]
    if sound:
        variables["LD_LIBRARY_PATH"] = os.pathsep.join([variables["LD_LIBRARY_PATH"], *sound])
    if not Path("/etc/fonts/fonts.conf").exists():
        fonts = home / "fonts.conf"
        folders = "".join(
            f"<dir>{folder}</dir>" for folder in sorted(tools.root.glob("*/usr/share/fonts"))
        )
        fonts.write_text(
            f"<fontconfig><dir>/usr/share/fonts</dir>{folders}<cachedir>{home}/fonts</cachedir></fontconfig>\n"
        )
        variables["FONTCONFIG_FILE"] = str(fonts)
    return {**variables}


def words(language: str) -> dict[str, str]:
    """Return the console's texts in one language by key."""
    entry = re.compile(r'^  "([\w.]+)":\s+"((?:[^"\\]|\\.)*)",$', re.MULTILINE)
    files = (CONSOLE / "src" / "i18n" / language).glob("*.ts")
    return {key: text for file in files for key, text in entry.findall(file.read_text())}


class Visit:
    """One person's browser window. What a page must never do is in `faults`: `assert_clean` fails on it."""

    def __init__(self, context: BrowserContext, url: str, language: str) -> None:
        self.url = url
        self.say = words(language)
        self.faults: list[str] = []
        self._network_changed = False
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation', (e) => console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`))"
        )
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("requestfailed", self._on_failed)
        self.page.on("response", self._on_response)

    def open(self, path: str) -> None:
        """Load the console at ``path``; once more where another program of the machine changed its network meanwhile."""
        for _ in range(3):
            self._network_changed = False
            self._load(path)
            if not self._network_changed:
                return

    def _load(self, path: str) -> None:
        try:
            self.page.goto(self.url + path)
        except PlaywrightError as error:
            if _NETWORK_CHANGED not in error.message:
                raise
            self._network_changed = True

    def go(self, path: str) -> None:
        """To another page of the console without loading it anew, as its links do."""
        self.page.evaluate("(path) => history.pushState(null, '', path)", path)

    def text(self, key: str, **values: str | int) -> str:
        """A sentence of the console in the language of this visit."""
        sentence = self.say[key]
        for name, value in values.items():
            sentence = sentence.replace("{{" + name + "}}", str(value))
        return sentence

    def assert_clean(self, *, but: str | None = None) -> None:
        """Nothing went wrong in this visit, ``but`` what this regular expression finds, which must have."""
        others = [fault for fault in self.faults if but is None or not re.search(but, fault)]
        assert not others, others
        assert but is None or self.faults, f"nothing of {but} went wrong"

    def assert_accessible(self) -> None:
        """No serious issue by axe-core; evaluated from outside, which the page's own policy allows no script to be."""
        eventually(
            lambda: self.page.evaluate("document.getAnimations().length"),
            lambda count: count == 0,
            within=5,
            what="the end of motion",
        )
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_AXE.read_text())
        found: list[dict[str, Any]] = self.page.evaluate(
            "axe.run({resultTypes: ['violations']}).then((result) => result.violations)"
        )
        serious = [
            f"{self.page.url}: {issue['id']}: {[node['html'][:160] for node in issue['nodes'][:3]]}"
            for issue in found
            if issue["impact"] in ("serious", "critical")
        ]
        assert not serious, serious

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _NETWORK_CHANGED not in message.text:
            self.faults.append(f"{message.type} in {self.page.url}: {message.text}")

    def _on_failed(self, request: Request) -> None:
        if request.failure == _NETWORK_CHANGED:
            self._network_changed = True
        elif (
            request.failure != "net::ERR_ABORTED"
        ):  # a page that was left gives up what it asked for
            self.faults.append(f"{request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.request.method} {response.url}: {response.status}")
        if not response.url.startswith(self.url):
            self.faults.append(f"a request to elsewhere: {response.url}")


@contextmanager
def visit(
    browser: Browser, url: str, language: str, size: tuple[int, int] = _WIDE
) -> Iterator[Visit]:
    """A browser of somebody who reads `language` (`zh` or `en`), signed in nowhere."""
    context = browser.new_context(
        locale={"zh": "zh-CN", "en": "en-GB"}[language],
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
    )
    try:
        yield Visit(context, url, language)
    finally:
        context.close()
