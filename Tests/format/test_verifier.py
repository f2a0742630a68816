#!/usr/bin/env python3
"""The Python verifier against every journal under fixtures/, and the fixtures against their maker.
Run: python3 Tests/format/test_verifier.py"""
import json, os, random, re, runpy, shutil, subprocess, sys, tempfile, time, unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
JOURNALS = os.path.join(REPOSITORY, "fixtures", "journals")
TOOLS = os.path.join(REPOSITORY, "tools")

def verify(directory, *options, python=(sys.executable,)):
    call = [*python, os.path.join(TOOLS, "verify_journal.py"), directory, *options]
    return subprocess.run(call, capture_output=True, text=True, timeout=60)

def expected(name, journals=JOURNALS):
    with open(os.path.join(journals, name, "expect.json")) as file: return json.load(file)

def options_of(name, expect, journals=JOURNALS):
    pin = ["--root", expect["root"]] if "root" in expect else []
    return pin + (["--head", os.path.join(journals, name, expect["head"])] if "head" in expect else [])

def tree(place):
    """Every file below `place`, by its path there."""
    found = {}
    for folder, _, files in os.walk(place):
        for name in files:
            path = os.path.join(folder, name)
            with open(path, "rb") as file: found[os.path.relpath(path, place)] = file.read()
    return found

