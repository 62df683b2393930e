"""The rules of the house that a machine can check. Each takes a Tree and yields findings "file:line: what; what instead"."""

import os.path
import re

PUBLIC = ("core/include", "sim/include", "reference-server/include")
TOP_LEVEL = {"CMakeLists.txt", "core", "sim", "reference-server", "tests", "fuzz", "bench", "docs", "README.md", "LICENSE",
             "NOTICE", "CMakePresets.json", ".clang-format", ".gitignore", ".ci", "dev"}
MAX_LINES = 500

# Libraries outside the standard one that a folder may include; the longest folder that fits a file decides. None: any.
LIBRARIES = {
    "core": (),
    "core/include/party/json.h": ("nlohmann",),
    "sim": ("rapidcheck", "rapidcheck.h", "fmt", "nlohmann", "CLI"),
    "sim/src/budget.cpp": ("fmt", "sched.h", "unistd.h"),  # see REAL_WORLD
    "sim/include/party/sim/gtest.h": ("gtest", "rapidcheck", "rapidcheck.h"),
    "sim/include/party/sim/gtest_watch.h": ("gtest",),
    "sim/src/report.cpp": ("fmt", "cxxabi.h"),  # names a party's class as its author wrote it
    "reference-server": None,
    "tests": ("gtest", "gmock", "rapidcheck", "rapidcheck.h", "fmt", "nlohmann", "CLI"),
    "tests/server": None,
    "tests/contract/runner": None,  # speaks to servers through real sockets
    "fuzz": ("fmt", "nlohmann", "rapidcheck", "rapidcheck.h", "sys"),
    "bench": ("benchmark", "fmt", "malloc.h", "nlohmann", "rapidcheck", "rapidcheck.h"),
    "docs": ("gtest", "gmock", "rapidcheck", "rapidcheck.h", "fmt", "nlohmann"),
}
# Which parts of the house a folder may see; the longest folder that fits decides.
SEES = {
    "core": {"core/include"},
    "core/src": {"core/include", "core/src"},
    "sim": {"core/include", "sim/include", "sim/src"},
    "reference-server": {"core/include", "reference-server/include", "reference-server/src"},
    "reference-server/main.cpp": set(PUBLIC),  # main wires both houses
    "tests": set(PUBLIC),
    "tests/core": {*PUBLIC, "core/src"},  # each part of core has a test of its own
    "tests/server": {*PUBLIC, "reference-server/src"},
    "tests/sim": {*PUBLIC, "sim/src"},
    "fuzz": {*PUBLIC, "sim/src", "reference-server/src"},  # parsers are fuzzed where they are
    "bench": set(PUBLIC),
    "docs": set(PUBLIC),
}
ROOTS = (*PUBLIC, "core/src", "sim/src", "reference-server/src")


def deepest(table, path):
    fitting = [key for key in table if path == key or path.startswith(key + "/")]
    return table[max(fitting, key=len)] if fitting else None


def resolve(tree, file, quote, name):
    """The path of an included file of the house, or None when it is none of ours."""
    here = [file.folder] if quote == '"' else []
    for root in (*here, *ROOTS):
        path = os.path.normpath(f"{root}/{name}")
        if path in tree.paths:
            return path
    return None


def includes_point_inwards(tree):
    for file in tree.code:
        sees, libraries = deepest(SEES, file.path), deepest(LIBRARIES, file.path)
        for line, quote, name in file.includes():
            where = f"{file.path}:{line}"
            found = resolve(tree, file, quote, name)
            if found:
                root = next((root for root in ROOTS if found.startswith(root + "/")), None)
                if root and sees is not None and root not in sees:
                    yield f"{where}: includes {found}, but may see only {', '.join(sorted(sees))}; move what both need to core"
                elif root in PUBLIC and quote == '"' and file.within(*PUBLIC):
                    yield f'{where}: includes "{name}"; public headers are included as <party/...>'
            elif quote == '"':
                yield f'{where}: there is no file "{name}" beside it or in the folders it may see; is the name right?'
            elif name.startswith("party/"):
                yield f"{where}: there is no public header <{name}>; is the name right?"
            elif not re.fullmatch(r"[a-z_0-9]+", name):
                library = name.split("/")[0]
                if libraries is not None and library not in libraries:
                    allowed = ", ".join(libraries) or "none"
                    yield (f"{where}: includes <{name}>; the libraries allowed here are: {allowed} "
                           "(LIBRARIES in tests/house/rules.py)")


