"""Alarms: what is measured, from where on it matters, what it says, and to whom."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.constructs.review import acknowledge
from infra.settings import Settings

OFTEN: Final = Duration.minutes(1)


class Alarms(Construct):
    """All alarms of a deployment, and the topic that they tell."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings) -> None:
        super().__init__(scope, name)
        self._topic = sns.Topic(self, "topic", display_name=f"Huitou {settings.stage}", enforce_ssl=True)
        if settings.alarm_email:
            self._topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))
            acknowledge(
                self._topic,
                {"Serverless-SNSRedrivePolicy": "A lost e-mail is not a lost alarm: its state stays visible."},
            )

    def begin(self, name: str, metric: cloudwatch.IMetric, *, says: str, threshold: float = 1) -> None:
        """As soon as `metric` has reached `threshold` in one of its periods; where there are no figures, never."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            alarm_description=says,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))


def counted(service: str, name: str, *, over: Duration = OFTEN) -> cloudwatch.Metric:
    """How much of `name` a function has counted (`huitou.platform.observability`)."""
    return cloudwatch.Metric(
        namespace="Huitou", metric_name=name, dimensions_map={"service": service}, statistic="Sum", period=over
    )
