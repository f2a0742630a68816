import Backup
import Testing

@Suite("The configuration's text")
struct SettingsTextTests {
    private func problem(_ text: String) -> SettingsText.Problem? {
        do {
            _ = try SettingsText(Array(text.utf8))
            return nil
        } catch { return error }
    }

    @Test("Every key has a default, which its own rule takes")
    func defaults() throws {
        let nothing = SettingsText()
        for setting in Setting.all {
            let value = nothing[setting.name]
            if !value.isEmpty { #expect(problem("\(setting.name)=\(value)") == nil) }
            #expect(Setting.nearest(to: setting.name) == setting.name)
        }
        #expect(Set(Setting.all.map(\.name)).count == Setting.all.count)
    }

    @Test("What follows from the data set's name follows it")
    func derived() throws {
        let notes = try SettingsText(Array("DATASET=notes".utf8))
        #expect(notes["LS_ROOT"] == "/srv/btrfs-backups/notes")
        #expect(notes["WS_STATE"] == "/var/lib/devjournal/notes")
        let elsewhere = try SettingsText(Array("LS_ROOT=/backups\nDATASET=notes\n".utf8))
        #expect(elsewhere["LS_ROOT"] == "/backups")
        #expect(SettingsText()["LS_ROOT"] == "/srv/btrfs-backups/dev")
    }

    @Test("Comments and blank lines say nothing, the last line of a key counts, and an empty number is the default")
    func lines() throws {
        let text = try SettingsText(
            Array("# one\n\n \t# two\nS3_TIMEOUT=1\nNOTIFY_CMD=/bin/tell --at once\nS3_TIMEOUT=".utf8))
        #expect(text["S3_TIMEOUT"] == "60")
        #expect(text["NOTIFY_CMD"] == "/bin/tell --at once")
        #expect(text.text("MIRROR") == nil && text.number("RESERVE_BYTES") == nil)
    }

    @Test(
        "A key that there is not is named with its line, and with the one that was meant",
        arguments: [
            ("RELEAES=confirm", "RELEASE"), ("LSROOT=/x", "LS_ROOT"), ("ls_host=ls", "LS_HOST"),
            ("RECIPIENT=age1", "RECIPIENTS"), ("NOTIFY_COMMAND=x", "NOTIFY_CMD"), ("DATASTE=x", "DATASET"),
        ])
    func unknown(_ line: String, _ meant: String) {
        let found = problem("# first\n" + line)
        #expect(found?.line == 2)
        #expect(found?.message.contains("is not a key of the configuration") == true)
        #expect(found?.hint == "\(meant) is one")
    }

    @Test("Who reports an error takes the lines that are right")
    func despiteErrors() {
        let text = SettingsText(despiteErrors: Array("RELEAES=x\nNOTIFY_CMD=/bin/tell\nLS_PORT=0".utf8))
        #expect(text["NOTIFY_CMD"] == "/bin/tell" && text["LS_PORT"] == "22")
    }

    @Test("The server on another machine: its ssh, and a file's place there")
    func server() throws {
        #expect(ServerConnection(SettingsText()) == nil)
        let named = try SettingsText(Array("LS_HOST=ls\nLS_PORT=2200\nLS_USER=backup\nWS_STATE=/ws".utf8))
        let server = try #require(ServerConnection(named))
        #expect(server.ssh.prefix(7) == ["ssh", "-F", "/dev/null", "-i", "/ws/ssh/id_ed25519", "-p", "2200"])
        #expect(server.ssh.suffix(2) == ["--", "backup@ls"] && server.ssh.contains("StrictHostKeyChecking=yes"))
        #expect(server.rsyncAddress == "backup@ls")
        let numbered = try #require(ServerConnection(try SettingsText(Array("LS_HOST=fe80::1".utf8))))
        #expect(numbered.rsyncAddress == "devjournal@[fe80::1]")
    }

    @Test("A word that a shell takes as it is")
    func quoted() {
        #expect(shellQuoted("") == "''" && shellQuoted("a b") == "'a b'" && shellQuoted("it's") == #"'it'\''s'"#)
    }

    @Test("Where no key is near, none is named")
    func farFromAll() {
        #expect(problem("COLOUR=blue")?.hint == "devjournal config --help names all of them")
    }

    @Test(
        "What a shell would read otherwise is refused, with the line that is meant",
        arguments: [
            ("export CODE=/x", "write CODE=/x"), (" CODE=/x", "write CODE=/x"), ("CODE =/x", "write CODE=/x"),
            ("CODE= /x", "write CODE=/x"), ("CODE=/x\t", "write CODE=/x"), ("export\tCODE = /x ", "write CODE=/x"),
            ("CODE=\"/x\"", "values are literal: nothing is quoted or expanded"),
            ("CODE=$HOME", "values are literal: nothing is quoted or expanded"),
            ("RELEASE=confirm # ask", "give it a line of its own"), ("CODE", "a comment begins with #"),
        ])
    func noKeyAndValue(_ line: String, _ hint: String) {
        #expect(problem(line)?.hint == hint)
    }

    @Test(
        "Values that cannot be",
        arguments: [
            "DATASET=", "DATASET=Dev", "CODE=", "CODE=code", "SNAPSHOTS=here", "WORKTREE=yes", "WORKTREE=",
            "RELEASE=ask",
            "KEEP_SPOOL=ever", "LS_PORT=0", "LS_PORT=65536", "LS_PORT=+22", "LS_HOST=-oProxyCommand=x", "LS_HOST=a b",
            "LS_USER=0day", "LS_USER=-l", "RESERVE_BYTES=-1", "RESERVE_BYTES=1G", "S3_STYLE=other", "S3_TIMEOUT=3601",
            "LS_CONFIG=ls.conf", "CODE=/x\u{1b}[2J",
        ])
    func badValues(_ line: String) {
        #expect(problem(line)?.line == 1)
    }

    @Test("A file of Windows, and one that is not UTF-8, say so")
    func otherFiles() {
        #expect(problem("DATASET=dev\r\n")?.message == "ends in CR LF, as on Windows")
        #expect(problem("\u{feff}DATASET=dev\n")?.message == "begins with a byte order mark")
        #expect(throws: SettingsText.Problem.self) { try SettingsText(Array("CODE=/".utf8) + [0xff]) }
    }
}
