"""What whoever runs the platform has to hear of a message (M37). Pure.

Nothing of it is a failure of ours that would end among the dead letters: the message is deferred or ends as it
should, and so does the next one, until somebody looks at the account.
"""

from __future__ import annotations

from huitou.channels.reasons import OF_THE_ACCOUNT
from huitou.outbox.decisions import TOO_LATE
from huitou.outbox.model import MessageState, OutboxMessage


def account_refusal(message: OutboxMessage) -> str | None:
    """Why the provider turns the account away, and not this message alone; None: it has not done so last."""
    return message.reason if message.reason in OF_THE_ACCOUNT else None


def is_given_up(message: OutboxMessage) -> bool:
    """Whether it has ended without anybody knowing that it came, or after its deadline.

    One whose deadline lies within the hours in which nobody is told is not: that was known as it was planned.
    """
    if message.state is MessageState.UNKNOWN:
        return True
    is_late = message.state is MessageState.SUPPRESSED and message.reason == TOO_LATE
    return is_late and (message.attempts > 0 or message.history[-1].at >= message.expires_at)
