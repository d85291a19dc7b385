"""A command in its private /opt/ml, both ways: by namespace and by rewriting.

Each is started afresh, and forked by a process that has the image's libraries: no job may notice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud.cloud import image_python
from localcloud.sagemaker.jobs import forks
from localcloud.sagemaker.jobs.container import Container, Exit, namespaces_work
from tests.support.waiting import wait_until

BOTH = pytest.mark.parametrize("namespace", [True, False], ids=["namespace", "rewriting"])
Make = Callable[[bool], Container]
WARM = image_python()


@pytest.fixture(scope="module")
def fork_server() -> Iterator[None]:
    forks.prepare(WARM)
    yield
    forks.stop()


@pytest.fixture(params=["afresh", "forked"])
def make(request: pytest.FixtureRequest, tmp_path: Path, fork_server: None) -> Make:
    python = WARM if request.param == "forked" else Path(sys.executable)

    def container(namespace: bool) -> Container:
        if namespace and not namespaces_work():
            pytest.skip("this host forbids user namespaces")
        return Container(tmp_path / "job", python, namespace)

    return container


def run_script(container: Container, source: str, *arguments: str) -> tuple[Exit, str]:
    code = container.ml / "processing" / "input" / "code"
    code.mkdir(parents=True, exist_ok=True)
    (code / "script.py").write_text(textwrap.dedent(source))
    output: list[bytes] = []
    script = "/opt/ml/processing/input/code/script.py"
    outcome = container.run(["python3", script, *arguments], {}, output.append, timeout=30, grace=5)
    return outcome, b"".join(output).decode()


@BOTH
def test_a_script_that_names_opt_ml_reads_and_writes_the_jobs_folder(
    make: Make, namespace: bool
) -> None:
    container = make(namespace)
    (container.ml / "in").mkdir(parents=True)
    (container.ml / "in" / "a.csv").write_text("1,2")
    outcome, output = run_script(
        container,
        """
        import os, pathlib, shutil, sys
        text = open("/opt/ml/in/a.csv").read()
        out = pathlib.Path("/opt") / "ml" / "out"
        out.mkdir()
        (out / "b.txt").write_text(text + sys.argv[1])
        shutil.copy("/opt/ml/in/a.csv", os.path.join("/opt/ml", "out", "copy.csv"))
        print(sorted(os.listdir("/opt/ml/out")), os.path.exists(f"/opt/ml/{'out'}/b.txt"))
        """,
        ",3",
    )
    assert (outcome.code, output) == (0, "['b.txt', 'copy.csv'] True\n")
    assert (container.ml / "out" / "b.txt").read_text() == "1,2,3"


@BOTH
def test_a_path_reaches_programs_and_modules_beside_the_script(make: Make, namespace: bool) -> None:
    container = make(namespace)
    code = container.ml / "processing" / "input" / "code"
    code.mkdir(parents=True)
    (code / "beside.py").write_text('WHERE = "/opt/ml/processing/x.txt"\n')
    (container.ml / "processing" / "x.txt").write_text("found")
    outcome, output = run_script(
        container,
        """
        import subprocess, beside
        print(subprocess.run(["cat", beside.WHERE], capture_output=True, text=True).stdout)
        print(subprocess.run(["cat", "/opt/ml/processing/x.txt"], capture_output=True).stdout)
        """,
    )
    assert (outcome.code, output) == (0, "found\nb'found'\n")


@BOTH
def test_rewriting_never_touches_the_script_on_disk(make: Make, namespace: bool) -> None:
    container = make(namespace)
    run_script(container, "print(open('/opt/ml/processing/input/code/script.py').read())")
    code = container.ml / "processing" / "input" / "code" / "script.py"
    assert "/opt/ml/processing/input/code/script.py" in code.read_text()


@BOTH
def test_the_environment_is_the_jobs_own(
    make: Make, namespace: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CLOUD", "x")
    container = make(namespace)
    output: list[bytes] = []
    container.run(["env"], {"SM_MODEL_DIR": "/opt/ml/model"}, output.append)
    variables = dict(line.split("=", 1) for line in b"".join(output).decode().splitlines())
    assert "SECRET_OF_THE_CLOUD" not in variables
    expected = "/opt/ml" if namespace else str(container.ml)
    assert variables["SM_MODEL_DIR"] == f"{expected}/model"
    assert variables["PATH"].startswith(str(container.python.parent))


@BOTH
def test_the_exit_code_and_the_output_of_a_failing_script_arrive(
    make: Make, namespace: bool
) -> None:
    outcome, output = run_script(make(namespace), "import sys; sys.exit('column x is missing')")
    assert outcome == Exit(1)
    assert output == "column x is missing\n"


@BOTH
def test_a_missing_command_is_told_like_docker_tells_it(make: Make, namespace: bool) -> None:
    output: list[bytes] = []
    outcome = make(namespace).run(["no-such-program"], {}, output.append)
    assert outcome.code == 125
    assert b"no-such-program" in b"".join(output)


@BOTH
def test_a_command_that_runs_too_long_is_ended_with_its_children(
    make: Make, namespace: bool, tmp_path: Path
) -> None:
    container = make(namespace)
    (container.ml).mkdir(parents=True)
    outcome = container.run(
        ["sh", "-c", "trap '' TERM; sleep 60 & echo $! > /opt/ml/pid; wait; sleep 60"],
        {},
        lambda _: None,
        timeout=0.5,
        grace=0.2,
    )
    assert outcome == Exit(137, timed_out=True)
    child = int((container.ml / "pid").read_text())
    wait_until(lambda: not alive(child), 5)


@BOTH
def test_stop_ends_a_command_gently(make: Make, namespace: bool) -> None:
    container = make(namespace)
    began = threading.Event()
    threading.Thread(target=lambda: began.wait(10) and container.stop(grace=5)).start()
    outcome = container.run(
        ["sh", "-c", "trap 'echo bye; exit 7' TERM; echo go; while :; do sleep 0.05; done"],
        {},
        lambda chunk: began.set(),
    )
    assert outcome == Exit(7, stopped=True)


def test_a_stop_before_the_start_keeps_the_command_from_running(make: Make) -> None:
    container = make(False)
    container.stop()
    outcome = container.run(["touch", "/opt/ml/ran"], {}, lambda _: None)
    assert outcome.stopped
    assert not (container.ml / "ran").exists()


@BOTH
def test_a_command_dies_with_the_process_that_started_it(
    make: Make, namespace: bool, tmp_path: Path
) -> None:
    make(namespace)
    program = f"""
