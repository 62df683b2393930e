"""Tables for people who read the documentation: written between two markers of a file, so that anybody can make them anew."""

import os
import re

import ablation


def marker(name):
    return f"<!-- {name} -->", f"<!-- end of {name} -->"


def has_place(text, name):
    begin, end = marker(name)
    return 0 <= text.find(begin) < text.find(end)


def put(text, name, lines):
    begin, end = marker(name)
    between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    return between.sub(lambda _: "\n".join([begin, *lines, end]), text, count=1)


def markdown(rows, right=()):
    head, *body = rows
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join("--:" if column in right else "---" for column in range(len(head))) + "|"
    for row in body:
        yield "| " + " | ".join(row) + " |"


def origin(command, options):
    processors = os.cpu_count()
    return (f"`{command}` on {processors} processor{'s' if processors != 1 else ''} with {options.jobs} programs at a time; "
            "clang-19, preset `release`.")


def bug_rows(result):
    yield ["id", "mistake", "found", "median", "worst", "steps at most", "known minimum", "≤ minimum + 1", "shrinking at most", "found as"]
    for bug in result["bugs"]:
        row = [str(bug["id"]), bug["name"], f"{bug['found']}/{result['seeds']}"]
        if bug["found"]:
            within = "" if bug["within_k1"] is None else f"{bug['within_k1']:.0%}"
            row += [*(ablation.duration(bug[key]) for key in ("median_s", "worst_s")), str(bug["steps"]), str(bug["k"] or ""), within,
                    ablation.duration(bug["shrink_s"]), bug["oracle"]]
        yield row + [""] * (10 - len(row))


def bugs(result, options):
    """The lines of the table of mistakes and of the one of correct parties."""
    command = f"./dev bugs --seeds {options.seeds} --time {options.time} --control-lives {options.control_lives}"
    controls = [[each["name"], f"{each['lives']:,}", str(each["alarms"])] for each in result["controls"]]
    return [origin(command, options), "", *markdown(bug_rows(result), range(2, 9)), "",
            *markdown([["correct party", "lives", "alarms"], *controls], (1, 2))]


def ablated(result, options):
    command = f"./dev bugs --ablate --seeds {options.seeds} --time {options.time}"
    return [origin(command, options), "", *(f"- **{arm.name}**: {arm.what}" for arm in ablation.ARMS), "",
            *markdown(ablation.rows(result))]
