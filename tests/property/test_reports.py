"""M25: reports come again, late and in any order, and a message ends as the most telling of them says."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from huitou.channels.model import Unclear
from huitou.feedback.reading import read_report
from huitou.kernel.channels import MessageChannel
from huitou.outbox.decisions import claim, conclude, resolve
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.templates.model import TemplateKind
from tests.outbox import NOON, planned
from tests.reports import bounced, complained, emailed, record_of, told

IN_ORDER = {
    "sent": emailed("Send", send={}),
    "out of office": bounced("Transient"),
    "delivered": told("delivery"),
    "called spam": complained(),
    "gone": bounced(),
}
"""The later, the more telling; a complaint says that it was delivered."""
ENDS = {
    "sent": (MessageState.ACCEPTED, None),
    "out of office": (MessageState.FAILED, "bounced_for_now"),
    "delivered": (MessageState.DELIVERED, None),
    "called spam": (MessageState.DELIVERED, None),
    "gone": (MessageState.FAILED, "bounced"),
}


def handed_over(kind: TemplateKind, is_unclear: bool) -> OutboxMessage:
    sending = claim(planned(kind), MessageChannel.EMAIL, "club@huitou.example", NOON)
    return conclude(sending, 1, Unclear("timeout"), None, NOON) if is_unclear else sending


@given(
    kind=st.sampled_from(TemplateKind),
    is_unclear=st.booleans(),
    heard=st.lists(st.sampled_from(sorted(IN_ORDER)), min_size=1, max_size=12),
)
def test_any_order_and_repetition_ends_as_the_most_telling_report_says(
    kind: TemplateKind, is_unclear: bool, heard: list[str]
) -> None:
    message, seen = handed_over(kind, is_unclear), []
    for name in heard:
        report: Any = read_report(record_of(IN_ORDER[name])["body"])
        message = resolve(message, report.delivery, NOON)
        seen.append(message.state)
    assert (message.state, message.reason) == ENDS[max(heard, key=list(IN_ORDER).index)]
    assert message.due_at is None
    arrived = seen.index(MessageState.DELIVERED) if MessageState.DELIVERED in seen else len(seen)
    assert set(seen[arrived:]) <= {MessageState.DELIVERED, MessageState.FAILED}
    assert "gone" in heard or MessageState.FAILED not in seen[arrived:]
