"""What is known of a subject, and what a run of it found."""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import tempfile


class Broken(Exception):
    """A program did not do what every subject does."""


@dataclasses.dataclass
class Subject:
    name: str  # of the file
    program: pathlib.Path
    fixed: pathlib.Path | None = None
    id: int | None = None
    k: int | None = None
    source: pathlib.Path | None = None

    @property
    def is_bug(self):
        return self.id is not None


@dataclasses.dataclass
class Found:
    seconds: float
    steps: int
    shrink_seconds: float
    kind: str
    scenario: str = ""


def last_object(program, *arguments):
    alone = {**os.environ, "PARTY_JOBS": "1"}  # the times are those of one core, and programs run beside each other
    done = subprocess.run([program, *arguments], text=True, capture_output=True, check=False, env=alone)
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise Broken(f"{program} {' '.join(arguments)}: exit code {done.returncode}, no JSON\n{done.stderr[-2000:]}") from None


def describe(source, program, fixed=None):
    known = last_object(program, "describe")
    return Subject(source.stem, pathlib.Path(program), fixed and pathlib.Path(fixed), known["id"], known["knownMinimum"], source)


def simulate(program, *options):
    with tempfile.TemporaryDirectory() as pages:
        return last_object(program, "simulate", "--json", "--report", pages, *options)


def found(run):
    """Of the object that a search printed; None when it found nothing."""
    failure = run.get("failure")
    return failure and Found(failure["seconds"], failure["steps"], failure["shrinkSeconds"], failure["kind"], failure["scenario"])


def survives(program, scenario):
    with tempfile.TemporaryDirectory() as pages:
        return last_object(program, "replay", "--json", "--report", pages, f"--scenario={scenario}")["verdict"] == 0


def search(subject, seed, limit, *options):
    """One run, at default settings when there are no options; None when nothing was found."""
    return found(simulate(subject.program, "--seed", str(seed), "--time", limit, *options))


def bug_row(subject, runs):
    """What the table says of one mistake, of the runs with each seed."""
    found = [run for run in runs if run]
    row = {"id": subject.id, "name": subject.name, "found": len(found), "median_s": None, "worst_s": None, "steps": None,
           "steps_median": None, "k": subject.k, "within_k1": None, "shrink_s": None, "oracle": ""}
    if not found:
        return row
    steps = [run.steps for run in found]
    row.update(median_s=round(statistics.median(run.seconds for run in found), 6), worst_s=round(max(run.seconds for run in found), 6),
               steps=max(steps), steps_median=statistics.median(steps), shrink_s=round(max(run.shrink_seconds for run in found), 6),
               oracle=", ".join(sorted({run.kind for run in found})))
    if subject.k is not None:
        row["within_k1"] = round(sum(each <= subject.k + 1 for each in steps) / len(steps), 3)
    return row


def control_row(name, program, lives):
    run = simulate(program, "--lives", str(lives), "--seed", "1")
    row = {"name": name, "lives": run["randomLives"], "alarms": 0 if run["verdict"] == 0 else 1}
    if "failure" in run:
        row["alarm"] = f"{run['failure']['law']}: {run['failure']['how']}"
        row["replay"] = run["failure"]["replay"]
    elif run["verdict"] != 0:
        row["alarm"] = f"exit code {run['verdict']}: {run.get('divergence', 'see simulate')}"
    return row
