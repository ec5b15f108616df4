"""Leases on a real object store: one holder, taken over after it has died, and never two."""

import contextlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.object_store import ObjectStore
from tests.store_proxy import Faults, StoreProxy, store_proxy
from vouch.schemas.errors import StorageError
from vouch.storage.lease import Lease, LeaseTaken
from vouch.storage.location import Location
from vouch.storage.places import location_of

SECONDS = 6000.0  # of a clock that the test sets; by the real one no lease is renewed


@pytest.fixture
def folder(store: ObjectStore) -> Location:
    return store.location() / "leases"


def test_one_of_many_takes_a_lease_and_the_next_one_after_its_release(folder: Location) -> None:
    def take(_: int) -> Lease | None:
        lease = Lease(folder, "publisher", SECONDS)
        with contextlib.suppress(LeaseTaken):
            lease.acquire()
            return lease
        return None

    with ThreadPoolExecutor(6) as pool:
        (holder,) = [lease for lease in pool.map(take, range(6)) if lease]
    second = Lease(folder, "publisher", SECONDS)
    assert "process" in (second.taken() or "")
    with pytest.raises(LeaseTaken, match=r"process \d+ on .* since .* until .* unless it renews"):
        second.acquire(0.01)
    holder.acquire()
    holder.require()
    holder.release()
    assert second.taken()
    holder.release()
    assert second.taken() is None
    second.acquire()
    with pytest.raises(LeaseTaken):
        holder.acquire()
    second.release()


def test_a_lease_is_renewed_while_its_holder_lives(folder: Location) -> None:
    holder, second = Lease(folder, "publisher", 1.0), Lease(folder, "publisher", 1.0)
    holder.acquire()
    with pytest.raises(LeaseTaken):
        second.acquire(3.0)
    holder.require()
    holder.release()


def test_a_lease_that_is_long_over_by_the_store_s_clock_is_taken_at_once(folder: Location) -> None:
    content = {"token": "of a dead process", "holder": "it", "since": "then", "seconds": 0.01}
    (folder / "publisher").write_text(json.dumps(content))
    lease = Lease(folder, "publisher", SECONDS)
    assert lease.taken()  # the store stamps in whole seconds
    while lease.taken():
        time.sleep(0.2)
    lease.acquire()
    lease.release()
    assert [file.path for file in folder.files()] == ["publisher"]


@pytest.mark.soak  # a minute: so long a request is tried again
def test_a_holder_that_cannot_reach_the_store_knows_it(store: ObjectStore) -> None:
    now = [0.0]
    with store_proxy(store.endpoint) as proxy:
        options = store.options_by(proxy.endpoint) | {"timeout": "1s"}
        cut = Lease(location_of(store.bucket(), options), "publisher", SECONDS, lambda: now[0])
        cut.acquire()
        proxy.faults = Faults(down=True)
        now[0] += 0.5 * SECONDS
        cut.require()
        now[0] += 0.5 * SECONDS
        proxy.faults = Faults()
    with pytest.raises(StorageError, match=r"could not be renewed in time.*run again"):
        cut.require()


def test_a_lease_that_nobody_took_meanwhile_continues(folder: Location) -> None:
    now = [0.0]
    suspended = Lease(folder, "publisher", SECONDS, lambda: now[0])
    second = Lease(folder, "publisher", SECONDS, lambda: now[0])
    suspended.acquire()
    now[0] += 10 * SECONDS
    assert not suspended.is_sure
    suspended.require()
    assert suspended.is_sure
    with pytest.raises(LeaseTaken):
        second.acquire()
    now[0] += SECONDS
    second.acquire()
    with pytest.raises(StorageError, match=r"another run has taken it over.*run again"):
        suspended.require()
    suspended.release()
    second.require()
    second.release()


def test_what_is_no_lease_is_left_alone(folder: Location) -> None:
    (folder / "publisher").write_bytes(b"{}")
    with pytest.raises(StorageError, match="is not a lease"):
        Lease(folder, "publisher", SECONDS).acquire()


@pytest.fixture(scope="module")
def proxy(store: ObjectStore) -> Iterator[StoreProxy]:
    with store_proxy(store.endpoint) as running:
        yield running


MACHINES = 3
steps = st.lists(
    st.tuples(
        st.sampled_from(["acquire", "acquire", "renew", "release", "crash", "require"]),
        st.integers(0, MACHINES - 1),
        st.floats(0, SECONDS / 2),
    ),
    max_size=30,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=steps,
    speeds=st.lists(st.floats(0.97, 1.03), min_size=3, max_size=3),
    seed=st.integers(0, 99),
)
def test_never_two_holders_that_both_may_publish(
    store: ObjectStore,
    proxy: StoreProxy,
    steps: list[tuple[str, int, float]],
    speeds: list[float],
    seed: int,
) -> None:
    """Three machines whose clocks differ in speed; a third of the acknowledgements is lost."""
    folder = location_of(store.bucket(), store.options_by(proxy.endpoint))
    proxy.faults = Faults(seed=seed, lost=0.33)
    now = [0.0]

    def new(machine: int) -> Lease:
        return Lease(folder, "publisher", SECONDS, lambda: now[0] * speeds[machine])

    leases, taken = [new(machine) for machine in range(MACHINES)], [False] * MACHINES
    for step, machine, passed in steps:
        now[0] += passed
        lease = leases[machine]
        with contextlib.suppress(LeaseTaken, StorageError):
            if step == "acquire" and not taken[machine]:
                lease.acquire()
                taken[machine] = True
            elif step == "release" and taken[machine]:
                taken[machine] = False
                lease.release()
            elif step == "crash":
                leases[machine], taken[machine] = new(machine), False
            elif taken[machine]:
                getattr(lease, step)()
        assert sum(lease.is_sure for lease in leases) <= 1
    # Whatever happened, the next one gets it in the end.
    proxy.faults = Faults()
    last = Lease(folder, "publisher", SECONDS, lambda: now[0])
    with contextlib.suppress(LeaseTaken):
        last.acquire()
        return
    now[0] += 2 * SECONDS
    last.acquire()
    assert not any(lease.is_sure for lease in leases)
