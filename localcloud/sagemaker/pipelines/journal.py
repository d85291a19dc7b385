"""What is remembered of executions and their steps, and what the bus is told of them."""

from __future__ import annotations

from typing import Any

from localcloud.sagemaker.service import Service

EXECUTIONS, STEPS = "pipeline-execution", "pipeline-step"
ENDED = ("Succeeded", "Failed", "Stopped")
Doc = dict[str, Any]


class Journal:
    """One execution's documents. Every change of a status becomes an event, in its order.

    The execution's document is ``{"Describe": …, "Definition": …, "Parameters": …, "RoleArn":
    …}``; a step's is its entry in ListPipelineExecutionSteps with type, ARNs and ``Properties``
    added.
    """

    def __init__(self, svc: Service, arn: str) -> None:
        self.svc = svc
        self.arn = arn

    def execution(self) -> Doc:
        """The execution's document. Raises KeyError when there is none."""
        doc = self.svc.store.get(EXECUTIONS, self.arn)
        if doc is None:
            raise KeyError(self.arn)
        return doc

    def move(self, status: str, **members: Any) -> bool:
        """Set the execution's status; False (and nothing changed) when it has ended already."""
        previous = None
        now = self.svc.now()

        def change(doc: Doc) -> None:
            nonlocal previous
            previous = doc["Describe"].get("PipelineExecutionStatus")
            if previous not in ENDED:
                doc["Describe"].update(
                    members, PipelineExecutionStatus=status, LastModifiedTime=now
                )

        doc = self.svc.store.update(EXECUTIONS, self.arn, change)
        if previous in ENDED:
            return False
        if previous != status:
            self.svc.events.pipeline_execution(doc["Describe"], previous)
        return True

    def reopen(self) -> None:
        """Let an ended execution run again (RetryPipelineExecution)."""
        previous = None

        def change(doc: Doc) -> None:
            nonlocal previous
            previous = doc["Describe"]["PipelineExecutionStatus"]
            doc["Describe"].pop("FailureReason", None)
            doc["Describe"].update(
                PipelineExecutionStatus="Executing", LastModifiedTime=self.svc.now()
            )

        doc = self.svc.store.update(EXECUTIONS, self.arn, change)
        self.svc.events.pipeline_execution(doc["Describe"], previous)

    def steps(self) -> list[Doc]:
        """The documents of the steps that were started, in their order."""
        return self.svc.store.list(STEPS, f"{self.arn}/")

    def step(self, name: str) -> Doc | None:
        """One step's document, or None when it was never started."""
        return self.svc.store.get(STEPS, f"{self.arn}/{name}")

    def begin_step(self, name: str, step_type: str, raw: Doc) -> None:
        """A step starts."""
        describe = self.execution()["Describe"]
        doc: Doc = {
            "StepName": name,
            "StepType": step_type,
            "StartTime": self.svc.now(),
            "StepStatus": "Starting",
            "AttemptCount": 1,
            "PipelineArn": describe["PipelineArn"],
            "PipelineExecutionArn": self.arn,
        }
        for member, given in (
            ("StepDisplayName", "DisplayName"),
            ("StepDescription", "Description"),
        ):
            if raw.get(given):
                doc[member] = raw[given]
        self.svc.store.put(STEPS, f"{self.arn}/{name}", doc)
        self.svc.events.pipeline_step(doc, None)

    def move_step(self, name: str, status: str, **members: Any) -> Doc:
        """Set a step's status and other members; a new status is told. Ended steps stay ended."""
        previous = None

        def change(doc: Doc) -> None:
            nonlocal previous
            previous = doc["StepStatus"]
            if previous in ENDED:
                return
            doc.update(members, StepStatus=status)
            if status in ENDED:
                doc["EndTime"] = self.svc.now()

        doc = self.svc.store.update(STEPS, f"{self.arn}/{name}", change)
        if previous not in (*ENDED, status):
            self.svc.events.pipeline_step(doc, previous)
        return doc

    def forget_step(self, name: str) -> None:
        """A step will be run again."""
        self.svc.store.delete(STEPS, f"{self.arn}/{name}")
