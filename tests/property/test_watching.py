"""M37: what somebody has to hear of a message, whatever became of it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from huitou.channels import reasons
from huitou.channels.model import Accepted, Outcome, Refused, Unclear
from huitou.kernel.channels import MessageChannel
from huitou.outbox.decisions import claim, conclude, defer, suppress
from huitou.outbox.model import MessageState
from huitou.outbox.watching import account_refusal, is_given_up
from huitou.templates.model import TemplateKind
from tests.outbox import NOON, planned

EMAIL = MessageChannel.EMAIL
REFUSED = [each for each in vars(reasons).values() if isinstance(each, Refused)]
UNCLEAR = [each for each in vars(reasons).values() if isinstance(each, Unclear)]
OUTCOMES: list[Outcome] = [Accepted("p"), *REFUSED, *UNCLEAR]


@given(st.sampled_from(TemplateKind), st.sampled_from(OUTCOMES), st.integers(0, 3 * 24 * 3600))
def test_a_refusal_of_the_account_is_heard_of_and_so_is_what_ends_untold(
    kind: TemplateKind, outcome: Outcome, seconds: int
) -> None:
    """Unless it ends at once, after its deadline, and is given up."""
    now = NOON + timedelta(seconds=seconds)
    tried = claim(planned(kind), EMAIL, "club@huitou.example", now)
    after = conclude(tried, 1, outcome, None, now)
    is_of_account = isinstance(outcome, Refused) and outcome.reason in reasons.OF_THE_ACCOUNT
    heard = account_refusal(after), is_given_up(after)
    assert heard[1] is (after.reason == "too_late")
    assert bool(heard[0]) is (is_of_account and not heard[1])


@given(st.sampled_from(["quiet_hours", "not_joined", None]))
def test_what_was_too_late_as_it_was_planned_is_nobodys_fault(reason: str | None) -> None:
    """Its deadline lies within the quiet hours, which a campaign may want so."""
    message = planned(TemplateKind.MARKETING, expires_at=NOON + timedelta(hours=1))
    ended = defer(message, NOON + timedelta(hours=9), reason or "", NOON)
    assert (ended.state, ended.reason) == (MessageState.SUPPRESSED, "too_late")
    assert not is_given_up(ended)


def test_what_nobody_looked_at_in_time_is_given_up() -> None:
    message = planned(expires_at=NOON + timedelta(minutes=10))
    assert is_given_up(suppress(message, "too_late", NOON + timedelta(minutes=10)))
    assert not is_given_up(suppress(message, "cancelled", NOON + timedelta(minutes=10)))
    assert not is_given_up(message)
