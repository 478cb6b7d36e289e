"""What follows from who follows an official account of LINE and who has blocked it (E26).

LINE delivers a webhook again where it got no answer, and in any order; the latest word about each user stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from huitou.channels.line_webhooks import Following, ForgedWebhookError, followings
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import Commit, until_committed
from huitou.suppressions.model import SuppressionGround, Word, destination
from huitou.suppressions.service import Suppressions


class Followers:
    """The use case. ``channel_secrets`` knows the secret of a LINE channel by its name; None: there is none."""

    def __init__(
        self,
        channel_secrets: Callable[[str], str | None],
        suppressions: Suppressions,
        *,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._channel_secrets = channel_secrets
        self._suppressions = suppressions
        self._commit = commit
        self._pause = pause

    def hear(self, channel: str, body: str, signature: str) -> Sequence[Following]:
        """All of it may be done again. Raises `ForgedWebhookError`, `UnreadableWebhookError`, `UnavailableError`."""
        secret = self._channel_secrets(channel)
        if secret is None:
            raise ForgedWebhookError("The signature is wrong.")
        told = followings(body, signature, secret)
        for each in told:
            until_committed(lambda one=each: self._note(channel, one), self._pause)  # type: ignore[misc]
        return told

    def _note(self, channel: str, following: Following) -> None:
        word = Word(following.at, None if following.follows else SuppressionGround.BLOCKED)
        self._commit(self._suppressions.hear(destination(MessageChannel.LINE, following.user_id, channel), word))
