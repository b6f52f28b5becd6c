"""The package as users install it: by pip into a new environment without a compiler, and as Debian unpacks it."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import common

PLAIN = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "AMS_LIBRARY")}


def must(*words, **how):
    """The output of a command that succeeds."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **{"env": PLAIN, **how})
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


def in_a_new_environment():
    """The interpreter of a virtual environment into which pip has installed the package, and cmake the library, without a compiler."""
    if not (common.has("setuptools") and common.has("wheel")):
        raise unittest.SkipTest("no setuptools or wheel to build with (python3-setuptools and python3-wheel of Debian)")
    # Where this interpreter has pip, the environment uses that one; a copy of its own takes seconds.
    own = ("--without-pip",) if common.has("pip") else ()
    made = subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", *own, "new"], capture_output=True, env=PLAIN)
    if made.returncode:
        raise unittest.SkipTest("no venv (python3-venv of Debian)")
    python = pathlib.Path("new/bin/python").absolute()
    shutil.copytree(common.SOURCE / "python", "source", ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    env = {**PLAIN, "CC": "/bin/false", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}  # whoever compiled would fail
    must(sys.executable, "-c", "import setuptools.build_meta as b; b.build_wheel('../wheels')", env=env, cwd="source")  # as pip does
    must(python, "-m", "pip", "install", "-q", "--no-index", *pathlib.Path("wheels").iterdir(), env=env)
    must("cmake", "--install", common.BUILD, "--component", "runtime", "--prefix", python.parent.parent)
    return python


def as_debian_unpacks():
    """(prefix, environment) of the components that Debian's packages hold, unpacked."""
    prefix = pathlib.Path("debian/usr").absolute()
    for component in ("runtime", "python"):
        must("cmake", "--install", common.BUILD, "--component", component, "--prefix", prefix)
    library = next(prefix.rglob("libams_framework.so.0.2")).parent
    return prefix, {**PLAIN, "PYTHONPATH": str(prefix / "lib/python3/dist-packages"), "LD_LIBRARY_PATH": str(library)}


# One start of the interpreter tells where the package is, then runs the example if there is one.
TOUR = """
import runpy, sys, ams, ams._library as c
print(ams.__file__, c.text(c.lib.ams_version), ams.Table(sys.argv[1]).n_items)
if len(sys.argv) > 2:
    del sys.argv[:2]
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Install(unittest.TestCase):
    def tour(self, python, **how):
        """[file, version, items] and the other lines. The second tour in a folder records and trains nothing again."""
        os.makedirs("five", exist_ok=True)
        example = (common.SOURCE / "examples/python/five_steps.py", "five") if shutil.which("gnuplot") else ()
        where, *lines = must(python, "-c", TOUR, common.SMALL, *example, **how).splitlines()
        if example:
            drawn = [line for line in lines if line.endswith(".svg")]
            self.assertIn("five/exp/plots/recall-time.svg", drawn)
            self.assertTrue(all(os.path.exists(path) for path in drawn))
            self.assertGreaterEqual(len(drawn), 8)
            found, by = re.fullmatch(r"found (.*) by (.*); [0-9.]+ ms saved", lines[-1]).groups()
            self.assertEqual(bool(found), bool(by))  # each model finds something on this photo
            rows = [line for line in lines if line.startswith("dqn")]
            self.assertGreater(len(rows), 0)
            self.assertEqual(self.rows.setdefault("five", rows), rows)
        return where.split()

    rows = {}

    def test_pip_in_a_new_environment(self):
        python = in_a_new_environment()
        self.assertEqual([path.name for path in pathlib.Path("wheels").iterdir()], ["ams_scheduling-0.2.0-py3-none-any.whl"])
        file, version, items = self.tour(python)
        self.assertIn("new/lib/", file)
        self.assertEqual((version, items), (must(common.BUILD / "ams", "--version").split()[1].rstrip(","), "1062"))

    def test_components_as_debian_unpacks_them(self):
        prefix, env = as_debian_unpacks()
        self.assertFalse(list(prefix.rglob("__pycache__")))
        file, _, items = self.tour(sys.executable, env=env)
        self.assertEqual((file, items), (str(prefix / "lib/python3/dist-packages/ams/__init__.py"), "1062"))

    def test_without_the_library(self):
        code = """
import os
for path in ("/nowhere.so", "libc.so.6"):
    os.environ["AMS_LIBRARY"] = path
    try:
        import ams
    except ImportError as failure:
        print(type(failure).__name__, failure)
"""
        env = {**PLAIN, "PYTHONPATH": str(common.SOURCE / "python")}
        nowhere, libc = must(sys.executable, "-c", code, env=env).splitlines()
        self.assertIn("LibraryError libams_framework.so.0.2 was not found (", nowhere)
        self.assertIn("cmake --install BUILD --component runtime", nowhere)
        self.assertIn("ams_version", libc)

    def test_what_the_library_shows(self):
        """The names of the public headers and no others."""
        shown = must("nm", "-D", "--defined-only", common.BUILD / "libams_framework.so")
        names = {line.split()[2].split("@")[0] for line in shown.splitlines()}
        headers = "\n".join(path.read_text() for path in (common.SOURCE / "include/ams").glob("*.h"))
        strangers = {name for name in names if name not in headers and not name.startswith("AMS_FRAMEWORK")}
        self.assertEqual(strangers, set())
        self.assertGreater(len(names), 300)


if __name__ == "__main__":
    common.main()
