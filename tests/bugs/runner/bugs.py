"""Tries the simulator on parties with a mistake in them, and on correct ones: a table, and with --json one object.

bugs.py --root . --build build/release [--seeds 20] [--time 10s] [--control-lives 100000] [--parties DIR] [--jobs N] [--json]
        [--ablate --coverage build/coverage] [--write docs/evidence.md]
Exit code 0 when every mistake is found with every seed and no control alarms, 1 otherwise, 64 wrong usage, 70 a file that does not build.
With --ablate the mistakes alone are looked for, in several ways, and the default one decides the exit code.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import sys

import ablation
import compiling
import evidence
import progress
import subjects


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of anything, give 1 or more")
    return number


def time(text):
    if not re.fullmatch(r"[1-9]\d*(ms|s|min)?", text):
        raise argparse.ArgumentTypeError(f'"{text}" is no time: write 250ms, 5s or 2min')
    return text


def folder(text):
    path = pathlib.Path(text)
    if not path.is_dir() or not list(path.glob("*.cpp")):
        raise argparse.ArgumentTypeError(f'"{text}" is no folder with *.cpp files in it')
    return path


def page(text):
    path = pathlib.Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f'there is no file "{text}"')
    return path


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(64, f"{self.prog}: {message}\n")


def parse(arguments):
    parser = Parser(prog="./dev bugs", allow_abbrev=False, description="tries the simulator on planted mistakes and correct parties")
    parser.add_argument("--root", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)  # only whether the options are right
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--coverage", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--ablate", action="store_true",
                        help="look for the mistakes with parts of the simulator switched off, and with libFuzzer and rapidcheck; no controls")
    parser.add_argument("--seeds", type=positive, metavar="N", help="master seeds 1 to N for each mistake (20, with --ablate 5)")
    parser.add_argument("--time", type=time, default="10s", help="how long one seed may look (10s)")
    parser.add_argument("--control-lives", type=positive, metavar="N", help="random lives of each correct party (100000)")
    parser.add_argument("--parties", type=folder, metavar="DIR", help="further subjects, in *.cpp files of the same format")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, metavar="N", help="programs at a time (one a processor)")
    parser.add_argument("--json", action="store_true", help="print one object as the last line of stdout")
    parser.add_argument("--write", type=page, metavar="FILE", help="put the table into FILE too, between its markers (docs/evidence.md)")
    options = parser.parse_args(arguments)
    options.table = "ablation" if options.ablate else "bugs"
    options.seeds = options.seeds or (5 if options.ablate else 20)
    if options.ablate and options.control_lives:
        parser.error("--control-lives has nothing to do with --ablate, which tries no correct party")
    options.control_lives = options.control_lives or 100_000
    if options.ablate and not options.coverage:
        parser.error("--ablate needs --coverage, the folder of a build with the preset `coverage`")
    if options.write and not evidence.has_place(options.write.read_text(), options.table):
        begin, end = evidence.marker(options.table)
        parser.error(f'--write: "{options.write}" has no lines {begin} and {end}, between which the table would be put')
    return options


def own(root, build):
    """The subjects of the house, which are built already."""
    programs = build / "bin/bugs"
    for kind in ("planted", "controls"):
        for source in sorted((root / "tests/bugs" / kind).glob("*.cpp")):
            fixed = programs / f"{source.stem}_fixed"
            yield subjects.describe(source, programs / source.stem, fixed if kind == "planted" else None)


def further(where, build):
    compiler = compiling.Compiler(build)
    programs = build / "bin/bugs/further"
    for source in sorted(where.glob("*.cpp")):
        subject = subjects.describe(source, compiler.build_program(source, programs / source.stem))
        if subject.is_bug:
            subject.fixed = compiler.build_program(source, programs / f"{source.stem}_fixed", ["FIXED"])
        yield subject


def run(options, all_subjects):
    mistakes = sorted((each for each in all_subjects if each.is_bug), key=lambda each: (each.id, each.name))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        try:
            return ablation.run(options, mistakes, pool) if options.ablate else watched(options, mistakes, all_subjects, pool)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def watched(options, mistakes, all_subjects, pool):
    controls = [(f"{each.name}_fixed", each.fixed) for each in mistakes if each.fixed]
    controls += [(each.name, each.program) for each in all_subjects if not each.is_bug]
    searches = [[pool.submit(subjects.search, each, seed, options.time) for seed in range(1, options.seeds + 1)] for each in mistakes]
    watches = [pool.submit(subjects.control_row, name, program, options.control_lives) for name, program in controls]
    progress.wait("programs run", [*(one for runs in searches for one in runs), *watches])
    bugs = [subjects.bug_row(each, [one.result() for one in runs]) for each, runs in zip(mistakes, searches)]
    return {"seeds": options.seeds, "bugs": bugs, "controls": [each.result() for each in watches]}


def table(result):
    seeds = result["seeds"]
    lines = [f"{'id':>4}  {'mistake':<34} {'found':>7} {'median':>9} {'worst':>9} {'steps':>6} {'k':>3} {'<=k+1':>6} {'shrink':>8}  oracle"]
    for bug in result["bugs"]:
        line = f"{bug['id']:>4}  {bug['name']:<34} {bug['found']:>3}/{seeds:<3}"
        if bug["found"]:
            within = "" if bug["within_k1"] is None else f"{bug['within_k1']:.0%}"
            line += (f" {bug['median_s']:>7.3f} s {bug['worst_s']:>7.3f} s {bug['steps']:>6} {bug['k'] or '':>3} {within:>6}"
                     f" {bug['shrink_s']:>6.2f} s  {bug['oracle']}")
        lines.append(line)
    lines.append(f"\n{'correct party':<40} {'lives':>9} {'alarms':>7}")
    for control in result["controls"]:
        lines.append(f"{control['name']:<40} {control['lives']:>9} {control['alarms']:>7}")
        if "alarm" in control:
            lines.append(f"    {control['alarm']}")
        if "replay" in control:
            lines.append(f"    {control['replay']}")
    return "\n".join(lines)


def verdict(result):
    """What is wrong, as sentences; none when all is well."""
    missed = [f"{bug['name']} was found with {bug['found']} of {result['seeds']} seeds" for bug in result["bugs"]
              if bug["found"] < result["seeds"]]
    alarms = [f"{control['name']} is correct and alarmed" for control in result["controls"] if control["alarms"]]
    return missed + alarms


def main(arguments):
    options = parse(arguments)
    if options.check:
        return 0
    try:
        all_subjects = list(own(options.root, options.build))
        if options.parties:
            all_subjects += further(options.parties, options.build)
        result = run(options, all_subjects)
    except (subjects.Broken, compiling.BuildFailed) as error:
        print(error, file=sys.stderr)
        return 70
    print(ablation.table(result) if options.ablate else table(result))
    wrong = verdict(result)
    for sentence in wrong:
        print(sentence)
    if options.write:
        lines = (evidence.ablated if options.ablate else evidence.bugs)(result, options)
        options.write.write_text(evidence.put(options.write.read_text(), options.table, lines))
    if options.json:
        print(json.dumps(result))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
