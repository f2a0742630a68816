import Glibc
import Sealing
import Subprocess
import SystemPackage
import Testing

@Suite("A child's standard error is shown, and obeyed by nobody")
struct ShownErrorsTests {
    @Test(
        "each line is escaped, also one without an end",
        arguments: [
            (#"printf 'one\ntwo\n' >&2"#, "one\ntwo\n"),
            (#"printf 'a\033[2Jb\302\233c\342\200\256d\377e' >&2"#, "a\\u001b[2Jb\\u009bc\\u202ed\\xffe\n"),
            (#"printf 'ssh: no route\r\nover\rwritten\n' >&2"#, "ssh: no route\nover\\u000dwritten\n"),
            (":", ""),
            ("exec 2>&-; sleep 0.2", ""),
        ])
    func lines(_ script: String, _ shown: String) async throws {
        let text = try await shownBy(script)
        #expect(text == shown)
    }

    @Test("a line without end is shown in pieces")
    func endless() async throws {
        let text = try await shownBy("head -c 10000 /dev/zero | tr '\\0' x >&2")
        #expect(text.split(separator: "\n").map(\.count) == [4096, 4096, 1808])
    }

    /// As OpenSSH 9.2 says it.
    private static let banner = """
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
        @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
        IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r
        The fingerprint for the ED25519 key sent by the remote host is\nSHA256:oneOfThem.\r
        Add correct host key in /var/lib/known_hosts to get rid of this message.\r
        Host key for ls has changed and you have requested strict checking.\r
        Host key verification failed.\r

        """
    private static let otherKind = """
        No ED25519 host key is known for ls and you have requested strict checking.\r
        Host key verification failed.\r

        """

    @Test(
        "ssh's word that another host key answered is an error of its own",
        arguments: [
            (banner, "SHA256:oneOfThem"), (otherKind, nil),
        ])
    func otherHostKey(_ said: String, _ fingerprint: String?) async throws {
        let pipe = try FileDescriptor.pipe()
        await #expect(throws: SSHError.otherHostKey(OtherHostKey(fingerprint: fingerprint))) {
            try await run("cat >&2; exit 255", said, on: pipe.writeEnd)
        }
        try pipe.writeEnd.close()
        var left: [UInt8] = [0]
        #expect(try left.withUnsafeMutableBytes { try pipe.readEnd.read(into: $0) } == 0, "the banner is shown")
        try pipe.readEnd.close()
    }

    @Test("ssh's word that the server does not admit the key is an error of its own")
    func keyNotAdmitted() async throws {
        let pipe = try FileDescriptor.pipe()
        await #expect(throws: SSHError.keyNotAdmitted) {
            try await run("cat >&2; exit 255", "devjournal@ls: Permission denied (publickey).\r\n", on: pipe.writeEnd)
        }
    }

    @Test("the same words count for nothing where ssh has not failed", arguments: [0, 1, 6])
    func serversWords(_ status: Int) async throws {
        let pipe = try FileDescriptor.pipe()
        for said in [Self.banner, "devjournal@ls: Permission denied (publickey).\n"] {
            try await run("cat >&2; exit \(status)", said, on: pipe.writeEnd)
        }
    }

    private func run(_ script: String, _ said: String, on output: FileDescriptor) async throws {
        _ = try await ShownErrors.run(on: output, hasFailedAsSSH: { $0.terminationStatus == .exited(255) }) { errors in
            try await Subprocess.run(
                .name("sh"), arguments: ["-c", script], input: .string(said), output: .discarded,
                error: .fileDescriptor(errors, closeAfterSpawningProcess: true))
        }
    }

    @Test(
        "what only begins like ssh's banner is shown",
        arguments: [
            String(repeating: "@", count: 50) + "\nand more\n", "No host is known\n",
            String(repeating: String(repeating: "@", count: 50) + "\n", count: 40),
        ])
    func noBanner(_ text: String) async throws {
        let shown = try await shownBy("printf '\(text.replacing("\n", with: "\\n"))' >&2")
        #expect(shown == text)
    }

    @Test("what a child leaves running is not waited for", .timeLimit(.minutes(10)))
    func leftBehind() async throws {
        // It holds the same standard error for an hour.
        let text = try await shownBy("sleep 3600 >/dev/null & echo $! >&2; exit 3")
        let left = try #require(pid_t(text.dropLast()))
        #expect(kill(left, SIGKILL) == 0)
    }

    private func shownBy(_ script: String) async throws -> String {
        let pipe = try FileDescriptor.pipe()
        _ = try await ShownErrors.run(on: pipe.writeEnd, hasFailedAsSSH: { _ in false }) { errors in
            try await Subprocess.run(
                .name("sh"), arguments: ["-c", script], output: .discarded,
                error: .fileDescriptor(errors, closeAfterSpawningProcess: true))
        }
        try pipe.writeEnd.close()
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try pipe.readEnd.read(into: $0) }
            if count == 0 { break }
            text += buffer[..<count]
        }
        try pipe.readEnd.close()
        return String(decoding: text, as: UTF8.self)
    }
}
