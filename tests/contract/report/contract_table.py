"""Joins the rules with what shows them: docs/contract.md, one summary line, and with --json one object.

contract_table.py --root . [--results arm.json ...] [--junit report.xml ...] [--left-out "partykit: why"] --out docs/contract.md [--json]
Exit code 0 when nothing is unexplained, 1 otherwise, 65 when a test claims too many rules or one that does not exist.
"""

import argparse
import json
import pathlib
import sys

import evidence as shown

ARMS = ("simulator", "server", "partykit")
TITLES = {"simulator": "simulator", "server": "server", "partykit": "PartyKit"}
ORDER = ("route", "connect", "message", "close", "bcast", "state", "request", "life", "parties", "store", "gate", "alarm",
         "hiber", "evict", "id", "ws")
BESIDE = ("fault", "inv")  # what a fault clears and what is never legal: shown, but no rules of a group


def load_rules(folder):
    return {group: json.loads((folder / f"{group}.json").read_text()) for group in (*ORDER, *BESIDE)}


class Row:
    """One rule and everything that was run for it."""

    def __init__(self, rule, evidence, arms):
        self.rule, self.evidence = rule, evidence
        self.cells = {arm: self.cell(arm) for arm in ARMS}
        self.state, self.reason = self.judge(arms)

    def cell(self, arm):
        """same, D-n, different, left out or nothing; the worst of what ran there."""
        here = [each for each in self.evidence if each.arm == arm]
        if any(each.result == "different" for each in here):
            return "different"
        explained = sorted({each.because for each in here if each.result == "explained"})
        if explained:
            return ", ".join(explained)
        if any(each.result == "same" for each in here):
            return "same"
        left = sorted({each.because for each in here if each.result == "left out" and each.because})
        return f"not observable: {'; '.join(left)}" if left else ""

    def judge(self, arms):
        rule = self.rule
        if "different" in self.cells.values() or any(e.arm == "core" and e.result == "different" for e in self.evidence):
            return "unexplained", "; ".join(sorted({e.how for e in self.evidence if e.result == "different"}))
        if "notApplicable" in rule:
            return "not applicable", rule["notApplicable"]
        if "notCovered" in rule:
            return "not covered", rule["notCovered"]
        seen = {each.arm for each in self.evidence if each.result in ("same", "explained")}
        if not seen:
            return "not covered", "nothing shows it yet"
        missing = []
        if rule.get("observe", "all") == "all":
            missing = [TITLES[arm] for arm in ARMS if arm in arms and not self.cells[arm]]
        if missing:
            return "not covered", f"clients could see it, but no scenario shows it in {', '.join(missing)}"
        explained = any(each.result == "explained" for each in self.evidence)
        return ("explained" if explained else "same"), ""

    def witnesses(self):
        names = []
        for each in self.evidence:
            name = f"`{each.name}`" if each.arm == "core" or "." in each.name and " " not in each.name else each.name
            if each.result in ("same", "explained", "different") and name not in names:
                names.append(name)
        return names


def markdown_row(row):
    rule = row.rule
    def cell(text):
        return str(text).replace("|", "\\|").replace("\n", " ")
    names = row.witnesses()
    shown_by = "; ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    verdict = {"not applicable": f"not applicable: {row.reason}", "not covered": f"not covered: {row.reason}",
               "unexplained": f"**unexplained**: {row.reason}"}.get(row.state, "")
    says = rule["says"] + (f" ({verdict})" if verdict else "")
    return "| " + " | ".join(cell(text) for text in (rule["id"], says, shown_by, *(row.cells[arm] for arm in ARMS))) + " |"


HEAD = """# The contract, rule by rule

Written by `./dev contract`; do not edit. What a rule says is what this library does; [differences.md](differences.md) lists the
`D-n` and `H-n`. A cell is the result of the scenarios and tests that ran there: `same`, the difference that explains another
result, or why it cannot be seen there. Names in `code` are unit tests, the others [scenarios](conformance.md).
"""


def document(tables, summary, left_out):
    lines = [HEAD, f"{summary}", ""]
    for reason in left_out:
        lines.append(f"Left out in this run: {reason}.\n")
    for group, rows in tables.items():
        title = {"fault": "What each fault clears", "inv": "What is never legal"}.get(group, group.upper())
        lines += [f"## {title}", "", "| rule | what it says | shown by | simulator | server | PartyKit |", "|---|---|---|---|---|---|"]
        lines += [markdown_row(row) for row in rows] + [""]
    return "\n".join(lines)


def count(tables, arms):
    rows = [row for group in ORDER for row in tables[group]]
    states = {state: sum(row.state == state for row in rows)
              for state in ("same", "explained", "not applicable", "not covered", "unexplained")}
    return {"rules": len(rows), "covered": states["same"] + states["explained"] + states["not applicable"],
            "same": states["same"], "explained": states["explained"], "notApplicable": states["not applicable"],
            "notCovered": states["not covered"],
            "unexplained": sum(row.state == "unexplained" for rows in tables.values() for row in rows), "arms": arms}


def sentence(counts):
    return (f"{counts['covered']} of {counts['rules']} rules covered: {counts['same']} same, {counts['explained']} explained, "
            f"{counts['notApplicable']} not applicable; {counts['notCovered']} not covered, {counts['unexplained']} unexplained; "
            f"arms: {', '.join(counts['arms']) or 'none'}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--results", nargs="*", default=[], help="what contract_runner wrote, one file an arm")
    parser.add_argument("--junit", nargs="*", default=[], help="reports of unit tests")
    parser.add_argument("--left-out", nargs="*", default=[], help="arms that did not run, each with its reason")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)

    rules = load_rules(options.root / "tests/contract/rules")
    found = [*shown.scenarios(options.results), *shown.unit_tests(options.root, options.junit)]
    known = {rule["id"] for group in rules.values() for rule in group}
    faults = shown.too_many(found)
    faults += sorted({f"{each.name} names {rule}, which is no rule" for each in found for rule in each.rules
                      if shown.RULE.fullmatch(rule) and rule not in known and not rule.startswith("PARTIES-")})
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 65
    arms = [arm for arm in ARMS if any(each.arm == arm and each.result != "left out" for each in shown.scenarios(options.results))]
    tables = {group: [Row(rule, [each for each in found if rule["id"] in each.rules], arms) for rule in rows]
              for group, rows in rules.items()}
    counts = count(tables, arms)
    options.out.write_text(document(tables, sentence(counts), options.left_out))
    print(sentence(counts), file=sys.stderr if options.json else sys.stdout)
    if options.json:
        print(json.dumps(counts))
    return 1 if counts["unexplained"] else 0


if __name__ == "__main__":
    sys.exit(main())
