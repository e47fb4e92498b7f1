"""What older Wines lack and the packages need, made with mingw's compiler: two small DLLs beside python.exe.

Extensions written in Rust import ProcessPrng of bcryptprimitives.dll, and numpy the complex functions of C99, which
Wine's C runtime does not have. Where Wine has them, nothing is made.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.windows_lab.lab import Lab

COMPILER = "x86_64-w64-mingw32-gcc"
OBJDUMP = "x86_64-w64-mingw32-objdump"

_RANDOM = r"""
#include <windows.h>
BOOLEAN WINAPI SystemFunction036(void *bytes, ULONG count);  /* RtlGenRandom of advapi32 */
__declspec(dllexport) BOOL WINAPI ProcessPrng(unsigned char *bytes, SIZE_T count)
{
    while (count > 0) {
        ULONG some = count > 0x10000000 ? 0x10000000 : (ULONG)count;
        if (!SystemFunction036(bytes, some)) return FALSE;
        bytes += some;
        count -= some;
    }
    return TRUE;
}
"""
_MATH = "api-ms-win-crt-math-l1-1-0.dll"
_OWN_MATH = "lab-own-c99-complex-math-0.dll"
"""As long as the name that it takes the place of, which is overwritten in numpy's files."""
assert len(_OWN_MATH) == len(_MATH)

_REAL = ("cabs", "carg", "cimag", "creal")
"""Functions of one complex number whose value is a real one."""
_COMPLEX = (
    "cacos", "cacosh", "casin", "casinh", "catan", "catanh", "ccos", "ccosh", "cexp", "clog", "conj", "cproj", "csin",
    "csinh", "csqrt", "ctan", "ctanh",
)  # fmt: skip
"""Functions of one complex number whose value is another."""
_OF_TWO = ("cpow",)
_NAMES = {name + suffix for name in (*_REAL, *_COMPLEX, *_OF_TWO) for suffix in ("", "f")}


def make_shims(lab: Lab) -> list[str]:
    """Make what is missing. The names of the DLLs that were made. Raises subprocess.CalledProcessError, OSError."""
    build = lab.folder / "build"
    build.mkdir(exist_ok=True)
    made = []
    if not _builtin("bcryptprimitives.dll"):
        _compile(build / "random.c", _RANDOM, lab.python / "bcryptprimitives.dll", "-ladvapi32")
        made.append("bcryptprimitives.dll")
    users = [file for file in _numpy_files(lab.packages) if _imports(file, _MATH)]
    wanted = {name for file in users for name in _imports(file, _MATH)}
    # Wine exports all of them, and ends the process when one of these is called.
    lacking = sorted(wanted & _NAMES)
    if lacking:
        exports = [f"{name}=shim_{name}" for name in lacking]
        exports += [f"{name}=ucrtbase.{name}" for name in sorted(wanted.difference(lacking))]
        definition = build / "math.def"
        definition.write_text("EXPORTS\n" + "".join(f"  {line}\n" for line in exports), "ascii")
        source = "#include <complex.h>\n" + "".join(map(_wrapper, lacking))
        _compile(build / "math.c", source, lab.python / _OWN_MATH, str(definition), "-fno-builtin", "-static")
        for file in users:
            file.write_bytes(file.read_bytes().replace(_MATH.encode(), _OWN_MATH.encode()))
        made.append(_OWN_MATH)
    return made


def _wrapper(name: str) -> str:
    """C source of a function that calls mingw's own of this name."""
    base = name if name in (*_REAL, *_COMPLEX, *_OF_TWO) else name[:-1]
    number = "double" if base == name else "float"
    value = number if base in _REAL else f"{number} _Complex"
    parameters = [f"{number} _Complex {each}" for each in ("ab" if base in _OF_TWO else "a")]
    arguments = ", ".join(each[-1] for each in parameters)
    return f"{value} shim_{name}({', '.join(parameters)}) {{ return {name}({arguments}); }}\n"


def _compile(source: Path, text: str, target: Path, *options: str) -> None:
    source.write_text(text, "ascii")
    command = [COMPILER, "-O1", "-shared", "-static-libgcc", "-o", str(target), str(source), *options]
    subprocess.run(command, check=True, capture_output=True)


def _numpy_files(packages: Path) -> Iterator[Path]:
    yield from packages.glob("numpy/**/*.pyd")
    yield from packages.glob("numpy.libs/*.dll")


def _builtin(name: str) -> Path | None:
    """Wine's own DLL of this name, wherever a distribution keeps it."""
    places = ("usr/lib/*/wine", "usr/lib/wine", "usr/lib*/wine", "opt/wine*/lib*/wine")
    found = (file for place in places for file in Path("/").glob(f"{place}/x86_64-windows/{name}"))
    return next(found, None)


def _imports(file: Path, library: str) -> list[str]:
    """The functions that a binary imports from a library."""
    rows = _section(_dump(file), f"DLL Name: {library}")
    return re.findall(r"^\t[0-9a-f]+\s+\d+\s+(\w+)", rows, re.MULTILINE)


def _section(text: str, heading: str) -> str:
    """What follows a heading, up to the next empty line."""
    _, _, rest = text.partition(heading)
    return rest.partition("\n\n")[0]


def _dump(file: Path) -> str:
    return subprocess.run([OBJDUMP, "-p", str(file)], capture_output=True, text=True, check=True).stdout
