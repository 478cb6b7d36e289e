"""Why nothing can be told about all members."""

from huitou.kernel.errors import NotFoundError


class NoInsightsError(NotFoundError):
    """No run has been concluded yet."""

    code = "no_insights"
    title = "Nothing has been found out yet"
