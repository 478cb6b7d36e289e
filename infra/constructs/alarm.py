"""An alarm that tells somebody: what is measured, from where on it matters, and what it says."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

OFTEN: Final = Duration.minutes(1)


def raise_alarm(
    scope: Construct,
    name: str,
    metric: cloudwatch.IMetric,
    *,
    says: str,
    alarms: sns.ITopic,
    threshold: float = 1,
) -> None:
    """Tells `alarms` as soon as `metric` has reached `threshold` in one of its periods; of no figures, nothing."""
    alarm = cloudwatch.Alarm(
        scope,
        name,
        metric=metric,
        alarm_description=says,
        threshold=threshold,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    alarm.add_alarm_action(actions.SnsAction(alarms))


def counted(service: str, name: str, *, over: Duration = OFTEN) -> cloudwatch.Metric:
    """How much of `name` a function has counted (`huitou.platform.observability`)."""
    return cloudwatch.Metric(
        namespace="Huitou", metric_name=name, dimensions_map={"service": service}, statistic="Sum", period=over
    )
