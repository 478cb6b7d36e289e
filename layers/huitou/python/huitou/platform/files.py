"""Files in S3."""

from __future__ import annotations

from typing import Any, BinaryIO

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from huitou.imports.errors import FileReplacedError
from huitou.imports.ports import FileInfo
from huitou.kernel.errors import UnavailableError

URL_SECONDS = 3600
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=20,
    retries={"total_max_attempts": 3, "mode": "standard"},
    signature_version="s3v4",
    s3={"addressing_style": "virtual"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
"""Checksums of our own choice would be asked of whoever uploads to a signed address, too."""
_MISSING = frozenset({"403", "404", "NoSuchKey", "AccessDenied"})
"""Without the permission to list, S3 does not tell a missing file from a forbidden one."""


class S3Files:
    """`imports.ports.Files` over one bucket; built once per function."""

    def __init__(self, bucket: str, region: str, endpoint: str | None = None) -> None:
        self._bucket = bucket
        self._client: Any = get_session().create_client("s3", region, endpoint_url=endpoint, config=_CONFIG)

    def upload_url(self, key: str) -> str:
        return self._signed("put_object", {"Key": key})

    def download_url(self, key: str, name: str) -> str:
        return self._signed("get_object", {"Key": key, "ResponseContentDisposition": f'attachment; filename="{name}"'})

    def info(self, key: str) -> FileInfo | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise
        return FileInfo(head["ETag"], head["ContentLength"])

    def open(self, key: str, etag: str) -> BinaryIO:
        try:
            body: BinaryIO = self._client.get_object(Bucket=self._bucket, Key=key, IfMatch=etag)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in {"PreconditionFailed", "412"}:
                raise FileReplacedError("Another file was uploaded after the import was started.") from error
            raise
        return body

    def read(self, key: str) -> bytes:
        content: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return content

    def write(self, key: str, content: bytes) -> None:
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=content)
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError("A file could not be kept.") from error

    def _signed(self, call: str, parameters: dict[str, str]) -> str:
        url: str = self._client.generate_presigned_url(
            call, Params={"Bucket": self._bucket, **parameters}, ExpiresIn=URL_SECONDS
        )
        return url
