"""Tries the requests that Moorage sends to a bucket, each with one line on what is missing."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta

import obstore
from obstore.exceptions import (
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)

from libs.common.storage.s3_deletion import SignedDeletions
from libs.common.storage.s3_objects import open_store
from libs.common.storage.settings import S3Location
from libs.common.storage.store import StorageUnavailable

_CONTENT = b"Written by `moorage storage check`. It can be deleted."
_PART_BYTES = 5 * 1024**2
"""The smallest part of an upload in parts that S3 allows."""
_SECONDS = timedelta(seconds=30)
_REFUSED = ("AccessDenied", "403", "Forbidden", "SignatureDoesNotMatch", "InvalidAccessKeyId")


class BucketProbe:
    """The requests, on objects below ``folder``. Each raises StorageUnavailable if it fails."""

    def __init__(self, location: S3Location, folder: str) -> None:
        self._location = location
        self._store = open_store(
            location.bucket,
            region=location.region,
            prefix=location.prefix,
            endpoint=location.endpoint,
            access_key=location.access_key,
            path_style=location.path_style,
            ca_file=location.ca_file,
            max_retries=1,
        )
        self._deletions = SignedDeletions(self._store, location.ca_file)
        self._small, self._large = f"{folder}/small", f"{folder}/large"

    async def close(self) -> None:
        """Close the connections."""
        await self._deletions.close()

    async def connect(self) -> None:
        """Find out whether server and bucket exist and accept the access key."""
        try:
            await obstore.head_async(self._store, self._small)
        except FileNotFoundError:
            return
        except (PermissionDeniedError, UnauthenticatedError):
            # Without s3:ListBucket, S3 answers 403 for a missing object. The next steps tell more.
            return
        except (BaseError, OSError) as error:
            text = _one_line(error)
            if any(word in text for word in ("InvalidAccessKeyId", "SignatureDoesNotMatch")):
                raise StorageUnavailable(
                    f"{self._location.url} does not accept the access key; check S3_ACCESS_KEY_ID,"
                    " S3_SECRET_ACCESS_KEY, and S3_REGION"
                ) from None
            raise StorageUnavailable(
                f"{self._location.url} cannot be used; check S3_ENDPOINT, S3_CA_FILE, and"
                f" S3_REGION: {text}"
            ) from None

    async def list(self) -> None:
        """List what is below the prefix."""
        with self._needs("s3:ListBucket", on="the bucket"):
            async for _ in obstore.list(self._store, chunk_size=1):
                return

    async def put(self) -> None:
        """Write an object."""
        with self._needs("s3:PutObject"):
            await obstore.put_async(self._store, self._small, _CONTENT, use_multipart=False)

    async def get(self) -> None:
        """Read it again, and compare."""
        with self._needs("s3:GetObject"):
            found = await obstore.get_async(self._store, self._small)
            content = bytes(await found.bytes_async())
        if content != _CONTENT:
            raise StorageUnavailable("the server returns another content than was written")

    async def upload_in_parts(self) -> None:
        """Write an object in two parts, as the registry writes layers."""
        with self._needs("s3:PutObject, s3:AbortMultipartUpload, and s3:ListMultipartUploadParts"):
            await obstore.put_async(
                self._store,
                self._large,
                bytes(_PART_BYTES + 1),
                use_multipart=True,
                chunk_size=_PART_BYTES,
            )

    async def get_presigned(self) -> None:
        """Read an object by a presigned URL, as the gateway does."""
        with self._needs("s3:GetObject"):
            url = await obstore.sign_async(self._store, "GET", self._small, _SECONDS)
        await self._deletions.get(url, _CONTENT)

    async def check_clock(self) -> None:
        """Compare the clocks of this machine and of the server."""
        await self._deletions.check_clock(self._small)

    async def delete(self) -> None:
        """Delete both objects."""
        with self._needs("s3:DeleteObject"):
            await obstore.delete_async(self._store, [self._small, self._large])

    @contextlib.contextmanager
    def _needs(self, permission: str, *, on: str = "the objects below S3_PREFIX") -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            text = _one_line(error)
            if "NoSuchBucket" in text:
                raise StorageUnavailable(
                    f"there is no bucket {self._location.bucket} in {self._location.region};"
                    " check S3_BUCKET and S3_REGION"
                ) from None
            raise StorageUnavailable(f"the object is missing: {text}") from None
        except (BaseError, OSError) as error:
            text = _one_line(error)
            if isinstance(error, PermissionDeniedError) or any(word in text for word in _REFUSED):
                raise StorageUnavailable(
                    f"refused: the access key needs {permission} on {on}"
                ) from None
            raise StorageUnavailable(text) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:500]
