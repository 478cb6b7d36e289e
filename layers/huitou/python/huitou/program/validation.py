"""Whether a programme can work (M34, E30): everything that cannot is named, with its place and the reason.

`read_document` is the only way from a text to a `ProgramDocument` that may be published. It looks at the shape
first and, where that is right, at the sense (`checks`); of each it reports all problems at once, so that nobody has
to publish ten times to find ten mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from huitou.kernel.errors import FieldError, InvalidError
from huitou.program.checks import (
    campaign_circles,
    campaign_steps,
    campaigns,
    conditions,
    coupons,
    currencies,
    interplay,
    messages,
    names,
    questions,
    references,
    rewards,
    segments,
    settlement,
    templates,
    terms,
    tiers,
)
from huitou.program.checks.findings import Problems
from huitou.program.document import ProgramDocument
from huitou.program.shape import parse_document

MAX_BYTES = 2_000_000
"""Of the document as JSON. Ten thousand stores and hundreds of rules stay below it."""
MAX_PROBLEMS = 100
"""More are not reported at once; the count of all is."""


class InvalidProgramError(InvalidError):
    """The document cannot be published; ``errors`` says where and why."""

    code = "invalid_program"
    title = "The programme cannot work"


def read_document(text: str | bytes) -> ProgramDocument:
    """The document of a JSON text. Raises `InvalidProgramError` with everything that is wrong."""
    document = read_shape(text)
    found = problems(document)
    if found:
        raise refusal(found)
    return document


def read_shape(text: str | bytes) -> ProgramDocument:
    """The document of a JSON text, whether or not it can work: one that was published before, or is a draft.

    Raises `InvalidProgramError` with everything that is wrong with its shape.
    """
    size = len(text.encode() if isinstance(text, str) else text)
    if size > MAX_BYTES:
        raise refusal([FieldError("", f"The document has {size:,} bytes; at most {MAX_BYTES:,} are allowed.")])
    document = parse_document(text)
    if isinstance(document, tuple):
        raise refusal(document)
    return document


def problems(document: ProgramDocument) -> tuple[FieldError, ...]:
    """Everything in a well-formed document that cannot work; empty if it can."""
    return tuple(problem for check in _CHECKS for problem in check(document))


def refusal(errors: Sequence[FieldError]) -> InvalidProgramError:
    """The error that counts all problems and names the first `MAX_PROBLEMS`."""
    count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    return InvalidProgramError(f"The programme has {count}.", errors=errors[:MAX_PROBLEMS])


_CHECKS: tuple[Callable[[ProgramDocument], Problems], ...] = (
    names.ids,
    names.reserved,
    names.labels,
    names.time_zones,
    names.money,
    references.places,
    references.conditions,
    references.repetitions,
    references.home_currency,
    currencies.notices,
    rewards.rewards,
    rewards.multiplied_rates,
    rewards.caps,
    conditions.dates,
    conditions.hours,
    conditions.weekdays,
    conditions.minimums,
    conditions.foreign_brands,
    conditions.foreign_stores,
    interplay.stacks,
    interplay.exclusions,
    segments.definitions,
    segments.one_at_a_time,
    segments.references,
    segments.repetitions,
    segments.no_circles,
    segments.own_affairs,
    questions.bounds,
    questions.windows,
    questions.purchases,
    questions.times,
    questions.words,
    tiers.thresholds,
    tiers.tier_names,
    tiers.periods,
    terms.money_off,
    terms.conversions,
    terms.conversion_circles,
    settlement.prices,
    settlement.worths,
    settlement.values,
    coupons.kinds,
    messages.looks,
    messages.quiet_hours,
    messages.frequency_caps,
    messages.hosts,
    messages.prices,
    messages.senders,
    messages.testers,
    templates.brands,
    templates.languages,
    templates.senders,
    templates.codes,
    templates.texts,
    campaigns.triggers,
    campaigns.birthdays,
    campaigns.goals,
    campaigns.references,
    campaigns.repetitions,
    campaign_steps.steps,
    campaign_steps.deadlines,
    campaign_steps.codes,
    campaign_steps.gifts,
    campaign_steps.coupons,
    campaign_steps.tags,
    campaign_circles.no_circles,
)
