"""What may be refused about accounts."""

from __future__ import annotations

from huitou.kernel.errors import ConflictError, InvalidError, NotFoundError


class AccountNotFoundError(NotFoundError):
    """No report has this id."""

    code = "account_not_found"
    title = "No such report"


class SettlementNotFoundError(NotFoundError):
    """The month has not been closed: a report tells how it stands."""

    code = "settlement_not_found"
    title = "The month is not closed"


class AccountInFutureError(InvalidError):
    """What will be open later, or owed for a month to come, is not known yet."""

    code = "account_in_future"
    title = "The instant or the month lies in the future"


class SettlementMismatchError(InvalidError):
    """The report that was named is not a settlement of this month, or is not finished."""

    code = "settlement_mismatch"
    title = "The report does not settle this month"


class MonthClosedError(ConflictError):
    """A closed month never changes; with another report, it cannot be closed again."""

    code = "month_closed"
    title = "The month is closed"


class MonthNotOverError(ConflictError):
    """The report was counted before the month had ended."""

    code = "month_not_over"
    title = "The month had not ended"


class MonthTooEarlyError(InvalidError):
    """Whoever closes begins where something happened, or with the month before the programme: all after it follow."""

    code = "month_too_early"
    title = "Nothing had happened by the end of the month"


class EarlierMonthOpenError(ConflictError):
    """Months are closed one after the other; ``extra`` names the one that is next."""

    code = "earlier_month_open"
    title = "An earlier month is still open"
