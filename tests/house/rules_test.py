"""Each rule sees the breach it is there for, and only that: small trees with one thing wrong."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import rules
from source_tree import Tree

CORE_LIST = "add_library(party-core STATIC src/room.cpp)\ntarget_sources(x PUBLIC FILE_SET HEADERS FILES include/party/room.h)\n"
CLEAN = {
    "core/CMakeLists.txt": CORE_LIST,
    "core/include/party/room.h": "#pragma once\n#include <string>\n#include <chrono>\n",
    "core/src/gate.h": "#pragma once\n",
    "core/src/room.cpp": '#include <party/room.h>\n#include "gate.h"\n// the clock is not ours: steady_clock::now()\n',
    "sim/CMakeLists.txt": "add_library(party-sim STATIC src/world.cpp src/budget.cpp)\n",
    "sim/src/world.cpp": '#include <party/room.h>\n#include <rapidcheck.h>\nauto text = "rooms: gates:";\n',
    "sim/src/budget.cpp": "auto now = std::chrono::steady_clock::now();\n",
    "reference-server/CMakeLists.txt": "add_library(party-server STATIC src/socket.cpp)\n",
    "reference-server/src/socket.cpp": "#include <boost/asio.hpp>\n#include <sys/socket.h>\n",
    "docs/rooms.md": "See [the header](../core/include/party/room.h) and [the web](https://example.org).\n",
    "docs/examples/chat/CMakeLists.txt": "add_library(chat chat.cpp)\n",
    "docs/examples/chat/chat.cpp": 'class Chat : public Party::Server {\n  void f() { storage.put("line:1"); key("line:"); }\n};\n',
    "tests/bugs/CMakeLists.txt": "party_add_subject(lost_hat planted/lost_hat.cpp)\n",
    "tests/bugs/planted/lost_hat.cpp": 'class Cloakroom : public Party::Server {\n  void f() { send("where is it?"); }\n};\n',
    "tests/core/CMakeLists.txt": "party_add_test(core_tests SOURCES gate_test.cpp)  # sees core/src\n",
    "tests/core/gate_test.cpp": '#include <gtest/gtest.h>\n#include "gate.h"\n',
}


class Rules(unittest.TestCase):
    def findings(self, rule, changes):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**CLEAN, **changes}.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return list(rule(Tree(folder)))

    def sees(self, rule, name, text, *words):
        """The rule finds exactly one thing, in that file, and says it with these words."""
        found = self.findings(rule, {name: text})
        self.assertEqual(len(found), 1, found)
        for word in (name + ":", *words):
            self.assertIn(word, found[0])

    def test_a_clean_tree_passes_every_rule(self):
        for rule in rules.ALL:
            self.assertEqual(self.findings(rule, {}), [], rule.__name__)

    def test_every_rule_is_run_by_ctest(self):
        listed = pathlib.Path(__file__).with_name("CMakeLists.txt").read_text().split()
        self.assertEqual([rule.__name__ for rule in rules.ALL if rule.__name__ not in listed], [])

    def test_core_includes_no_library(self):
        self.sees(rules.includes_point_inwards, "core/src/room.cpp", '#include "gate.h"\n#include <fmt/core.h>\n', ":2:", "none")

    def test_core_includes_no_operating_system(self):
        self.sees(rules.includes_point_inwards, "core/src/room.cpp", "#include <unistd.h>\n", "unistd.h")

    def test_a_public_header_includes_nothing_private(self):
        self.sees(rules.includes_point_inwards, "core/include/party/room.h", '#include "../../src/gate.h"\n', "core/src/gate.h")

    def test_json_h_alone_may_include_nlohmann(self):
        include = "#include <nlohmann/json.hpp>\n"
        self.assertEqual(self.findings(rules.includes_point_inwards, {"core/include/party/json.h": include}), [])
        self.sees(rules.includes_point_inwards, "core/include/party/room.h", include, "nlohmann")

    def test_the_hosts_do_not_include_each_other(self):
        with_headers = {"sim/include/party/sim/world.h": "", "reference-server/include/party/run.h": ""}
        for name, header in (("sim/src/world.cpp", "party/run.h"), ("reference-server/src/socket.cpp", "party/sim/world.h")):
            found = self.findings(rules.includes_point_inwards, {**with_headers, name: f"#include <{header}>\n"})
            self.assertEqual(len(found), 1, found)

    def test_hosts_and_tests_do_not_include_core_src(self):
        for name in ("sim/src/world.cpp", "reference-server/src/socket.cpp", "tests/sim/world_test.cpp", "fuzz/room.cpp"):
            self.sees(rules.includes_point_inwards, name, '#include "gate.h"\n', "core/src/gate.h")

    def test_boost_stays_in_the_server(self):
        for name in ("core/src/room.cpp", "sim/src/world.cpp", "tests/sim/a_test.cpp", "bench/room.cpp"):
            self.sees(rules.includes_point_inwards, name, "#include <boost/asio.hpp>\n", "boost")

    def test_an_include_that_names_nothing_is_found(self):
        self.sees(rules.includes_point_inwards, "core/src/room.cpp", "#include <party/rom.h>\n", "party/rom.h")

    def test_build_lists_do_not_open_core_src(self):
        self.sees(rules.core_sources_stay_private, "tests/sim/CMakeLists.txt", "target_include_directories(x core/src)\n")

    def test_core_has_no_clock_thread_file_or_chance(self):
        for line in ("auto t = std::chrono::system_clock::now();", "#include <thread>", "#include <fstream>", "#include <mutex>",
                     "std::random_device device;", 'auto home = std::getenv("HOME");', "int n = rand();", "auto t = time(nullptr);"):
            self.sees(rules.core_touches_nothing, "core/src/room.cpp", f"\n{line}\n", ":2:")

    def test_words_in_comments_and_strings_are_no_breach(self):
        text = 'auto a = "steady_clock::now()";  // getenv\n/* rand() */ auto b = R"x(std::thread " )x";\nauto n = 1\'000\'000;\n'
        self.assertEqual(self.findings(rules.core_touches_nothing, {"core/src/room.cpp": text}), [])

    def test_the_simulator_has_no_wall_clock(self):
        self.sees(rules.simulation_has_no_wall_clock, "sim/src/world.cpp", "auto t = std::chrono::steady_clock::now();\n")

    def test_walking_an_unordered_container_is_found(self):
        declared = "std::unordered_map<Key, std::vector<std::pair<int, int>>> tags_;\n"
        for walk in ("for (const auto& [key, value] : tags_) f(key);", "for (auto& x : this->tags_) f(x);", "auto i = tags_.begin();"):
            self.sees(rules.nobody_walks_an_unordered_container, "sim/src/world.cpp", declared + walk, ":2:", "tags_")
        self.assertEqual(self.findings(rules.nobody_walks_an_unordered_container,
                                       {"sim/src/world.cpp": declared + "for (auto& x : tags) if (tags_.find(x)) f();"}), [])

    def test_a_file_that_no_list_names_is_found(self):
        for name in ("core/src/room2.cpp", "core/include/party/lobby.h", "core/src/unused.h", "tests/core/b_test.cpp", "fuzz/x.cpp"):
            self.sees(rules.every_file_is_built, name, "")

    def test_a_fuzz_target_is_listed_by_its_name(self):
        files = {"fuzz/CMakeLists.txt": "party_add_fuzz_target(url LIBS party-core)\n", "fuzz/url.cpp": ""}
        self.assertEqual(self.findings(rules.every_file_is_built, files), [])

    def test_a_parser_without_a_fuzz_target_is_found(self):
        header = "core/include/party/room.h"
        for parser, name in (("std::string normaliseTarget(std::string_view target);", "normaliseTarget"),
                             ("inline Json parseJson(std::string_view text) {\n", "parseJson"), ("class FrameDecoder {\n};", "FrameDecoder"),
                             ("class Trace {\n  static Trace parse(std::string_view file);\n};", "Trace::parse")):
            text = f"#pragma once\n\n  // about it\n{parser}\n"
            self.sees(rules.every_parser_is_fuzzed, header, text, name)
            fuzzed = {header: text, "fuzz/CMakeLists.txt": "party_add_fuzz_target(a)\n", "fuzz/a.cpp": f"// {name}\n"}
            self.assertEqual(self.findings(rules.every_parser_is_fuzzed, fuzzed), [])
        for harmless in ("class FrameDecoder;", "struct Codec {\n  static T decode(Decoder& decoder);\n};"):
            self.assertEqual(self.findings(rules.every_parser_is_fuzzed, {header: f"#pragma once\n{harmless}\n"}), [])

    def test_long_unfinished_or_misnamed_files_are_found(self):
        for name, text in (("core/src/long.cpp", "\n" * 501), ("core/src/RoomMachine.cpp", ""), ("dev", "# TO" "DO\n"),
                           ("docs/a.md", "see /ho" "me/ann/notes\n"), ("tests/core/gate_test.cpp", "SUC" "CEED();\n")):
            self.sees(rules.files_are_short_named_and_finished, name, text)

    def test_the_top_level_holds_only_what_belongs_there(self):
        self.sees(rules.top_level_is_small, "notes", "")

    def test_the_simulator_does_not_know_the_parties_it_tests(self):
        for text in ("if (party.is<Chat>()) skip();\n", 'auto keys = list("line:");\n', 'auto key = "line:42";\n'):
            self.sees(rules.simulator_knows_no_party, "sim/src/world.cpp", text, "docs/examples/chat/chat.cpp")

    def test_the_simulator_knows_neither_files_nor_texts_of_planted_mistakes(self):
        for text in ("if (named(lost_hat)) skip();\n", 'if (text == "where is it?") skip();\n', "if (is<Cloakroom>()) skip();\n"):
            self.sees(rules.simulator_knows_no_party, "sim/src/world.cpp", text, "tests/bugs/planted/lost_hat.cpp")

    def test_a_broken_link_is_found(self):
        self.sees(rules.links_in_documents_lead_somewhere, "docs/rooms.md", "\n[gone](gone.md)\n", ":2:", "gone.md")

    def test_a_choice_of_a_platform_without_a_row_or_its_test_is_found(self):
        rows = [f"| {name} | a | b | `Gate.IsShut` |" for name in rules.CHOICE_POINTS]
        tested = {"tests/core/gate_test.cpp": '#include "gate.h"\nTEST_F(Gate, IsShut) {}\n'}
        def found(rows):
            return self.findings(rules.choice_points_name_their_tests, {"docs/choices.md": "\n".join(rows) + "\n", **tested})
        self.assertEqual(found(rows), [])
        self.assertEqual(found([rows[0].replace("`Gate.IsShut`", rules.UNTESTED).replace("| b |", "| not drawn: rare |"), *rows[1:]]), [])
        for wrong, word in ((rows[1:], "0 rows"), ([*rows, rows[0]], "2 rows"), ([*rows, "| CP-99 | a | b | `Gate.IsShut` |"], "CP-99"),
                            ([rows[0].replace("IsShut", "IsOpen"), *rows[1:]], "Gate.IsOpen"),
                            ([rows[0].replace("`Gate.IsShut`", rules.UNTESTED), *rows[1:]], "why")):
            self.assertEqual(len(found(wrong)), 1, found(wrong))
            self.assertIn(word, found(wrong)[0])


if __name__ == "__main__":
    unittest.main()
