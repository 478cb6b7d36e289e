"""M22: whatever is planned, put off, refused, lost and taken back, nobody gets too much, or anything at night."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from huitou.channels.model import Accepted, Outcome, Refused, Unclear
from huitou.kernel.calendars import add_days
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import OwnedId
from huitou.members.identity import card_identity
from huitou.outbox.errors import MessageUnderWayError
from huitou.outbox.model import MessageState
from huitou.outbox.pacing import LATE, is_unsent
from huitou.templates.model import TemplateKind
from tests.builders import TAIPEI
from tests.members import said
from tests.office import Office
from tests.outbox import pressure_of

MOST, DAYS = 2, 3
REACH: Final = {"contact_email": "mei@example.com", "contact_phone": "+886912345678"}
THROTTLED: Final = Refused("throttled", 1)
LOST: Final = Unclear("timeout")
OUTCOMES: Final = (Accepted("p-1"), Refused("blocked"), THROTTLED, LOST)
STEPS = st.one_of(
    st.tuples(st.just("plan"), st.integers(0, 5 * 24 * 60)),
    st.tuples(st.just("receipt"), st.integers(0, 60)),
    st.tuples(st.just("wait"), st.integers(1, 36 * 60)),
    st.tuples(st.just("deliver"), st.integers(0, 7)),
    st.tuples(st.just("cancel"), st.integers(0, 7)),
    st.tuples(st.just("answer"), st.integers(0, len(OUTCOMES) - 1)),
)


class Story:
    """One member, and everything that is planned for them."""

    def __init__(self) -> None:
        self.office = Office({"segments": ["staff"]}, testers="staff", frequency_caps=[{"most": MOST, "days": DAYS}])
        self.mei = self.office.meet(**REACH)
        self.office.appoint(self.mei)
        self.office.agree(self.mei)
        self.messages: list[OwnedId] = []
        self.answer: Outcome = Accepted("p-1")
        for carrier in self.office.carriers.values():
            carrier.says = lambda: self.answer

    def step(self, what: str, number: int) -> None:
        minutes = timedelta(minutes=number)
        match what:
            case "plan":
                self.messages.append(self.office.order(self.mei, send_at=self.office.now + minutes).id)
            case "receipt":
                self.messages.append(self.office.order(self.mei, "receipt", send_at=self.office.now + minutes).id)
            case "wait":
                self.office.now += minutes
            case "answer":
                self.answer = OUTCOMES[number]
            case "deliver" if number < len(self.messages):
                self.deliver(self.messages[number])
            case "cancel" if number < len(self.messages):
                self.cancel(self.messages[number])

    def try_it(self, answer: Outcome) -> None:
        """Mei is sent a trial, of which the provider says ``answer``."""
        said, self.answer = self.answer, answer
        self.office.look(self.office.order(self.mei, trial=True).id)
        self.answer = said

    def told(self) -> Any:
        """What became of the others, and which room they take."""
        slots = pressure_of(self.office.pressure, self.mei).slots
        kept = [self.office.kept(message) for message in self.messages]
        return [(each.history, each.due_at) for each in kept], [slot._replace(message="") for slot in slots]

    def deliver(self, message: OwnedId) -> None:
        before = len(self.office.handed())
        kept = self.office.look(message)
        shown = self.office.now.astimezone(TAIPEI).hour
        if len(self.office.handed()) > before and kept.kind is TemplateKind.MARKETING:
            assert 8 <= shown < 22

    def cancel(self, message: OwnedId) -> None:
        try:
            self.office.desk().cancel(str(message), "maru", self.office.now)
        except MessageUnderWayError:
            return

    def check(self) -> None:
        """The slots are those of the messages, and no window holds more than the cap of what was tried.

        What is put off may move into a window that is full by then: it is looked at again before it is tried.
        """
        kept = [self.office.kept(message) for message in self.messages]
        slots = pressure_of(self.office.pressure, self.mei).slots
        waiting = {each.id.key for each in kept if each.state in {MessageState.PLANNED, MessageState.DEFERRED}}
        counted = {each.id.key for each in kept if each.kind is TemplateKind.MARKETING and not is_unsent(each)}
        assert {slot.message for slot in slots} <= counted
        for each in kept:
            is_reached = each.due_at is not None and each.due_at > add_days(self.office.now, -DAYS, TAIPEI)
            if each.id.key in waiting and each.kind is TemplateKind.MARKETING and is_reached:
                assert [slot.at for slot in slots if slot.message == each.id.key] == [each.due_at]
        tried = [slot.at for slot in slots if slot.message not in waiting]
        for each in kept:
            if each.kind is TemplateKind.MARKETING and each.tried_at and not is_unsent(each):
                ats = [slot.at for slot in slots if slot.message == each.id.key]
                is_reached = each.tried_at - LATE > add_days(self.office.now, -DAYS, TAIPEI)
                assert each.id.key in waiting or not is_reached or each.tried_at - ats[0] <= LATE
        for end in tried:
            assert sum(add_days(end, -DAYS, TAIPEI) < at <= end for at in tried) <= MOST


@given(st.lists(STEPS, max_size=30))
def test_slots_are_in_step_with_messages(steps: list[tuple[str, int]]) -> None:
    """E23, E24"""
    story = Story()
    for what, number in steps:
        story.step(what, number)
        story.check()


@given(st.lists(st.integers(0, 20 * 24 * 60), min_size=1, max_size=15))
def test_nobody_gets_more_than_the_cap_however_much_is_planned(minutes: list[int]) -> None:
    """Once all is sent: counted by what the provider was handed, not by what was written down."""
    story = Story()
    for each in minutes:
        story.step("plan", each)
    sent_out(story)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 20 * 24 * 60), st.integers(0, len(OUTCOMES) - 1)),
        min_size=1,
        max_size=15,
    )
)
def test_no_address_gets_more_than_the_cap_whoever_shares_it(messages: list[tuple[int, int, int]]) -> None:
    """Three have the same mailbox; what a provider refuses at first, it takes later, or never."""
    story = Story()
    family = [story.mei, *(story.office.meet(said(card_identity(f"M-{each}")), **REACH) for each in range(2))]
    for each in family[1:]:
        story.office.agree(each)
    for whose, minutes, _ in messages:
        story.mei = family[whose]
        story.step("plan", minutes)
    sent_out(story, [OUTCOMES[each] for *_, each in messages])


def sent_out(story: Story, answers: Sequence[Outcome] = ()) -> None:
    """All that was planned, in the order of time, until the providers know of it; these ``answers`` they give first.

    No address was tried more often than the cap allows, but for what was refused.
    """
    coming = iter(answers)
    tried: defaultdict[tuple[MessageChannel, str], list[datetime]] = defaultdict(list)
    while True:
        due = [(at, name) for name in story.messages if (at := story.office.kept(name).due_at)]
        if not due:
            break
        at, name = min(due)
        story.office.now = max(story.office.now, at)
        story.answer = next(coming, Accepted("p-1"))
        before = Counter(story.office.handed())
        story.deliver(name)
        if not isinstance(story.answer, Refused):
            for address in Counter(story.office.handed()) - before:
                tried[address].append(story.office.now)
    assert tried or answers
    for each in tried.values():
        for end in each:
            assert sum(add_days(end, -DAYS, TAIPEI) < at <= end for at in each) <= MOST


@given(st.lists(st.tuples(STEPS, st.none() | st.sampled_from([Accepted("p-1"), THROTTLED, LOST])), max_size=15))
def test_trials_change_nothing_of_what_others_get(steps: list[tuple[tuple[str, int], Outcome | None]]) -> None:
    """E23, E24: the same story with trials between its steps, and without."""
    with_trials, without = Story(), Story()
    for step, answer in steps:
        if answer:
            with_trials.try_it(answer)
        with_trials.step(*step)
        without.step(*step)
    assert with_trials.told() == without.told()