import sys
from pathlib import Path
from localcloud.cloud import image_python
from localcloud.sagemaker.jobs import forks
from localcloud.sagemaker.jobs.container import Container
container = Container(Path({str(tmp_path / "job")!r}), Path(sys.executable), {namespace})
container.run(["sh", "-c", "echo $$ > /opt/ml/pid; exec sleep 60"], {{}}, lambda _: None)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[3])
    pid_file = tmp_path / "job" / "ml" / "pid"
    wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), 10)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not alive(int(pid_file.read_text())), 5)


def test_a_path_outside_opt_ml_is_refused(make: Make) -> None:
    with pytest.raises(ValueError, match="not under /opt/ml"):
        make(False).host_path("/opt/ml/../../etc/passwd")


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie, which nobody has waited for, does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return state != "Z"


@BOTH
def test_a_forked_script_runs_as_python_would_run_it(
    tmp_path: Path, fork_server: None, namespace: bool
) -> None:
    if namespace and not namespaces_work():
        pytest.skip("this host forbids user namespaces")
    told = []
    for name, python in (("forked", WARM), ("afresh", WARM.with_name("python3"))):
        container = Container(tmp_path / name, python, namespace)
        if name == "afresh":
            container.python = tmp_path / "image" / "python"  # no fork server is known by it
            container.python.parent.mkdir()
            for command in ("python", "python3"):
                (container.python.parent / command).symlink_to(WARM)
        outcome, output = run_script(
            container,
            """
            import os, signal, sys, threading
            print(__name__, __file__, sys.argv, os.getcwd(), __builtins__ is not None)
            print(sys.stdin.read(), sys.stdout.encoding, sys.stderr.errors, sys.dont_write_bytecode)
            print(os.getpgid(0) == os.getpid(), threading.active_count(), sys.flags.utf8_mode)
            print(sorted(map(str, signal.pthread_sigmask(signal.SIG_BLOCK, []))))
            print([signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGCHLD)])
            print(sorted(os.listdir("/proc/self/fd"))[:4], sys.modules["__main__"].__file__)
            print({n: v for n, v in os.environ.items() if n not in ("HOME", "TMPDIR", "PATH")})
            raise ValueError("by design")
            """,
            "--rate",
            "0.1",
        )
        told.append((outcome, output.replace(f"/{name}/", "/")))
    assert told[0] == told[1]
    assert told[0][0] == Exit(1)
    assert told[0][1].rstrip().endswith("ValueError: by design")


def test_a_fork_has_the_libraries_already_and_the_threads_it_is_given(
    tmp_path: Path, fork_server: None
) -> None:
    container = Container(tmp_path / "job", WARM, False)
    outcome, output = run_script(
        container,
        """
        import sys
        print("xgboost" in sys.modules)
        import numpy, threadpoolctl
        print({one["num_threads"] for one in threadpoolctl.threadpool_info()
               if one["user_api"] == "openmp"})
        print(numpy.random.rand())
        """,
    )
    assert outcome.code == 0, output
    loaded, threads, drawn = output.splitlines()
    assert (loaded, threads) == ("True", str({os.cpu_count()}))
    _, again = run_script(container, "import numpy; print(numpy.random.rand())")
    assert again.strip() != drawn, "two forks share their random numbers"


@pytest.mark.parametrize(
    ("beside", "variables"),
    [
        ("numpy.py", {}),
        ("other.py", {"OPENBLAS_NUM_THREADS": "1"}),
        ("other.py", {"PYTHONUTF8": "0"}),
    ],
    ids=["its own numpy", "a library's variable", "the interpreter's variable"],
)
def test_a_script_that_would_notice_the_imports_is_started_afresh(
    tmp_path: Path, fork_server: None, beside: str, variables: dict[str, str]
) -> None:
    container = Container(tmp_path / "job", WARM, False)
    (container.ml / "code").mkdir(parents=True)
    (container.ml / "code" / "script.py").write_text("import sys; print('xgboost' in sys.modules)")
    (container.ml / "code" / beside).write_text("")
    output: list[bytes] = []
    outcome = container.run(["python", "/opt/ml/code/script.py"], variables, output.append)
    assert (outcome.code, b"".join(output)) == (0, b"False\n")


def test_a_container_starts_its_command_afresh_when_the_fork_server_is_gone(
    tmp_path: Path, fork_server: None
) -> None:
    server = forks.find(WARM)
    assert server is not None
    server.process.kill()
    server.process.wait()
    try:
        outcome, output = run_script(Container(tmp_path / "job", WARM, False), "print(6 * 7)")
        assert (outcome.code, output) == (0, "42\n")
    finally:
        forks.stop()
        forks.prepare(WARM)
