"""The function that sends is told by its settings who delivers, and stops at once where they cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from huitou.channels.email import SesEmail
from huitou.channels.line import LinePush
from huitou.channels.model import Accepted
from huitou.channels.providers import Providers, ProviderSettings
from huitou.channels.sms import EndUserMessagingSms, SnsSms
from huitou.kernel.channels import MessageChannel
from huitou.platform.settings import SettingsError, load
from tests.parcels import MESSAGE, parcel

REAL = {
    "AWS_REGION": "ap-northeast-1",
    "HUITOU_EMAIL_SERVICE": "ses",
    "HUITOU_SMS_SERVICE": "end_user_messaging",
    "HUITOU_LINE_SERVICE": "line",
    "HUITOU_LINE_SECRET": "line",
}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them, a client of AWS looks for some on the network as soon as it is made."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")


def providers(**changes: str) -> Providers:
    return Providers(load(ProviderSettings, REAL | changes))


def test_each_channel_has_the_provider_that_the_settings_name() -> None:
    real = providers()
    assert isinstance(real.of(MessageChannel.EMAIL), SesEmail)
    assert isinstance(real.of(MessageChannel.SMS), EndUserMessagingSms)
    assert isinstance(real.of(MessageChannel.LINE), LinePush)
    assert isinstance(providers(HUITOU_SMS_SERVICE="sns").of(MessageChannel.SMS), SnsSms)


def test_a_provider_is_made_once() -> None:
    real = providers()
    assert real.of(MessageChannel.EMAIL) is real.of(MessageChannel.EMAIL)


def test_the_package_of_line_waits_for_the_first_message_by_line() -> None:
    """It takes more than a second to be imported."""
    program = "import sys, huitou.channels.providers; print('linebot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("channel", MessageChannel)
def test_every_channel_can_be_tried_on_the_console(channel: MessageChannel, tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    console = dict.fromkeys(("HUITOU_EMAIL_SERVICE", "HUITOU_SMS_SERVICE", "HUITOU_LINE_SERVICE"), "console")

    provider = providers(**console, HUITOU_CONSOLE_FILE=str(file)).of(channel)

    assert provider.hand_over(parcel(channel)) == Accepted(MESSAGE)
    assert MESSAGE in file.read_text()


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("HUITOU_EMAIL_SERVICE", "pigeon", "HUITOU_EMAIL_SERVICE is one of console, ses"),
        ("HUITOU_SMS_SERVICE", "ses", "HUITOU_SMS_SERVICE is one of console, end_user_messaging, sns"),
        ("HUITOU_LINE_SERVICE", "", "HUITOU_LINE_SERVICE"),
        ("HUITOU_LINE_SERVICE", "console", "HUITOU_CONSOLE_FILE"),
        ("HUITOU_LINE_SECRET", "", "HUITOU_LINE_SECRET"),
    ],
)
def test_settings_that_cannot_be_stop_the_function_and_are_named(variable: str, value: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        providers(**{variable: value})
