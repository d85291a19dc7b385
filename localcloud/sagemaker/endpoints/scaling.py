"""UpdateEndpointWeightsAndCapacities: other weights and counts, same fleets."""

import threading
import time
from typing import Any

from localcloud.sagemaker.api import ApiError, operation
from localcloud.sagemaker.endpoints import checks
from localcloud.sagemaker.endpoints.documents import ENDPOINTS, arrived, find_endpoint
from localcloud.sagemaker.endpoints.state import scaled, state_of
from localcloud.sagemaker.endpoints.traffic import Route
from localcloud.sagemaker.service import Service

Doc = dict[str, Any]
_MACHINE_SECONDS = 10  # AWS takes minutes to start or stop a machine


@operation("UpdateEndpointWeightsAndCapacities")
def update_endpoint_weights_and_capacities(svc: Service, request: Doc) -> Doc:
    """Set weights and instance counts of variants that are live.

    The endpoint is Updating when this returns and InService once it has them, with an event for
    both.
    """
    name = request["EndpointName"]
    doc = find_endpoint(svc, name)
    wanted = {each["VariantName"]: each for each in request["DesiredWeightsAndCapacities"]}
    unknown = wanted.keys() - {each["VariantName"] for each in doc["ProductionVariants"]}
    if unknown:
        text = f'The requested variant(s) {sorted(unknown)} do not exist in endpoint "{name}".'
        raise ApiError("ValidationException", text)

    def begin(stored: Doc) -> None:
        checks.can_change(svc, stored)
        stored["EndpointStatus"] = "Updating"
        for variant in stored["ProductionVariants"]:
            variant.update(_desired(wanted.get(variant["VariantName"], {})))
        stored["LastModifiedTime"] = svc.now()

    svc.events.endpoint(svc.store.update(ENDPOINTS, name, begin))
    moves = any("DesiredInstanceCount" in each for each in wanted.values())
    seconds = scaled(_MACHINE_SECONDS) if moves else 0.0
    thread = threading.Thread(target=_finish, args=(svc, name, seconds), daemon=True)
    thread.start()
    return {"EndpointArn": doc["EndpointArn"]}


def _finish(svc: Service, name: str, seconds: float) -> None:
    time.sleep(seconds)
    variants = [arrived(each) for each in find_endpoint(svc, name)["ProductionVariants"]]
    _route(svc, name, variants)

    def finish(stored: Doc) -> None:
        stored["EndpointStatus"] = "InService"
        stored["ProductionVariants"] = variants
        stored["LastModifiedTime"] = svc.now()

    svc.events.endpoint(svc.store.update(ENDPOINTS, name, finish))


def _desired(wanted: Doc) -> Doc:
    names = ("DesiredWeight", "DesiredInstanceCount")
    found = {name: wanted[name] for name in names if name in wanted}
    if "ServerlessUpdateConfig" in wanted:
        found["DesiredServerlessConfig"] = wanted["ServerlessUpdateConfig"]
    return found


def _route(svc: Service, name: str, arrivals: list[Doc]) -> None:
    state = state_of(svc)
    variants = {each["VariantName"]: each for each in arrivals}
    fleets = state.fleets[name]
    for fleet in fleets:
        fleet.instances = int(variants[fleet.variant].get("CurrentInstanceCount", 1))
    weights = {fleet.variant: float(variants[fleet.variant]["CurrentWeight"]) for fleet in fleets}
    state.traffic.set(name, [Route(fleet, weights[fleet.variant]) for fleet in fleets])
