"""Writes the manual page and the completions of bash and zsh from what the command itself says of its options, so that
they are never behind it.

usage: pages.py BLEMESH VERSION FOLDER
"""

import pathlib
import re
import subprocess
import sys

# A node of one's own has options of its own.
NODE = ("node", "--model", "help")
PLACES = {"FILE": "file", "DIR": "folder", "SCRIPT": "file"}


def said(program, *words):
    return subprocess.run([program, *words], check=True, text=True, stdout=subprocess.PIPE).stdout


def commands_of(program):
    """Name and what it is about, in the order of the help text."""
    text = said(program, "--help").split("Commands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S+) +(.*)$", text, re.M)


def option_lines(text):
    """Each option with the word for its value (or None) and the first line of what it does."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"^  (-.*?)(?:\s{2,}(.*))?$", line)
        if not match:
            continue
        for name, value in re.findall(r"(--?[a-zA-Z][\w-]*)(?: ('?[A-Z][^,\s]*))?", match.group(1)):
            found[name] = (value or None, match.group(2) or "")
    return found


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return "\\&" + text if text.startswith(".") else text


def section(text):
    """A help text as roff: what is indented by two is an entry, what is far indented goes on with it, the rest is as it
    stands."""
    lines, usage, out = text.rstrip("\n").split("\n"), True, []
    for line in lines:
        if usage and line.strip():
            out += [".br" if out else ".PP", roff(re.sub(r"^usage: ", "", line).strip())]
            continue
        usage = False
        entry = re.match(r"^  (\S.*?)(?:\s{2,}(\S.*))?$", line)
        if not line.strip():
            out.append(".PP")
        elif re.match(r"^\s{8,}\S", line) and out[-1] != ".PP":
            out.append(roff(line.strip()))
        elif entry:
            out += [".TP", "\\fB" + roff(entry.group(1)) + "\\fR"] + ([roff(entry.group(2))] if entry.group(2) else [])
        elif line.startswith(" "):
            out += [".br", roff(line.strip())]
        else:
            out.append(roff(line))
    return "\n".join(out)


def manual(program, version, commands):
    out = [f'.TH BLEMESH 1 "" "blemesh {version}" "User Commands"', ".SH NAME",
           "blemesh \\- Bluetooth Mesh: nodes, networks and scripts", ".SH SYNOPSIS",
           ".B blemesh", ".I COMMAND", "[options]", ".SH DESCRIPTION",
           "A complete Bluetooth Mesh stack: scripts on boards, nodes without a script, and a network of one\\(aqs own,",
           "on a virtual air or on a Bluetooth controller.", ".SH COMMANDS"]
    for name, about in commands:
        out += [".TP", f"\\fB{roff(name)}\\fR", roff(about)]
    for name, _ in commands:
        out += [f'.SH "BLEMESH {name.upper()}"', section(said(program, name, "--help"))]
        if name == NODE[0]:
            out += ['.SH "BLEMESH NODE \\-\\-MODEL"', section(said(program, *NODE))]
    out += [".SH ENVIRONMENT", ".TP", "\\fBBLEMESH_RADIO\\fR", "The default of \\-\\-radio.", ".TP", "\\fBBLEMESH_AIR\\fR",
            "The name of the virtual air; default: default.", ".TP", "\\fBBLEMESH_NETWORK\\fR",
            "The default of \\-\\-network.", ".TP", "\\fBXDG_STATE_HOME\\fR",
            "Networks are kept in its folder blemesh; default: ~/.local/state.", ".TP", "\\fBXDG_RUNTIME_DIR\\fR",
            "Processes of one user meet on the virtual air in its folder blemesh.", ".TP", "\\fBNO_COLOR\\fR",
            "If it is set, nothing is coloured.", ".SH FILES", ".TP", "\\fI~/.local/state/blemesh/NETWORK.db\\fR",
            "A network: its keys, its nodes, and what they are. Readable by its owner alone.", ".TP",
            "\\fI/etc/blemesh/NAME.conf\\fR", "OPTIONS of the service blemesh\\-node@NAME or blemesh\\-run@NAME."]
    return "\n".join(out) + "\n"


def options_of(program, commands):
    table = {}
    for name, _ in commands:
        table[name] = option_lines(said(program, name, "--help"))
        if name == NODE[0]:
            table[name].update(option_lines(said(program, *NODE)))
    return table


def models_of(program):
    return sorted(set(re.findall(r"\b[a-z]+(?:-[a-z]+)*-(?:server|client)\b", said(program, *NODE).split("\n\n")[2])))


def actions_of(program, name):
    """The words that may follow a command, as in "blemesh node ADDRESS reset"."""
    return sorted(set(re.findall(r"^  ([a-z][a-z0-9-]+)(?=[ ,])", said(program, name, "--help"), re.M)))


def bash(table, actions, models):
    cases = []
    for name, options in table.items():
        words = " ".join(option for option in options if option.startswith("--"))
        cases.append(f"    {name}) options='{words}' words='{' '.join(actions[name])}' ;;")
    files = "|".join(sorted({option for options in table.values() for option, (value, _) in options.items()
                             if value in PLACES}))
    return f"""# bash completion of blemesh; made by scripts/pages.py
_blemesh() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} options= words=
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W '{" ".join(table)} help --help --version' -- "$current")
        return
    fi
    case $before in
    {files}) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --model) mapfile -t COMPREPLY < <(compgen -W '{" ".join(models)}' -- "$current"); return ;;
    --radio) mapfile -t COMPREPLY < <(compgen -W 'air air: hci0 h4: unix: tcp:' -- "$current"); return ;;
    esac
    case ${{COMP_WORDS[1]}} in
    help) options='{" ".join(table)}' ;;
{chr(10).join(cases)}
    *) return ;;
    esac
    if [[ $current == -* || ${{COMP_WORDS[1]}} == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"; compgen -f -- "$current")
    fi
}}
complete -o filenames -o nosort -F _blemesh blemesh
"""


def zsh_word(text):
    return re.sub(r"([\[\]:])", r"\\\1", text).replace("'", "'\\''")


def zsh(table, actions, commands, models):
    cases = []
    for name, options in table.items():
        specs = []
        for option, (value, about) in options.items():
            action = {"file": "_files", "folder": "_files -/"}.get(PLACES.get(value), "")
            if option == "--model":
                action = f"({' '.join(models)})"
            specs.append(f"'*{option}[{zsh_word(about)}]" + (f":{zsh_word(value.strip(chr(39)))}:{action}" if value else "")
                         + "'")
        words = f"'*:argument:_alternative \"words\\:word\\:({' '.join(actions[name])})\" \"files\\:file\\:_files\"'"
        cases.append(f"    {name}) _arguments {' '.join(specs)} {words} ;;")
    described = " ".join(f"'{zsh_word(name)}:{zsh_word(about)}'" for name, about in commands)
    return f"""#compdef blemesh
# zsh completion of blemesh; made by scripts/pages.py
_blemesh() {{
    local -a commands=({described})
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
{chr(10).join(cases)}
    esac
}}
_blemesh "$@"
"""


def main():
    program, version, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    commands = commands_of(program)
    table, models = options_of(program, commands), models_of(program)
    actions = {name: actions_of(program, name) for name, _ in commands}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "blemesh.1").write_text(manual(program, version, commands))
    (folder / "blemesh.bash").write_text(bash(table, actions, models))
    (folder / "_blemesh").write_text(zsh(table, actions, commands, models))


main()
