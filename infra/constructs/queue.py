"""A queue whose failures are kept and noticed."""

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarm import OFTEN, Alarms
from infra.constructs.review import acknowledge

RETENTION = Duration.days(14)
ATTEMPTS = 5


class DeadLetterQueue(sqs.Queue):
    """Holds what could not be handled for 14 days; the first message in it raises an alarm."""

    def __init__(self, scope: Construct, name: str, *, alarms: Alarms) -> None:
        super().__init__(
            scope,
            name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=RETENTION,
        )
        alarms.begin(
            f"{name}-not-empty",
            self.metric_approximate_number_of_messages_visible(period=OFTEN),
            says=f"{name} holds messages that nobody could handle",
        )
        last_stop = "This is where messages end that could not be handled; people take it from here."
        acknowledge(self, {"AwsSolutions-SQS3": last_stop, "Serverless-SQSRedrivePolicy": last_stop})


class WorkQueue(sqs.Queue):
    """A queue for one worker, with a dead-letter queue after five attempts.

    A message stays hidden for six times the worker's timeout, as Lambda's event source advises. An alarm tells when one
    has been there for as long as `late`, which counts the two minutes for which it may have been held back.
    """

    def __init__(
        self, scope: Construct, name: str, *, worker_timeout: Duration, late: Duration, alarms: Alarms
    ) -> None:
        self.dead_letters = DeadLetterQueue(scope, f"{name}-dead-letters", alarms=alarms)
        super().__init__(
            scope,
            name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=RETENTION,
            visibility_timeout=Duration.seconds(worker_timeout.to_seconds() * 6),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=ATTEMPTS),
        )
        CfnOutput(scope, f"{name.title().replace('-', '')}Queue", value=self.queue_url)
        alarms.begin(
            f"{name}-late",
            self.metric_approximate_age_of_oldest_message(period=OFTEN, statistic="Maximum"),
            says=f"{name} holds a message for longer than {late.to_minutes():.0f} minutes",
            threshold=late.to_seconds(),
        )
