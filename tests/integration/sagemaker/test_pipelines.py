"""Pipelines over the API, with real jobs."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.context import Context
from tests.integration.sagemaker.workshop import BUCKET, Workshop
from tests.support.waiting import wait_until

Doc = dict[str, Any]
SCORE = {"Name": "Score", "Type": "String", "DefaultValue": "0.9"}
WRITE = """
import json, sys
json.dump({"metrics": {"auc": float(sys.argv[1])}}, open("/opt/ml/processing/out/report.json", "w"))
"""


@pytest.fixture
def shop(cloud: Context) -> Workshop:
    return Workshop(cloud)


def get(reference: str) -> Doc:
    return {"Get": reference}


def job_step(shop: Workshop, name: str, script: str, **more: Any) -> Doc:
    """A processing step whose output goes below the execution's own prefix."""
    request = shop.processing(f"{name}-{uuid.uuid4().hex[:8]}", script, **more.pop("job", {}))
    del request["ProcessingJobName"]
    where = ["s3:/", BUCKET, "runs", get("Execution.PipelineExecutionId"), name]
    output = request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    output["S3Uri"] = {"Std:Join": {"On": "/", "Values": where}}
    return {"Name": name, "Type": "Processing", "Arguments": request, **more}


def gate(shop: Workshop) -> list[Doc]:
    """Score → Ask → Register or Refuse."""
    report = {"PropertyFileName": "Report", "OutputName": "out", "FilePath": "report.json"}
    reference = get("Steps.Score.PropertyFiles.Report")
    auc = {"Std:JsonGet": {"PropertyFile": reference, "Path": "metrics.auc"}}
    register = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "gated",
            "ModelApprovalStatus": "PendingManualApproval",
            "CustomerMetadataProperties": {"score": {"Std:Join": {"On": "", "Values": [auc]}}},
        },
    }
    told = {"Std:Join": {"On": " ", "Values": ["auc", auc, "is below 0.8"]}}
    refuse = {"Name": "Refuse", "Type": "Fail", "Arguments": {"ErrorMessage": told}}
    condition = {"Type": "GreaterThanOrEqualTo", "LeftValue": auc, "RightValue": 0.8}
    ask = {"Conditions": [condition], "IfSteps": [register], "ElseSteps": [refuse]}
    return [
        job_step(
            shop, "Score", WRITE,
            job={"arguments": [get("Parameters.Score")]}, PropertyFiles=[report],
        ),
        {"Name": "Ask", "Type": "Condition", "Arguments": ask},
    ]  # fmt: skip