def core_sources_stay_private(tree):
    for file in tree.cmake_lists():
        if file.within("core", "tests/core"):
            continue
        for match in re.finditer(r"core/src|party-core-internals", file.text):
            yield (f"{file.path}:{file.line(match.start())}: names {match[0]}; only core and tests/core see core/src, "
                   "everybody else includes <party/...>")


CLOCKS = (r"(?:system_clock|steady_clock|high_resolution_clock|utc_clock)\s*::\s*now|\b(?:clock_gettime|gettimeofday)\b|"
          r"\btime\s*\(\s*(?:NULL|nullptr|0)\s*\)")
CHANCE = r"\brandom_device\b|\bs?rand\s*\(|\bgetrandom\b|\bgetentropy\b|\barc4random"
OUTSIDE = (r"#\s*include\s*<(?:thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|fstream|"
           r"filesystem|iostream|cstdio|ctime|random|csignal)>|\bsteady_clock\b|\bstd::(?:jthread|thread|this_thread)\b|"
           r"\b(?:secure_)?getenv\b|\bfopen\b")
# Files of sim that may touch the machine they run on, with the reason.
REAL_WORLD = {"sim/src/budget.cpp": "a property test ends when its real time is used up"}


def core_touches_nothing(tree):
    forbidden = re.compile(f"{CLOCKS}|{CHANCE}|{OUTSIDE}")
    for file in tree.code:
        if file.within("core"):
            for match in forbidden.finditer(file.code()):
                yield (f"{file.path}:{file.line(match.start())}: core reaches outside with \"{match[0].strip()}\"; "
                       "let it come in with an event or go out as an effect")


def simulation_has_no_wall_clock(tree):
    forbidden = re.compile(f"{CLOCKS}|{CHANCE}")
    for file in tree.code:
        if file.within("sim") and file.path not in REAL_WORLD:
            for match in forbidden.finditer(file.code()):
                yield (f"{file.path}:{file.line(match.start())}: \"{match[0].strip()}\" differs from run to run; take virtual "
                       "time from the world and chance from the seed (REAL_WORLD in tests/house/rules.py lists exceptions)")


UNORDERED = re.compile(r"\bunordered_(?:flat_)?(?:map|set|multimap|multiset)\s*<")


def unordered_containers(code):
    """Names of the variables in `code` that are unordered containers."""
    for match in UNORDERED.finditer(code):
        depth, end = 1, match.end()
        while depth and end < len(code):
            depth += {"<": 1, ">": -1}.get(code[end], 0)
            end += 1
        name = re.match(r"\s*&?\s*(\w+)\s*[;={,)]", code[end:])
        if name:
            yield name[1]


def nobody_walks_an_unordered_container(tree):
    """Its order differs between libraries and runs; within core and sim it must not reach anything anyone observes."""
    names = {}
    for file in tree.code:
        if file.within("core", "sim"):
            names.setdefault(file.name.removesuffix(file.suffix), set()).update(unordered_containers(file.code()))
    for file in tree.code:
        known = names.get(file.name.removesuffix(file.suffix)) if file.within("core", "sim") else None
        if known:
            any_name = "|".join(sorted(known))
            for match in re.finditer(rf"\bfor\s*\([^;()]*:\s*[\w.>-]*?\b({any_name})\s*\)|\b({any_name})\s*(?:\.|->)\s*c?begin\b", file.code()):
                yield (f"{file.path}:{file.line(match.start())}: walks the unordered container {match[1] or match[2]}; "
                       "use a map or a vector, or keep the order beside it")


