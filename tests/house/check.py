"""Runs one rule of the house on a tree: check.py <root> <rule>. Prints its findings; exit code 1 when there are any."""

import sys

import rules
from source_tree import Tree


def main():
    root, name = sys.argv[1:]
    rule = {rule.__name__: rule for rule in rules.ALL}[name]
    findings = list(rule(Tree(root)))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
