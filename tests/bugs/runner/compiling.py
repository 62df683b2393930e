"""Builds a file with a PARTY_SUBJECT as the build tree builds its own: with the same compiler, flags and libraries."""

import json
import pathlib
import shlex
import shutil
import subprocess

STANDARD = "history_only_in_members"  # whose commands are taken as the pattern


class BuildFailed(Exception):
    """A compiler or linker said no; the text is what it said."""


class Compiler:
    def __init__(self, build):
        self.build = pathlib.Path(build)
        entries = json.loads((self.build / "compile_commands.json").read_text())
        self.compiling = next(shlex.split(entry["command"]) for entry in entries
                              if entry["file"].endswith(f"/{STANDARD}.cpp") and "-DFIXED" not in entry["command"])
        listed = subprocess.run(["ninja", "-C", self.build, "-t", "commands", "-s", f"bin/bugs/{STANDARD}"],
                                text=True, capture_output=True, check=True).stdout
        line = next(line for line in reversed(listed.splitlines()) if f"bin/bugs/{STANDARD}" in line)
        words = shlex.split(line)
        commands = [list(part) for part in split(words, "&&")]
        self.linking = next(part for part in commands if f"bin/bugs/{STANDARD}" in part)

    def build_program(self, source, program, defines=(), replace_main=None):
        """Compiles `source` and links it to `program`; `replace_main` is what stands in for the library's main."""
        program = pathlib.Path(program).resolve()
        program.parent.mkdir(parents=True, exist_ok=True)
        made = program.with_suffix(".o")
        compiling = [word for word in self.compiling if not word.startswith("-W") or word.startswith("-Wl")]
        compiling[compiling.index("-o") + 1] = str(made)
        compiling[compiling.index("-c") + 1] = str(pathlib.Path(source).resolve())
        compiling[1:1] = [f"-D{name}" for name in defines]
        self.run([*([shutil.which("ccache")] if shutil.which("ccache") else []), *compiling])
        linking = []
        for word in self.linking:
            if word.endswith(".o"):
                linking.append(str(made))
            elif replace_main and word.endswith("libparty-sim_main.a"):
                linking.extend(replace_main)
            else:
                linking.append(word)
        linking[linking.index("-o") + 1] = str(program)
        self.run(linking)
        return program

    def run(self, command):
        done = subprocess.run(command, cwd=self.build, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise BuildFailed(done.stdout)


def split(words, separator):
    part = []
    for word in words:
        if word == separator:
            yield part
            part = []
        else:
            part.append(word)
    yield part
