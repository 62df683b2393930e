"""What shows a rule: scenarios that ran in an arm, and unit tests that name the rule in the comment above them."""

import json
import pathlib
import re
import xml.etree.ElementTree as xml

MOST_RULES = 12  # a test that claims more shows none of them
RULE = re.compile(r"\b(?:ROUTE|CONNECT|MESSAGE|CLOSE|BCAST|STATE|REQUEST|LIFE|PARTIES|STORE|GATE|ALARM|HIBER|EVICT|ID|WS|INV|FAULT)-\d+")
# "GATE-020, 021" and "CONNECT-22..26" name more rules of the same group
CITED = re.compile(RULE.pattern + r"(?:(?:\.\.|, )\d+\b(?!\.\d))*")
TEST = re.compile(r"((?:^//.*\n)+)(?:TEST|TEST_F|TEST_P|PARTY_PROPERTY|RC_GTEST_PROP)\(\s*(\w+),\s*(\w+)", re.MULTILINE)
# Where a unit test runs decides what it says something about.
PLACES = {"core": "core", "sim": "simulator", "server": "server"}


class Evidence:
    """One thing that was run: `arm` is simulator, server, partykit or core; `result` same, explained, different, left out."""

    def __init__(self, arm, result, name, rules, because="", how=""):
        self.arm, self.result, self.name, self.rules, self.because, self.how = arm, result, name, rules, because, how


def cited(text):
    """The rules that a comment names, in its order."""
    rules = []
    for match in CITED.finditer(text):
        group, numbers = match[0].split("-", 1)
        parts = re.split(r"(\.\.|, )", numbers)
        width = len(parts[0])
        last = int(parts[0])
        rules.append(f"{group}-{parts[0]}")
        for separator, number in zip(parts[1::2], parts[2::2]):
            first = last + 1 if separator == ".." else int(number)
            rules += [f"{group}-{each:0{width}}" for each in range(first, int(number) + 1)]
            last = int(number)
    return list(dict.fromkeys(rules))


def tests_in(text):
    """(suite.test, rules) of each test of a C++ file that has a comment above it."""
    for comment, suite, test in TEST.findall(text):
        yield f"{suite}.{test}", cited(comment)


def verdicts(junit):
    """suite.test -> passed, over all its parameters and builds; what was not run is not in it."""
    passed = {}
    for report in junit:
        for case in xml.parse(report).getroot().iter("testcase"):
            if case.get("status") in ("notrun", "disabled") or case.find("skipped") is not None:
                continue
            # a parameterised case is Instance/Suite.Test/Parameter
            name = re.search(r"(\w+\.\w+)", re.sub(r"^[^.]*/", "", case.get("name", "")))
            if name:
                failed = case.get("status") == "fail" or case.find("failure") is not None
                passed[name[1]] = passed.get(name[1], True) and not failed
    return passed


def unit_tests(root, junit):
    """Evidence of the unit tests under tests/, as far as the reports have them."""
    passed = verdicts(junit)
    for folder, arm in PLACES.items():
        for path in sorted((root / "tests" / folder).rglob("*_test.cpp")):
            for name, rules in tests_in(path.read_text()):
                if rules and name in passed:
                    yield Evidence(arm, "same" if passed[name] else "different", name, rules, how="the test failed")


def scenarios(results):
    """Evidence of scenario runs; a scenario is played once for each kind of party."""
    for path in results:
        content = json.loads(pathlib.Path(path).read_text())
        for run in content["runs"]:
            result = "different" if run["result"] == "failed" else run["result"]
            yield Evidence(content["arm"], result, run["title"], run["rules"], run["because"], run["how"])


def too_many(evidence):
    """Names of tests and scenarios that claim more rules than one test can show."""
    return sorted({f"{each.name} names {len(each.rules)} rules, at most {MOST_RULES} count: split it" for each in evidence
                   if len(each.rules) > MOST_RULES})
