"""What LINE tells of the followers of an official account, signed with the channel's secret.

https://developers.line.biz/en/reference/messaging-api/#webhooks

Like `line`, it costs a second to import: only the function that LINE calls does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from linebot.v3.exceptions import InvalidSignatureError  # type: ignore[import-untyped]
from linebot.v3.webhook import WebhookParser  # type: ignore[import-untyped]
from linebot.v3.webhooks import FollowEvent, UnfollowEvent  # type: ignore[import-untyped]

from huitou.kernel.errors import ForbiddenError, InvalidError
from huitou.kernel.instants import from_millis


class ForgedWebhookError(ForbiddenError):
    """It is not signed by the LINE channel, or there is no such channel; which of these is not told."""

    code = "invalid_signature"
    title = "The signature is not that of the LINE channel"


class UnreadableWebhookError(InvalidError):
    """LINE has signed it, but it is none of its webhooks."""

    code = "unreadable_webhook"
    title = "The webhook cannot be read"


class Following(NamedTuple):
    """Somebody follows the account from then on, or has blocked it; ``user_id`` is that of the channel's provider."""

    user_id: str
    at: datetime
    follows: bool


def followings(body: str, signature: str, channel_secret: str) -> Sequence[Following]:
    """What a webhook tells of followers; other events are passed over.

    ``body`` is what was signed, to the letter. Raises `ForgedWebhookError`, `UnreadableWebhookError`.
    """
    try:
        events = WebhookParser(channel_secret).parse(body, signature)
    except InvalidSignatureError as error:
        raise ForgedWebhookError("The signature is wrong.") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableWebhookError("These are no events of LINE.") from error
    told = (event for event in events if isinstance(event, FollowEvent | UnfollowEvent))
    return [
        Following(event.source.user_id, from_millis(event.timestamp), isinstance(event, FollowEvent))
        for event in told
        if getattr(event.source, "user_id", None)
    ]
