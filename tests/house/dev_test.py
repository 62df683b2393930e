"""./dev and the report of `./dev test`, in a tree of their own with pretended tools: nothing is installed or built here."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INSTALLED = """for name; do case $name in -*) ;; libsqlite3-dev) ;; *) echo "$name installed" ;; esac; done"""


class House(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.root.chmod(0o755)
        shutil.copy(ROOT / "dev", self.root)
        for name in ("CMakeLists.txt", "CMakePresets.json", "core/room.cpp", "sim/a", "reference-server/a", "docs/examples/a"):
            self.write(name, "")
        self.tool("dpkg-query", 'for name; do echo "$name installed"; done')
        self.tool("sudo", "exit 1")
        for name in ("clang++-19", "g++-12", "ccache", "mold", "node", "npm"):
            self.tool(name, "exit 0")
        self.tool("apt-get", f'echo "$@" >>{self.root}/apt.log')
        self.tool("cmake", 'mkdir -p "$2/build/release" && touch "$2/build/release/build.ninja"')
        self.tool("ninja", "echo a compiler speaks; p=$2/bin; mkdir -p $p; printf '#!/bin/sh\\necho built: $*' >$p/$5; chmod +x $p/$5")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def tool(self, name, script):
        self.write(f"tools/{name}", f"#!/bin/sh\n{script}\n").chmod(0o755)

    def dev(self, *arguments, before=()):
        environment = {"PATH": f"{self.root}/tools:/usr/bin:/bin"}
        return subprocess.run([*before, self.root / "dev", *arguments], env=environment, cwd="/", text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def test_help_names_every_command(self):
        run = self.dev("help")
        self.assertEqual(run.returncode, 0)
        for command in ("demo", "serve", "test", "contract", "bugs", "fuzz", "peer", "fmt"):
            self.assertIn(f"\n  {command} ", run.stdout)

    def test_an_unknown_command_or_option_is_exit_64_and_named(self):
        for arguments in (("sevre",), ("test", "--al"), ("contract", "--fuz"), ("bugs", "--seed")):
            run = self.dev(*arguments)
            self.assertEqual(run.returncode, 64)
            self.assertIn(f'"{arguments[-1]}"', run.stderr)

    def test_options_of_contract_that_would_do_nothing_are_refused(self):
        for arguments in (("--seed", "2"), ("--fuzz", "9", "--json"), ("--fuzz", "9", "--arm", "server"), ("--json", "--only", "ID-001")):
            run = self.dev("contract", *arguments)
            self.assertEqual((run.returncode, run.stdout), (64, ""), run.stderr)
            self.assertIn("--", run.stderr)

    def test_bugs_refuses_values_that_mean_nothing_before_it_builds(self):
        shutil.copytree(ROOT / "tests/bugs/runner", self.root / "tests/bugs/runner")
        self.tool("ninja", f"touch {self.root}/built; exit 1")
        for arguments in (("--seeds",), ("--seeds", "0"), ("--time", "soon"), ("--jobs", "-1"), ("--parties", "nowhere"),
                          ("--write", "nowhere"), ("--write", str(self.root / "dev")), ("--control-lives", "5", "--ablate")):
            run = self.dev("bugs", *arguments)
            self.assertEqual((run.returncode, run.stdout), (64, ""), run.stderr)
            self.assertIn(arguments[0], run.stderr)
        self.assertFalse((self.root / "built").exists())
        self.assertEqual(self.dev("bugs", "--seeds", "2").returncode, 70)

    def test_an_ablation_is_built_twice_the_second_time_with_counters_for_libfuzzer(self):
        shutil.copytree(ROOT / "tests/bugs/runner", self.root / "tests/bugs/runner")
        for kind in ("planted", "controls"):
            (self.root / "tests/bugs" / kind).mkdir()
        self.tool("ninja", f"echo $* >>{self.root}/ninja.log")
        self.dev("bugs", "--ablate")
        release, coverage = (self.root / "ninja.log").read_text().splitlines()[:2]
        self.assertRegex(release, "build/release .* bugs bugs_rapidcheck$")
        self.assertRegex(coverage, "build/coverage .* party-sim_main bugs_libfuzzer$")

    def fuzz_targets(self):
        for name in ("url", "chat"):
            self.write(f"fuzz/{name}.cpp", "")
        self.tool("ninja", f"p=$2/bin; mkdir -p $p; printf '#!/bin/sh\\necho built: $*' >$p/$5; chmod +x $p/$5; echo $* >>{self.root}/ninja.log")

    def test_fuzz_lists_its_targets_and_refuses_others_with_the_list(self):
        self.fuzz_targets()
        run = self.dev("fuzz")
        self.assertEqual((run.returncode, run.stdout), (0, "chat\nurl\n"))
        run = self.dev("fuzz", "ulr")
        self.assertEqual((run.returncode, run.stdout), (64, ""))
        self.assertIn('"ulr"; there is: chat url', run.stderr)
        for arguments in (("url", "--time"), ("url", "--time", "soon"), ("url", "--time", "0"), ("url", "chat"), ("url", "--tmie")):
            run = self.dev("fuzz", *arguments)
            self.assertEqual((run.returncode, run.stdout), (64, ""))
            self.assertIn(f'"{arguments[-1] if arguments[-1] != "--time" else ""}"', run.stderr)
        self.assertFalse((self.root / "ninja.log").exists())

    def test_fuzz_runs_one_target_for_as_long_as_it_is_told_on_its_seeds(self):
        self.fuzz_targets()
        run = self.dev("fuzz", "url", "--time", "2min")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("-max_total_time=120 ", run.stdout)
        self.assertTrue(run.stdout.endswith(f"{self.root}/build/fuzz/found/url {self.root}/fuzz/corpus/url\n"), run.stdout)
        self.assertIn("fuzz_url", (self.root / "ninja.log").read_text())

    def test_fuzz_ends_with_1_and_says_what_to_do_when_an_input_breaks_its_target(self):
        self.fuzz_targets()
        self.tool("ninja", "p=$2/bin; mkdir -p $p; printf '#!/bin/sh\\nexit 77' >$p/$5; chmod +x $p/$5")
        run = self.dev("fuzz", "url")
        self.assertEqual(run.returncode, 1)
        self.assertIn("fuzz/corpus/url/", run.stderr)
    def test_peer_refuses_what_means_nothing_before_it_builds(self):
        shutil.copytree(ROOT / "bench/peer", self.root / "bench/peer")
        self.tool("ninja", f"touch {self.root}/built; exit 1")
        for arguments in (("--jsno",), ("--rounds",), ("--rounds", "0"), ("--seconds", "soon")):
            run = self.dev("peer", *arguments)
            self.assertEqual((run.returncode, run.stdout), (64, ""), run.stderr)
            self.assertIn(arguments[0], run.stderr)
        self.assertFalse((self.root / "built").exists())
        self.assertEqual(self.dev("peer", "--rounds", "1").returncode, 70)

    def test_peer_names_the_log_when_npm_gives_nothing(self):
        shutil.copytree(ROOT / "bench/peer", self.root / "bench/peer")
        self.tool("npm", "echo no network >&2; exit 1")
        run = self.dev("peer")
        self.assertEqual((run.returncode, run.stdout), (69, ""), run.stderr)
        self.assertIn("npm.log", run.stderr)

    def test_serve_builds_once_and_keeps_stdout_for_the_program(self):
        first = self.dev("serve", "--port=0")
        self.assertEqual((first.returncode, first.stdout), (0, "built: serve --port=0\n"))
        self.tool("ninja", "exit 1")
        began = time.monotonic()
        self.assertEqual(self.dev("serve").stdout, "built: serve\n")
        self.assertLess(time.monotonic() - began, 1)

    def test_serve_builds_again_when_a_source_is_newer(self):
        self.dev("serve")
        os.utime(self.root / "core/room.cpp", (time.time() + 60, time.time() + 60))
        self.tool("ninja", "echo the compiler complains; exit 1")
        run = self.dev("serve")
        self.assertEqual(run.returncode, 70)
        self.assertIn("the compiler complains", run.stderr)

    def test_demo_hands_its_arguments_and_exit_code_through(self):
        self.dev("demo")
        self.write("build/release/bin/party-demo", "#!/bin/sh\necho $*; exit 3\n")
        run = self.dev("demo", "a", "b")
        self.assertEqual((run.returncode, run.stdout), (3, "a b\n"))

    @unittest.skipUnless(os.geteuid() == 0, "only root installs without asking")
    def test_root_installs_only_what_is_missing_and_removes_nothing(self):
        self.tool("dpkg-query", INSTALLED)
        self.assertEqual(self.dev("serve").returncode, 0)
        update, install = (self.root / "apt.log").read_text().splitlines()
        self.assertEqual(update, "update")
        self.assertEqual(install.split(), "install --yes --no-install-recommends --no-remove libsqlite3-dev".split())

    def test_without_root_the_one_command_is_printed(self):
        self.tool("dpkg-query", INSTALLED)
        nobody = ("setpriv", "--reuid=65534", "--clear-groups") if os.geteuid() == 0 else ()
        run = self.dev("serve", before=nobody)
        self.assertEqual(run.returncode, 69)
        self.assertIn("sudo apt-get install --yes --no-install-recommends --no-remove libsqlite3-dev", run.stderr)
        self.assertFalse((self.root / "apt.log").exists())

    def three_builds(self, hash_of_build):
        """`./dev test` where each build passes one test, and its trace_hash prints what the shell says of $preset."""
        shutil.copy(ROOT / "tests/merge_junit.py", self.write("tests/merge_junit.py", ""))
        self.tool("ninja", f'preset=${{2##*/}}; mkdir -p $2/bin; echo "echo {hash_of_build}" >$2/bin/trace_hash; chmod +x $2/bin/*')
        self.tool("ctest", 'while [ "$1" != --output-junit ]; do shift; done; echo "<x><testcase name=\'a\' status=\'run\'/></x>" >$2')
        return self.dev("test")

    def test_test_joins_the_builds_and_compares_their_traces(self):
        run = self.three_builds("42")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stdout.splitlines()[-1], "^passed 7, failed 0, left out: .*soak")  # 3 builds, 3 tests, 1 trace
        self.assertTrue((self.root / "build/junit.xml").exists())

    def test_test_fails_when_one_build_has_another_trace(self):
        run = self.three_builds("${preset%release}")
        self.assertEqual(run.returncode, 1)
        self.assertIn("FAILED dev: trace_hash.same_in_every_build", run.stdout)
        self.assertRegex(run.stdout.splitlines()[-1], "^passed 6, failed 1,")

    def merged(self, steps, *cases, left_out=()):
        report = self.write("release.xml", f"<testsuite>{''.join(cases)}</testsuite>")
        return subprocess.run([sys.executable, ROOT / "tests/merge_junit.py", "--out", self.root / "junit.xml",
                               "--steps", self.write("steps.tsv", steps), *(f"--left-out={what}" for what in left_out),
                               f"release={report}"], text=True, capture_output=True, check=False)

    def test_the_last_line_counts_steps_and_tests_and_says_what_was_left_out(self):
        run = self.merged("build.dev\tpassed\t\n", '<testcase name="a" status="run"/>', '<testcase name="b" status="notrun"/>',
                          left_out=["soaks"])
        self.assertEqual((run.returncode, run.stdout), (0, "passed 2, failed 0, left out: release b; soaks\n"))

    def test_a_failure_shows_its_output_and_is_exit_1(self):
        run = self.merged("build.dev\tfailed\tlogs/dev.log\n",
                          '<testcase name="a" status="fail"><failure/><system-out>1 is not 2</system-out></testcase>')
        self.assertEqual(run.returncode, 1)
        for words in ("FAILED dev: build.dev", "logs/dev.log", "FAILED release: a", "1 is not 2", "passed 0, failed 2, left out: nothing"):
            self.assertIn(words, run.stdout)

    def test_a_suite_without_tests_fails(self):
        run = self.merged("build.dev\tpassed\t\n")
        self.assertEqual(run.returncode, 1)


if __name__ == "__main__":
    unittest.main()