def every_file_is_built(tree):
    lists = [(file.folder, re.sub(r"#[^\n]*", "", file.text)) for file in tree.cmake_lists()]
    included = {resolve(tree, file, quote, name) for file in tree.code for _, quote, name in file.includes()}

    def listed(file):
        for folder, text in lists:
            if folder != "." and not file.path.startswith(folder + "/"):
                continue
            relative = file.path if folder == "." else file.path[len(folder) + 1:]
            stem = re.escape(relative.removesuffix(file.suffix))
            if re.search(rf"(?<![\w./-]){re.escape(relative)}(?![\w./-])", text):
                return True
            if re.search(rf"party_add_(?:fuzz_target|bench)\({stem}[\s)]", text):
                return True
        return False

    for file in tree.code:
        if file.suffix == ".h" and not file.within(*PUBLIC):
            if file.path not in included and not listed(file):
                yield f"{file.path}:1: nobody includes this header; include it or remove it"
        elif not listed(file):
            yield f"{file.path}:1: no CMakeLists.txt lists this file, so it is never compiled or installed; list or remove it"


SCOPE = re.compile(r"^(?:class|struct) (\w+)\b[^;]*?\{", re.MULTILINE)
PARSER_CLASS = re.compile(r"^class (\w*(?:Parser|Decoder))\b[^;]*?\{", re.MULTILINE)
PARSER = re.compile(r"^(?! *return\b) *(static |inline )?[\w:<>,* ]+[ >](parse\w*|decode|normalise[A-Z]\w*)\((?!Decoder&|\))", re.MULTILINE)


def every_parser_is_fuzzed(tree):
    """What reads bytes from outside is named in a target of fuzz/: a static member with its class, or the class itself."""
    targets = "\n".join(file.text for file in tree.code if file.within("fuzz"))
    for file in tree.code:
        if file.suffix != ".h" or not file.within("core/include", "sim/include", "reference-server/src"):
            continue
        code = file.code()
        found = [(match.start(), match[1]) for match in PARSER_CLASS.finditer(code)]
        for match in PARSER.finditer(code):
            scopes = [scope[1] for scope in SCOPE.finditer(code, 0, match.start())]
            if (match[1] or "").startswith("static") and scopes:
                found.append((match.start(2), f"{scopes[-1]}::{match[2]}"))
            elif not match[0].startswith(" "):
                found.append((match.start(2), match[2]))
        for offset, name in found:
            if not re.search(rf"\b{name}\b", targets):
                yield f"{file.path}:{file.line(offset)}: no target in fuzz/ names {name}; give it one (fuzz/CMakeLists.txt)"


UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE = re.compile(r"(?<![\w.:$}])/(?:work|root|home|Users)/\w")
TOOTHLESS = re.compile(r"\bDISAB" r"LED_\w|EXPECT_TRUE\(true\)|\bSUC" r"CEED\(\)")


def files_are_short_named_and_finished(tree):
    for file in tree.files:
        if file.suffix in (".h", ".cpp", ".py", ".cmake") and not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*\.\w+", file.name):
            yield f"{file.path}:1: file names are snake_case"
    for file in tree.texts:
        lines = file.text.count("\n")
        if lines > MAX_LINES and file.suffix not in (".md", ".json"):
            yield f"{file.path}:{lines}: {lines} lines, limit is {MAX_LINES}; find the two ideas in it and split it"
        for pattern, what in ((UNFINISHED, "finish it, or describe the limit in the docs"),
                              (MACHINE, "this path exists on one machine; make it relative"),
                              (TOOTHLESS, "this test cannot fail; give it something to check, or remove it")):
            for match in pattern.finditer(file.text):
                yield f"{file.path}:{file.line(match.start())}: \"{match[0]}\"; {what}"


def top_level_is_small(tree):
    for name in tree.top:
        if name not in TOP_LEVEL:
            yield f"{name}:1: does not belong on the top level; allowed are {', '.join(sorted(TOP_LEVEL))}"


PARTY_CLASS = re.compile(r"\b(?:class|struct)\s+(\w+)[^;{}]*:\s*public\s+(?:Party::)?Server\b")
STORAGE_KEY = re.compile(r'\b(?:put|get|remove|prefix|start|end)(?:<[^;()]*>)?\(\s*"([^"\\\n]{3,})"|"([^"\\\n]+:)"')
LITERAL = re.compile(r'"([^"\\\n]*)"')


