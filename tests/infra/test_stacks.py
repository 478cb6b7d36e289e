"""What the templates promise: data is safe, work is not lost, refusals speak, and nothing idles at a price."""

from __future__ import annotations

import json
import re
from math import prod
from typing import Any

import pytest

from cli import redrive
from huitou.channels.line import TIMEOUTS
from huitou.templates.sms import MOST_PARTS
from infra.routes import PUBLIC, ROUTES
from infra.settings import settings_for
from infra.sources import ROOT
from tests.infra.conftest import MORE_LAYERS, Deployment

WORKERS = ("book_due", "dispatch_messages", "dispatch_messages", "hear_providers")
"""Of each queue; those of marketing and of service messages have the same."""


def test_no_stack_comes_near_what_cloudformation_takes(production: Deployment) -> None:
    """500 resources; the last one too many would be found by whoever adds a function that has nothing to do with it."""
    assert max(production.sizes.values()) <= 450


class TestDataIsSafe:
    def test_tables_can_be_restored_to_any_second_and_not_deleted(self, production: Deployment) -> None:
        for table in production.properties("AWS::DynamoDB::Table"):
            assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
            assert table["DeletionProtectionEnabled"] is True
            assert table["SSESpecification"] == {"SSEEnabled": True}
            assert table["BillingMode"] == "PAY_PER_REQUEST"

    @pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"])
    def test_data_outlives_its_stack_on_aws_and_not_locally(
        self, production: Deployment, local: Deployment, kind: str
    ) -> None:
        assert {each["DeletionPolicy"] for each in production.of(kind).values()} == {"Retain"}
        assert {each["DeletionPolicy"] for each in local.of(kind).values()} == {"Delete"}

    def test_the_members_table_forgets_codes_and_the_programmes_forgets_nothing(self, production: Deployment) -> None:
        """M39, E25"""
        forgetting = [table.get("TimeToLiveSpecification") for table in production.properties("AWS::DynamoDB::Table")]
        assert sorted(forgetting, key=bool) == [None, {"AttributeName": "forgotten_at", "Enabled": True}]

    def test_local_tables_may_be_deleted(self, local: Deployment) -> None:
        assert not any(table["DeletionProtectionEnabled"] for table in local.properties("AWS::DynamoDB::Table"))

    def test_members_are_streamed_whole_indexed_by_when_they_are_due_and_listed_in_shards(
        self, production: Deployment
    ) -> None:
        (members,) = [
            table for table in production.properties("AWS::DynamoDB::Table") if "StreamSpecification" in table
        ]
        assert members["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
        indexes = {each["IndexName"]: each for each in members["GlobalSecondaryIndexes"]}
        columns = {name: [key["AttributeName"] for key in each["KeySchema"]] for name, each in indexes.items()}
        assert columns == {
            "due": ["due_pk", "due_sk"],
            "members": ["members_pk", "pk"],
            "segments": ["segments_pk", "segments_sk"],
        }
        keys_only = {"ProjectionType": "KEYS_ONLY"}
        assert {name: each["Projection"] for name, each in indexes.items()} == {
            "due": keys_only,
            "members": keys_only,
            "segments": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["joined"]},
        }

    def test_files_are_private_encrypted_and_gone_after_a_month(self, production: Deployment) -> None:
        buckets = production.properties("AWS::S3::Bucket")
        assert len(buckets) == 2
        for bucket in buckets:
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
            assert "BucketEncryption" in bucket
            (rule,) = bucket["LifecycleConfiguration"]["Rules"]
            assert rule["ExpirationInDays"] == 30
        policies = production.properties("AWS::S3::BucketPolicy")
        assert len(policies) == len(buckets)
        for policy in policies:
            (statement,) = policy["PolicyDocument"]["Statement"]
            assert statement["Effect"] == "Deny"
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    def test_the_bus_and_a_month_of_what_was_told_outlive_their_stack(
        self, production: Deployment, local: Deployment
    ) -> None:
        """M36: subscribers of other stacks hang on the bus; the emulator has no archive."""
        for kind in ("AWS::Events::EventBus", "AWS::Events::Archive"):
            assert {each["DeletionPolicy"] for each in production.of(kind).values()} == {"Retain"}
        (bus,) = production.properties("AWS::Events::EventBus")
        assert bus["Name"] == "huitou-production"
        (archive,) = production.properties("AWS::Events::Archive")
        assert archive["RetentionDays"] == 30
        assert not [each for each in local.resources.values() if each["Type"] == "AWS::Events::Archive"]

    def test_nobody_outside_the_account_may_use_the_bus(self, production: Deployment) -> None:
        assert "AWS::Events::EventBusPolicy" not in {each["Type"] for each in production.resources.values()}


