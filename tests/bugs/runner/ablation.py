"""The same mistakes with parts of the simulator switched off, and looked for by others: what does each part contribute?"""

import dataclasses
import math
import re
import statistics

import compiling
import progress
import subjects


@dataclasses.dataclass(frozen=True)
class Arm:
    name: str
    what: str
    options: tuple = ()  # of `simulate`
    linked: tuple | None = None  # what the linker is told by an arm with a main of its own in place of the simulator's


ARMS = (
    Arm("default", "`simulate` as it is"),
    Arm("no-swarm", "`--no-swarm`: every life has every kind of step and fault", ("--no-swarm",)),
    Arm("own-laws", "`--own-laws`: only the laws that stand in the subject, none of those that need no code", ("--own-laws",)),
    Arm("walk", "`--schedule walk`: what happens next is drawn each time", ("--schedule", "walk")),
    Arm("pct", "`--schedule pct`: priorities that rarely change decide what happens next", ("--schedule", "pct")),
    Arm("sweep", "`--sweep visit`: no random lives, but a short visit with every single fault at every place", ("--sweep", "visit")),
    Arm("libfuzzer", "libFuzzer makes the scenarios, from nothing, led by coverage; the simulator judges and shrinks",
        linked=("-fsanitize=fuzzer",)),
    Arm("rapidcheck", "rapidcheck's own runner and shrinker; the simulator generates and judges", linked=()),
)
OTHERS = tuple(arm for arm in ARMS if arm.linked is not None)


def whole_seconds(time):
    """The others know no shorter time than a second."""
    amount, unit = re.fullmatch(r"(\d+)(ms|s|min)?", time).groups()
    return max(1, math.ceil(int(amount) * {"ms": 0.001, "min": 60}.get(unit, 1)))


def build_others(mistakes, build, coverage, pool):
    """Each mistake with the main of each other search: {(arm, mistake): program}."""
    def built(compiler, arm, mistake):
        main = compiler.build / f"tests/bugs/libbugs_{arm.name}.a"
        program = compiler.build / "bin/bugs" / arm.name / mistake.name
        return compiler.build_program(mistake.source, program, replace_main=[str(main.resolve()), *arm.linked])

    compilers = {arm: compiling.Compiler(coverage if arm.name == "libfuzzer" else build) for arm in OTHERS}
    started = {(arm.name, each.name): pool.submit(built, compilers[arm], arm, each) for arm in OTHERS for each in mistakes}
    progress.wait("programs built", started.values())
    return {key: done.result() for key, done in started.items()}


def look(arm, mistake, programs, seed, time):
    if arm.linked is None:
        return subjects.search(mistake, seed, time, *arm.options)
    program, limit = programs[arm.name, mistake.name], whole_seconds(time)
    if arm.name == "libfuzzer":
        return subjects.found(subjects.last_object(program, f"-seed={seed}", f"-max_total_time={limit}"))
    return subjects.found(subjects.last_object(program, str(seed), str(limit)))


def search(arm, mistake, *how):
    """Only what the party without its mistake survives shows the mistake; None otherwise."""
    found = look(arm, mistake, *how)
    return found if found and subjects.survives(mistake.fixed, found.scenario) else None


def run(options, mistakes, pool):
    """The rows of every arm, and those of the default arm in full."""
    programs = build_others(mistakes, options.build, options.coverage, pool)
    seeds = range(1, options.seeds + 1)
    started = {(arm.name, each.name): [pool.submit(search, arm, each, programs, seed, options.time) for seed in seeds]
               for arm in ARMS for each in mistakes}
    progress.wait("searches", [one for runs in started.values() for one in runs])
    rows = {arm.name: [subjects.bug_row(each, [one.result() for one in started[arm.name, each.name]]) for each in mistakes]
            for arm in ARMS}
    kept = ("id", "name", "found", "median_s", "steps_median")
    return {"seeds": options.seeds, "bugs": rows["default"], "controls": [],
            "ablation": [{"arm": name, **totals(row, options.seeds), "bugs": [{key: bug[key] for key in kept} for bug in row]}
                         for name, row in rows.items()]}


def totals(rows, seeds):
    found = [row for row in rows if row["found"]]
    return {"found_by_all": sum(row["found"] == seeds for row in rows), "found_by_some": len(found),
            "median_s": statistics.median(row["median_s"] for row in found) if found else None,
            "worst_s": max((row["worst_s"] for row in found), default=None)}


def duration(seconds):
    """To two digits: nobody's clock is better here."""
    value, unit = (seconds * 1000, "ms") if seconds < 1 else (seconds, "s")
    return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"


def cell(bug, seeds):
    return f"{bug['found']}/{seeds} {duration(bug['median_s'])} {bug['steps_median']:g}" if bug["found"] else "–"


def rows(result):
    """The table as lists of texts, its head first: a row for each mistake, then one for each total."""
    arms, seeds = result["ablation"], result["seeds"]
    yield ["mistake", *(arm["arm"] for arm in arms)]
    for row, bug in enumerate(result["bugs"]):
        yield [f"{bug['id']} {bug['name']}", *(cell(arm["bugs"][row], seeds) for arm in arms)]
    yield ["found with all seeds", *(f"{arm['found_by_all']}/{len(result['bugs'])}" for arm in arms)]
    yield ["found with some seed", *(f"{arm['found_by_some']}/{len(result['bugs'])}" for arm in arms)]
    for name, key in (("median of the medians", "median_s"), ("worst of all", "worst_s")):
        yield [name, *("–" if arm[key] is None else duration(arm[key]) for arm in arms)]


def table(result):
    lines = list(rows(result))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in lines)
