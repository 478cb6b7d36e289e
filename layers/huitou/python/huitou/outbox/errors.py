"""What may be refused about messages in the outbox."""

from __future__ import annotations

from huitou.kernel.errors import ConflictError, InvalidError, NotFoundError


class MessageNotFoundError(NotFoundError):
    """No such message, or none that this brand may know of: the same answer for both (E31)."""

    code = "message_not_found"
    title = "Message not found"


class InvalidMessageError(InvalidError):
    """The message has the right shape, but cannot be sent like this; ``errors`` names each fault."""

    code = "invalid_message"
    title = "The message cannot be sent like this"


class NoTestersError(ConflictError):
    """The programme names no list of those who may try its messages on themselves."""

    code = "no_testers"
    title = "The programme has no testers"


class NotATesterError(ConflictError):
    """A trial goes to members who are on the programme's list of testers, and to nobody else."""

    code = "not_a_tester"
    title = "The member is none of the testers"


class MessageUnderWayError(ConflictError):
    """It is being sent, or was, or will not be anyway."""

    code = "message_under_way"
    title = "The message does not wait any more"