class TestNoWorkIsLost:
    def test_what_the_worker_cannot_book_is_set_aside_message_by_message(self, production: Deployment) -> None:
        """E21: a poisoned message neither stops nor repeats its neighbours."""
        sources = production.properties("AWS::Lambda::EventSourceMapping")
        assert all(source["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for source in sources)
        queues = production.properties("AWS::SQS::Queue")
        attempts = [queue["RedrivePolicy"]["maxReceiveCount"] for queue in queues if "RedrivePolicy" in queue]
        assert attempts == [5] * len(WORKERS)

    def test_a_message_stays_hidden_for_six_times_the_workers_time(self, production: Deployment) -> None:
        queues = [queue for queue in production.properties("AWS::SQS::Queue") if "RedrivePolicy" in queue]
        hidden = sorted(queue["VisibilityTimeout"] for queue in queues)
        assert hidden == sorted(6 * production.function(name)["Timeout"] for name in WORKERS)

    def test_slow_providers_leave_half_of_the_workers_time(self, production: Deployment) -> None:
        """M23: whoever runs out of it leaves marketing in doubt that nobody was handed."""
        (batch,) = {each["BatchSize"] for each in _sending(production)}
        assert batch * sum(TIMEOUTS) <= production.function("dispatch_messages")["Timeout"] / 2

    def test_every_queue_is_encrypted_and_keeps_messages_for_two_weeks(self, production: Deployment) -> None:
        for queue in production.properties("AWS::SQS::Queue"):
            assert queue["SqsManagedSseEnabled"] is True
            assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600

    def test_every_dead_letter_queue_raises_an_alarm_with_somebody(self, production: Deployment) -> None:
        dead_letters = {name for name, queue in _queues(production) if "RedrivePolicy" not in queue}
        alarms = _alarms(production, "ApproximateNumberOfMessagesVisible")
        assert _queues_of(production, alarms) == dead_letters
        assert all(alarm["AlarmActions"] and alarm["Threshold"] == 1 for alarm in alarms)
        mails = [each for each in production.properties("AWS::SNS::Subscription") if each["Protocol"] == "email"]
        assert [mail["Endpoint"] for mail in mails] == ["alarms@example.com"]

    def test_every_queue_of_a_worker_can_be_given_back_its_dead_letters(self, production: Deployment) -> None:
        """By name: `huitou redrive`."""
        queues = {name for name, queue in _queues(production) if "RedrivePolicy" in queue}
        assert {production.outputs[queue.output]["Value"]["Ref"] for queue in redrive.Queue} == queues

    def test_every_queue_of_a_worker_raises_an_alarm_when_it_is_late(self, production: Deployment) -> None:
        """M37: of what is held back for two minutes, none does."""
        queues = {name for name, queue in _queues(production) if "RedrivePolicy" in queue}
        alarms = _alarms(production, "ApproximateAgeOfOldestMessage")
        assert _queues_of(production, alarms) == queues
        assert all(alarm["AlarmActions"] and alarm["Threshold"] > 2 * 120 for alarm in alarms)

    def test_readers_of_the_stream_halve_what_fails_and_keep_what_fails_for_good(self, production: Deployment) -> None:
        """E21: at most two readers, each with a retry limit, a maximum age and a bucket for the rest."""
        sources = production.properties("AWS::Lambda::EventSourceMapping")
        readers = [source for source in sources if "StartingPosition" in source]
        assert 1 <= len(readers) <= 2
        for reader in readers:
            assert reader["BisectBatchOnFunctionError"] is True
            assert reader["MaximumRetryAttempts"] > 0
            assert 0 < reader["MaximumRecordAgeInSeconds"] < 24 * 3600
            assert "setaside" in str(reader["DestinationConfig"]["OnFailure"]["Destination"])
            assert reader["FilterCriteria"]["Filters"]

    def test_every_reader_of_the_stream_raises_an_alarm_when_it_is_late_or_sets_something_aside(
        self, production: Deployment
    ) -> None:
        alarms = production.properties("AWS::CloudWatch::Alarm")
        sources = production.properties("AWS::Lambda::EventSourceMapping")
        readers = [source for source in sources if "StartingPosition" in source]
        for name, others in (("IteratorAge", 0), ("ChangesSetAside", 1)):
            told = [alarm for alarm in alarms if alarm["MetricName"] == name]
            assert len(told) == len(readers) + others
            assert all(alarm["AlarmActions"] for alarm in told)

    def test_the_clock_ticks_each_minute_and_a_failed_tick_is_kept(self, production: Deployment) -> None:
        schedules = production.properties("AWS::Scheduler::Schedule")
        (tick,) = [each for each in schedules if each["ScheduleExpression"] == "rate(1 minute)"]
        assert "DeadLetterConfig" in tick["Target"]
        (asynchronous,) = production.properties("AWS::Lambda::EventInvokeConfig")
        assert "OnFailure" in asynchronous["DestinationConfig"]


class TestSending:
    def test_service_messages_never_wait_behind_marketing(self, production: Deployment) -> None:
        """M23: two queues, each with workers of its own."""
        limits = {str(each["EventSourceArn"]): each["ScalingConfig"] for each in _sending(production)}
        assert len(limits) == 2
        by_kind = {"servicemessages" in queue: limit["MaximumConcurrency"] for queue, limit in limits.items()}
        settings = settings_for("production")
        assert by_kind == {False: settings.marketing_workers, True: settings.due_workers}

    def test_marketing_leaves_the_providers_room(self, production: Deployment) -> None:
        """M23: workers divided by the seconds for which each message keeps one; also the longest SMS ends in time."""
        function, settings = production.function("dispatch_messages"), settings_for("production")
        pace = json.loads(function["Environment"]["Variables"]["HUITOU_MARKETING_PACE"])
        assert {name: settings.marketing_workers / each for name, each in pace.items()} == settings.marketing_rates
        (batch,) = {each["BatchSize"] for each in _sending(production)}
        assert batch * MOST_PARTS * pace["sms"] <= function["Timeout"] / 2

    def test_an_account_that_is_turned_away_raises_an_alarm_though_nothing_is_set_aside(
        self, production: Deployment
    ) -> None:
        """M37: by what the function that sends counts, under its name."""
        for name in ("AccountRefusals", "MessagesGivenUp"):
            (alarm,) = _alarms(production, name)
            assert (alarm["Namespace"], alarm["Statistic"], alarm["Period"]) == ("Huitou", "Sum", 3600)
            assert alarm["Dimensions"] == [{"Name": "service", "Value": "dispatch_messages"}]
            assert alarm["AlarmActions"]
            assert alarm["Threshold"] <= 10

    def test_somebody_hears_of_bounces_and_complaints_before_ses_stops_the_account(
        self, production: Deployment, local: Deployment
    ) -> None:
        """M37: from where SES reviews accounts; it stops them at twice and at five times as much."""
        for name, threshold in (("Reputation.BounceRate", 0.05), ("Reputation.ComplaintRate", 0.001)):
            (alarm,) = _alarms(production, name)
            assert (alarm["Namespace"], alarm["Threshold"], alarm.get("Dimensions")) == ("AWS/SES", threshold, None)
            assert alarm["AlarmActions"]
            assert not _alarms(local, name)


class TestFeedback:
    def test_both_services_report_to_one_topic_and_nobody_else_may(self, production: Deployment) -> None:
        """M25."""
        (of_email,) = production.properties("AWS::SES::ConfigurationSetEventDestination")
        (of_sms,) = production.properties("AWS::SMSVOICE::ConfigurationSet")
        assert set(of_email["EventDestination"]["MatchingEventTypes"]) == {
            *("send", "delivery", "bounce", "complaint", "reject", "renderingFailure")
        }
        topic = of_email["EventDestination"]["SnsDestination"]["TopicARN"]["Ref"]
        assert of_sms["EventDestinations"][0]["SnsDestination"] == {"TopicArn": {"Ref": topic}}
        (policy,) = [
            each["PolicyDocument"]["Statement"]
            for each in production.properties("AWS::SNS::TopicPolicy")
            if {"Ref": topic} in each["Topics"]
        ]
        allowed = [statement for statement in policy if statement["Effect"] == "Allow"]
        publishers = {each["Principal"]["Service"] for each in allowed}
        assert publishers == {"ses.amazonaws.com", "sms-voice.amazonaws.com"}
        assert all("SourceAccount': {'Ref': 'AWS::AccountId'}" in str(each["Condition"]) for each in allowed)

    def test_reports_reach_their_queue_as_they_were_sent_or_wait_for_somebody(self, production: Deployment) -> None:
        subscriptions = production.properties("AWS::SNS::Subscription")
        (reports,) = [each for each in subscriptions if each["Protocol"] == "sqs"]
        assert reports["RawMessageDelivery"] is True
        assert "reportsdeadletters" in str(reports["RedrivePolicy"])

    def test_the_emulator_which_reports_nothing_has_the_way_for_reports(self, local: Deployment) -> None:
        assert local.properties("AWS::SNS::Subscription")
        kinds = {each["Type"] for each in local.resources.values()}
        assert not {kind for kind in kinds if kind.startswith(("AWS::SES::", "AWS::SMSVOICE::"))}


class TestFunctions:
    def test_each_keeps_its_logs_for_a_limited_time(self, production: Deployment, local: Deployment) -> None:
        assert {group["RetentionInDays"] for group in production.properties("AWS::Logs::LogGroup")} == {90}
        assert {group["RetentionInDays"] for group in local.properties("AWS::Logs::LogGroup")} == {1}

    def test_all_run_on_the_same_python_and_processor_with_traces(self, production: Deployment) -> None:
        for function in production.properties("AWS::Lambda::Function"):
            assert function["Runtime"] == "python3.13"
            assert function["Architectures"] == ["arm64"]
            assert function["TracingConfig"] == {"Mode": "Active"}
            name = function["FunctionName"].removeprefix("huitou-production-")
            assert len(function["Layers"]) == 2 + len(MORE_LAYERS.get(name, ()))

    def test_an_answer_to_a_caller_takes_less_than_the_gateway_waits(self, production: Deployment) -> None:
        for name in ROUTES:
            assert production.function(name)["Timeout"] < 29


class TestImports:
    def test_chunks_are_read_from_a_manifest_and_applied_in_parallel(self, production: Deployment) -> None:
        states = _states(production)
        (work,) = [state for state in states.values() if state["Type"] == "Map"]
        assert work["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
        assert work["ItemReader"]["ReaderConfig"] == {"InputType": "JSON"}
        assert work["ItemReader"]["Parameters"]["Key.$"] == "$.manifest_key"
        assert work["MaxConcurrency"] > 1

    def test_an_import_that_fails_is_reported_too(self, production: Deployment) -> None:
        states = _states(production)
        caught = [state["Catch"][0]["Next"] for state in states.values() if "Catch" in state]
        assert len(caught) == 2
        (report,) = {states[name]["Next"] for name in caught}
        assert states[report]["Type"] == "Fail"

    def test_no_row_appears_in_the_logs_of_the_states(self, production: Deployment) -> None:
        for machine in production.properties("AWS::StepFunctions::StateMachine"):
            assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


class TestAccounts:
    def test_shards_are_counted_in_parallel_and_summed_up_also_where_one_fails(self, production: Deployment) -> None:
        """M13: the request writes the list of shards, so that there is nothing to cut first."""
        states = _states(production, "account")
        (work,) = [state for state in states.values() if state["Type"] == "Map"]
        assert work["ItemReader"]["Parameters"]["Key.$"] == "$.manifest_key"
        assert states[work["Next"]]["Type"] == "Task"
        assert states[states[work["Catch"][0]["Next"]]["Next"]]["Type"] == "Fail"
        assert len(states) == 4


class TestSimulations:
    def test_parts_are_replayed_in_parallel_and_put_together_also_where_one_fails(self, production: Deployment) -> None:
        """M14."""
        states = _states(production, "simulation")
        (work,) = [state for state in states.values() if state["Type"] == "Map"]
        assert work["ItemReader"]["Parameters"]["Key.$"] == "$.manifest_key"
        assert states[states[work["Catch"][0]["Next"]]["Next"]]["Type"] == "Fail"
        assert len(states) == 4


class TestInsights:
    def test_all_members_are_gone_through_in_the_night_to_monday(self, production: Deployment) -> None:
        """M16, M18: by the local clock, and a start that fails is kept."""
        schedules = production.properties("AWS::Scheduler::Schedule")
        (weekly,) = [each for each in schedules if each["ScheduleExpression"] != "rate(1 minute)"]
        assert weekly["ScheduleExpression"] == "cron(30 3 ? * MON *)"
        assert weekly["ScheduleExpressionTimezone"] == "Asia/Taipei"
        assert weekly["Target"]["Input"] == "{}"
        assert "DeadLetterConfig" in weekly["Target"]

    def test_shards_are_measured_in_parallel_and_fitted_together(self, production: Deployment) -> None:
        """M18: the first state lists them, since the clock starts runs, too."""
        states = _states(production, "insight")
        (work,) = [state for state in states.values() if state["Type"] == "Map"]
        assert work["ItemReader"]["Parameters"]["Key.$"] == "$.manifest_key"
        assert len([state for state in states.values() if "Catch" in state]) == 2


class TestCost:
    def test_nothing_costs_by_the_hour(self, production: Deployment) -> None:
        """M38: near zero when idle."""
        kinds = {resource["Type"] for resource in production.resources.values()}
        by_the_hour = ("AWS::EC2::", "AWS::ECS::", "AWS::RDS::", "AWS::ElastiCache::", "AWS::Kinesis::", "AWS::WAFv2::")
        assert not [kind for kind in kinds if kind.startswith(by_the_hour)]
        assert not [
            one for one in production.properties("AWS::Lambda::Function") if "ReservedConcurrentExecutions" in one
        ]

    def test_the_bill_of_an_idle_month_counts_all_that_is_there(self, production: Deployment) -> None:
        """M38, of what is paid by its number, as the README has it: secrets, queues that are polled, alarms."""
        bill = (ROOT / "README.md").read_text("utf-8").partition("**Idle**")[2].splitlines()

        def number_of(what: str) -> int:
            (formula,) = [row.split("|")[2].strip(" (") for row in bill if row.startswith((f"| {what}", f"| [{what}"))]
            terms = re.split(r"\) ×| × \(| × 0.40", formula)[0].split(" + ")
            return sum(prod(map(int, term.split(" × "))) for term in terms)

        polled = [each for each in production.properties("AWS::Lambda::EventSourceMapping") if "ScalingConfig" in each]
        assert number_of("secrets") == len(production.of("AWS::SecretsManager::Secret"))
        assert number_of("queue polling") == len(polled)
        assert number_of("alarms") == len(production.of("AWS::CloudWatch::Alarm"))


class TestRoutes:
    def test_every_route_has_its_function(self, production: Deployment) -> None:
        methods = production.properties("AWS::ApiGateway::Method")
        assert len(methods) == sum(len(lines) for lines in ROUTES.values())

    def test_all_but_the_public_ones_need_a_key(self, production: Deployment) -> None:
        kinds = [method["AuthorizationType"] for method in production.properties("AWS::ApiGateway::Method")]
        assert kinds.count("NONE") == len(PUBLIC)
        assert kinds.count("CUSTOM") == len(kinds) - len(PUBLIC)

    def test_the_public_ones_are_throttled_apart(self, production: Deployment) -> None:
        """A crowd at a page leaves room for the tills; what is said there is traced no more than elsewhere."""
        (stage,) = production.properties("AWS::ApiGateway::Stage")
        whole, *own = sorted(stage["MethodSettings"], key=lambda each: str(each["ResourcePath"]) != "/*")
        named = {f"{each['HttpMethod']} {each['ResourcePath'].replace('~1', '/')[1:]}" for each in own}
        assert named == set(PUBLIC)
        assert all(each["ThrottlingRateLimit"] < whole["ThrottlingRateLimit"] for each in own)
        assert not any(each["DataTraceEnabled"] for each in own)


def _queues(deployment: Deployment) -> list[tuple[str, dict[str, Any]]]:
    return [(name, each["Properties"]) for name, each in deployment.of("AWS::SQS::Queue").items()]


def _alarms(deployment: Deployment, metric: str) -> list[dict[str, Any]]:
    return [each for each in deployment.properties("AWS::CloudWatch::Alarm") if each["MetricName"] == metric]


def _sending(deployment: Deployment) -> list[dict[str, Any]]:
    """Where the function that sends takes from."""
    sources = deployment.properties("AWS::Lambda::EventSourceMapping")
    return [each for each in sources if "dispatchmessages" in str(each["FunctionName"])]


def _queues_of(deployment: Deployment, alarms: list[dict[str, Any]]) -> set[str]:
    """Alarms are a stack of their own, which imports the names."""
    named = [each["Dimensions"][0]["Value"]["Fn::ImportValue"] for each in alarms]
    found = [name for name, _ in _queues(deployment) for each in named if f"GetAtt{name}QueueName" in each]
    assert len(found) == len(named)
    return set(found)


def _states(deployment: Deployment, name: str = "import") -> dict[str, dict[str, Any]]:
    """The definition, with every reference replaced by a word."""
    machines = deployment.properties("AWS::StepFunctions::StateMachine")
    (machine,) = [each for each in machines if each["StateMachineName"].endswith(f"-{name}")]
    parts = machine["DefinitionString"]["Fn::Join"][1]
    states: dict[str, dict[str, Any]] = json.loads("".join(each if isinstance(each, str) else "ref" for each in parts))[
        "States"
    ]
    return states
