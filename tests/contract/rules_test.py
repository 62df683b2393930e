"""The rules of the contract are data: rules/<group>.json, one rule to a line. Whoever reads them may rely on this form:

id            GROUP-number, written as the contract writes it
says          what this library does, one sentence
differs       the D-n or H-n by which PartyKit 0.0.115 does something else
notApplicable why no C++ program can meet the rule, from a closed list
observe       "ours" (only our simulator or server can show it) or "core" (one unit test is enough); otherwise every arm
why           the reason for notApplicable and observe
notCovered    what has to come first
"""

import json
import pathlib
import re
import unittest

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "rules"
DIFFERENCES = HERE.parents[1] / "docs" / "differences.md"

# Digits of the number, and how many rules the group has: a rule that disappears would count as fulfilled.
GROUPS = {
    "route": (1, 27), "connect": (1, 50), "message": (1, 23), "close": (1, 27), "bcast": (1, 15), "state": (1, 14),
    "request": (1, 28), "life": (1, 26), "parties": (1, 15), "store": (3, 79), "gate": (3, 40), "alarm": (3, 37),
    "hiber": (3, 35), "evict": (3, 19), "id": (3, 9), "ws": (3, 30), "fault": (1, 6), "inv": (2, 17),
}
FIELDS = {"id", "says", "differs", "notApplicable", "observe", "why", "notCovered"}
LONGEST_SENTENCE = 160
MOST_NOT_APPLICABLE = 60
NOT_APPLICABLE = {
    "JavaScript value", "JavaScript class shape", "PartyKit's developer tool", "generation not chosen",
    "platform feature that PartyKit does not expose",
}
MAY_BE_NOT_COVERED = {f"ROUTE-{number}" for number in (17, 18, 21, 22, 23, 24)}
REASON_TO_DIFFER = r"(?:D-[1-9]\d?|H-[1-9]\d?)"


def rules_of(group):
    return json.loads((FOLDER / f"{group}.json").read_text())


class Rules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.groups = {group: rules_of(group) for group in GROUPS}
        cls.rules = [rule for rules in cls.groups.values() for rule in rules]

    def each(self, check):
        for rule in self.rules:
            with self.subTest(rule["id"]):
                check(rule)

    def test_every_file_is_a_group(self):
        self.assertEqual({path.name for path in FOLDER.iterdir()}, {f"{group}.json" for group in GROUPS})

    def test_a_file_has_one_rule_to_a_line(self):
        for group, rules in self.groups.items():
            with self.subTest(group):
                first, *lines, last = (FOLDER / f"{group}.json").read_text().splitlines()
                self.assertEqual((first, last), ("[", "]"))
                self.assertEqual([json.loads(line.removesuffix(",")) for line in lines], rules)

    def test_a_group_has_all_its_rules_in_numerical_order(self):
        for group, (digits, count) in GROUPS.items():
            with self.subTest(group):
                ids = [rule["id"] for rule in self.groups[group]]
                numbers = [int(id.rpartition("-")[2]) for id in ids]
                self.assertEqual(ids, [f"{group.upper()}-{number:0{digits}}" for number in sorted(set(numbers))])
                self.assertEqual(len(ids), count)

    def test_a_rule_has_known_fields_with_text_in_them(self):
        def check(rule):
            self.assertEqual(set(rule) - FIELDS, set())
            self.assertEqual([name for name, text in rule.items() if not isinstance(text, str) or not text.strip()], [])

        self.each(check)

    def test_a_rule_says_one_sentence(self):
        def check(rule):
            self.assertLessEqual(len(rule["says"]), LONGEST_SENTENCE)
            self.assertTrue(rule["says"].endswith("."), rule["says"])

        self.each(check)

    def test_no_two_rules_say_the_same(self):
        sentences = [rule["says"] for rule in self.rules]
        self.assertEqual([says for says in set(sentences) if sentences.count(says) > 1], [])

    def test_a_difference_names_its_reasons(self):
        for rule in self.rules:
            if "differs" in rule:
                with self.subTest(rule["id"]):
                    self.assertRegex(rule["differs"], rf"^{REASON_TO_DIFFER}(, {REASON_TO_DIFFER})*$")

    def test_every_reason_of_ours_to_differ_is_told_to_readers(self):
        told = {name for line in DIFFERENCES.read_text().splitlines() if line.startswith("| ")
                for name in re.findall(r"\b[DH]-\d+", line.split("|")[1])}
        named = {name for rule in self.rules for name in re.findall(r"\b[DH]-\d+", rule.get("differs", ""))}
        self.assertEqual(named - told, set())

    def test_not_applicable_has_a_reason_of_the_closed_list_and_stays_rare(self):
        found = [rule for rule in self.rules if "notApplicable" in rule]
        self.assertEqual([rule["id"] for rule in found if rule["notApplicable"] not in NOT_APPLICABLE], [])
        self.assertLessEqual(len(found), MOST_NOT_APPLICABLE)

    def test_what_is_not_applicable_claims_nothing_else(self):
        found = [rule["id"] for rule in self.rules if "notApplicable" in rule and rule.keys() & {"differs", "observe", "notCovered"}]
        self.assertEqual(found, [])

    def test_a_place_to_observe_is_a_known_one(self):
        self.assertEqual([rule["id"] for rule in self.rules if rule.get("observe", "ours") not in ("ours", "core")], [])

    def test_a_reason_stands_where_one_is_owed_and_nowhere_else(self):
        owed = {"notApplicable", "observe"}
        self.assertEqual([rule["id"] for rule in self.rules if bool(rule.keys() & owed) != ("why" in rule)], [])

    def test_only_what_needs_later_parts_may_be_not_covered(self):
        self.assertEqual({rule["id"] for rule in self.rules if "notCovered" in rule} - MAY_BE_NOT_COVERED, set())


if __name__ == "__main__":
    unittest.main()
