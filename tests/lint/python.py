"""House rules of Python files: they compile, have no unused or undefined names (pyflakes, where it is), short
functions, files and lines, and in the package docstrings and types on everything public.

usage: python.py SOURCE_DIR
"""
import ast
import pathlib
import shutil
import subprocess
import sys

MOST_FILE, MOST_FUNCTION, MOST_LINE = 500, 80, 160
GENERATED = {"python/ams/_declared.py"}


def sources(root):
    """Python files that git knows or would take, else all in the folders that have any."""
    if shutil.which("git") is not None:
        done = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "*.py"], capture_output=True, text=True)
        if done.returncode == 0:
            return sorted(set(done.stdout.split()) - GENERATED)
    found = [path for folder in ("python", "examples", "tests", "experiments", "online") for path in (root / folder).rglob("*.py")]
    return sorted({str(path.relative_to(root)) for path in found} - GENERATED)


def is_public(node):
    """Whether users see a function or class."""
    return not node.name.startswith("_") or node.name == "__init__"


def untyped(node):
    """Arguments without a type."""
    arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs + [node.args.vararg, node.args.kwarg]
    return [a.arg for a in arguments if a is not None and a.annotation is None and a.arg not in ("self", "cls")]


def breaches(name, text):
    """(line, what) of each breach."""
    tree = ast.parse(text)
    lines = text.splitlines()
    if len(lines) > MOST_FILE:
        yield 1, f"{len(lines)} lines, expected at most {MOST_FILE}"
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_LINE:
            yield number, f"{len(line)} characters, expected at most {MOST_LINE}"
        if line != line.rstrip() or "\t" in line:
            yield number, "white space at the end, or a tab"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno - node.lineno >= MOST_FUNCTION:
            yield node.lineno, f"{node.name} has {node.end_lineno - node.lineno + 1} lines, expected at most {MOST_FUNCTION}"
    if name.startswith("python/ams/"):
        yield from undocumented(tree)


def undocumented(tree):
    """What is public and has no docstring, or no types."""
    if ast.get_docstring(tree) is None:
        yield 1, "the module has no docstring"
    for parent in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and is_public(node))]:
        for node in parent.body:
            if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or not is_public(node):
                continue
            if node.name != "__init__" and ast.get_docstring(node) is None:
                yield node.lineno, f"{node.name} has no docstring"
            if isinstance(node, ast.FunctionDef) and (untyped(node) or (node.returns is None and node.name != "__init__")):
                yield node.lineno, f"{node.name} lacks types: {', '.join(untyped(node)) or 'of what it returns'}"


def drifted(root):
    """Whether the package declares something else than the headers."""
    sys.path.insert(0, str(root / "python"))
    import declare

    return declare.text_of(root / "include") != (root / "python/ams/declarations.h").read_text(encoding="utf-8")


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    failed = drifted(root)
    if failed:
        print("python/ams/declarations.h: the headers in include/ams declare something else; run `python3 python/declare.py` "
              "with /usr/bin/python3 (python3-cffi of Debian) and commit what it writes")
    for name in sources(root):
        if not (root / name).exists():
            continue
        try:
            found = list(breaches(name, (root / name).read_text(encoding="utf-8")))
        except SyntaxError as failure:
            found = [(failure.lineno, f"does not compile: {failure.msg}")]
        for line, what in found:
            print(f"{name}:{line}: {what}")
            failed = True
    flakes = subprocess.run([sys.executable, "-m", "pyflakes", *sources(root)], cwd=root, capture_output=True, text=True)
    if "No module named pyflakes" in flakes.stderr:
        print("pyflakes is missing, so names were not checked (python3-pyflakes of Debian)")
    else:
        print(flakes.stdout + flakes.stderr, end="")
        failed = failed or flakes.returncode != 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
