"""Runs Debian's Chromium with Playwright, and records every fault of the visited pages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

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
"""A name that only the browser resolves to this machine.

Browsers treat http://localhost as secure. Use this name to test plain HTTP.
"""

_FLAGS = [
    "--no-sandbox",  # as root, Chromium refuses to run with its sandbox
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
"""The error of every request in progress when a network interface appears or disappears.

Chromium aborts requests to the loopback interface too. Other programs of the tests cause it.
"""


@contextmanager
def running_browser(program: Path, tools: Toolbox, home: Path) -> Iterator[Browser]:
    """Run Chromium without a window. It writes files only to ``home``."""
    # Playwright's own Node needs a library that a minimal Debian lacks.
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
    """Return the environment of the browser.

    Debian's packages contain absolute paths to libraries for sound and to fonts. If the browser is
    unpacked and not installed, these paths must be set.
    """
    variables = tools.environment(home)
    sound_libraries = [str(folder) for folder in tools.root.glob("*/usr/lib/*-linux-*/pulseaudio")]
    if sound_libraries:
        variables["LD_LIBRARY_PATH"] = os.pathsep.join(
            [variables["LD_LIBRARY_PATH"], *sound_libraries]
        )
    if not Path("/etc/fonts/fonts.conf").exists():
        configuration = home / "fonts.conf"
        folders = "".join(
            f"<dir>{folder}</dir>" for folder in sorted(tools.root.glob("*/usr/share/fonts"))
        )
        configuration.write_text(
            f"<fontconfig><dir>/usr/share/fonts</dir>{folders}"
            f"<cachedir>{home}/fonts</cachedir></fontconfig>\n"
        )
        variables["FONTCONFIG_FILE"] = str(configuration)
    return {**variables}


def read_texts(language: str) -> dict[str, str]:
    """Return the console's texts in one language by key."""
    entry = re.compile(r'^  "([\w.]+)":\s+"((?:[^"\\]|\\.)*)",$', re.MULTILINE)
    files = (CONSOLE / "src" / "i18n" / language).glob("*.ts")
    return {key: text for file in files for key, text in entry.findall(file.read_text())}


class Visit:
    """A browser window of one person.

    Records in ``faults`` each error on the page's console, each failed request, each response with
    a status of 400 or higher, and each request to another host. `assert_clean` reports them.
    """

    def __init__(self, context: BrowserContext, url: str, language: str) -> None:
        self.url = url
        self._texts = read_texts(language)
        self.faults: list[str] = []
        self._network_changed = False
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`))"
        )
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("requestfailed", self._on_failed)
        self.page.on("response", self._on_response)

    def open(self, path: str) -> None:
        """Load ``path``. If the network of this machine changes, try again up to twice."""
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
        """Go to another page of the console without a reload, as the console's links do."""
        self.page.evaluate("(path) => history.pushState(null, '', path)", path)

    def text(self, key: str, **values: str | int) -> str:
        """Return a text of the console in the language of this visit, with ``values`` filled in."""
        text = self._texts[key]
        for name, value in values.items():
            text = text.replace("{{" + name + "}}", str(value))
        return text

    def assert_clean(self, *, expected: str | None = None) -> None:
        """Assert that this visit had no fault.

        Faults that the regular expression ``expected`` finds are allowed, and there must be one.
        """
        unexpected = [
            fault for fault in self.faults if expected is None or not re.search(expected, fault)
        ]
        assert not unexpected, unexpected
        assert expected is None or self.faults, f"no fault matches {expected}"

    def assert_accessible(self) -> None:
        """Assert that axe-core finds no serious or critical issue on the page.

        The page's Content-Security-Policy forbids other scripts, so that Playwright evaluates axe.
        """
        eventually(
            lambda: self.page.evaluate("document.getAnimations().length"),
            lambda count: count == 0,
            within=5,
            what="the end of the animations",
        )
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_AXE.read_text())
        found: list[dict[str, Any]] = self.page.evaluate(
            "axe.run({resultTypes: ['violations']}).then((result) => result.violations)"
        )
        serious = [
            f"{self.page.url}: {issue['id']}: "
            f"{[(node['html'][:160], node['failureSummary']) for node in issue['nodes'][:3]]}"
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
        elif request.failure != "net::ERR_ABORTED":  # leaving a page aborts its requests
            self.faults.append(f"{request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.request.method} {response.url}: {response.status}")
        if not response.url.startswith(self.url):
            self.faults.append(f"a request to another host: {response.url}")


@contextmanager
def open_visit(
    browser: Browser,
    url: str,
    language: str,
    size: tuple[int, int] = _WIDE,
    theme: Literal["light", "dark"] = "light",
) -> Iterator[Visit]:
    """Open a new window without a session for a person who reads ``language``, `zh` or `en`.

    The person's system asks for pages in ``theme``.
    """
    context = browser.new_context(
        locale={"zh": "zh-CN", "en": "en-GB"}[language],
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
        color_scheme=theme,
    )
    try:
        yield Visit(context, url, language)
    finally:
        context.close()
