"""Webhooks as LINE makes and signs them."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

USER = "U4af4980629f1c2e3d4b5a69788796a5b"


def event(kind: str, at: int, user: str | None = USER, **more: Any) -> dict[str, Any]:
    """``at`` is in milliseconds."""
    source = {"type": "user", "userId": user} if user else {"type": "group", "groupId": "C1"}
    return {
        "type": kind,
        "mode": "active",
        "timestamp": at,
        "webhookEventId": f"01JNB5Q8ZT3C5D7F9H1K{at:06d}"[-26:],
        "deliveryContext": {"isRedelivery": False},
        "source": source,
        **({"replyToken": "r", "follow": {"isUnblocked": True}} if kind == "follow" else {}),
        **more,
    }


def webhook(*events: Any) -> str:
    return json.dumps({"destination": "U1f0c2d3e4b5a69788796a5b4c3d2e1f0", "events": events})


def signature(body: str, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body.encode(), "sha256")).decode()
