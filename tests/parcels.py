"""Builders of messages that are ready to go."""

from __future__ import annotations

from typing import Any

from huitou.channels.model import Parcel, Sender
from huitou.kernel.channels import MessageChannel
from huitou.templates.email import Email
from huitou.templates.making import Message
from huitou.templates.model import TemplateKind
from huitou.templates.sms import sms

MESSAGE = "01JD8V0A3W4Y5Z6A7B8C9D0E1F-01JD8V0A3W4Y5Z6A7B8C9D0E2G"
EMAIL = Email("您的點數快到期了", "<p>您有 <b>120 點</b></p>", "您有 120 點\n")
SENDERS = {
    MessageChannel.EMAIL: Sender("group", "club@huitou.example", "回頭 Huitou Club"),
    MessageChannel.SMS: Sender("group", "Huitou"),
    MessageChannel.LINE: Sender("group", "huitou"),
}
ADDRESSES = {
    MessageChannel.EMAIL: "mei@example.com",
    MessageChannel.SMS: "+886912345678",
    MessageChannel.LINE: "U4af4980629b1a2c3d4e5f60718293a4b",
}
MESSAGES = {
    MessageChannel.EMAIL: Message({}, email=EMAIL),
    MessageChannel.SMS: Message({}, sms=sms("您有 120 點")),
    MessageChannel.LINE: Message({}, line="您有 120 點"),
}


def parcel(channel: MessageChannel, **changes: Any) -> Parcel:
    """A service message of the group's; ``changes`` replace its fields."""
    fields: dict[str, Any] = {
        "id": MESSAGE,
        "retry_key": "123e4567-e89b-12d3-a456-426614174000",
        "channel": channel,
        "kind": TemplateKind.SERVICE,
        "sender": SENDERS[channel],
        "to": ADDRESSES[channel],
        "message": MESSAGES[channel],
    }
    return Parcel(**(fields | changes))


def words_of(message: Message) -> str:
    """What of it reaches the reader on every channel."""
    if message.email:
        return message.email.text
    return message.sms.text if message.sms else message.line or ""
