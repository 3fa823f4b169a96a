"""Signing keys and certificates.

All keys are EC P-256: every version of Distribution accepts ES256 with x5c. The registry trusts one
CA, and each service signs its tokens with a key under that CA. So a key can be replaced without a
change of the registry's configuration.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_CA_YEARS = 10
# The clocks of the registry and the services can differ, and the registry allows no leeway for
# certificates.
_BACKDATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """The token CA, as PEM."""

    certificate: bytes
    key: bytes


def new_authority() -> Authority:
    """Return a new self-signed CA that is valid for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Moorage token CA")
    now = datetime.now(UTC)
    public = key.public_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + timedelta(days=365 * _CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(
        certificate=certificate.public_bytes(serialization.Encoding.PEM), key=_private_pem(key)
    )


def new_token_key(authority: Authority, service: str) -> bytes:
    """Return a new token signing key of `service`.

    The PEM contains the private key (PKCS8) and its certificate under `authority`. The certificate
    is valid as long as the CA, because keys end when they are rotated.
    """
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = serialization.load_pem_private_key(authority.key, password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise TypeError("the token CA's key is not an EC key")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(f"Moorage {service} tokens"))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - _BACKDATE)
        .not_valid_after(issuer.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )
    return _private_pem(key) + certificate.public_bytes(serialization.Encoding.PEM)


def new_session_key() -> bytes:
    """Return a new key that signs the access tokens of the JSON API, as PKCS8 PEM."""
    return _private_pem(ec.generate_private_key(ec.SECP256R1()))


def public_pem(private_pem: bytes) -> bytes:
    """Return the public key of a private key."""
    key = serialization.load_pem_private_key(private_pem, password=None)
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def stamp() -> str:
    """Return the stem of a new key's file name: the UTC second, so that the newest sorts last."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
