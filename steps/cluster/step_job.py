"""Inside a Python step's process: read job.json, run the step, refuse bad input as problem.json with exit 65.

What pipeline/step-runtime does for the steps in TypeScript. Needs the standard library alone, so that a step can set
the number of threads before its libraries are loaded.
"""
import json
import os
import re
import sys
import threading
import time
import traceback
from importlib.metadata import PackageNotFoundError, version


class InputProblem(Exception):
    """The step refuses its input: the user's problem, never retried."""

    def __init__(self, problem):
        super().__init__(f"{problem['input']}: {problem['found']}")
        self.problem = problem


class ToolMissing(Exception):
    """A library that the step needs is absent, or not of a version that it was made for."""


def refuse(*, input, found, expected, advice):
    raise InputProblem({"input": input, "found": found, "expected": expected, "advice": advice})


def run_step(step):
    """`step` is given what job.json holds; the process ends with the exit code that the engine reads."""
    path = sys.argv[-1]
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    try:
        _check_tools(job.get("tools", []))
        step(job)
        absent = [name for name, output in job["outputs"].items() if not os.path.exists(output)]
        if absent:
            raise RuntimeError(f"the step ended without writing {', '.join(absent)}")
    except InputProblem as refusal:
        with open(os.path.join(os.path.dirname(path), "problem.json"), "w", encoding="utf-8") as file:
            file.write(json.dumps(refusal.problem, indent=2, ensure_ascii=False) + "\n")
        _end(65, str(refusal))
    except ToolMissing as missing:
        _end(69, str(missing))
    except Exception:
        _end(70, traceback.format_exc().rstrip())
    sys.exit(0)


def library_version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        raise ToolMissing(f"this Python has no {name}") from None


def _check_tools(tools):
    """On the user's machine the engine asked the `python3` on PATH; in a container nobody did."""
    for tool in tools:
        found = library_version(tool["name"])
        if not re.search(tool["accepts"], found):
            raise ToolMissing(f"{tool['name']} is version {found}; this step was made for {tool['accepts']}")


def _end(code, words):
    print(words, file=sys.stderr)
    sys.exit(code)


def _end_with_parent(parent):
    """An engine that was killed outright leaves its steps behind; nobody would use what they still write."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(70)
