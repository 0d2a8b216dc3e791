"""The command line as a person or a script uses it: exit codes, streams, one line per failure."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specforge_core import Forge, Settings
from specforge_core.__main__ import main

Call = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "specforge_core"]
WRITE = ["generate", "--title", "Invoices", "--description", "Finance approves invoices."]


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.endswith(("_API_KEY", "_BASE_URL"))}
    return {
        **kept,
        "SPECFORGE_DATA_DIR": str(data_dir),
        "SPECFORGE_OFFLINE_TPS": "5000",
        "SPECFORGE_RETRIES": "0",
        **more,
    }


def call(data_dir: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(data_dir, **more),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def call_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """`call` without a process of its own: the same command, a second or two sooner."""
    kept = environment(tmp_path)
    for name in set(os.environ) - set(kept):
        monkeypatch.delenv(name)
    for name in set(kept) - set(os.environ):
        monkeypatch.setenv(name, kept[name])
    monkeypatch.setenv("SPECFORGE_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)  # no `.env` of the developer

    def called(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        code = main(list(arguments))
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return called


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_generate_prints_the_document_and_show_prints_it_again(
    tmp_path: Path, call_here: Call
) -> None:
    done = call(tmp_path, *WRITE)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("## ") and done.stdout.count("\n## ") == 4
    listed = events(call_here("runs", "--json"))
    assert [run["status"] for run in listed] == ["complete"]
    shown = call_here("show", listed[0]["run_id"])
    assert shown.stdout.strip() == done.stdout.strip()
    again = call_here("cancel", listed[0]["run_id"])
    assert again.returncode == 1 and "has ended already" in again.stderr


def test_json_tells_the_whole_story_as_events(tmp_path: Path, call_here: Call) -> None:
    brief = tmp_path / "brief.txt"
    brief.write_text("Finance approves invoices.", encoding="utf-8")
    arguments = ["generate", "--title", "Invoices", "--brief-file", str(brief), "--json"]
    told = events(call_here(*arguments))
    assert told[0]["event"] == "run" and told[-1]["event"] == "run_end"
    assert told[-1]["status"] == "complete" and told[-1]["tokens"] > 100
    text = [one for one in told if one["event"] == "text"]
    ends = [
        one["section"]
        for one in told
        if one.get("status") == "complete" and one["event"] == "section"
    ]
    assert ends == list(dict.fromkeys(one["section"] for one in text)) and len(ends) == 5


def test_ctrl_c_keeps_the_text_and_exits_130(tmp_path: Path, call_here: Call) -> None:
    process = subprocess.Popen(
        [*COMMAND, *WRITE],
        cwd=ROOT,
        env=environment(tmp_path, SPECFORGE_OFFLINE_TPS="200"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    with process.stdout, process.stderr:
        seen = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        seen += process.stdout.read()
        errors = process.stderr.read()
    assert process.wait(timeout=30) == 130
    assert "tokens kept in run" in errors and len(errors.splitlines()) == 1
    assert GO_ON.search(errors.strip())
    run = events(call_here("runs", "--json"))[0]
    assert run["status"] == "cancelled"
    assert call_here("show", run["run_id"]).stdout.strip() == seen.strip()


GO_ON = re.compile(r"Go on: python -m specforge_core (resume (\S+))$")


@pytest.mark.parametrize(
    ("model", "stays"), [("drill-500", "The text so far is kept"), ("drill-length", "cut short")]
)
def test_what_is_not_whole_ends_with_the_command_that_writes_the_rest(
    tmp_path: Path, call_here: Call, model: str, stays: str
) -> None:
    begun = call_here(*WRITE, "--model", model, "--json")
    said = GO_ON.search(begun.stderr.strip())
    assert begun.returncode == 1 and stays in begun.stderr and said
    resume = said[1].split()
    ended = call_here(*resume, "--provider", "offline", "--json")
    told = events(ended)
    assert ended.returncode == 0 and ended.stderr == ""
    assert told[0]["event"] == "run" and told[0]["attempt"] == 2
    printed: defaultdict[str, str] = defaultdict(str)
    for one in events(begun) + told:
        if one["event"] == "text":
            printed[one["section"]] += one["text"]
    with Forge.open(Settings(data_dir=tmp_path)) as forge:
        assert printed == {key: forge.section_text(said[2], key) for key in printed}
    again = call_here(*resume)
    assert again.returncode == 1 and again.stdout == "" and "Go on" not in again.stderr
    assert "Every section is written" in again.stderr


def test_resume_prints_the_rest_of_a_failed_document_as_markdown(call_here: Call) -> None:
    begun = call_here(*WRITE, "--model", "drill-500")
    said = GO_ON.search(begun.stderr.strip())
    assert said
    rest = call_here(*said[1].split())
    assert rest.returncode == 0 and rest.stdout.count("\n## ") == 3
    whole = call_here("show", said[2]).stdout
    assert (begun.stdout.rstrip("\n") + rest.stdout).split() == whole.split()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--provider", "nobody"],
        ["--provider", "openai"],
        ["--model", "none"],
        ["--phase", "poem"],
        ["--title", " "],
    ],
)
def test_a_choice_that_cannot_be_made_leaves_no_project(
    tmp_path: Path, call_here: Call, wrong: list[str]
) -> None:
    assert call_here(*WRITE, *wrong).returncode == 1
    with Forge.open(Settings(data_dir=tmp_path)) as forge:
        assert forge.projects() == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([*WRITE, "--provider", "openai"], "OPENAI_API_KEY="),
        ([*WRITE, "--provider", "nobody"], "Choose one of: offline"),
        ([*WRITE, "--phase", "poem"], "Choose one of: brief"),
        ([*WRITE, "--model", "drill-500"], "Resume"),
        ([*WRITE, "--model", "drill-auth"], "401"),
        ([*WRITE, "--model", "drill-length"], "cut short"),
        (["generate", "--title", "", "--description", "x"], "Give the project a title"),
        (["generate", "--title", "x", "--brief-file", "/no/such/file"], "Name another file"),
        (["show", "nope"], "no such run"),
        (["resume", "nope"], "no such run"),
        (["restore", "/no/such/backup"], "There is no backup"),
    ],
)
def test_a_failure_exits_1_with_one_line_that_says_what_to_do(
    call_here: Call, arguments: list[str], says: str
) -> None:
    done = call_here(*arguments)
    assert done.returncode == 1
    assert says in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_setting_that_cannot_be_used_is_named(call_here: Call) -> None:
    done = call_here("runs", SPECFORGE_MAX_RUNS="abc")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "SPECFORGE_MAX_RUNS=abc cannot be used" in done.stderr


def test_providers_says_what_can_be_used(tmp_path: Path, call_here: Call) -> None:
    told = {one["name"]: one for one in events(call_here("providers", "--json"))}
    assert told["offline"]["configured"] and not told["openai"]["configured"]
    keyed = call_here("providers", "--json", OPENAI_API_KEY="sk-secret-1234567890abcd")
    told = {one["name"]: one for one in events(keyed)}
    assert told["openai"]["configured"] and told["openai"]["key_tail"] == "abcd"
    assert "secret" not in keyed.stdout
    assert list(tmp_path.iterdir()) == [], "it needs no database"
    with Forge.open(Settings(data_dir=tmp_path)):
        assert call(tmp_path, "providers").returncode == 0


def test_offline_work_loads_no_sdk_and_no_screen(tmp_path: Path) -> None:
    program = (
        "import sys; from specforge_core.__main__ import main\n"
        f"code = main({WRITE!r})\n"
        "loaded = {'streamlit', 'altair', 'openai', 'anthropic', 'httpx2'} & set(sys.modules)\n"
        "sys.exit(f'loaded {loaded}' if loaded else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(tmp_path), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
