"""cosign, which signs images with a key of its own and without a transparency log."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tests.kit.clients.go_client import COSIGN, GoClient
from tests.kit.install import Toolbox
from tests.kit.process import Finished

Mode = Literal["tag", "referrer"]
"""Where a signature is: under the tag `sha256-<hex>.sig`, or as a referrer of the image."""


class Cosign(GoClient):
    """cosign with a new key pair in its home."""

    program = COSIGN

    def __init__(self, tools: Toolbox, home: Path) -> None:
        super().__init__(tools, home)
        self.environment |= {"COSIGN_PASSWORD": "", "COSIGN_EXPERIMENTAL": "1"}

    def login(self, registry: str, username: str, password: str) -> Finished:
        """Log in to ``registry`` (host:port)."""
        options = ("--username", username, "--password-stdin")
        return self.run("login", *options, registry, stdin=password)

    def sign(self, reference: str, mode: Mode = "tag") -> Finished:
        """Sign the image ``reference``, which must have a digest."""
        referrers = {"tag": "legacy", "referrer": "oci-1-1"}[mode]
        options = ("--yes", "--key", self._private_key, "--tlog-upload=false")
        return self.run("sign", *options, f"--registry-referrers-mode={referrers}", reference)

    def verify(self, reference: str, mode: Mode = "tag") -> Finished:
        """Verify the signature of an image."""
        options = ("--key", self._public_key, "--insecure-ignore-tlog")
        return self.run("verify", *options, *_from(mode), reference)

    def attest(self, reference: str, predicate: str) -> Finished:
        """Attach a signed statement to the image ``reference``, which must have a digest."""
        path = self.home / "predicate.json"
        path.write_text(predicate)
        options = ("--yes", "--key", self._private_key, "--tlog-upload=false")
        return self.run("attest", *options, "--type", "custom", "--predicate", path, reference)

    def verify_attestation(self, reference: str) -> Finished:
        """Verify the statement of ``attest``."""
        options = ("--key", self._public_key, "--insecure-ignore-tlog", "--type", "custom")
        return self.run("verify-attestation", *options, reference)

    def attach_sbom(self, reference: str, content: str) -> Finished:
        """Attach a list of the image's components under the tag `sha256-<hex>.sbom`."""
        path = self.home / "sbom.json"
        path.write_text(content)
        return self.run("attach", "sbom", "--sbom", path, "--type", "spdx", reference)

    def tree(self, reference: str, mode: Mode = "tag") -> str:
        """Print the image and everything that is attached to it."""
        return self.run("tree", *_from(mode), reference).checked().output

    def copy(self, source: str, target: str) -> Finished:
        """Copy an image with its signatures within the registry."""
        return self.run("copy", source, target)

    def clean(self, reference: str) -> Finished:
        """Delete everything that is attached to the image by tags."""
        return self.run("clean", "--force", "--type", "all", reference)

    @property
    def _private_key(self) -> Path:
        key = self.home / "cosign.key"
        if not key.is_file():
            self.run("generate-key-pair").checked()
        return key

    @property
    def _public_key(self) -> Path:
        return self._private_key.with_suffix(".pub")


def _from(mode: Mode) -> tuple[str, ...]:
    return ("--experimental-oci11",) if mode == "referrer" else ()
