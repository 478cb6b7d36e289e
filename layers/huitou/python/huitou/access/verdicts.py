"""How API Gateway asks and is told: the event of a REQUEST authorizer and the policy that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huitou.access.model import Caller


def authorization_of(event: Mapping[str, Any]) -> str:
    """The ``Authorization`` header, however its name is written; empty if it is missing."""
    headers: Mapping[str, str] = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.lower() == "authorization"), "")


def allow(caller: Caller, method_arn: str) -> dict[str, Any]:
    """Lets ``caller`` into every route of the stage: the gateway caches the policy for all of them.

    ``context`` reaches the functions, as strings, in ``requestContext.authorizer``.
    """
    api, stage = method_arn.split("/")[:2]
    return {
        "principalId": caller.key_id,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{api}/{stage}/*/*"}],
        },
        "context": {
            "key_id": caller.key_id,
            "brand": caller.brand,
            "permissions": " ".join(sorted(caller.permissions)),
        },
    }
