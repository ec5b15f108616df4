"""Leases on a real object store: one holder, taken over after it has died, and no two at once."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.object_store import ObjectStore
from vouch.schemas.errors import StorageError
from vouch.storage import lease as lease_module
from vouch.storage.lease import Lease, LeaseTaken
from vouch.storage.location import Location

SECONDS = 1.0


@pytest.fixture
def folder(store: ObjectStore) -> Location:
    return store.location() / "leases"


def test_one_of_many_takes_a_lease_and_the_next_one_after_its_release(folder: Location) -> None:
    def take(_: int) -> Lease | None:
        lease = Lease(folder, "publisher", 60)
        with contextlib.suppress(LeaseTaken):
            lease.acquire()
            return lease
        return None

    with ThreadPoolExecutor(6) as pool:
        (holder,) = [lease for lease in pool.map(take, range(6)) if lease]
    other = Lease(folder, "publisher", 60)
    assert "process" in (other.taken() or "")
    with pytest.raises(LeaseTaken, match=r"process \d+ on .* since .* until .* unless it renews"):
        other.acquire(0.01)
    holder.acquire()
    holder.require()
    holder.release()
    assert other.taken()
    holder.release()
    assert other.taken() is None
    other.acquire()
    with pytest.raises(LeaseTaken):
        holder.acquire()
    other.release()


def test_a_lease_is_renewed_while_its_holder_lives(folder: Location) -> None:
    holder, other = Lease(folder, "publisher", SECONDS), Lease(folder, "publisher", SECONDS)
    holder.acquire()
    with pytest.raises(LeaseTaken):
        other.acquire(3 * SECONDS)
    holder.require()
    holder.release()
