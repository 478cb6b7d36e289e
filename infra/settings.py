"""What differs between one deployment of Huitou and another, typed and in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk.aws_lambda import Architecture, Runtime, RuntimeFamily
from aws_cdk.aws_logs import RetentionDays

from infra.layer_builder import PYTHON_VERSION

LOCAL: Final = "local"

RUNTIME: Final = Runtime("python" + PYTHON_VERSION, RuntimeFamily.PYTHON)
ARCHITECTURE: Final = Architecture.ARM_64


@dataclass(frozen=True, slots=True)
class Settings:
    """One deployment.

    `requests_per_second` and `burst` throttle the whole API, those of `public` each path that needs no key.
    `import_workers` bounds how many chunks of an import are applied at once, `due_workers` how many due messages: both
    protect the table and the account's concurrency. `time_zone` says when it is night: what can wait runs then.

    So many `marketing_workers` hand over marketing at once. `marketing_rates` bounds how much of it goes out in a
    second, by channel: messages, of SMS their parts. It is a share of what the account may send, since service messages
    need the rest. A channel that is not named is as fast as the workers.
    """

    stage: str
    log_retention: RetentionDays
    requests_per_second: int
    burst: int
    public_requests_per_second: int
    public_burst: int
    import_workers: int
    due_workers: int
    marketing_workers: int
    marketing_rates: Mapping[str, float]
    alarm_email: str | None = None
    repository: str | None = None
    time_zone: str = "Asia/Taipei"

    @property
    def is_local(self) -> bool:
        """True on the emulator: data may be destroyed, and layers are built for this machine."""
        return self.stage == LOCAL

    @property
    def marketing_pace(self) -> Mapping[str, float]:
        """For how many seconds each message, or part of an SMS, keeps its worker, so that the rates hold."""
        return {channel: self.marketing_workers / rate for channel, rate in self.marketing_rates.items()}

    @property
    def removal_policy(self) -> RemovalPolicy:
        """What happens to data when its stack goes."""
        return RemovalPolicy.DESTROY if self.is_local else RemovalPolicy.RETAIN


def settings_for(stage: str, alarm_email: str | None = None, repository: str | None = None) -> Settings:
    """Settings of a stage. Every stage but `local` is a real one and gets the same treatment, whatever its name.

    `alarm_email` receives the alarms. `repository` ("owner/name" on GitHub) may deploy this stage without secrets.
    """
    if not stage.isidentifier() or len(stage) > 20:
        raise ValueError(f"stage {stage!r} must be a short name of letters, digits and underscores")
    if stage == LOCAL:
        return Settings(
            stage,
            RetentionDays.ONE_DAY,
            10_000,
            5_000,
            1_000,
            1_000,
            import_workers=2,
            due_workers=2,
            marketing_workers=2,
            marketing_rates={},
        )
    return Settings(
        stage,
        RetentionDays.THREE_MONTHS,
        requests_per_second=500,
        burst=1_000,
        public_requests_per_second=100,
        public_burst=200,
        import_workers=20,
        due_workers=10,
        marketing_workers=5,
        marketing_rates={"email": 10, "sms": 10},
        alarm_email=alarm_email,
        repository=repository,
    )
