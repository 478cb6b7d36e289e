"""Who delivers on which channel, by the settings of the function that sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from huitou.channels.console import Console
from huitou.channels.email import SesEmail
from huitou.channels.line_tokens import LineTokens
from huitou.channels.model import Provider
from huitou.channels.sms import EndUserMessagingSms, SnsSms
from huitou.kernel.channels import MessageChannel
from huitou.platform.secrets import Secret
from huitou.platform.settings import Settings, SettingsError


class ProviderSettings(Settings):
    """What the function that sends needs for it, besides its own needs."""

    email_service: Annotated[str, "HUITOU_EMAIL_SERVICE"]
    """``ses`` or ``console``."""
    email_configuration_set: Annotated[str | None, "HUITOU_EMAIL_CONFIGURATION_SET"] = None
    sms_service: Annotated[str, "HUITOU_SMS_SERVICE"]
    """``end_user_messaging``, ``sns`` or ``console``."""
    sms_configuration_set: Annotated[str | None, "HUITOU_SMS_CONFIGURATION_SET"] = None
    line_service: Annotated[str, "HUITOU_LINE_SERVICE"]
    """``line`` or ``console``."""
    line_secret: Annotated[str | None, "HUITOU_LINE_SECRET"] = None
    """Name or ARN of the secret with the tokens of all LINE channels (`line_tokens`): needed by ``line``."""
    line_endpoint: Annotated[str | None, "HUITOU_LINE_ENDPOINT"] = None
    """Where LINE is, for tests; without it, LINE's own."""
    console_file: Annotated[str | None, "HUITOU_CONSOLE_FILE"] = None
    """Where ``console`` writes: needed by it alone."""


Maker = Callable[[ProviderSettings], Provider]


class Providers:
    """A provider for each channel, made when it is asked for first; built once per function.

    Raises `SettingsError` for a service that there is not, and for one that misses a setting.
    """

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._makers = {
            MessageChannel.EMAIL: _chosen("HUITOU_EMAIL_SERVICE", settings.email_service, _EMAIL),
            MessageChannel.SMS: _chosen("HUITOU_SMS_SERVICE", settings.sms_service, _SMS),
            MessageChannel.LINE: _chosen("HUITOU_LINE_SERVICE", settings.line_service, _LINE),
        }
        if _console in self._makers.values() and not settings.console_file:
            raise SettingsError("HUITOU_CONSOLE_FILE says where the console writes, and is missing.")
        if _line in self._makers.values() and not settings.line_secret:
            raise SettingsError("HUITOU_LINE_SECRET names the secret with the tokens of LINE, and is missing.")
        self._made: dict[MessageChannel, Provider] = {}

    def of(self, channel: MessageChannel) -> Provider:
        """Who delivers there."""
        if channel not in self._made:
            self._made[channel] = self._makers[channel](self._settings)
        return self._made[channel]


def _chosen(variable: str, name: str, makers: Mapping[str, Maker]) -> Maker:
    try:
        return makers[name]
    except KeyError as error:
        raise SettingsError(f"{variable} is one of {', '.join(sorted(makers))}.") from error


def _console(settings: ProviderSettings) -> Provider:
    return Console(Path(settings.console_file or ""))


def _ses(settings: ProviderSettings) -> Provider:
    return SesEmail(settings.region, settings.endpoint, settings.email_configuration_set)


def _end_user_messaging(settings: ProviderSettings) -> Provider:
    return EndUserMessagingSms(settings.region, settings.endpoint, settings.sms_configuration_set)


def _sns(settings: ProviderSettings) -> Provider:
    return SnsSms(settings.region, settings.endpoint)


def _line(settings: ProviderSettings) -> Provider:
    # LINE's package takes more than a second to be imported: only those who send by LINE pay.
    from huitou.channels.line import LinePush  # noqa: PLC0415

    secret = Secret(settings.line_secret or "", settings.region, settings.endpoint)
    return LinePush(LineTokens(secret), settings.line_endpoint)


_EMAIL: Mapping[str, Maker] = {"ses": _ses, "console": _console}
_SMS: Mapping[str, Maker] = {"end_user_messaging": _end_user_messaging, "sns": _sns, "console": _console}
_LINE: Mapping[str, Maker] = {"line": _line, "console": _console}
