"""Campaigns (M19): from what becomes true of a member to their mailbox, by itself; and not for who came back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.builders import TAIPEI
from tests.e2e.calls import PROGRAM, enrolment, found, now, unique
from tests.e2e.platform import Platform, eventually
from tests.e2e.publishing import hold
from tests.templates import SENDERS, speaking, template

BIRTHDAY = {"id": "birthday", "name": "Birthday", "when": {"birthday": {"days_before": 0, "days_after": 0}}}
TOLD = {
    "id": "told",
    "name": "Told",
    "enters": "birthday",
    "once": "birthday",
    "steps": [{"send": {"template": "hello"}}],
}
HELD_UP = {**TOLD, "id": "held-up", "steps": [{"wait_days": 1}, {"send": {"template": "hello"}}]}


@pytest.fixture(scope="module", autouse=True)
def _congratulating(api: httpx.Client, platform: Platform) -> Iterator[None]:
    """The programme of the tests, which congratulates here."""
    email: Any = platform.stack.client("sesv2")
    email.create_email_identity(EmailIdentity=SENDERS[0]["email"]["address"])  # type: ignore[index]
    messages = {**speaking()["messages"], "quiet_hours": None}
    hold(
        api,
        {
            **PROGRAM,
            "segments": [*PROGRAM.get("segments", []), BIRTHDAY],
            "messages": messages,
            "templates": [template()],
            "campaigns": [TOLD, HELD_UP],
        },
    )
    yield
    hold(api, PROGRAM)


class Mei:
    """Somebody with a mailbox who agreed to everything of the group's."""

    def __init__(self, api: httpx.Client, platform: Platform) -> None:
        self._api = api
        self._platform = platform
        self.address = f"{unique('mei').lower()}@example.com"
        profile = {"name": "小美", "contact_email": self.address}
        self.path = f"/v1/members/{api.post('/v1/members', json=enrolment(profile=profile)).json()['member_id']}"
        agreed = {"granted": True, "source": "said at the till"}
        found(api.put(f"{self.path}/consents/email/group/marketing", json=agreed))

    def is_born(self, day: str) -> None:
        found(self._api.patch(self.path, json={"profile": {"birthday": day}}, headers={"If-Match": "*"}))

    def journeys(self) -> dict[str, Any]:
        self._platform.tick()
        return {each["campaign"]: each for each in found(self._api.get(f"{self.path}/journeys"))["items"]}

    def messages(self) -> list[Any]:
        return list(found(self._api.get(f"{self.path}/messages"))["items"])

    def mail(self) -> list[str]:
        """The subjects of what has come."""
        accounts = httpx.get(f"{self._platform.stack.endpoint}/_ministack/ses/messages").json()["messages"]
        mails = [each for messages in accounts.values() for each in messages]
        return [each["Subject"] for each in mails if self.address in each["To"]]


def test_whose_birthday_it_is_gets_mail_once_by_itself(api: httpx.Client, platform: Platform) -> None:
    """M17, M19, M23: nobody calls anything but that they were born on this day."""
    mei, today = Mei(api, platform), now().astimezone(TAIPEI).date()
    mei.is_born(f"1990-{today:%m-%d}" if (today.month, today.day) != (2, 29) else "1992-02-29")
    assert eventually(lambda: mei.journeys().get("told", {}).get("state") == "completed")
    assert eventually(lambda: [each["state"] for each in mei.messages()] == ["accepted"])
    assert mei.mail() == ["Hello 小美"]
    (message,), journey = mei.messages(), mei.journeys()["told"]
    assert (message["campaign"], journey["occurrence"]) == ("told", str(today.year))
    assert [turn["message_id"] for turn in journey["turns"]] == [message["message_id"]]
    assert mei.journeys()["held-up"]["state"] == "running"

    mei.is_born("1990-01-01" if today.month > 6 else "1990-12-31")
    mei.is_born(f"1990-{today:%m-%d}" if (today.month, today.day) != (2, 29) else "1992-02-29")
    platform.tick()
    assert mei.mail() == ["Hello 小美"]
    assert len(mei.messages()) == 1
