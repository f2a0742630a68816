# shellcheck shell=bash
# What a systemd unit of tools/system leaves to the program that it starts. Sourced by scenarios that run such a program under
# the same limits, because systemd is not the first process where they run.

unit_file() { printf '%s/tools/system/devjournal-%s@.service\n' "${repository:?}" "$1"; }

# allowed_calls UNIT: the system calls that its filter leaves, sorted.
allowed_calls() {
    python3 - "$(unit_file "$1")" <<'END' | sort
import re, subprocess, sys
sets, name = {}, None
for line in subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True, check=True).stdout.splitlines():
    if line.startswith("@"): name = line.strip(); sets[name] = []
    elif line.startswith("    ") and not line.strip().startswith("#"): sets[name].append(line.strip())
def calls(word): return {call for each in sets[word] for call in calls(each)} if word.startswith("@") else {word}
allowed = calls("@default")
for line in re.findall("^SystemCallFilter=(.*)$", open(sys.argv[1]).read(), re.M):
    words = {call for word in line.removeprefix("~").split() for call in calls(word)}
    allowed = allowed - words if line.startswith("~") else allowed | words
print("\n".join(allowed))
END
}

# bounding_set UNIT: its capabilities, as setpriv takes them.
bounding_set() {
    printf -- '-all'
    sed -n 's/^CapabilityBoundingSet=//p' "$(unit_file "$1")" | tr ' ' '\n' | sed -n 's/^CAP_/,+/p' | tr '[:upper:]' '[:lower:]' | tr -d '\n'
}

# then_calls_allowed UNIT FILE: of what strace -f has written there. Programs that only look whether they may are not known here.
then_calls_allowed() {
    sed -En 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' "$2" | sort -u >calls
    [[ -s calls ]] || broken "nothing was traced"
    allowed_calls "$1" >calls.allowed
    [[ -z $(comm -23 calls calls.allowed) ]] || broken "devjournal-$1 makes calls that its filter refuses: $(comm -23 calls calls.allowed | xargs)"
}
