"""The package as users install it: by pip into a new environment without a compiler, and as Debian unpacks it."""
import os
import pathlib
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


class Install(unittest.TestCase):
    def test_pip_in_a_new_environment(self):
        if not (common.has("setuptools") and common.has("wheel")):
            self.skipTest("no setuptools or wheel to build with (python3-setuptools and python3-wheel of Debian)")
        made = subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", "new"], capture_output=True, env=PLAIN)
        if made.returncode:
            self.skipTest("no venv (python3-venv of Debian)")
        shutil.copytree(common.SOURCE / "python", "source", ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
        env = {**PLAIN, "CC": "/bin/false", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}  # whoever compiled would fail
        must("new/bin/pip", "wheel", "-q", "--no-index", "--no-build-isolation", "--no-deps", "-w", "wheels", "./source", env=env)
        self.assertEqual([path.name for path in pathlib.Path("wheels").iterdir()], ["ams_scheduling-0.2.0-py3-none-any.whl"])
        must("new/bin/pip", "install", "-q", "--no-index", *pathlib.Path("wheels").iterdir(), env=env)
        must("cmake", "--install", common.BUILD, "--component", "runtime", "--prefix", pathlib.Path("new").absolute())
        where = must("new/bin/python", "-c", "import ams, ams._library as c; print(ams.__file__); print(c.text(c.lib.ams_version))")
        self.assertIn("new/lib/", where)
        self.assertIn(must(common.BUILD / "ams", "--version").split()[1].rstrip(","), where)
        if shutil.which("gnuplot"):
            os.makedirs("made", exist_ok=True)
            printed = must("new/bin/python", common.SOURCE / "examples/python/five_steps.py", "made")
            self.assertRegex(printed, r"found .* by ")

    def test_components_as_debian_unpacks_them(self):
        prefix = pathlib.Path("debian/usr").absolute()
        for component in ("runtime", "python"):
            must("cmake", "--install", common.BUILD, "--component", component, "--prefix", prefix)
        self.assertFalse(list(prefix.rglob("__pycache__")))
        library = next(prefix.rglob("libams_framework.so.0.2")).parent
        printed = must(sys.executable, "-c", f"import ams; print(ams.__file__, ams.Table('{common.SMALL}').n_items)", env={
            **PLAIN, "PYTHONPATH": str(prefix / "lib/python3/dist-packages"), "LD_LIBRARY_PATH": str(library)})
        self.assertEqual(printed.split(), [str(prefix / "lib/python3/dist-packages/ams/__init__.py"), "1062"])

    def test_without_the_library(self):
        done = subprocess.run([sys.executable, "-c", "import ams"], capture_output=True, text=True,
                              env={**PLAIN, "PYTHONPATH": str(common.SOURCE / "python"), "AMS_LIBRARY": "/nowhere.so"})
        self.assertIn("libams_framework.so.0.2 was not found (", done.stderr)
        self.assertIn("cmake --install BUILD --component runtime", done.stderr)
        libc = subprocess.run([sys.executable, "-c", "import ams"], capture_output=True, text=True,
                              env={**PLAIN, "PYTHONPATH": str(common.SOURCE / "python"), "AMS_LIBRARY": "libc.so.6"})
        self.assertIn("ams_version", libc.stderr)

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
