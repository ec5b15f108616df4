"""The proxy passes requests on, counts them, and fails where it should."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.object_store import ObjectStore
from tests.store_proxy import Faults, StoreProxy, store_proxy
from vouch.storage.location import Location
from vouch.storage.places import location_of


@pytest.fixture
def proxy(store: ObjectStore) -> Iterator[StoreProxy]:
    with store_proxy(store.endpoint) as running:
        yield running


@pytest.fixture
def bucket(store: ObjectStore, proxy: StoreProxy) -> Location:
    return location_of(store.bucket(), store.options_by(proxy.endpoint))


def test_requests_are_passed_on_and_counted_by_operation(bucket: Location, proxy: StoreProxy):
    proxy.phase = "writing"
    file = bucket / "a folder" / "ü#?+ %.txt"
    file.write_bytes(b"content")
    assert file.create(b"other") is False
    proxy.phase = "reading"
    with file.open() as opened:
        opened.seek(3)
        assert opened.read() == b"tent"
    assert [stored.path for stored in bucket.files()] == ["a folder/ü#?+ %.txt"]
    file.delete()
    operations = Counter((request.phase, request.operation) for request in proxy.requests)
    assert operations["writing", "PUT"] == operations["writing", "PUT if"] == 1
    assert operations["reading", "GET range"] == operations["reading", "DELETE many"] == 1
    sent = sum(request.sent for request in proxy.requests if request.phase == "writing")
    assert sent == len(b"content" + b"other")
    assert next(r.received for r in proxy.requests if r.operation == "GET range") == len(b"tent")


def test_a_lost_answer_is_that_of_a_write_which_took_place(bucket: Location, proxy: StoreProxy):
    proxy.faults = Faults(seed=1, lost=0.5)
    for number in range(20):
        assert (bucket / str(number)).create(b"mine")
        assert not (bucket / str(number)).create(b"yours")
    faults = Counter(request.fault for request in proxy.requests)
    assert faults["lost"] > 10
    assert faults.keys() == {None, "lost"}
    assert len(list(bucket.files())) == 20


def test_the_same_requests_meet_the_same_faults(store: ObjectStore):
    seen = []
    bucket = store.bucket()
    for _ in range(2):
        with store_proxy(store.endpoint) as proxy:
            proxy.faults = Faults(seed=2, unavailable=0.3)
            place = location_of(bucket, store.options_by(proxy.endpoint))
            for number in range(20):
                (place / str(number)).write_bytes(b"content")
            seen.append([(request.key, request.fault) for request in proxy.requests])
    assert seen[0] == seen[1]
    assert len(seen[0]) > 20
