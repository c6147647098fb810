#!/usr/bin/env python3
"""
Set up Tillbridge and run it, test it, check it: the one script behind the Makefile.

Needs Python 3.11 or newer and nothing else.
It keeps everything below this folder: the installer in .tools, the environment in .venv,
nginx in .nginx, the tools for the browser's code in node_modules.
Setting up a second time costs a comparison of hashes.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
BIN = VENV / "bin"
UV = TOOLS / "bin" / "uv"
LOCKS = {"run": ROOT / "requirements" / "run.txt", "dev": ROOT / "requirements" / "dev.txt"}
BOOTSTRAP = ROOT / "requirements" / "bootstrap.txt"
NODE_MODULES = ROOT / "node_modules"
BROWSER_LOCK = ROOT / "package-lock.json"
NGINX = ROOT / ".nginx"
SERVERS = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PROCESSES = min(max(os.cpu_count() or 1, 2), 4)
"""How many run tests at once: more would mostly start more servers and browsers."""
PASSED_ON = {"demo", "test", "bench", "examples", "ledger"}
"""Commands whose options are those of what they become."""


def main() -> None:
    """Read the command line and do what it says."""
    if sys.version_info < (3, 11):
        sys.exit(f"Tillbridge needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, about in {
        "setup": "install what development needs",
        "demo": "run Tillbridge, the Codat simulator and the demo shop",
        "test": "run the whole test suite, browser included",
        "check": "format, lint, types, architecture, tests, coverage, wheel",
        "examples": "run Tillbridge with a page of each kind that embeds it",
        "bench": "measure, side by side",
        "ledger": "start redirects through faults and kills, and count what became of them",
        "screenshots": "take the pictures of the docs anew",
        "translations": "bring the catalogues up to date with what the pages say",
        "lock": "resolve the dependencies anew, with hashes",
    }.items():
        commands.add_parser(name, help=about, add_help=name not in PASSED_ON)
    options, rest = parser.parse_known_args()
    os.chdir(ROOT)
    globals()[options.command](rest)


def setup(_: list[str]) -> None:
    """Install everything that development needs."""
    install("dev")
    browser()
    gettext()
    balancer()
    supervisor()
    browser_code()


def demo(rest: list[str]) -> None:
    """Become `tillbridge demo`."""
    install("run")
    become(BIN / "tillbridge", "demo", *rest)


def examples(rest: list[str]) -> None:
    """Become the example pages."""
    install("run")
    browser_code()
    become(BIN / "python", "-m", "examples", *rest)


def test(rest: list[str]) -> None:
    """Run all tests, in several processes at once; with arguments, what they say, in one."""
    setup([])
    testing = ["-m", "pytest", *(rest or ["-n", str(PROCESSES)])]
    if not os.environ.get("MEASURE_COVERAGE"):
        become(BIN / "python", *testing)
    run(BIN / "coverage", "erase")
    # The report is worth reading all the more where a test fails.
    failed = subprocess.run([BIN / "coverage", "run", *testing], check=False).returncode
    run(BIN / "coverage", "combine", "--quiet")
    run(BIN / "coverage", "report")
    sys.exit(failed)


def check(_: list[str]) -> None:
    """Run every check that a change has to pass, the cheapest first."""
    setup([])
    run(BIN / "ruff", "format", "--check")
    run(BIN / "ruff", "check")
    run(BIN / "mypy")
    run(BIN / "lint-imports")
    run(NODE_MODULES / ".bin" / "tsc")
    run("make", "test", env={**os.environ, "MEASURE_COVERAGE": "1"})


def bench(rest: list[str]) -> None:
    """Measure, side by side, and print the table."""
    install("dev")
    if not shutil.which("wrk"):
        apt("wrk", "the measurements need the load generator wrk, which is missing")
    browser()
    become(BIN / "python", "-m", "benchmarks", *rest)


def ledger(rest: list[str]) -> None:
    """Start redirects through faults and kills, and join what was minted with what was given."""
    install("dev")
    become(BIN / "python", "-m", "ledger", *rest)


def screenshots(_: list[str]) -> None:
    """Take the pictures of the docs anew."""
    setup([])
    folder = "tests/browser"
    taking = (f"{folder}/test_whole_way.py", f"{folder}/test_looks.py", f"{folder}/component")
    run(BIN / "python", "-m", "pytest", "-q", *taking, "--pictures", "docs")
    run(BIN / "python", "-m", "tests.browser.gallery")


def translations(_: list[str]) -> None:
    """Bring the catalogues up to date with what the pages say."""
    install("run")
    become(BIN / "python", "-m", "entrypoints.web.languages")


def lock(_: list[str]) -> None:
    """Resolve the dependencies anew; the files carry hashes and no download address."""
    install_installer()
    compiling = [UV, "pip", "compile", "--quiet", "--universal", "--upgrade", "--generate-hashes"]
    compiling += ["--python-version", "3.11"]
    compiling += ["--no-header", "--no-annotate", "--no-emit-index-url"]
    groups = {"run": ["build"], "dev": ["build", "dev"]}
    for level, path in LOCKS.items():
        named = [word for group in groups[level] for word in ("--group", group)]
        run(*compiling, "pyproject.toml", *named, "-o", path.relative_to(ROOT), env=installer())
    run(
        *compiling, "requirements/bootstrap.in", "-o", BOOTSTRAP.relative_to(ROOT), env=installer()
    )


def install(level: str) -> None:
    """
    Bring .venv to the locked versions.

    *level* is `run` or `dev`; what satisfies `dev` satisfies `run`.
    """
    marker = VENV / ".locked"
    wanted = {name: fingerprint(path) for name, path in LOCKS.items()}
    acceptable = {f"{name} {wanted[name]}" for name in (level, "dev")}
    if marker.exists() and marker.read_text() in acceptable:
        return
    install_installer()
    if not (BIN / "python").exists():
        run(UV, "venv", "--quiet", "--python", sys.executable, VENV, env=installer())
    marker.unlink(missing_ok=True)
    installing = {**installer(), "VIRTUAL_ENV": str(VENV)}
    run(UV, "pip", "sync", "--quiet", "--require-hashes", LOCKS[level], env=installing)
    editable = ["--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT]
    run(UV, "pip", "install", *editable, env=installing)
    marker.write_text(f"{level} {wanted[level]}")


def installer() -> dict[str, str]:
    """The environment for uv: like pip, it trusts whom this machine trusts, and asks the same."""
    environ = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1", **os.environ}
    asking = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    told = subprocess.run(asking, capture_output=True, text=True, check=False)
    if not told.returncode and told.stdout.strip():
        environ.setdefault("UV_DEFAULT_INDEX", told.stdout.strip())
    return environ


def install_installer() -> None:
    """Put the locked uv into .tools, with whatever pip this machine has."""
    marker = TOOLS / ".locked"
    if marker.exists() and marker.read_text() == fingerprint(BOOTSTRAP):
        return
    shutil.rmtree(TOOLS, ignore_errors=True)
    looking = [sys.executable, "-m", "pip", "--version"]
    if subprocess.run(looking, capture_output=True, check=False).returncode:
        apt("python3-pip", "pip for this Python is missing")
    run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--root-user-action", "ignore", "--target", TOOLS, "--require-hashes", "-r", BOOTSTRAP),
    )
    marker.write_text(fingerprint(BOOTSTRAP))


def browser() -> None:
    """Make sure that there is a Chromium for the browser tests."""
    if not any(map(shutil.which, BROWSERS)):
        apt("chromium", "pages are looked at in Chromium, which is missing")


def gettext() -> None:
    """Make sure that translators' own tools are there, which check the catalogues."""
    if not shutil.which("msgfmt"):
        apt("gettext", "the tests need gettext's msgfmt, which is missing")


