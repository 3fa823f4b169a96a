"""The certificates of registry tokens, which the token CA must have signed.

The registry gets the same CA as ``rootcertbundle``.
"""

import binascii
import time
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

_CHECK_SECONDS = 1.0
_MAX_CACHED = 64
_MAX_CERTIFICATE_LENGTH = 4096
_log = structlog.get_logger()


class TokenCertificates:
    """The public keys whose certificates are signed by a certificate in the PEM file ``ca``.

    ``generation`` grows when the content of the file changes. The constructor raises OSError or
    ValueError if the file holds no certificate.
    """

    def __init__(self, ca: Path) -> None:
        self.generation = 0
        self._file = ca
        self._stamp = _stamp(ca)
        self._content = ca.read_bytes()
        self._authorities = x509.load_pem_x509_certificates(self._content)
        self._leaves: dict[str, x509.Certificate] = {}
        self._checked_at = time.monotonic()

    def reload(self) -> None:
        """Read the file again if it changed. Looks at it at most once per second.

        If it cannot be read, that is logged, and the loaded certificates stay in use.
        """
        now = time.monotonic()
        if now - self._checked_at < _CHECK_SECONDS:
            return
        self._checked_at = now
        try:
            stamp = _stamp(self._file)
            if stamp == self._stamp:
                return
            content = self._file.read_bytes()
            if content != self._content:
                self._authorities = x509.load_pem_x509_certificates(content)
                self._content = content
                self._leaves.clear()
                self.generation += 1
            self._stamp = stamp
        except (OSError, ValueError) as error:
            _log.error("cannot read the token CA", file=str(self._file), reason=str(error))

    def public_key(self, der_base64: str, *, now: float) -> ec.EllipticCurvePublicKey | None:
        """Return the key of a certificate in the form of ``x5c``.

        Returns None if the certificate is not P-256, not signed by the CA, or not valid at ``now``
        (Unix seconds).
        """
        leaf = self._leaves.get(der_base64)
        if leaf is None:
            leaf = self._verified(der_base64)
            if leaf is None:
                return None
            if len(self._leaves) >= _MAX_CACHED:
                self._leaves.clear()
            self._leaves[der_base64] = leaf
        at = datetime.fromtimestamp(now, UTC)
        public = leaf.public_key()
        if not leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc:
            return None
        return public if isinstance(public, ec.EllipticCurvePublicKey) else None

    def _verified(self, der_base64: str) -> x509.Certificate | None:
        if len(der_base64) > _MAX_CERTIFICATE_LENGTH:
            return None
        try:
            leaf = x509.load_der_x509_certificate(b64decode(der_base64, validate=True))
            public = leaf.public_key()
        except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
            return None
        if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(
            public.curve, ec.SECP256R1
        ):
            return None
        return leaf if any(_signed(leaf, authority) for authority in self._authorities) else None


def _signed(leaf: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return leaf != authority


def _stamp(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size
