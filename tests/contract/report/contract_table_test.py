"""The table of the contract: what counts as shown, and what must not."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import contract_table  # noqa: E402
import evidence  # noqa: E402


class Citations(unittest.TestCase):
    def test_lists_and_ranges_name_rules_of_their_group(self):
        self.assertEqual(evidence.cited("// GATE-020, 021, D-1: why"), ["GATE-020", "GATE-021"])
        self.assertEqual(evidence.cited("// CONNECT-22..24, WS-1"), ["CONNECT-22", "CONNECT-23", "CONNECT-24", "WS-1"])
        self.assertEqual(evidence.cited("// EVICT-018, 8.7"), ["EVICT-018"])
        self.assertEqual(evidence.cited("// CP-40, SOCKET-1"), [])

    def test_a_comment_belongs_to_the_test_right_below_it(self):
        text = "// GATE-001\n// and more\nTEST_F(Gate, Opens) {\n}\n\n// GATE-002\nint helper();\n\nTEST(Gate, Shuts) {}\n"
        self.assertEqual(list(evidence.tests_in(text)), [("Gate.Opens", ["GATE-001"])])


class Table(unittest.TestCase):
    RULES = [{"id": "GATE-001", "says": "One."}, {"id": "GATE-002", "says": "Two.", "observe": "ours", "why": "a disk"},
             {"id": "GATE-003", "says": "Three.", "notApplicable": "JavaScript value", "why": "it is"}]

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        rules = self.root / "tests/contract/rules"
        rules.mkdir(parents=True)
        for group in (*contract_table.ORDER, *contract_table.BESIDE):
            (rules / f"{group}.json").write_text(json.dumps(self.RULES if group == "gate" else []))
        (self.root / "tests/core").mkdir()
        (self.root / "tests/core/gate_test.cpp").write_text("// GATE-002\nTEST_P(Gate, Waits) {}\n")

    def results(self, arm, rules, result, because=""):
        path = self.root / f"{arm}.json"
        run = {"title": "a gate opens", "rules": rules, "result": result, "because": because, "how": "step 3 differs"}
        path.write_text(json.dumps({"arm": arm, "runs": [run]}))
        return str(path)

    def junit(self, status="run"):
        path = self.root / "junit.xml"
        path.write_text(f'<x><testcase name="Reads/Gate.Waits/0" status="{status}"/></x>')
        return str(path)

    def table(self, results=(), junit=()):
        """Exit code, counts, the page, and what was said."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = contract_table.main(["--root", str(self.root), "--out", str(self.root / "contract.md"), "--json",
                                        "--results", *results, "--junit", *junit])
        counts = json.loads(out.getvalue()) if out.getvalue() else {}
        page = (self.root / "contract.md").read_text() if counts else ""
        return code, counts, page, err.getvalue()

    def test_a_rule_that_clients_can_see_is_covered_by_a_scenario_in_every_arm_that_ran(self):
        both = [self.results("simulator", ["GATE-001"], "same"), self.results("server", ["GATE-001"], "same")]
        code, counts, page, _ = self.table(both)
        self.assertEqual((code, counts["same"], counts["covered"], counts["arms"]), (0, 1, 2, ["simulator", "server"]))
        self.assertIn("| GATE-001 | One. | a gate opens | same | same |  |", page)

    def test_a_unit_test_alone_does_not_cover_what_clients_can_see(self):
        (self.root / "tests/core/gate_test.cpp").write_text("// GATE-001\nTEST_P(Gate, Waits) {}\n")
        code, counts, page, _ = self.table([self.results("simulator", ["GATE-002"], "same")], [self.junit()])
        self.assertEqual((code, counts["notCovered"]), (0, 1))
        self.assertIn("no scenario shows it in simulator", page)

    def test_a_unit_test_covers_what_only_we_can_see(self):
        code, counts, page, _ = self.table(junit=[self.junit()])
        self.assertEqual((code, counts["same"]), (0, 1))
        self.assertIn("`Gate.Waits`", page)

    def test_a_test_that_did_not_run_shows_nothing(self):
        self.assertEqual(self.table(junit=[self.junit("notrun")])[1]["same"], 0)

    def test_a_difference_with_a_name_is_explained_and_one_without_is_not(self):
        explained = self.results("partykit", ["GATE-001"], "explained", "D-1")
        code, counts, page, _ = self.table([explained])
        self.assertEqual((code, counts["explained"], counts["unexplained"]), (0, 1, 0))
        self.assertIn("| D-1 |", page)
        code, counts, page, _ = self.table([self.results("server", ["GATE-001"], "different")])
        self.assertEqual((code, counts["unexplained"]), (1, 1))
        self.assertIn("**unexplained**: step 3 differs", page)

    def test_a_failed_unit_test_is_unexplained(self):
        self.assertEqual(self.table(junit=[self.junit("fail")])[1]["unexplained"], 1)

    def test_a_test_that_claims_too_much_or_what_is_no_rule_is_refused(self):
        code, _, _, said = self.table([self.results("server", [f"GATE-{n:03}" for n in range(1, 14)], "same")])
        self.assertEqual(code, 65)
        self.assertIn("names 13 rules", said)
        code, _, _, said = self.table([self.results("server", ["GATE-999"], "same")])
        self.assertEqual(code, 65)
        self.assertIn("names GATE-999, which is no rule", said)


if __name__ == "__main__":
    unittest.main()
