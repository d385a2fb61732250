"""clang-tidy finds nothing in the project's own sources (its checks are chosen in .clang-tidy).

Compiles nothing: it reads compile_commands.json, leaves out the sanitizers' options, which change what it sees, and
works on as many files at a time as there are processors.

usage: check_tidy.py CLANG_TIDY SOURCE_ROOT BUILD_FOLDER
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

FOLDERS = ("src", "bindings")


def commands_without_sanitizers(build, root):
    """One entry a file, of this project's own folders."""
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"]).resolve()
        if not path.is_relative_to(root) or path.relative_to(root).parts[0] not in FOLDERS:
            continue
        words = shlex.split(entry["command"])
        words = [word for word in words if not word.startswith(NOT_FOR_TIDY)]
        entries[str(path)] = {"directory": entry["directory"], "file": str(path), "arguments": words}
    return list(entries.values())


# What tells a compiler how to build, not how to read.
NOT_FOR_TIDY = ("-fsanitize", "-fno-sanitize", "-shared-lib", "-flto", "-ffat-lto", "--param")

# A compile database of gcc names warnings that clang does not know.
# How far the path analysis goes into one function. Its own default takes three times as long, mostly for a few large
# functions, and found nothing more.
PATHS = [f"--extra-arg={word}" for word in ("-Wno-unknown-warning-option", "-Xclang", "-analyzer-config", "-Xclang",
                                               "max-nodes=75000")]


def tidy(clang_tidy, folder, path):
    result = subprocess.run([clang_tidy, "--quiet", *PATHS, "-p", folder, path], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    # On standard error it only counts warnings in system headers, unless it could not work at all.
    return path, result.returncode, result.stdout + (result.stderr if result.returncode and not result.stdout else "")


def main():
    clang_tidy, root, build = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3])
    if not shutil.which(clang_tidy):
        print("clang-tidy is not installed")
        return 77
    entries = commands_without_sanitizers(build, root)
    complaints = 0
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "compile_commands.json").write_text(json.dumps(entries))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            jobs = [pool.submit(tidy, clang_tidy, folder, entry["file"]) for entry in entries]
            for job in concurrent.futures.as_completed(jobs):
                path, status, text = job.result()
                if status != 0 or text.strip():
                    complaints += 1
                    print(f"{path}:\n{text}")
    print(f"{len(entries)} files, {complaints} with complaints")
    return 1 if complaints or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
