"""The application in `examples/answering` answers while the index changes underneath.

It runs in an environment of its own, which has neither Vouch nor torch, and asks a real `vouch
serve`, while runs publish, roll back and maintain the index.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

import vouch
from tests.client.bare_environment import make_bare_environment, output

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/answering"
LIMIT_S = 600  # for what hangs; no claim is about time
HOURS = "When does the museum open in the morning?"
QUESTIONS = (HOURS, "What does an adult pay?", "How long is lost property kept?")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bare_environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def museum(tmp_path: Path) -> Path:
    """The folder of the example, ingested; its service looks for new states more often, and
    answers as often as it is asked."""
    folder = tmp_path / "answering"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("data", "__pycache__"))
    settings = folder / "vouch.yaml"
    own = "serve:\n  poll_s: 0.2\n  rate_per_minute: 0\n"
    settings.write_text(settings.read_text("utf-8").replace("serve:\n", own), "utf-8")
    assert vouch.ingest(settings).status == "published"
    return folder


@contextmanager
def running(*command: str | Path, cwd: Path) -> Iterator[str]:
    """Run a server that prints `ready: URL`; yield the URL."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    log = cwd / f"{Path(command[1]).name}.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, cwd=cwd, env=inherited, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready: "), log.read_text("utf-8")
            yield line.split()[1]
        finally:
            process.terminate()


@contextmanager
def application(python: Path, museum: Path, *groups: str) -> Iterator[str]:
    serve = (sys.executable, "-m", "vouch", "serve", "--port", "0")
    with (
        running(*serve, cwd=museum) as service,
        running(python, "server.py", service, "0", *groups, cwd=museum) as url,
    ):
        yield url


def command(*arguments: str, cwd: Path) -> None:
    """Run a command of `vouch` in a process of its own."""
    output(sys.executable, "-m", "vouch", *arguments, cwd=cwd)


def ask(url: str, question: str) -> dict[str, Any]:
    with urlopen(f"{url}/ask?q={quote(question)}", timeout=LIMIT_S) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


class Asking:
    """Asks the application all the time, in threads, and keeps its answers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._end = threading.Event()
        self._news = threading.Condition()
        self.answers: list[dict[str, Any]] = []
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._ask, args=(each,)) for each in QUESTIONS]

    def _ask(self, question: str) -> None:
        while not self._end.is_set():
            try:
                answer = ask(self._url, question)
            except HTTPError as error:
                self.failures.append(error.read().decode())
                return
            except OSError as error:
                self.failures.append(str(error))
                return
            finally:
                with self._news:
                    self._news.notify_all()
            with self._news:
                self.answers.append(answer)

    def wait_for(self, condition: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until the answers from now on are such."""
        with self._news:
            since = len(self.answers)
            self._news.wait_for(lambda: condition(self.answers[since:]) or self.failures, LIMIT_S)
            assert not self.failures
            assert condition(self.answers[since:])

    def __enter__(self) -> "Asking":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()


def says(text: str) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda answers: any(
        answer["question"] == HOURS and text in answer["text"] for answer in answers
    )


def test_no_answer_fails_and_every_citation_holds_while_the_index_changes(
    python: Path, museum: Path
):
    settings, hours = museum / "vouch.yaml", museum / "documents/opening-hours.md"
    first = vouch.open(museum / "data/index").run_id
    with application(python, museum) as url, Asking(url) as asking:
        asking.wait_for(says("at nine"))

        hours.write_text(hours.read_text("utf-8").replace("at nine", "at eleven"), "utf-8")
        second = vouch.ingest(settings).run_id
        asking.wait_for(says("at eleven"))

        command("rollback", "--no-hold", first, cwd=museum)
        asking.wait_for(says("at nine"))

        command("maintain", cwd=museum)
        asking.wait_for(lambda answers: len(answers) >= 2 * len(QUESTIONS))

        third = vouch.ingest(settings).run_id
        asking.wait_for(says("at eleven"))

    assert asking.failures == []
    assert {second, third} <= {answer["run_id"] for answer in asking.answers}
    assert all(answer["quotations"] for answer in asking.answers)
    check_citations(museum / "data/index", asking.answers)


def check_citations(index: Path, answers: list[dict[str, Any]]) -> None:
    """Each sentence is that span of the canonical text in the state that the answer names."""
    quotations = {
        (answer["run_id"], each["document_id"], each["start"], each["end"], each["text"])
        for answer in answers
        for each in answer["quotations"]
    }
    for run_id in {run_id for run_id, *_ in quotations}:
        with vouch.open(index, run=run_id) as state:
            for of_run, document_id, start, end, text in quotations:
                if of_run == run_id:
                    assert state.document(document_id).text[start:end] == text


@pytest.mark.parametrize(("groups", "quoted"), [((), False), (("staff",), True)])
def test_what_the_groups_may_not_read_is_not_quoted(
    python: Path, museum: Path, groups: tuple[str, ...], quoted: bool
):
    with application(python, museum, *groups) as url:
        answer = ask(url, "Who travels with a painting?")
        with urlopen(f"{url}/?q=%3Cb%3Epainting", timeout=LIMIT_S) as response:
            page = response.read().decode()
    assert ("courier" in answer["text"]) == quoted
    assert "&lt;b&gt;painting" in page
    assert "<b>" not in page


def test_the_environment_of_the_application_has_neither_vouch_nor_torch(
    python: Path, tmp_path: Path
):
    code = "import importlib.util as u; print([n for n in ('vouch', 'torch') if u.find_spec(n)])"
    assert output(python, "-c", code, cwd=tmp_path) == "[]\n"
