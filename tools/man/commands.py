#!/usr/bin/env python3
"""commands.py [--check] [BINARY]: the pages of devjournal's commands, devjournal*.1.md beside this file, from its own help.

Synopsis, description, options and exit statuses are what BINARY (default: devjournal on PATH) prints as help, and are
written again by each run. Every other section of a page is written by hand and stays. With --check nothing is written:
exit status 1 names the pages that differ."""
import json, os, re, subprocess, sys, textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
ORDER = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXIT STATUS"]  # by hand: whatever follows

def wrapped(text, indent="", first=None):
    return textwrap.fill(text, 124, initial_indent=indent if first is None else first, subsequent_indent=indent,
                         break_long_words=False, break_on_hyphens=False)

def marked(text):
    """Options and names in capitals with an underscore as code; what Markdown would take for markup, escaped."""
    text = re.sub(r"([*<\\`])", r"\\\1", text)
    text = re.sub(r"(?<![\w-])(--[a-z][a-z0-9-]*)", r"`\1`", text)
    return re.sub(r"(?<![\w/$`.-])([A-Z0-9]+(?:_[A-Z0-9]+)+)(?![\w/-])", r"`\1`", text)

def paragraphs(text):
    """Of a help text: blank lines end a paragraph, and so does every other end of a line; indented lines are shown as they are."""
    out = []
    for part in re.split(r"\n\s*\n", text.strip("\n")):
        lines = part.split("\n")
        if all(line.startswith("  ") for line in lines):
            out.append("<!-- illustration -->\n\n" + "\n".join("    " + line.strip() for line in lines))
        else:
            out += [wrapped(marked(line.strip())) for line in lines]
    return "\n\n".join(out)

def name_of(argument):
    if argument["kind"] == "positional": return f"<{argument['valueName']}>"
    names = [("-" if each["kind"] == "short" else "--") + each["name"] for each in argument["names"]]
    value = "" if argument["kind"] == "flag" else f" <{argument['valueName']}>"
    return ", ".join(names) + value

def options(command):
    out = []
    for argument in command.get("arguments", []):
        if not argument.get("shouldDisplay", True): continue
        text = marked(argument.get("abstract", ""))
        if argument.get("defaultValue") and "default" not in text: text = text.rstrip(".") + f" (default: {argument['defaultValue']})."
        out.append(wrapped(f"`{name_of(argument)}`: {text}".rstrip(": "), "  ", "- "))
    return "\n".join(out)

def split_discussion(command):
    """Description, exit statuses."""
    text, _, statuses = command.get("discussion", "").partition("Exit status: ")
    return text.strip("\n"), [" ".join(each.split()) for each in re.split(r"\s+·\s+", statuses.strip())] if statuses else []

def exit_status(statuses):
    if not statuses: return "0 if it did what was asked; otherwise the statuses of devjournal(1)."
    out = []
    for each in statuses:
        number, _, what = each.partition(" ")
        out.append(wrapped(f"`{number}`: {marked(what)}", "  ", "- "))
    return "\n".join(out)

def synopsis(binary, words):
    text = subprocess.run([binary, "help", *words], capture_output=True, text=True, check=True).stdout
    return wrapped("`" + " ".join(re.search(r"USAGE: (.*?)\n\n", text, re.S)[1].split()) + "`")

def subcommands(command): return [each for each in command.get("subcommands", []) if each.get("shouldDisplay", True)]

def sentence(abstract):
    """The first one as a page's name has it, and what follows."""
    first, _, rest = abstract.strip().partition(". ")
    first = first.rstrip(".")
    return first if first[1:2].isupper() else first[0].lower() + first[1:], rest

