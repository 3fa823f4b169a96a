"""The program of the S3 server of the tests, which is built with Go."""

from __future__ import annotations

from tests.kit.go import GoProgram

VERSION = "v1.8.0"
VERSITYGW = GoProgram(
    f"versitygw-{VERSION}",
    "versitygw",
    f"github.com/versity/versitygw/cmd/versitygw@{VERSION}",
)
