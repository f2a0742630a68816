#!/usr/bin/env python3
"""check_pages.py: README.md and the manual pages against the program, devjournal on PATH. Exit 1 on any difference.

The pages of commands are its help; devjournal.conf(5) has every key with its default; what a block that is an
illustration says of devjournal, it takes; links lead somewhere; the pages build, and man finds nothing wrong in them."""
import json, os, re, shlex, shutil, subprocess, sys, tempfile

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAN = os.path.join(REPOSITORY, "tools", "man")
wrong = []

def read(path):
    with open(path, encoding="utf-8") as file: return file.read()

def shown(*words): return subprocess.run(words, capture_output=True, text=True, check=True).stdout

def check_commands():
    done = subprocess.run([sys.executable, os.path.join(MAN, "commands.py"), "--check"], capture_output=True, text=True)
    if done.returncode: wrong.append(done.stdout + done.stderr)

def check_settings():
    """Each key once, with the default that a file without a line has."""
    with tempfile.NamedTemporaryFile(suffix=".conf") as empty:
        defaults = dict(line.split("=", 1) for line in shown("devjournal", "config", "--config", empty.name).splitlines())
    page = re.findall(r"`([A-Z][A-Z0-9_]+)` \(default\s+(?:`([^`]*)`|(empty))", read(os.path.join(MAN, "devjournal.conf.5.md")))
    described = {key: default.replace("DATASET", "dev") for key, default, _ in page}
    if len(page) != len(described): wrong.append("devjournal.conf(5) has a key twice")
    for key in sorted(set(defaults) | set(described)):
        if defaults.get(key) != described.get(key):
            wrong.append(f"devjournal.conf(5): {key} is {described.get(key)!r} there, {defaults.get(key)!r} in the program")

def commands_known():
    """Of each command, its words joined: its options."""
    known = {}
    def walk(command, words):
        words = words + [command["commandName"]]
        known[" ".join(words)] = {("-" if name["kind"] == "short" else "--") + name["name"]
                                  for argument in command.get("arguments", []) for name in argument.get("names", [])}
        for inner in command.get("subcommands", []): walk(inner, words)
    walk(json.loads(shown("devjournal", "--experimental-dump-help"))["command"], [])
    return known

def check_illustrations(path, known):
    mark = ""
    for number, line in enumerate(read(path).split("\n"), 1):
        if line.startswith("<!--"): mark = line
        elif line.startswith("    "):
            if "illustration" not in mark: continue
            for call in re.findall(r"(?<![/\w.@-])devjournal( [^|<>#)]*)", line):
                words = shlex.split(call)
                if "--" in words: words = words[:words.index("--")]
                name = "devjournal"
                while words and f"{name} {words[0]}" in known: name += " " + words.pop(0)
                options = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
                if name == "devjournal" and words and not words[0].startswith("-"): wrong.append(f"{path}:{number}: devjournal has no command {words[0]}")
                if options - known[name]: wrong.append(f"{path}:{number}: {name} has no {', '.join(sorted(options - known[name]))}")
        elif line.strip(): mark = ""

def check_links(path):
    text = re.sub(r"(?m)^    .*$|`[^`]*`", "", read(path))
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target and not os.path.exists(os.path.join(os.path.dirname(path), target)): wrong.append(f"{path}: {target} does not exist")
    if path.startswith(MAN):
        for name, section in re.findall(r"\b(devjournal[a-z.-]*)\(([157])\)", text):
            if not os.path.exists(os.path.join(MAN, f"{name}.{section}.md")): wrong.append(f"{path}: {name}({section}) does not exist")

def check_build():
    if not shutil.which("lowdown"): sys.exit("check_pages.py: lowdown is not installed: apt-get install lowdown")
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([os.path.join(MAN, "build.sh"), directory], check=True)
        for section in os.listdir(directory):
            for page in os.listdir(os.path.join(directory, section)):
                file = os.path.join(directory, section, page)
                done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", file], capture_output=True, text=True, env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
                if done.returncode or done.stderr: wrong.append(f"{page}: {done.stderr}")
                if page[:-2] not in done.stdout: wrong.append(f"{page} shows nothing")

def main():
    pages = [os.path.join(REPOSITORY, "README.md")] + sorted(os.path.join(MAN, name) for name in os.listdir(MAN) if name.endswith(".md"))
    lines = read(pages[0]).count("\n")
    if lines > 200: wrong.append(f"README.md has {lines} lines, more than 200")
    check_commands()
    check_settings()
    known = commands_known()
    for path in pages:
        check_illustrations(path, known)
        check_links(path)
    check_build()
    print("\n".join(wrong + [f"{len(pages)} pages checked, {len(wrong)} faults"]))
    sys.exit(1 if wrong else 0)

if __name__ == "__main__": main()