def test_a_model_that_is_good_enough_is_registered(shop: Workshop) -> None:
    shop.pipeline("gate-yes", gate(shop), [SCORE])
    arn = shop.started("gate-yes")
    assert shop.ended(arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = shop.steps(arn)
    assert list(steps) == ["Score", "Ask", "Register"]
    assert steps["Ask"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    package = shop.sm.describe_model_package(
        ModelPackageName=steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert package["CustomerMetadataProperties"] == {"score": "0.9"}
    assert package["MetadataProperties"]["GeneratedBy"] == arn
    job = steps["Score"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    assert job.startswith(f"pipelines-{arn.rpartition('/')[2]}-score-")


def test_a_model_that_is_not_ends_with_the_numbers(shop: Workshop) -> None:
    shop.pipeline("gate-no", gate(shop), [SCORE])
    arn = shop.started("gate-no", Score="0.75")
    done = shop.ended(arn)
    assert done["PipelineExecutionStatus"] == "Failed"
    assert done["FailureReason"] == "Step failure: One or multiple steps failed."
    refused = shop.steps(arn)["Refuse"]
    assert refused["FailureReason"] == "auc 0.75 is below 0.8"
    listed = shop.sm.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    assert listed["PipelineParameters"] == [{"Name": "Score", "Value": "0.75"}]


def test_a_failing_job_is_named_and_what_needs_it_never_starts(shop: Workshop) -> None:
    script = "open('/opt/ml/output/message', 'w').write('line 3: no label'); raise SystemExit(1)"
    after = job_step(shop, "After", "", DependsOn=["Check"])
    shop.pipeline("breaks", [job_step(shop, "Check", script), after])
    arn = shop.started("breaks")
    assert shop.ended(arn)["PipelineExecutionStatus"] == "Failed"
    steps = shop.steps(arn)
    assert list(steps) == ["Check"]
    reason = "AlgorithmError: line 3: no label, exit code: 1"
    assert steps["Check"]["FailureReason"] == reason


@pytest.mark.parametrize(
    ("allowed", "missing"),
    [
        (["s3:*", "iam:PassRole"], "sagemaker:CreateProcessingJob"),
        (["s3:*", "sagemaker:*"], "iam:PassRole"),
    ],
)
def test_a_pipeline_may_do_what_its_role_may(
    shop: Workshop, allowed: list[str], missing: str
) -> None:
    name = f"without-{missing.replace(':', '-')}"
    role = shop.make_role(name, allowed)
    shop.pipeline(name, [job_step(shop, "Only", "")], role=role)
    arn = shop.started(name)
    assert shop.ended(arn)["PipelineExecutionStatus"] == "Failed"
    reason = shop.steps(arn)["Only"]["FailureReason"]
    assert reason.startswith(
        "ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: User: "
        f"arn:aws:sts::000000000000:assumed-role/{name}/SageMaker is not authorized to perform: "
        f"{missing} on resource: "
    )


def test_a_second_run_of_cached_steps_makes_no_job(shop: Workshop) -> None:
    config = {"Enabled": True, "ExpireAfter": "P1D"}
    first = job_step(
        shop, "First", WRITE, job={"arguments": [get("Parameters.Score")]}, CacheConfig=config
    )
    second = job_step(shop, "Second", "", CacheConfig=config)
    uri = get("Steps.First.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri")
    second["Arguments"]["ProcessingInputs"].append(
        {
            "InputName": "report",
            "S3Input": {
                "S3Uri": uri,
                "LocalPath": "/opt/ml/processing/in",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
            },
        }
    )
    shop.pipeline("cached", [first, second], [SCORE])
    runs = []
    for score in ("0.9", "0.9", "0.8"):
        runs.append(shop.started("cached", Score=score))
        assert shop.ended(runs[-1])["PipelineExecutionStatus"] == "Succeeded"
    source = {"SourcePipelineExecutionArn": runs[0]}
    hits = [
        {name: step.get("CacheHitResult") for name, step in shop.steps(run).items()} for run in runs
    ]
    assert hits == [
        {"First": None, "Second": None},
        {"First": source, "Second": source},
        {"First": None, "Second": None},
    ]
    jobs = shop.sm.list_processing_jobs(NameContains=runs[1].rpartition("/")[2])
    assert jobs["ProcessingJobSummaries"] == []


def test_a_stopped_execution_can_be_retried_from_where_it_ended(shop: Workshop) -> None:
    shop.put("flag/wait", "yes")
    script = """
import pathlib, time
print("here", flush=True)
while pathlib.Path("/opt/ml/processing/in/wait").read_text() == "yes":
    time.sleep(0.05)
"""
    flag = {
        "InputName": "flag",
        "S3Input": {
            "S3Uri": f"s3://{BUCKET}/flag/",
            "LocalPath": "/opt/ml/processing/in",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }
    before = job_step(shop, "Before", "")
    waiting = job_step(shop, "Waits", script, DependsOn=["Before"], job={"inputs": [flag]})
    shop.pipeline("stops", [before, waiting])
    arn = shop.started("stops")
    folder = shop.context.home / "jobs" / "processing-job"
    name = f"pipelines-{arn.rpartition('/')[2]}-Waits-*/output.log"
    wait_until(lambda: [log for log in folder.glob(name) if log.read_text()], 30)
    token = str(uuid.uuid4())
    shop.sm.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=token)
    assert shop.ended(arn)["PipelineExecutionStatus"] == "Stopped"
    assert {n: s["StepStatus"] for n, s in shop.steps(arn).items()} == {
        "Before": "Succeeded", "Waits": "Stopped",
    }  # fmt: skip
    kept = shop.steps(arn)["Before"]
    shop.put("flag/wait", "no")
    shop.sm.retry_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=token)
    assert shop.ended(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert shop.steps(arn)["Before"] == kept


def test_a_start_with_the_same_token_starts_once(shop: Workshop) -> None:
    shop.pipeline("once", [job_step(shop, "Only", "")])
    token = str(uuid.uuid4())
    arns = {
        shop.sm.start_pipeline_execution(PipelineName="once", ClientRequestToken=token)[
            "PipelineExecutionArn"
        ]
        for _ in range(3)
    }
    assert len(arns) == 1
    shop.ended(arns.pop())
    listed = shop.sm.list_pipeline_executions(PipelineName="once")["PipelineExecutionSummaries"]
    assert len(listed) == 1


def test_unfit_parameters_and_definitions_are_refused_before_anything_runs(shop: Workshop) -> None:
    shop.pipeline("strict", [job_step(shop, "Only", "")], [{"Name": "Bucket", "Type": "String"}])
    with pytest.raises(ClientError, match=r"Missing parameters: \[Bucket\]"):
        shop.started("strict")
    with pytest.raises(ClientError, match=r"Unknown parameters: \[Other\]"):
        shop.started("strict", Bucket="b", Other="x")
    with pytest.raises(ClientError, match="'EMR' runs on AWS only"):
        shop.pipeline("emr", [{"Name": "E", "Type": "EMR", "Arguments": {}}])
    with pytest.raises(ClientError, match="already exists"):
        shop.pipeline("strict", [job_step(shop, "Only", "")])


def test_a_pipeline_is_described_updated_listed_and_deleted(shop: Workshop) -> None:
    arn = shop.pipeline("lives", [job_step(shop, "Only", "")])
    run = shop.started("lives")
    shop.ended(run)
    shop.sm.update_pipeline_execution(
        PipelineExecutionArn=run, PipelineExecutionDisplayName="monday"
    )
    told = shop.sm.describe_pipeline_execution(PipelineExecutionArn=run)
    assert told["PipelineExecutionDisplayName"] == "monday"
    assert told["CreatedBy"]["IamIdentity"]["Arn"] == "arn:aws:iam::000000000000:root"
    old = shop.sm.describe_pipeline(PipelineName="lives")["PipelineDefinition"]
    other = json.dumps({"Version": "2020-12-01", "Steps": [job_step(shop, "Other", "")]})
    uri = shop.put("definitions/other.json", other).removeprefix(f"s3://{BUCKET}/")
    location = {"Bucket": BUCKET, "ObjectKey": uri}
    shop.sm.update_pipeline(PipelineName="lives", PipelineDefinitionS3Location=location)
    described = shop.sm.describe_pipeline(PipelineName="lives")
    assert described["PipelineDefinition"] == other
    assert described["PipelineStatus"] == "Active"
    ran = shop.sm.describe_pipeline_definition_for_execution(PipelineExecutionArn=run)
    assert ran["PipelineDefinition"] == old
    listed = shop.sm.list_pipelines(PipelineNamePrefix="live")["PipelineSummaries"]
    assert [entry["PipelineArn"] for entry in listed] == [arn]
    shop.sm.delete_pipeline(PipelineName="lives", ClientRequestToken=str(uuid.uuid4()))
    with pytest.raises(ClientError, match="ResourceNotFound"):
        shop.sm.describe_pipeline(PipelineName="lives")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        shop.sm.describe_pipeline_execution(PipelineExecutionArn=run)


def test_a_lambda_step_hands_its_answer_on(shop: Workshop) -> None:
    code = "def handler(event, context):\n    return {'doubled': event['n'] * 2}\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    lambdas = shop.context.client("lambda")
    iam = shop.context.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    policy = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="doubles", AssumeRolePolicyDocument=json.dumps(policy))
    function = lambdas.create_function(
        FunctionName="doubles",
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]
    double = {
        "Name": "Double",
        "Type": "Lambda",
        "FunctionArn": function,
        "Arguments": {"n": 21},
        "OutputParameters": [{"OutputName": "doubled", "OutputType": "Integer"}],
    }
    message = {
        "Std:Join": {"On": " ", "Values": ["n is", get("Steps.Double.OutputParameters['doubled']")]}
    }
    say = {"Name": "Say", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    shop.pipeline("doubles", [double, say])
    arn = shop.started("doubles")
    shop.ended(arn)
    assert shop.steps(arn)["Say"]["FailureReason"] == "n is 42"
    assert shop.steps(arn)["Double"]["Metadata"]["Lambda"] == {
        "Arn": function,
        "OutputParameters": [{"Name": "doubled", "Value": "42"}],
    }


@pytest.mark.parametrize("good", [True, False])
def test_a_callback_step_waits_for_its_token(shop: Workshop, good: bool) -> None:
    sqs = shop.context.client("sqs")
    queue = sqs.create_queue(QueueName=f"asks-{good}")["QueueUrl"]
    ask = {
        "Name": "Ask",
        "Type": "Callback",
        "SqsQueueUrl": queue,
        "Arguments": {"question": "ok?"},
        "OutputParameters": [{"OutputName": "who", "OutputType": "String"}],
    }
    name = f"asks-{good}"
    shop.pipeline(name, [ask])
    arn = shop.started(name)

    def received() -> list[Doc]:
        found = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    message = wait_until(received, 20)[0]
    assert message["arguments"] == {"question": "ok?"}
    assert message["pipelineExecutionArn"] == arn
    if good:
        shop.sm.send_pipeline_execution_step_success(
            CallbackToken=message["token"], OutputParameters=[{"Name": "who", "Value": "ada"}]
        )
    else:
        shop.sm.send_pipeline_execution_step_failure(
            CallbackToken=message["token"], FailureReason="nobody is there"
        )
    status = shop.ended(arn)["PipelineExecutionStatus"]
    step = shop.steps(arn)["Ask"]
    assert status == ("Succeeded" if good else "Failed")
    if good:
        shown = step["Metadata"]["Callback"]
        assert shown["OutputParameters"] == [{"Name": "who", "Value": "ada"}]
    else:
        assert step["FailureReason"] == "nobody is there"
    with pytest.raises(ClientError, match="No step waits"):
        shop.sm.send_pipeline_execution_step_success(CallbackToken=message["token"])
