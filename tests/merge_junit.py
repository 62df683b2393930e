"""Joins the JUnit files of several ctest runs into one, shows what failed, and ends with one line that sums it up.

    merge_junit.py --out junit.xml --steps steps.tsv --left-out "..." release=release.xml dev=dev.xml

A step is a line "name<TAB>passed|failed<TAB>log file": what the run did besides ctest counts as a test too.
"""

import argparse
import pathlib
import sys
import xml.etree.ElementTree as xml

SHOWN_LINES = 25


def cases_of(report):
    """Yields (test case element, verdict) of one "build=file" pair; the class name becomes the build's."""
    build, _, path = report.partition("=")
    cases = list(xml.parse(path).getroot().iter("testcase"))
    if not cases:
        yield xml.Element("testcase", name="ctest found no test to run", classname=build), "failed"
    for case in cases:
        case.set("classname", build)
        failed = case.find("failure") is not None or case.get("status") == "fail"
        ran = case.get("status") not in ("notrun", "disabled") and case.find("skipped") is None
        yield case, "failed" if failed else "passed" if ran else "skipped"


def steps_of(path):
    for line in pathlib.Path(path).read_text().splitlines():
        name, verdict, log = line.split("\t")
        case = xml.Element("testcase", name=name, classname="dev")
        if verdict == "failed":
            xml.SubElement(case, "failure", message=f"see {log}")
        yield case, verdict


def tail(case):
    text = "".join(part.text or "" for part in case.findall("system-out"))
    return "\n".join("    " + line for line in text.rstrip().splitlines()[-SHOWN_LINES:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", required=True)
    parser.add_argument("--left-out", action="append", default=[])
    parser.add_argument("reports", nargs="*")
    arguments = parser.parse_args()

    cases = list(steps_of(arguments.steps))
    for report in arguments.reports:
        cases += cases_of(report)
    of = {verdict: [case for case, v in cases if v == verdict] for verdict in ("passed", "failed", "skipped")}

    suite = xml.Element("testsuite", name="party", tests=str(len(cases)), failures=str(len(of["failed"])),
                        skipped=str(len(of["skipped"])))
    suite.extend(case for case, _ in cases)
    xml.ElementTree(suite).write(arguments.out, encoding="unicode", xml_declaration=True)

    for case in of["failed"]:
        print(f"FAILED {case.get('classname')}: {case.get('name')}")
        failure = case.find("failure")
        print(tail(case) or f"    {failure.get('message') if failure is not None else 'no output'}")
    left_out = [f"{case.get('classname')} {case.get('name')}" for case in of["skipped"]] + arguments.left_out
    print(f"passed {len(of['passed'])}, failed {len(of['failed'])}, left out: {'; '.join(left_out) or 'nothing'}")
    return 1 if of["failed"] or not of["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
