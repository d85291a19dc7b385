"""Deployments: the first fleet of an endpoint, and each next one beside the old one, blue/green.

A deployment runs in a thread of its own. Traffic moves in steps (``shifts.plan``); while a step
bakes, the alarms of AutoRollbackConfiguration are watched. Whatever fails, the old fleet serves on:
no request is ever sent to a fleet that is not healthy.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.endpoints import alarms, documents, shifts
from localcloud.sagemaker.endpoints.fleet import Fleet, FleetError, launch
from localcloud.sagemaker.endpoints.state import State, scaled, state_of
from localcloud.sagemaker.endpoints.traffic import Route
from localcloud.sagemaker.service import Service

Doc = dict[str, Any]
_HEALTH_SECONDS = 480  # SageMaker's limit for a container to become healthy
_WATCH_SECONDS = 1.0
_logger = logging.getLogger(__name__)


class RolledBackError(Exception):
    """The deployment must not go on; the text is the FailureReason."""


@dataclass
class Deployment:
    """One endpoint on its way to one configuration."""

    svc: Service
    name: str
    config: Doc
    variants: list[Doc]
    policy: Doc | None = None
    green: list[Fleet] = field(default_factory=list)
    _deadline: float = float("inf")
    state: State = field(init=False)

    def __post_init__(self) -> None:
        self.state = state_of(self.svc)

    def begin(self) -> None:
        """Run in the background."""
        blue_green = (self.policy or {}).get("BlueGreenUpdatePolicy") or {}
        rolling = (self.policy or {}).get("RollingUpdatePolicy") or {}
        limit = {**blue_green, **rolling}.get("MaximumExecutionTimeoutInSeconds")
        if limit:
            self._deadline = time.monotonic() + scaled(limit)
        thread = threading.Thread(target=self._run, name=f"deploy-{self.name}", daemon=True)
        thread.start()

    def _run(self) -> None:
        blue = self.state.fleets.get(self.name, [])
        try:
            self._launch(blue)
            if blue:
                self._shift(blue)
            self._finish(blue)
        except (FleetError, RolledBackError) as error:
            self._undo(blue, str(error))
        except ApiError as error:  # the model was deleted meanwhile
            self._undo(blue, error.message)
        except Exception:
            _logger.exception("the deployment of %s failed in the understudy", self.name)
            self._undo(blue, "Internal failure of the local cloud; see its log.")

    def _launch(self, blue: list[Fleet]) -> None:
        for variant in self.config["ProductionVariants"]:
            self.green.append(launch(self.svc, self.name, self.config, variant))
            self.state.fleets[self.name] = [*blue, *self.green]
        for fleet, variant in zip(self.green, self.config["ProductionVariants"], strict=True):
            seconds = variant.get("ContainerStartupHealthCheckTimeoutInSeconds", _HEALTH_SECONDS)
            fleet.wait_until_healthy(scaled(seconds))

    def _shift(self, blue: list[Fleet]) -> None:
        total = sum(int(each.get("DesiredInstanceCount", 1)) for each in self.variants)
        for shift in shifts.plan(self.policy, total):
            self._progress("ActivatingTraffic", None)
            self._route(blue, shift.share)
            if shift.bake:
                self._progress("Baking", shift.message)
                self._bake(shift.bake)
        self._check_alarms()

    def _route(self, blue: list[Fleet], share: float) -> None:
        live = documents.find_endpoint(self.svc, self.name).get("ProductionVariants", [])
        old = _weights(live)
        new = _weights(self.variants)
        routes = [Route(fleet, old.get(fleet.variant, 0.0) * (1 - share)) for fleet in blue]
        routes += [Route(fleet, new[fleet.variant] * share) for fleet in self.green]
        self.state.traffic.set(self.name, routes)

    def _bake(self, seconds: float) -> None:
        end = time.monotonic() + scaled(seconds)
        step = min(_WATCH_SECONDS, max(0.05, scaled(seconds) / 10))
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(step, left))
            self._check_alarms()
            if time.monotonic() > self._deadline:
                raise RolledBackError(
                    "The deployment did not complete within MaximumExecutionTimeoutInSeconds."
                )

    def _check_alarms(self) -> None:
        configured = (self.policy or {}).get("AutoRollbackConfiguration") or {}
        names = [alarm["AlarmName"] for alarm in configured.get("Alarms", [])]
        if not names:
            return
        self.state.monitor.flush()
        if tripped := alarms.firing(self.svc.context.client("cloudwatch"), names):
            raise RolledBackError(
                f"Alarm(s) {', '.join(tripped)} went into ALARM state during the deployment. "
                "The endpoint was rolled back to its previous configuration."
            )

    def _finish(self, blue: list[Fleet]) -> None:
        weights = _weights(self.variants)
        routes = [Route(fleet, weights[fleet.variant]) for fleet in self.green]
        self.state.traffic.set(self.name, routes)
        self.state.set_capture(self.name, self.config)
        for fleet in blue:
            fleet.drain()
            fleet.stop()
        self.state.fleets[self.name] = list(self.green)

        def done(doc: Doc) -> None:
            doc.pop("PendingDeploymentSummary", None)
            doc.pop("FailureReason", None)
            doc["EndpointStatus"] = "InService"
            doc["EndpointConfigName"] = self.config["EndpointConfigName"]
            doc["ProductionVariants"] = [documents.arrived(each) for each in self.variants]
            doc["DataCaptureConfig"] = documents.capture_summary(self.config)
            doc["LastDeploymentConfig"] = self.policy
            doc["LastModifiedTime"] = self.svc.now()

        self._tell_end(self.svc.store.update(documents.ENDPOINTS, self.name, done), bool(blue))

    def _undo(self, blue: list[Fleet], reason: str) -> None:
        """Give all traffic back to the old fleet, or fail the endpoint when there is none."""
        if blue:
            self._update(EndpointStatus="RollingBack")
            self._route(blue, 0.0)
        for fleet in self.green:
            fleet.drain()
            fleet.stop()
        self.state.fleets[self.name] = blue
        status = "InService" if blue else "Failed"

        def undone(doc: Doc) -> None:
            doc.pop("PendingDeploymentSummary", None)
            doc["LastDeploymentConfig"] = self.policy or doc.get("LastDeploymentConfig")
            doc["LastModifiedTime"] = self.svc.now()
            doc["FailureReason"] = reason[:1024]
            doc["EndpointStatus"] = status

        self._tell_end(self.svc.store.update(documents.ENDPOINTS, self.name, undone), bool(blue))

    def _tell_end(self, doc: Doc, deployed: bool) -> None:
        if deployed:
            self.svc.events.endpoint_deployment(doc)
        self.svc.events.endpoint(doc)

    def _progress(self, status: str, message: str | None) -> None:
        """Tell how far the new fleet is, in the document and on the bus."""
        variants = documents.with_status(self.svc, self.variants, status, message)

        def moved(doc: Doc) -> None:
            listed = documents.pending(self.svc, self.config, variants)["ProductionVariants"]
            doc["PendingDeploymentSummary"]["ProductionVariants"] = listed

        doc = self.svc.store.update(documents.ENDPOINTS, self.name, moved)
        self.svc.events.endpoint_deployment(doc)

    def _update(self, **changes: Any) -> None:
        def change(doc: Doc) -> None:
            doc.update(changes, LastModifiedTime=self.svc.now())

        doc = self.svc.store.update(documents.ENDPOINTS, self.name, change)
        self.svc.events.endpoint(doc)


def _weights(variants: list[Doc]) -> dict[str, float]:
    """Each variant's part of the traffic, summing to 1."""
    weights = {each["VariantName"]: float(each["DesiredWeight"]) for each in variants}
    total = sum(weights.values()) or 1.0
    return {name: weight / total for name, weight in weights.items()}
