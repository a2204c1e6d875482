#!/usr/bin/env python3
"""Checks the layout of the sources, without building them.

1. Every #include between modules follows an edge of the picture in docs/architecture.md (EDGES below is that picture).
2. LibTorch's headers appear only in modules that may see it.
3. Nothing below cli/ prints to the terminal or exits.
4. Every tests/MODULE/NAME_test.cpp has its evergreen/MODULE/NAME.{hpp,cpp}.
5. A type is defined under one name once: two types of one name in one namespace are one to the linker, whatever is in them.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# module: what it may include, besides itself and what those may include
EDGES = {
    "base": [],
    "checkpoint": ["base"],
    "residual": ["checkpoint", "text", "report"],
    "adapter": ["residual"],
    "text": ["base"],
    "ifeval": ["text"],
    "data": ["text", "checkpoint"],
    "report": ["base"],
    "world": ["base"],
    "kernels": ["base"],
    "parallel": ["base"],
    "model": ["kernels", "checkpoint"],
    "train": ["model", "data", "parallel", "text", "checkpoint"],
    "generate": ["model", "text"],
    "eval": ["generate", "text", "data", "ifeval"],
    "pipeline": ["eval", "train", "residual", "data", "report"],
    "demo": ["pipeline", "world"],
    "study": ["residual", "report"],
    "study_steps": ["study", "demo"],
}
TORCH = {"kernels", "parallel", "model", "train", "generate", "eval", "pipeline", "demo", "study_steps"}


def reachable(module):
    seen, todo = set(), [module]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo += EDGES[current]
    return seen


def check_includes(path, module, problems):
    text = path.read_text()
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'#include\s+[<"]([^>"]+)[>"]', line)
        if not match:
            continue
        header = match.group(1)
        where = f"{path.relative_to(ROOT)}:{number}"
        if header.startswith("evergreen/"):
            other = header.split("/")[1]
            if other not in reachable(module):
                problems.append(f"{where}: {module} must not include {other} (EDGES in tools/check_layout.py)")
        elif header.startswith("cli/"):
            problems.append(f"{where}: the library must not include the program")
        elif re.match(r"(ATen|torch|c10)/", header) and module not in TORCH:
            problems.append(f"{where}: {module} must not see LibTorch")
        elif header.startswith("nlohmann/") and path.suffix == ".hpp" and module != "base":
            problems.append(f"{where}: nlohmann-json does not belong into a header")
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("//")[0]
        if re.search(r"\bstd::(cout|cerr)\b|fmt::print\(|\bprintf\(|\bstd::exit\(|\bstd::abort\(", code):
            problems.append(f"{path.relative_to(ROOT)}:{number}: the library neither prints nor exits")


def check_mirror(problems):
    for test in sorted((ROOT / "tests").glob("*/*_test.cpp")):
        module, name = test.parent.name, test.name.removesuffix("_test.cpp")
        if module in ("cli", "fuzz") or name == "parity" or not (ROOT / "evergreen" / module).is_dir():
            continue
        folder = ROOT / "evergreen" / module
        if not any(folder.rglob(f"{name}.hpp")) and not any(folder.rglob(f"{name}.cpp")):
            problems.append(f"{test.relative_to(ROOT)}: there is no evergreen/{module}/{name}.hpp or .cpp")


def check_types(problems):
    defined = {}
    for path in sorted((ROOT / "evergreen").rglob("*.[ch]pp")):
        spaces = []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            opened = re.match(r"(?:inline )?namespace ?([\w:]*) ?\{$", line)
            if opened:
                # Without a name it is the file's own; so is what a file includes in the middle of such a one.
                spaces.append(opened.group(1) or str(path))
            elif line.startswith("}  // namespace") and spaces:
                spaces.pop()
            kind = re.match(r"(?:struct|class|enum class) (\w+)(?: final)?(?: : ?[^{;]*)? \{", line)
            if not kind:
                continue
            where = f"{path.relative_to(ROOT)}:{number}"
            first = defined.setdefault("::".join([*spaces, kind.group(1)]), where)
            if first != where:
                problems.append(f"{where}: {kind.group(1)} is also the name of a type in {first}")


def main():
    problems = []
    check_types(problems)
    for folder in sorted((ROOT / "evergreen").iterdir()):
        if folder.is_dir() and folder.name not in EDGES:
            problems.append(f"evergreen/{folder.name}: a module that EDGES does not know")
            continue
        for path in sorted(folder.rglob("*.[ch]*")):
            check_includes(path, folder.name, problems)
    check_mirror(problems)
    print("\n".join(problems) if problems else "layout: ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