def simulator_knows_no_party(tree):
    """The simulator finds bugs because it is general: no name, storage key or text of a party it is tried on may stand in it."""
    classes, keys = {}, {}
    for file in tree.code:
        if file.within("docs/examples", "tests/bugs") and not file.within("tests/bugs/runner"):
            code = file.code(strings=True)
            if file.within("tests/bugs"):
                keys.update((match[1], file.path) for match in LITERAL.finditer(re.sub(r"#include.*", "", code)) if len(match[1]) > 5)
                classes.update((word, file.path) for word in (file.name.removesuffix(file.suffix),) if "_" in word)
            classes.update((match[1], file.path) for match in PARTY_CLASS.finditer(code))
            keys.update((match[1] or match[2], file.path) for match in STORAGE_KEY.finditer(code))
    for file in tree.code:
        if not file.within("sim/include", "sim/src"):
            continue
        found = [(match.start(), match[0], classes[match[0]])
                 for match in re.finditer(r"\w+", file.code()) if match[0] in classes]
        found += [(match.start(), key, keys[key]) for match in LITERAL.finditer(file.code(strings=True)) for key in keys
                  if match[1] == key or (key.endswith(":") and key in match[1])]
        for offset, name, origin in found:
            yield (f"{file.path}:{file.line(offset)}: \"{name}\" belongs to {origin}; the simulator may not know the parties "
                   "it tests")


LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s#]+)(?:#[^)\s]*)?\)")


def links_in_documents_lead_somewhere(tree):
    for file in tree.texts:
        if file.suffix != ".md":
            continue
        for match in LINK.finditer(file.text):
            if re.match(r"[a-z]+:", match[1]):
                continue
            if not (tree.root / file.folder / match[1]).exists():
                yield f"{file.path}:{file.line(match.start())}: the link \"{match[1]}\" leads nowhere; correct or remove it"


CHOICE_POINTS = [f"CP-{n:02}" for first, last in ((1, 14), (20, 30), (40, 52), (60, 68), (70, 83), (90, 94))
                 for n in range(first, last + 1)]
CHOICE_TABLE = "docs/choices.md"
TEST_NAME = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
UNTESTED = "\N{EM DASH}"


def choice_points_name_their_tests(tree):
    """Every choice of a platform has one row, which names a test that there is, or says why none can be."""
    table = next((file for file in tree.texts if file.path == CHOICE_TABLE), None)
    if table is None:
        return
    tests = {f"{m[1]}.{m[2]}" for file in tree.code if file.within("tests") for m in TEST_NAME.finditer(file.text)}
    rows = [(table.line(m.start()), m[1], [cell.strip() for cell in m[2].split("|")])
            for m in re.finditer(r"^\| (CP-\d+) \|(.*)\|$", table.text, re.MULTILINE)]
    found = [name for _, name, _ in rows]
    for name in CHOICE_POINTS:
        if found.count(name) != 1:
            yield f"{CHOICE_TABLE}:1: {name} has {found.count(name)} rows; give it one"
    for line, name, cells in rows:
        test = cells[-1].strip("`")
        if name not in CHOICE_POINTS:
            yield f"{CHOICE_TABLE}:{line}: {name} is no choice of the contract"
        elif test == UNTESTED:
            if "not drawn:" not in cells[-2] and "not modelled:" not in cells[-2]:
                yield f"{CHOICE_TABLE}:{line}: {name} names no test, and does not say why; name one, or say \"not drawn: ...\""
        elif test not in tests:
            yield f"{CHOICE_TABLE}:{line}: {name} names the test {test}, which there is not"


ALL = [choice_points_name_their_tests, includes_point_inwards, core_sources_stay_private, core_touches_nothing,
       simulation_has_no_wall_clock, nobody_walks_an_unordered_container, every_file_is_built, every_parser_is_fuzzed,
       files_are_short_named_and_finished, top_level_is_small, simulator_knows_no_party, links_in_documents_lead_somewhere]
