"""Says in a sentence what went wrong on a cluster."""

from vouch.schemas.errors import ClusterError
from vouch.schemas.process.environment import mask_secrets
from vouch.storage.location import Location


def explained(name: str, error: BaseException | None) -> Exception:
    """Return what is raised for an error that Dask reports of a shard."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        host = error.last_worker.address.partition("://")[2].rpartition(":")[0]
        return ClusterError(
            f"shard {name} was on {error.allowed_failures + 1} workers that died, the last one on "
            f"{host}; most likely they lacked memory: give them more, or set a smaller "
            "run.shard_documents, and run again: finished shards are reused"
        )
    if isinstance(error, ImportError):
        return ClusterError(
            f"a worker cannot import Vouch's code ({error}); install this version of Vouch where "
            "the workers run, and start them by `vouch worker`"
        )
    if isinstance(error, Exception):
        return error.with_traceback(None)
    return ClusterError(f"shard {name} failed: {mask_secrets(repr(error))}")


def unseen(name: str, root: Location) -> ClusterError:
    """Return what is raised where a worker has staged a shard, and this machine does not see it."""
    return ClusterError(
        f"a worker has staged shard {name} in {root}, but it is not there for this run: name a "
        "folder that all machines share, or an object store, as run.work_path"
    )


def cause_of(error: BaseException) -> str:
    """Return the innermost cause of an error of Dask, which is what says something."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or "nobody answers there"
