"""A function that reads the stream of a table, by the rules that every reader follows (E21)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import jsii
from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.alarm import OFTEN, Alarms, counted
from infra.constructs.function import HandlerFunction

READ_STREAM: Final = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)
BATCH: Final = 100
# The stream forgets after a day: what cannot be handled for half of it is kept elsewhere while it can be read at all.
LONGEST: Final = Duration.hours(12)
RETRIES: Final = 1_000
LATE: Final = Duration.minutes(5)


class StreamReader(Construct):
    """Hands `function` the records of `table`'s stream that pass one of `filters`.

    It answers with the records that failed, and the stream goes on from there; a batch that fails whole is halved
    until the bad record is alone. What fails for good is written to `set_aside`, by Lambda whole, or by the function
    itself, which may add files there and read none. An alarm tells when the reader falls behind, another one when the
    function has set something aside.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        function: HandlerFunction,
        table: dynamodb.Table,
        filters: Sequence[Mapping[str, Any]],
        set_aside: s3.Bucket,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, name)
        stream = table.table_stream_arn
        if stream is None:
            raise ValueError(f"table {table.node.id} has no stream to read")
        function.allow(READ_STREAM, stream)
        function.allow(["s3:ListBucket"], set_aside.bucket_arn)
        lambda_.EventSourceMapping(
            self,
            "source",
            target=function,
            event_source_arn=stream,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=BATCH,
            filters=[lambda_.FilterCriteria.filter(dict(each)) for each in filters],
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            retry_attempts=RETRIES,
            max_record_age=LONGEST,
            on_failure=_ToBucket(set_aside),
        )
        alarms.begin(
            f"{function.node.id}-late",
            function.metric("IteratorAge", statistic="Maximum", period=OFTEN),
            says=f"{function.node.id} has not seen changes of the last five minutes",
            threshold=LATE.to_milliseconds(),
        )
        let_set_aside(function, set_aside, alarms)


def let_set_aside(function: HandlerFunction, bucket: s3.Bucket, alarms: Alarms) -> None:
    """The function may add files to the bucket, and read none; an alarm tells that it did."""
    function.allow(["s3:PutObject"], bucket.arn_for_objects("*"))
    alarms.begin(
        f"{function.node.id}-set-aside",
        counted(function.node.id, "ChangesSetAside"),
        says=f"{function.node.id} set aside what it could not handle",
    )


@jsii.implements(lambda_.IEventSourceDlq)
class _ToBucket:
    """CDK's own destination would let the function read and delete what is there, too."""

    def __init__(self, bucket: s3.IBucket) -> None:
        self._bucket = bucket

    def bind(
        self, target: lambda_.IEventSourceMapping, target_handler: lambda_.IFunction
    ) -> lambda_.DlqDestinationConfig:
        del target, target_handler
        return lambda_.DlqDestinationConfig(destination=self._bucket.bucket_arn)
