"""The reason that `moorage run` reports if the console could not be built."""

from ops.install.console_build import find_reason

OFFLINE = """moorage: console: npm ci --omit=dev failed
npm error code ENOTFOUND
npm error network request to https://npm.example.com/antd failed, \
reason: getaddrinfo ENOTFOUND npm.example.com
npm error A complete log of this run can be found in: /srv/moorage/console/.npm-cache/_logs/1.log
"""

BROKEN = """moorage: console: scripts/build.mjs failed
Build failed with 1 error:

[UNRESOLVED_IMPORT] Could not resolve './gone' in src/main.tsx
    at aggregateBindingErrorsIntoJsError (error.mjs:50:18)
"""


def test_the_reason_of_a_failed_npm_is_its_network_error() -> None:
    assert find_reason(OFFLINE) == (
        "npm error network request to https://npm.example.com/antd failed,"
        " reason: getaddrinfo ENOTFOUND npm.example.com"
    )


def test_the_reason_of_a_failed_build_is_the_error_of_vite() -> None:
    assert find_reason(BROKEN) == "[UNRESOLVED_IMPORT] Could not resolve './gone' in src/main.tsx"


def test_the_reason_of_a_build_without_output_says_so() -> None:
    assert find_reason("") == "no output"
