"""Why a message was not accepted, in words of ours that all providers share; docs/messages.md says what they mean."""

from __future__ import annotations

from typing import Final

from huitou.channels.model import Refused, Unclear

THROTTLED: Final = Refused("throttled", again_after=1)
NO_CONNECTION: Final = Refused("no_connection", again_after=10)
NOT_AUTHORIZED: Final = Refused("not_authorized", again_after=60)
"""Whoever sends may not do that, or not yet: permissions and new secrets take a while to be known everywhere."""
SUSPENDED: Final = Refused("account_suspended", again_after=900)
EXHAUSTED: Final = Refused("quota_exhausted", again_after=3600)
"""Until tomorrow, or for a while."""
SPENT: Final = EXHAUSTED._replace(is_lasting=True)
"""Until the month is over."""
UNREGISTERED: Final = Refused("sender_not_registered")
NOT_SET_UP: Final = Refused("not_set_up")
NOT_SERVED: Final = Refused("country_not_served")
NOT_VERIFIED: Final = Refused("recipient_not_verified")
"""Accounts that are being tried send to addresses of their own alone."""
BLOCKED: Final = Refused("blocked")
"""The recipient said no to the provider, by a word like STOP, or is on a list of ours there."""
REJECTED: Final = Refused("rejected")
INVALID: Final = Refused("invalid")

TIMEOUT: Final = Unclear("timeout")
CONNECTION_LOST: Final = Unclear("connection_lost")
PROVIDER_ERROR: Final = Unclear("provider_error")
UNREADABLE: Final = Unclear("unreadable_answer")
UNWRITABLE: Final = Unclear("unwritable_file")

OF_THE_ACCOUNT: Final = frozenset(
    each.reason for each in (NOT_AUTHORIZED, SUSPENDED, EXHAUSTED, UNREGISTERED, NOT_SET_UP, NOT_VERIFIED)
)
"""Refusals that others will meet as well until somebody mends what is set up there (M37)."""