def balancer() -> None:
    """
    Make sure that there is an nginx, to try the configuration that is shipped for it.

    It is unpacked and not installed, for Debian's package would start to serve at once.
    """
    if shutil.which("nginx", path=SERVERS) or (NGINX / "usr/sbin/nginx").exists():
        return
    shutil.rmtree(NGINX, ignore_errors=True)
    NGINX.mkdir(parents=True)
    apt("nginx", "the tests need nginx, which is missing", into=NGINX)


def supervisor() -> None:
    """Make sure that systemd's own checker is there, for the unit that is shipped."""
    if not shutil.which("systemd-analyze"):
        apt("systemd", "the tests need systemd-analyze, which is missing")


def browser_code() -> None:
    """Bring node_modules to the locked versions: what checks scripts and builds the examples."""
    marker = NODE_MODULES / ".locked"
    wanted = hashlib.sha256(BROWSER_LOCK.read_bytes()).hexdigest()
    if marker.exists() and marker.read_text() == wanted:
        return
    if not shutil.which("npm"):
        apt("npm", "the browser code needs npm, which is missing")
    run("npm", "ci", "--no-progress", "--loglevel", "error")
    marker.write_text(wanted)


def apt(package: str, why: str, into: Path | None = None) -> None:
    """Install a Debian *package*, or unpack it *into* a folder; where that fails, say how."""
    become_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    able = shutil.which("apt-get") and (not become_root or shutil.which("sudo"))
    doing = "installing" if into is None else "unpacking"
    print(f"{why}: {doing} the package {package} …", file=sys.stderr)
    root = [*become_root, "apt-get", "-qq"]
    steps: list[list[str]] = [[*root, "update"]]
    if into is None:
        steps += [[*root, "install", "--yes", "--no-install-recommends", package]]
    else:
        # Into our own folder, which the user that apt otherwise takes for it cannot write to.
        steps += [["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package]]
        steps += [["sh", "-c", f"dpkg-deb --extract {package}_*.deb . && rm {package}_*.deb"]]
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in steps:
        if (
            not able
            or subprocess.run(
                step, env=quietly, cwd=into, stdout=sys.stderr, check=False
            ).returncode
        ):
            sys.exit(f"{why}. Install it (Debian: apt-get install {package}) and try again.")


def fingerprint(lock_file: Path) -> str:
    """What was locked, where this project lies and which Python it uses, as one hash."""
    parts = (lock_file.read_bytes(), bytes(ROOT), sys.version.encode())
    parts += ((ROOT / "pyproject.toml").read_bytes(),)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def become(program: Path, *arguments: str) -> None:
    """
    Run *program* in place of this one.

    By its whole path: by its name alone, Python would look for itself on PATH, and find another.
    """
    sys.stdout.flush()
    os.execv(program, [str(program), *arguments])


def run(*command: object, env: dict[str, str] | None = None) -> None:
    """Run a *command* and stop with its exit code if it fails."""
    sys.stdout.flush()
    code = subprocess.run([str(word) for word in command], env=env, check=False).returncode
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
