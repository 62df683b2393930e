"""What ./dev bugs says of programs that find, miss, alarm or break: pretended subjects, nothing is built or simulated."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import bugs  # noqa: E402
import subjects  # noqa: E402

FAILURE = {"kind": "hibernation", "law": "a law", "how": "so", "seconds": 0.5, "steps": 4, "shrinkSeconds": 0.1, "replay": "it replay"}


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
        for arguments in (("--seed", "1"), ("--seeds", "0"), ("--time", "soon"), ("--parties", str(self.root))):
            self.assertEqual(self.run_bugs(*arguments)[0], 64, arguments)


if __name__ == "__main__":
    unittest.main()
