"""What functions ask AWS for, in the words of IAM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

WITHIN = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
"""IAM knows no transactions: it looks at what they consist of."""
OTHERWISE_CALLED = {"sqs:SendMessageBatch": "sqs:SendMessage"}


@contextmanager
def asked_for() -> Iterator[set[str]]:
    """The actions that are asked for meanwhile, by whatever client."""
    actions: set[str] = set()
    call = vars(BaseClient)["_make_api_call"]

    def note(client: Any, operation: str, request: dict[str, Any]) -> Any:
        if operation == "TransactWriteItems":
            actions.update(WITHIN[name] for each in request["TransactItems"] for name in each)
        else:
            action = f"{client.meta.service_model.signing_name}:{operation}"
            actions.add(OTHERWISE_CALLED.get(action, action))
        return call(client, operation, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", note)
        yield actions
