"""What is asked and said on the page behind a link."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs

from huitou.kernel.channels import MessageChannel
from huitou.templates.model import Speaker

FIELD = "answer"
_MOST_READ = 1024
"""Characters of a form; ours has fewer than twenty."""


class Reply(StrEnum):
    """What the member says. Also the values of `FIELD`."""

    STOP = "stop"
    """No more of this by this channel."""
    STOP_ALL = "stop_all"
    """Nothing that one has to agree to, by any channel."""
    RESUME = "resume"
    """What was said by a link is taken back, for this channel."""


class Stopped(StrEnum):
    """What the brand may not do any more."""

    NOTHING = "nothing"
    CHANNEL = "channel"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Situation:
    """How things stand between a member and whoever wrote to them by ``channel``.

    ``language`` is the member's; None where they said none, or nothing is known of them any more. ``can_resume``: what
    stands was said by a link, and can be taken back by one.
    """

    speaker: Speaker
    channel: MessageChannel
    stopped: Stopped
    can_resume: bool = False
    language: str | None = None


def reply_in(form: str) -> Reply:
    """What a posted form says. Whoever posts says no, unless it is our own button for something else.

    Mailboxes post `List-Unsubscribe=One-Click`, as a form of either kind (RFC 8058).
    """
    try:
        (said,) = parse_qs(form[:_MOST_READ], max_num_fields=8).get(FIELD, [Reply.STOP])
        return Reply(said)
    except ValueError:
        return Reply.STOP
