"""The regression test that a failure prints, pasted below its party: it must compile, fail, and pass once the mistake is out.

pasted_tests.py --root . --build build/release [name...]
Exit code 0 when all do, 1 when one does not. A mistake that is not found has no test to paste; it is named and does not count.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import compiling
import subjects

GTEST = ["-lgtest_main", "-lgtest"]


def complaint(compiler, source, program, where):
    """Why the pasted test of one file is wrong; None when it is right; "" when there is none."""
    failure = subjects.simulate(program, "--time", "3s").get("failure")
    if failure is None:
        return ""
    pasted = where / f"{source.stem}_pasted.cpp"
    pasted.write_text(f'#include <party/sim/gtest.h>\n#include "{source.resolve()}"\n{failure["test"]}')
    for defines, expected, when in ((), 1, "with the mistake"), (("FIXED",), 0, "without it"):
        try:
            test = compiler.build_program(pasted, where / f"{source.stem}_{expected}", defines, GTEST)
        except compiling.BuildFailed as error:
            return f"does not compile {when}:\n{pasted.read_text()}\n{error}"
        run = subprocess.run([test], text=True, capture_output=True, check=False)
        if run.returncode != expected:
            return f"{when} it ends with {run.returncode}, not {expected}:\n{run.stdout[-3000:]}"
        if expected == 1 and f"broken: {failure['law']}" not in run.stdout:
            return f"{when} it fails for another reason than \"{failure['law']}\":\n{run.stdout[-3000:]}"
    return None


def main(arguments):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args(arguments)
    compiler = compiling.Compiler(options.build)
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        for source in sorted((options.root / "tests/bugs/planted").glob("*.cpp")):
            if options.names and source.stem not in options.names:
                continue
            wrong = complaint(compiler, source, options.build / "bin/bugs" / source.stem, pathlib.Path(folder))
            print(f"{source.stem}: {'not found, no test to paste' if wrong == '' else wrong or 'fails, and passes when fixed'}", flush=True)
            worst = max(worst, 1 if wrong else 0)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
