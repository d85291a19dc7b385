"""The count of an endpoint that nothing scales any more."""

from adapters import endpoints


def settle(endpoint: str, count: int, role: str) -> bool:
    """Whether the endpoint rests on `count` instances; begins to bring it there if it does not.

    A target is removed only after the update that no longer asks for it, since a rollback would
    leave the old version without: until then its floor may act on the new fleet, or be about to.
    """
    live = endpoints.look(endpoint, role)
    if live is None or (live.count == count and not live.is_moving):
        return True
    if not live.is_moving:
        endpoints.set_count(endpoint, count, role)
    return False
