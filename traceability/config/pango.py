"""Pango, which WeasyPrint needs for PDF and which bare Linux machines lack. Standard library only.

Found → nothing to do. Root on Debian or Ubuntu → installed. Anybody else there → fetched and unpacked beside our data,
without rights. Otherwise Lotline runs without PDF (reports still print from the browser) and says what to type.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys

from . import paths

PACKAGES = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core"]
LIBRARIES = ["libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"]
OWN = paths.DATA / "pango"


def ensure() -> str | None:
    """Make PDF possible if we can. Returns the sentence to show if we cannot."""
    if not sys.platform.startswith("linux") or is_there():
        return None
    if shutil.which("apt-get") is None:
        return "No PDF: Pango is missing. Install the package 'pango' of your system."
    attempt = _install if os.geteuid() == 0 else _unpack
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        attempt()
    if is_there():
        return None
    return f"No PDF: Pango is missing. Type: sudo apt-get install -y --no-install-recommends {' '.join(PACKAGES)}"


def is_there() -> bool:
    """Asked in a child, as the loader reads LD_LIBRARY_PATH only when a process starts."""
    load = f"import ctypes; [ctypes.CDLL(name) for name in {LIBRARIES!r}]"
    done = subprocess.run(
        [sys.executable, "-S", "-c", load], env={**os.environ, **environment()}, capture_output=True
    )
    return done.returncode == 0


def environment() -> dict[str, str]:
    """What a child process needs to find our own copy; empty where the system has one."""
    folders = sorted({str(path.parent) for path in OWN.glob("root/**/libpango-1.0.so.0")})
    if not folders or _system_has_it():
        return {}
    found = {
        "LD_LIBRARY_PATH": os.pathsep.join([*folders, os.environ.get("LD_LIBRARY_PATH", "")]).rstrip(
            os.pathsep
        )
    }
    if (fonts := OWN / "root/etc/fonts/fonts.conf").exists():
        found["FONTCONFIG_FILE"] = str(fonts)
    return found


def _system_has_it() -> bool:
    try:
        return all(ctypes.CDLL(name) for name in LIBRARIES)
    except OSError:
        return False


def _install() -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
    if subprocess.run(install, env=quiet, capture_output=True, timeout=300).returncode:
        # A fresh container has no package lists yet.
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, capture_output=True, timeout=300, check=True)
        subprocess.run(install, env=quiet, capture_output=True, timeout=300, check=True)


def _unpack() -> None:
    archive = OWN / "archives"
    (archive / "partial").mkdir(parents=True, exist_ok=True)
    names = _needed()
    subprocess.run(["apt-get", "download", *names], cwd=archive, capture_output=True, timeout=300, check=True)
    for package in sorted(archive.glob("*.deb")):
        subprocess.run(
            ["dpkg", "-x", str(package), str(OWN / "root")], capture_output=True, timeout=60, check=True
        )
    shutil.rmtree(archive, ignore_errors=True)


def _needed() -> list[str]:
    """The packages and what they depend on that is not installed, as apt itself would choose them."""
    simulate = ["apt-get", "install", "--simulate", "--no-install-recommends", *PACKAGES]
    said = subprocess.run(simulate, capture_output=True, text=True, timeout=60, check=True).stdout
    return [line.split()[1] for line in said.splitlines() if line.startswith("Inst ")] or PACKAGES


if __name__ == "__main__":
    # Says nothing when PDF works; else the sentence for the person.
    print(ensure() or "")
