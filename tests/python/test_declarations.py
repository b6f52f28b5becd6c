"""The package's declarations against the public headers, by the C compiler: functions, structs, constants."""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

import common
from ams._declared import ffi
from ams._library import lib

TEXT = (common.SOURCE / "python/ams/declarations.h").read_text()
HOW = "after a change of a header: python3 python/declare.py"
HEAD = "#include <ams/framework.h>\n#include <ams/online.h>\n#include <stdlib.h>\n#include <stddef.h>\n"


def compiler_says(code):
    """What is wrong with the code; "" if nothing is."""
    with tempfile.NamedTemporaryFile("w", suffix=".c") as source:
        source.write(code)
        source.flush()
        done = subprocess.run([*shlex.split(os.environ["AMS_CC"]), "-std=c11", "-fsyntax-only", "-Werror", f"-I{common.SOURCE}/include",
                               source.name], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr


def functions():
    """Every declaration of the text that is a function or a variable."""
    return [line for line in TEXT.splitlines() if line.endswith(";") and not line.startswith((" ", "}", "typedef"))]


def structs():
    """(name, cffi's type) of every struct whose members are declared."""
    named, _, _ = ffi.list_types()
    for name in named:
        kind = ffi.typeof(name)
        if kind.kind == "struct" and kind.fields:
            yield name, kind


def checks_of(name, kind):
    """What the compiler has to agree to about a struct."""
    yield f"_Static_assert(sizeof({name}) == {ffi.sizeof(kind)}, \"size of {name}\");"
    for field, info in kind.fields:
        member = f"(({name} *)0)->{field}"
        yield f"_Static_assert(offsetof({name}, {field}) == {info.offset}, \"{name}.{field}\");"
        yield f"_Static_assert(sizeof({member}) == {ffi.sizeof(info.type)}, \"size of {name}.{field}\");"
        stars, inner = "", info.type
        while inner.kind in ("pointer", "array") and inner.item.kind != "function":
            stars, inner = stars + "*", inner.item
        if inner.kind in ("primitive", "struct", "enum") and inner.cname not in ("FILE",):
            yield (f"_Static_assert(__builtin_types_compatible_p(__typeof__({stars}{member}), {inner.cname}), "
                   f"\"type of {name}.{field}\");")


def callbacks():
    """Members that are functions, as the text has them."""
    for name, body in re.findall(r"typedef struct \w+ \{(.*?)\n\} (\w+);", TEXT, re.S):
        name, body = body, name
        for declaration in re.findall(r"^\s*(.*\(\*\w+\)\(.*\));", body, re.M):
            field = re.search(r"\(\*(\w+)\)", declaration)[1]
            yield (f"_Static_assert(__builtin_types_compatible_p(__typeof__((({name} *)0)->{field}), "
                   f"{declaration.replace('(*' + field + ')', '(*)')}), \"{name}.{field}\");")


class Declarations(unittest.TestCase):
    def test_functions_and_variables_agree_with_the_headers(self):
        found = functions()
        self.assertGreater(len(found), 100)
        self.assertEqual(compiler_says(HEAD + "\n".join(found)), "", HOW)

    def test_structs_agree_with_the_headers(self):
        checks = [check for name, kind in structs() for check in checks_of(name, kind)]
        self.assertGreater(len(checks), 500)
        self.assertEqual(compiler_says(HEAD + "\n".join(checks)), "", HOW)

    def test_callbacks_agree_with_the_headers(self):
        checks = list(callbacks())
        self.assertGreaterEqual(len(checks), 4)
        self.assertEqual(compiler_says(HEAD + "\n".join(checks)), "", HOW)

    def test_constants_agree_with_the_headers(self):
        names = sorted(set(re.findall(r"\b(AMS_[A-Z0-9_]+)\b(?= ?[,=\n])", TEXT)))
        self.assertGreater(len(names), 80)
        checks = [f"_Static_assert({name} == {getattr(lib, name)}, \"{name}\");" for name in names]
        self.assertEqual(compiler_says(HEAD + "\n".join(checks)), "", HOW)

    def test_the_library_has_every_function(self):
        for line in functions():
            name = re.search(r"\b(\w+) ?[([;]", line)[1]
            if name != "free":
                self.assertIsNotNone(getattr(lib, name), name)

    def test_a_drift_is_seen(self):
        """Each kind of check fails for a declaration that is wrong."""
        wrong = {"size": "sizeof(ams_progress) == 8", "place": "offsetof(ams_table, conf) == 0", "value": "AMS_IO == 4",
                 "type": "__builtin_types_compatible_p(__typeof__(((ams_env *)0)->n_items), float)"}
        said = compiler_says(HEAD + "int ams_table_read(int a);\n" +
                             "\n".join(f'_Static_assert({check}, "wrong {what}");' for what, check in wrong.items()))
        for what in ("conflicting types", *(f'"wrong {what}"' for what in wrong)):
            self.assertRegex(said, f"error: .*{what}")

    def test_the_files_are_what_the_headers_make_them(self):
        if not common.has("cffi"):
            self.skipTest("only the runtime of cffi is here")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, common.SOURCE / "python/declare.py", folder], check=True, capture_output=True)
            for name in ("declarations.h", "_declared.py"):
                self.assertEqual((pathlib.Path(folder) / name).read_text(), (common.SOURCE / "python/ams" / name).read_text(),
                                 f"{name}: {HOW}")


if __name__ == "__main__":
    common.main()