class Fixtures(unittest.TestCase):
    def check(self, name, python=(sys.executable,), journals=JOURNALS):
        expect = expected(name, journals)
        run = verify(os.path.join(journals, name), "--json", *options_of(name, expect, journals), python=python)
        self.assertEqual(run.stderr, "")
        report = json.loads(run.stdout)
        members = [key for key in ("verdict", "record", "reason", "warnings", "torn_bytes") if key in expect]
        said = {"exit": run.returncode} | {key: report[key] for key in members}
        self.assertEqual(said, {key: expect[key] for key in said}, expect["why"])

    def test_every_journal(self):
        for name in sorted(os.listdir(JOURNALS)):
            with self.subTest(name): self.check(name)

    def test_every_journal_that_is_not_kept(self):
        """A FIFO would hold up a verifier that opens it: then `verify` ends it."""
        with tempfile.TemporaryDirectory() as place:
            subprocess.run([sys.executable, os.path.join(TOOLS, "make_fixtures.py"), "--unkept", place], check=True)
            self.assertEqual(len(os.listdir(place)), 17)
            for name in sorted(os.listdir(place)):
                with self.subTest(name): self.check(name, journals=place)

    def test_the_same_with_the_openssl_command(self):
        """Without site-packages there is no `cryptography`. A third of them, another one each day: each signature is a
        process, and the long journal would take a minute."""
        names = sorted(set(os.listdir(JOURNALS)) - {"good-two-segments"})
        seed = int(os.environ.get("SEED") or time.time() // 86400)
        print(f"openssl: SEED={seed}", flush=True)
        for name in random.Random(seed).sample(names, len(names) // 3):
            with self.subTest(name, seed=seed): self.check(name, python=(sys.executable, "-S"))

    def test_who_may_author_what(self):
        """The verifier's table is the document's: a type that it lacks, or gives to another role, would pass every fixture."""
        with open(os.path.join(REPOSITORY, "journal-format.md"), encoding="utf-8") as file: text = file.read()
        rows = re.findall(r"(?m)^\| (root|sequencer|author|sequencer or author) \| (`.*) \|$", text)
        self.assertEqual(len(rows), 4)
        said = {kind: set(who.split(" or ")) for who, kinds in rows for kind in re.findall(r"`([a-z.]+)`", kinds) if kind != "x."}
        verifier = runpy.run_path(os.path.join(TOOLS, "verify_journal.py"))
        self.assertEqual(verifier["AUTHORS"], said)

    def test_maker_gives_the_committed_bytes(self):
        with tempfile.TemporaryDirectory() as place:
            subprocess.run([sys.executable, os.path.join(TOOLS, "make_fixtures.py"), place], check=True)
            made = tree(os.path.join(place, "fixtures"))
        self.assertEqual(set(p for p in made if p.startswith("journals")), {"journals/" + p for p in tree(JOURNALS)})
        for path, data in made.items():
            with open(os.path.join(REPOSITORY, "fixtures", path), "rb") as file:
                self.assertTrue(file.read() == data, path + " differs")

class Reports(unittest.TestCase):
    """What the fixtures cannot show: the text, the whole of the JSON, and what is never a verdict."""
    def test_json_report(self):
        run = verify(os.path.join(JOURNALS, "good-month"), "--json")
        report = json.loads(run.stdout)
        self.assertEqual(list(report), "verdict records epoch log root root_pinned head merkle_root checkpoint reason record"
                                       " warnings torn_bytes root_retired root_replaced".split())
        self.assertEqual((report["records"], report["checkpoint"], report["root_pinned"]), (8, 8, False))

    def test_text(self):
        for name, words in {"prev-wrong-validly-signed": "damaged: record 5: prev\n", "good-month": "sound: 8 records\n",
                            "torn-missing-lf": "torn: record 5: torn-tail\n", "cut": "warning: record 5: cut: ",
                            "shorter-above-every-head": "sound: 4 records\n",
                            "root-replaced-old-pin": "damaged: record 5: root-replaced\n",
                            "good-root-replaced": "note: record 5 replaced the root; no old root agreed"}.items():
            run = verify(os.path.join(JOURNALS, name), *options_of(name, expected(name)))
            self.assertIn(words, run.stdout)

    def test_says_what_it_could_not_see(self):
        run = verify(os.path.join(JOURNALS, "good-month"))
        self.assertIn("leave no trace", run.stdout)
        self.assertIn("taken from record 1", run.stdout)

    def test_fork_prints_both_heads(self):
        name = "fork"
        run = verify(os.path.join(JOURNALS, name), *options_of(name, expected(name)))
        with open(os.path.join(JOURNALS, name, "head")) as file: self.assertIn(file.read(), run.stdout)
        self.assertIn("this journal there: root", run.stdout)

    def test_could_not_check_is_neither_pass_nor_damage(self):
        month = os.path.join(JOURNALS, "good-month")
        for arguments in (["/nonexistent"], [month, "--root", "x"], [month, "--head", "/nonexistent"], [month, "--journal", month]):
            run = verify(*arguments)
            self.assertEqual((run.returncode, run.stdout), (2, ""), arguments)
            self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)

    def test_a_report_that_cannot_be_written_is_no_verdict(self):
        command = f"{sys.executable} {os.path.join(TOOLS, 'verify_journal.py')} {os.path.join(JOURNALS, 'good-month')}"
        for redirection in (">/dev/full", ">&-", ">/dev/full 2>/dev/full", ">&- 2>&-", "--json >/dev/full", "--root x 2>/dev/full",
                            "--root x 2>&-"):
            with self.subTest(redirection):
                run = subprocess.run(["bash", "-c", f"{command} {redirection}"], capture_output=True, text=True)
                self.assertEqual(run.returncode, 2, run)
                self.assertNotIn("Traceback", run.stderr)
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as gone:
            run = subprocess.run(command.split(), stdout=gone, stderr=subprocess.PIPE, text=True)
        self.assertEqual((run.returncode, len(run.stderr.splitlines())), (2, 1), run)

    def test_the_locale_changes_no_status(self):
        name = "fork"
        call = [sys.executable, os.path.join(TOOLS, "verify_journal.py"), os.path.join(JOURNALS, name), *options_of(name, expected(name))]
        run = subprocess.run(call, capture_output=True, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0", "PATH": os.environ["PATH"]})
        self.assertEqual((run.returncode, run.stderr), (1, b""))
        self.assertIn("— devjournal/".encode(), run.stdout)

    def test_what_it_was_called_with_steers_no_terminal(self):
        for arguments in (["/a\x1b[2Jb\u202e"], ["a", "b\x1b]0;\u202ec"], ["a", "--\x9bd"]):
            said = verify(*arguments).stderr
            self.assertTrue(said and not set(said) & set("\x1b\x9b\u202e"), repr(said))

    def test_segments(self):
        with open(os.path.join(JOURNALS, "good-two-segments", "000000000001.jsonl"), "rb") as file: first = file.read()
        with open(os.path.join(JOURNALS, "good-two-segments", "000000004097.jsonl"), "rb") as file: second = file.read()
        for files, said in (({1: first}, ("sound", None)), ({1: first, 4097: b""}, ("sound", None)),
                            ({1: first, 4097: b"", 8193: b""}, ("damaged", 4097)), ({1: first, 8193: second}, ("damaged", 4097))):
            with self.subTest(list(files)), tempfile.TemporaryDirectory() as place:
                for number, data in files.items():
                    with open(os.path.join(place, f"{number:012}.jsonl"), "wb") as file: file.write(data)
                report = json.loads(verify(place, "--json").stdout)
                self.assertEqual((report["verdict"], report["record"]), said)
                self.assertEqual(report["reason"], {"damaged": "segment"}.get(said[0]))

if __name__ == "__main__": unittest.main()
