"""What ./dev bugs says of programs that find, miss, alarm or break: pretended subjects, nothing is built or simulated."""

import concurrent.futures
import contextlib
import io
import json
import pathlib
import re
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import ablation  # noqa: E402
import bugs  # noqa: E402
import progress  # noqa: E402
import subjects  # noqa: E402

FAILURE = {"kind": "hibernation", "law": "a law", "how": "so", "seconds": 0.5, "steps": 4, "shrinkSeconds": 0.1, "replay": "it replay",
           "scenario": "s1.x"}


class Bugs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for kind in ("planted", "controls"):
            (self.root / "tests/bugs" / kind).mkdir(parents=True)
        (self.root / "build/bin/bugs").mkdir(parents=True)

    def program(self, name, known, *runs):
        """Answers `describe`, and each `simulate --seed n` with the n-th of `runs`, the last one for all further seeds."""
        answers = "\n".join(f"    {n}) echo '{json.dumps(run)}' ;;" for n, run in enumerate(runs[:-1], 1))
        script = f"""#!/bin/sh
case "$1" in describe) echo '{json.dumps(known)}'; exit ;; esac
while [ "$1" != --seed ]; do shift; done
echo something else
case "$2" in
{answers}
    *) echo '{json.dumps(runs[-1])}' ;;
esac
"""
        path = self.root / "build/bin/bugs" / name
        path.write_text(script)
        path.chmod(0o755)

    def mistake(self, name, number, *runs, fixed=None):
        (self.root / f"tests/bugs/planted/{name}.cpp").touch()
        known = {"name": "X", "id": number, "knownMinimum": 3}
        self.program(name, known, *runs)
        self.program(f"{name}_fixed", known, fixed or {"verdict": 0, "randomLives": 7})

    def control(self, name, run):
        (self.root / f"tests/bugs/controls/{name}.cpp").touch()
        self.program(name, {"name": "Y", "id": None, "knownMinimum": None}, run)

    def run_bugs(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = bugs.main(["--root", str(self.root), "--build", str(self.root / "build"), *arguments])
            except SystemExit as end:
                code = end.code
        return code, out.getvalue(), err.getvalue()

    def test_a_mistake_found_with_every_seed_and_silent_controls_are_exit_0(self):
        self.mistake("lost_hat", 3, {"verdict": 1, "failure": FAILURE})
        self.control("cloakroom", {"verdict": 0, "randomLives": 7})
        code, out, _ = self.run_bugs("--seeds", "3", "--json")
        self.assertEqual(code, 0, out)
        result = json.loads(out.splitlines()[-1])
        self.assertEqual(result["seeds"], 3)
        self.assertEqual(result["bugs"], [{"id": 3, "name": "lost_hat", "found": 3, "median_s": 0.5, "worst_s": 0.5, "steps": 4,
                                           "steps_median": 4, "k": 3, "within_k1": 1.0, "shrink_s": 0.1, "oracle": "hibernation"}])
        self.assertEqual(result["controls"], [{"name": "lost_hat_fixed", "lives": 7, "alarms": 0},
                                              {"name": "cloakroom", "lives": 7, "alarms": 0}])

    def test_a_mistake_that_one_seed_misses_is_exit_1_and_named(self):
        self.mistake("lost_hat", 3, {"verdict": 1, "failure": FAILURE}, {"verdict": 0})
        code, out, _ = self.run_bugs("--seeds", "2")
        self.assertEqual(code, 1)
        self.assertIn("lost_hat was found with 1 of 2 seeds", out)

    def test_a_control_that_alarms_is_exit_1_and_shows_its_alarm(self):
        self.mistake("lost_hat", 3, {"verdict": 1, "failure": FAILURE},
                     fixed={"verdict": 1, "randomLives": 2, "failure": FAILURE})
        code, out, _ = self.run_bugs("--seeds", "1")
        self.assertEqual(code, 1)
        for words in ("lost_hat_fixed is correct and alarmed", "a law: so", "it replay"):
            self.assertIn(words, out)

    def test_a_control_that_is_not_deterministic_alarms_too(self):
        self.control("cloakroom", {"verdict": 2, "randomLives": 2, "divergence": "record 5"})
        code, out, _ = self.run_bugs()
        self.assertEqual(code, 1)
        self.assertIn("record 5", out)

    def test_the_median_and_the_worst_are_told_apart(self):
        runs = [subjects.Found(seconds, steps, 0.0, "law") for seconds, steps in ((1, 3), (2, 4), (9, 6))]
        row = subjects.bug_row(subjects.Subject("x", pathlib.Path("x"), None, 1, 3), [*runs, None])
        self.assertEqual((row["found"], row["median_s"], row["worst_s"], row["steps"], row["steps_median"], row["within_k1"]),
                         (3, 2, 9, 6, 4, 0.667))

    def test_a_program_that_breaks_is_exit_70_and_shown(self):
        self.control("cloakroom", {})
        (self.root / "build/bin/bugs/cloakroom").write_text("#!/bin/sh\necho it fell over >&2\nexit 3\n")
        code, _, err = self.run_bugs()
        self.assertEqual(code, 70)
        self.assertIn("it fell over", err)

    def test_wrong_options_are_exit_64(self):
        plain = self.root / "plain.md"
        plain.write_text("no table")
        for arguments in (("--seed", "1"), ("--seeds", "0"), ("--time", "soon"), ("--parties", str(self.root)), ("--ablate",),
                          ("--ablate", "--coverage", "x", "--control-lives", "5"), ("--write", "nowhere"), ("--write", str(plain))):
            self.assertEqual(self.run_bugs(*arguments)[0], 64, arguments)
        self.assertEqual(plain.read_text(), "no table")

    def ablated(self, answers, *arguments, fixed=0):
        """A run with --ablate where each program says what the first fitting pattern for its arguments has, and else {}."""
        (self.root / "tests/bugs/planted/lost_hat.cpp").touch()
        cases = "\n".join(f"    {pattern}) echo '{json.dumps(run)}' ;;" for pattern, run in answers.items())
        known = json.dumps({"name": "X", "id": 3, "knownMinimum": 3})
        path = self.root / "build/bin/bugs/lost_hat"
        path.write_text(f"#!/bin/sh\ncase \"$*\" in\n    describe) echo '{known}' ;;\n{cases}\n    *) echo '{{}}' ;;\nesac\n")
        path.chmod(0o755)
        correct = path.with_name("lost_hat_fixed")
        correct.write_text(f"""#!/bin/sh\n[ "$1,$5" = replay,--scenario=s1.x ] && echo '{json.dumps({"verdict": fixed})}'\n""")
        correct.chmod(0o755)
        others = {(arm.name, "lost_hat"): path for arm in ablation.OTHERS}
        with unittest.mock.patch.object(ablation, "build_others", return_value=others):
            return self.run_bugs("--ablate", "--coverage", "coverage", "--time", "2500ms", "--json", *arguments)

    def test_every_arm_of_an_ablation_has_its_own_options_and_five_seeds(self):
        arms = {"default": "*--time*2500ms", "no-swarm": "*--no-swarm", "own-laws": "*--own-laws", "walk": "*--schedule*walk",
                "pct": "*--schedule*pct", "sweep": "*--sweep*visit", "libfuzzer": "-seed=[1-5]*-max_total_time=3", "rapidcheck": "[1-5]*3"}
        for number, (name, pattern) in enumerate(arms.items()):
            code, out, _ = self.ablated({arms["default"]: {"failure": FAILURE}, pattern: {"failure": {**FAILURE, "steps": 9}}})
            self.assertEqual(code, 0, out)
            result = json.loads(out.splitlines()[-1])
            self.assertEqual([arm["arm"] for arm in result["ablation"]], list(arms))
            bug = result["ablation"][number]["bugs"][0]
            self.assertEqual(bug, {"id": 3, "name": "lost_hat", "found": 5, "median_s": 0.5, "steps_median": 9}, name)

    def test_an_arm_that_finds_nothing_is_a_dash_and_no_failure(self):
        code, out, _ = self.ablated({"*--time*2500ms": {"failure": FAILURE}, "*--seed?2?*--no-swarm": {"failure": FAILURE}})
        self.assertEqual(code, 0, out)
        lines = [re.split(r" {2,}", line.strip()) for line in out.splitlines()[:-1]]
        self.assertEqual(lines[0][:4], ["mistake", "default", "no-swarm", "own-laws"])
        self.assertEqual(lines[1], ["3 lost_hat", "5/5 500 ms 4", "1/5 500 ms 4", *["–"] * 6])
        self.assertEqual(lines[2], ["found with all seeds", "1/1", *["0/1"] * 7])
        self.assertEqual(lines[3], ["found with some seed", "1/1", "1/1", *["0/1"] * 6])
        self.assertEqual(lines[4], ["median of the medians", "500 ms", "500 ms", *["–"] * 6])

    def test_an_ablation_in_which_the_simulator_as_it_is_misses_one_is_exit_1(self):
        code, out, _ = self.ablated({"*--no-swarm": {"failure": FAILURE}})
        self.assertEqual(code, 1)
        self.assertIn("lost_hat was found with 0 of 5 seeds", out)

    def test_what_breaks_the_party_without_its_mistake_too_is_not_counted(self):
        code, out, _ = self.ablated({"*": {"failure": FAILURE, "id": 3, "knownMinimum": 3}}, fixed=1)
        self.assertEqual(code, 1)
        self.assertIn("lost_hat was found with 0 of 5 seeds", out)

    def test_tables_replace_what_is_between_their_own_markers_and_nothing_else(self):
        page = self.root / "page.md"
        page.write_text("one\n<!-- bugs -->\nold\n<!-- end of bugs -->\ntwo\n<!-- ablation -->\nold\n<!-- end of ablation -->\nthree\n")
        for _ in range(2):  # again: the markers are still there
            code, out, _ = self.ablated({"*--time*2500ms": {"failure": FAILURE}}, "--write", str(page))
            self.assertEqual(code, 0, out)
        before, table = page.read_text().split("<!-- ablation -->\n")
        self.assertEqual(before, "one\n<!-- bugs -->\nold\n<!-- end of bugs -->\ntwo\n")
        self.assertTrue(table.endswith("|\n<!-- end of ablation -->\nthree\n"), table)
        self.assertIn("| 3 lost_hat | 5/5 500 ms 4 | – |", table)
        self.assertIn("`./dev bugs --ablate --seeds 5 --time 2500ms`", table)
        self.mistake("lost_hat", 3, {"verdict": 1, "failure": FAILURE})
        self.run_bugs("--seeds", "2", "--write", str(page))
        self.assertIn("| 3 | lost_hat | 2/2 | 500 ms | 500 ms | 4 | 3 | 100% | 100 ms | hibernation |\n", page.read_text())
        self.assertIn("| lost_hat_fixed | 7 | 0 |\n<!-- end of bugs -->\ntwo\n", page.read_text())
        self.assertTrue(page.read_text().endswith(table))

    def test_progress_is_shown_on_a_terminal_and_erased_and_nowhere_else(self):
        for terminal in (False, True):
            line = io.StringIO()
            line.isatty = lambda: terminal  # noqa: B023
            with contextlib.redirect_stderr(line), concurrent.futures.ThreadPoolExecutor(1) as pool:
                progress.wait("runs", [pool.submit(int) for _ in range(3)])
            self.assertEqual("runs: 0 of 3" in line.getvalue(), terminal)
            self.assertTrue(line.getvalue().endswith("\r\033[K") if terminal else not line.getvalue())

    def test_durations_are_told_to_two_digits(self):
        self.assertEqual([ablation.duration(seconds) for seconds in (0.00026, 0.0123, 0.999, 1.54, 12.3)],
                         ["0.3 ms", "12 ms", "999 ms", "1.5 s", "12 s"])

    def test_searches_that_know_only_seconds_are_given_no_less_time(self):
        self.assertEqual([ablation.whole_seconds(time) for time in ("250ms", "1001ms", "7s", "2min", "9")], [1, 2, 7, 120, 9])


if __name__ == "__main__":
    unittest.main()
