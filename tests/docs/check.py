#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether README.md and docs/*.md are true as far as a program can tell; prints what is not.

  links      relative links lead to files that are there, anchors to headings
  files      files named in code spans are there
  options    a command line's options are known to the program that it calls
  sentences  in troubleshooting.md, the fixed parts of every quoted sentence are in the sources
  quotes     in paper-in-code.md, blocks of C++ are in the file that was last named by "From [FILE](...)", but for
             indentation, empty lines and docstrings; so is every block after such a line on other pages, up to the next heading

usage: check.py [FOLDER]   the repository, unless given the one that this script lies in
"""
import pathlib
import re
import sys

CODE = (".hpp", ".cpp", ".cu", ".h", ".c")


class Pages:
    def __init__(self, root):
        self.root, self.problems, self.counts = root, [], {}
        self.texts = {p: p.read_text() for p in [root / "README.md", *sorted((root / "docs").glob("*.md"))]}

    def problem(self, page, line, text):
        self.problems.append(f"{page.relative_to(self.root)}:{line}: {text}")

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def lines(self, page):
        """(number, line, language of the fenced block that it is in, or None)."""
        fence = None
        for number, line in enumerate(self.texts[page].splitlines(), 1):
            mark = re.match(r"\s*```(\S*)", line)
            if mark:
                fence = (mark[1] or "text") if fence is None else None
            else:
                yield number, line, fence

    def anchors(self, page):
        """As GitHub makes them of headings."""
        found = set()
        for _, line, fence in self.lines(page):
            heading = re.match(r"#+\s+(.*)", line)
            if fence is None and heading:
                slug = re.sub(r"[^\w\- ]", "", heading[1].strip().lower()).replace(" ", "-")
                again, i = slug, 0
                while again in found:
                    i += 1
                    again = f"{slug}-{i}"
                found.add(again)
        return found


def check_links(pages):
    for page in pages.texts:
        for number, line, fence in pages.lines(page):
            if fence is not None:
                continue
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "``", line)):
                if re.match(r"[a-z]+:", target):
                    continue
                pages.count("links")
                name, _, anchor = target.partition("#")
                file = (page.parent / name).resolve() if name else page
                if not file.exists():
                    pages.problem(page, number, f"link to '{target}': there is no such file")
                elif anchor and (file not in pages.texts or anchor not in pages.anchors(file)):
                    pages.problem(page, number, f"link to '{target}': there is no such heading")


def check_files(pages):
    """`tests/x/y_test.cpp`, `cpu/winograd_*.hpp`: from the root, or from a folder of headers."""
    root = pages.root
    above = [root, root / "include/limn", root / "include", root / "examples"]
    for page in pages.texts:
        for number, line, fence in pages.lines(page):
            for span in re.findall(r"`([^`\s]+)`", line) if fence is None else ():
                if not re.fullmatch(r"[\w.\-/*{},]+/[\w.\-*{},]+\.(hpp|cpp|cu|h|c|py|sh|cmake|md)", span):
                    continue
                pages.count("files")
                choice = re.search(r"\{([^}]*)\}", span)
                names = [span.replace(choice[0], c) for c in choice[1].split(",")] if choice else [span]
                for name in names:
                    if not any(next(folder.glob(name), None) for folder in [page.parent, *above]):
                        pages.problem(page, number, f"`{span}`: there is no such file")


def programs(root):
    """name on a command line -> text of the sources that read its options."""
    def text(*globs):
        return "\n".join(f.read_text(errors="replace") for g in globs for f in sorted(root.glob(g)) if f.is_file())

    shared = text("examples/common/*", "include/limn/models/ugatit/checkpoint_options.hpp", "include/limn/train/*.hpp")
    found = {s.stem.replace("_", "-"): s.read_text() + shared for s in sorted((root / "examples").glob("*.cpp"))}
    found["limn-golden"] = text("tests/golden/*.cpp", "tests/golden/*.hpp")
    found["limn-plans"] = text("tests/cuda/limn_plans.cpp")
    for glob in ("benchmarks/*", "benchmarks/peers/*", "tests/*/run", "cmake/*", "tests/cuda/resources"):
        for script in root.glob(glob):
            if script.is_file() and script.read_bytes()[:2] == b"#!":
                found[str(script.relative_to(root))] = script.read_text() + text("benchmarks/suite/*.py")
    return found


def names_option(text, option):
    """`--size` as it stands, or as the entry "size" of a table of options."""
    name = re.escape(option[2:])
    return re.search(rf"--{name}(?![\w-])", text) or re.search(rf'"{name}"', text)


# options of programs that are not ours are theirs
FOREIGN = ("cmake ", "ctest", "git ", "vcpkg ", "conan ", "build/tensorboard", "apt", "python")
FOREIGN_OPTIONS = ("--help", "--benchmark_")


def check_options(pages):
    known = programs(pages.root)
    everything = "\n".join(known.values())
    for page in pages.texts:
        begun = ""  # of a command that goes on in the next line
        for number, line, fence in pages.lines(page):
            if fence not in (None, "bash", "text"):
                continue
            if fence is not None:
                line, begun = begun + line, ""
                if line.endswith("\\"):
                    begun = line[:-1]
                    continue
            spans = re.findall(r"`([^`]+)`", line) if fence is None else [line.split(" # ")[0]]
            for command in (part.strip() for span in spans for part in re.split(r"&&|;|\|", span)):
                options = [o for o in re.findall(r"(?<![\w-])--[a-z][a-z0-9_-]*", command)
                           if not o.startswith(FOREIGN_OPTIONS)]
                if not options or command.startswith(FOREIGN):
                    continue
                word = re.sub(r"^build[\w-]*/bin/", "", command.split()[0])
                if word not in known and re.match(r"(ugatit|limn|gan|train|benchmarks|tests|cmake)[-/\w]*$", word):
                    pages.problem(page, number, f"`{command}`: which program is '{word}'?")
                for option in options:
                    pages.count("options")
                    if not names_option(known.get(word, everything), option):
                        pages.problem(page, number, f"`{command}`: '{option}' is in no source of "
                                      + (word if word in known else "any program"))


def without_comments(text):
    return re.sub(r'//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\\n])*")', lambda m: m[1] or " ", text, flags=re.S)


LITERAL = r'"(?:\\.|[^"\\\n])*"'


def literals(root):
    """All string literals of the sources, neighbours joined as the compiler joins them."""
    texts = []
    for folder in ("include", "examples", "cmake"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in CODE and file.is_file():
                for group in re.findall(rf"(?:{LITERAL}\s*)+", without_comments(file.read_text())):
                    texts.append("".join(re.findall(r'"((?:\\.|[^"\\\n])*)"', group)).replace('\\"', '"'))
    return "\n".join(texts)


# what stands in a quoted sentence for what varies
VARIES = r"\.\.\.|\b(?:[A-Z]|[A-Z]{2,}[A-Z0-9_]*|gen[AB]2[AB]|A2B|B2A)\b|\w+_loss_\w+|\d[\d.,]*"


def check_sentences(pages):
    """The first cell of each row of troubleshooting.md."""
    page = pages.root / "docs/troubleshooting.md"
    sources = literals(pages.root)
    for number, line, fence in pages.lines(page):
        row = re.match(r"\|\s*`([^`]+)`", line)
        if fence is not None or not row:
            continue
        pages.count("sentences")
        parts = [part.strip(" ':();,\"") for part in re.split(VARIES, row[1])]
        parts = [part for part in parts if len(re.sub(r"\W", "", part)) >= 4]
        if not parts:
            pages.problem(page, number, f"`{row[1]}` has no fixed part to look for")
        for part in parts:
            if part not in sources:
                pages.problem(page, number, f"`{row[1]}`: nothing in the sources says '{part}'")


def check_quotes(pages):
    def bare(text):
        lines = (re.sub(r"\s*///.*", "", line).strip() for line in text.strip().splitlines())
        return "\n".join(line for line in lines if line)

    for page in pages.texts:
        source, name, block, start = None, "", None, 0
        for number, line in enumerate(pages.texts[page].splitlines(), 1):
            named = re.search(r"From \[([^\]]+)\]\(([^)\s]+)\)", line)
            if block is not None:
                if not line.startswith("```"):
                    block.append(line)
                    continue
                pages.count("quotes")
                if bare("\n".join(block)) not in bare(source.read_text()):
                    pages.problem(page, start, f"this block is not in {name}")
                block = None
            elif named:
                source, name = (page.parent / named[2]).resolve(), named[1]
                if not source.is_file():
                    source = None  # links says so
            elif line.startswith("#"):
                source = source if page.name == "paper-in-code.md" else None
            elif line.startswith("```cpp") and source:
                block, start = [], number


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[2]).resolve()
    pages = Pages(root)
    for check in (check_links, check_files, check_options, check_sentences, check_quotes):
        check(pages)
    for problem in pages.problems:
        print(problem)
    print(f"docs: {len(pages.texts)} pages, " + ", ".join(f"{n} {what}" for what, n in pages.counts.items())
          + f"; {len(pages.problems)} wrong")
    return 1 if pages.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
