"""`run.cluster`: its short forms, and which addresses a scheduler may have."""

import pytest

from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.cluster import ClusterSettings, refused_address
from vouch.schemas.settings.yaml_reader import SettingsText

_FILES = ", ca: ca.pem, certificate: certificate.pem, key: key.pem"


def cluster(text: str) -> ClusterSettings | None:
    yaml = f"sources: [{{name: docs, path: documents}}]\nrun:\n  cluster: {text}\n"
    return SettingsText(yaml).settings().run.cluster


def test_without_it_a_run_does_all_work_itself():
    assert cluster("null") is None


def test_it_is_a_number_of_local_processes_or_an_address():
    local = cluster("{local: 4}")
    assert local is not None
    assert (local.local, local.scheduler) == (4, None)
    short, full = cluster("tcp://127.0.0.1:8786"), cluster("{scheduler: 'tcp://127.0.0.1:8786'}")
    assert short == full
    assert cluster(f"{{scheduler: 'tls://scheduler:8786'{_FILES}}}") is not None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tcp://scheduler:8786", "run.cluster: tcp://scheduler:8786 is not on this machine"),
        ("tcp://10.0.0.1:8786", "a scheduler runs whatever code it is sent"),
        ("tcp://0.0.0.0:8786", "there TLS is required"),
        ("tls://scheduler:8786", "tls:// needs the files of ca, certificate and key"),
        ("{scheduler: 'tls://a:1', ca: ca.pem}", "needs the files of ca, certificate and key"),
        ("http://scheduler:8786", "is no address of a scheduler"),
        ("tls://scheduler", "is no address of a scheduler"),
        ("tls://scheduler:port", "is no address of a scheduler"),
        ("{}", "name either local .* or scheduler"),
        ("{local: 2, scheduler: 'tcp://127.0.0.1:1'}", "name either local"),
        ("{local: 2, ca: ca.pem}", "ca is for a scheduler at tls"),
        ("{local: 0}", "run.cluster.local"),
        ("{locla: 2}", "did you mean local"),
    ],
)
def test_what_cannot_work_or_is_open_to_anybody_is_refused(text: str, problem: str):
    with pytest.raises(SettingsError, match=f"(?s)line 3: .*{problem}"):
        cluster(text)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_this_machine_needs_no_certificate(host: str):
    assert refused_address(f"tcp://{host}:8786", has_files=False) is None
