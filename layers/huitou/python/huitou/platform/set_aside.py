"""Records of a stream or a queue that nobody could handle, kept in S3 until somebody has seen why (E21).

A file holds one record as the reader was handed it, ``{"Records": [...]}``: once the cause is mended, the function is
invoked with the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from huitou.platform.observability import Observer

_CONFIG = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})


class SetAside:
    """`Aside` in one bucket, in a folder named after the function.

    Each record raises the metric ``ChangesSetAside``, which has an alarm. A bucket out of reach raises botocore's own
    error: then the batch comes again, and nothing is lost.
    """

    def __init__(self, bucket: str, observer: Observer, region: str, endpoint: str | None = None) -> None:
        self._bucket = bucket
        self._observer = observer
        self._client: Any = get_session().create_client("s3", region, endpoint_url=endpoint, config=_CONFIG)

    def keep(self, record: Mapping[str, Any], error: Exception) -> None:
        body = json.dumps({"Records": [record]}, ensure_ascii=False).encode()
        self._client.put_object(Bucket=self._bucket, Key=f"{self._observer.service}/{_number(record)}.json", Body=body)
        self._observer.count("ChangesSetAside")
        self._observer.log_failure("set aside", error, {})


def _number(record: Mapping[str, Any]) -> str:
    """What its source calls it: a stream its changes, a queue its messages."""
    return str(record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["messageId"])