def command_page(binary, command):
    name = command["commandName"]
    about, rest = sentence(command["abstract"])
    said, statuses = split_discussion(command)
    sections = {"NAME": f"devjournal-{name} - {about}", "SYNOPSIS": "", "DESCRIPTION": ""}
    description = [wrapped(marked(rest))] if rest else []
    if said: description.append(paragraphs(said))
    inner = subcommands(command)
    if inner:
        sections["SYNOPSIS"] = "\n\n".join(synopsis(binary, [name, each["commandName"]]) for each in inner)
        for each in inner:
            text, own = split_discussion(each)
            parts = [wrapped(marked(each["abstract"])), paragraphs(text) if text else "", options(each), "Exit status:\n\n" + exit_status(own)]
            sections[f"DEVJOURNAL {name} {each['commandName']}".upper()] = "\n\n".join(part for part in parts if part)
    else:
        sections["SYNOPSIS"] = synopsis(binary, [name])
        sections["OPTIONS"] = options(command)
        sections["EXIT STATUS"] = exit_status(statuses)
    sections["DESCRIPTION"] = "\n\n".join(description) or wrapped(marked(command["abstract"]))
    return sections

def overview_page(binary, root):
    shown = {each["commandName"]: each for each in subcommands(root) if each["commandName"] != "help"}
    text = subprocess.run([binary, "help"], capture_output=True, text=True, check=True).stdout
    groups = re.findall(r"^([A-Z ]+?) ?SUBCOMMANDS:\n(.*?)(?=\n\n|\Z)", text, re.S | re.M)
    out = []
    for title, body in groups:
        names = [name for name in re.findall(r"^  ([a-z-]+)(?= |$)", body, re.M) if name in shown]
        if not names: continue
        out.append(f"### {title.capitalize()}\n\n" + "\n".join(
            wrapped(f"[devjournal-{name}(1)](devjournal-{name}.1.md): {marked(sentence(shown[name]['abstract'])[0])}", "  ", "- ") for name in names))
    missing = set(shown) - set(re.findall(r"devjournal-([a-z-]+)\(1\)", "\n".join(out)))
    if missing: sys.exit(f"commands.py: in no group of the help: {sorted(missing)}")
    about = sentence(root["abstract"])[0]
    return {"NAME": f"devjournal - {about}", "SYNOPSIS": "`devjournal <command> [<option> ...]`", "COMMANDS": "\n\n".join(out)}

def by_hand(path, generated):
    """The sections of the page there is that are not generated, in their order."""
    if not os.path.exists(path): return {}
    with open(path, encoding="utf-8") as file: text = file.read()
    parts = re.split(r"^## (.*)\n", text, flags=re.M)
    return {title: body.strip("\n") for title, body in zip(parts[1::2], parts[2::2])
            if title not in generated and not title.startswith("DEVJOURNAL ")}

def page(title, generated):
    path = os.path.join(HERE, title + ".1.md")
    own = by_hand(path, generated)
    if not any("SEE ALSO" == each for each in own): own["SEE ALSO"] = "devjournal(1), devjournal-guide(7)"
    sections = {**generated, **own}
    order = [each for each in ORDER if each in sections]
    if title == "devjournal": order = ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS"]
    order += [each for each in sections if each not in order]
    # What is written by hand about the statuses of all commands follows what they are.
    body = "\n\n".join(f"## {each}\n\n{sections[each]}" for each in order if each in sections)
    return path, f"# {title}(1)\n\n{body}\n"

def main():
    words = sys.argv[1:]
    check = "--check" in words
    words = [each for each in words if each != "--check"]
    binary = words[0] if words else "devjournal"
    dump = subprocess.run([binary, "--experimental-dump-help"], capture_output=True, text=True, check=True).stdout
    root = json.loads(dump)["command"]
    pages = dict([page("devjournal", overview_page(binary, root))])
    for command in subcommands(root):
        if command["commandName"] != "help": pages.update([page("devjournal-" + command["commandName"], command_page(binary, command))])
    there = {os.path.join(HERE, each) for each in os.listdir(HERE) if each.endswith(".1.md")}
    differ = [path for path, text in pages.items() if path not in there or open(path, encoding="utf-8").read() != text]
    extra = sorted(there - set(pages))
    if check:
        for path in differ: print(f"{path} differs from the help: run tools/man/commands.py")
        for path in extra: print(f"{path} is the page of a command that does not exist")
        sys.exit(1 if differ or extra else 0)
    for path in differ:
        with open(path, "w", encoding="utf-8") as file: file.write(pages[path])
        print(os.path.relpath(path))
    for path in extra: print(f"{path} is the page of a command that does not exist: remove it")

if __name__ == "__main__": main()
