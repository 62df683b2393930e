"""The files of the house as the rules see them: names, text, and text without what is no code."""

import pathlib
import re

CODE = {".h", ".cpp"}
TEXT = CODE | {".py", ".cmake", ".txt", ".in", ".md", ".json", ".js", ".mjs", ".ts", ".html", ".css", ".sh", ".yml", ""}
GENERATED = {"build", ".git", ".party", ".cache", "node_modules", "__pycache__", "compile_commands.json"}

# Comments, raw strings, strings and characters, whichever begins first; a digit separator is none of them.
TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\s\\]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


class Source:
    """One file: `path` from the root with slashes, `text` as it stands."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.name, self.suffix, self.folder = path.name, path.suffix, path.parent.relative_to(root).as_posix()
        try:
            self.text = path.read_text() if self.suffix in TEXT else None
        except UnicodeDecodeError:  # a fuzz seed has any bytes
            self.text = None
        self._code = None

    def within(self, *folders):
        return any(self.path == folder or self.path.startswith(folder + "/") for folder in folders)

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def code(self, strings=False):
        """The text with comments, and unless asked for also strings, blanked; offsets and lines stay where they are."""
        def blank(match):
            token = match.group()
            if token[0] != "/" and strings:
                return token
            return re.sub(r"[^\n]", " ", token)
        return TOKEN.sub(blank, self.text)

    def includes(self):
        """(line, '<' or '"', name) of every include that is not commented out."""
        return [(self.line(m.start()), m[1], m[2]) for m in INCLUDE.finditer(self.code(strings=True))]


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.top = sorted(path.name for path in self.root.iterdir() if path.name not in GENERATED)
        self.files = [Source(self.root, path) for path in sorted(self._walk(self.root))]
        self.texts = [file for file in self.files if file.text is not None]
        self.code = [file for file in self.texts if file.suffix in CODE]
        self.paths = {file.path for file in self.files}

    def _walk(self, folder):
        for path in folder.iterdir():
            if path.name in GENERATED:
                continue
            if path.is_dir() and not path.is_symlink():
                yield from self._walk(path)
            elif path.is_file():
                yield path

    def cmake_lists(self):
        return [file for file in self.texts if file.name == "CMakeLists.txt"]
