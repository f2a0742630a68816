import Foundation

/// Stock age (Debian's package `age`, without which these tests fail), driven as a user would, in a directory of its
/// own that is removed afterwards.
package final class StockAge {
    private let directory: URL

    package init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("age-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func url(_ name: String) -> URL { directory.appendingPathComponent(name) }

    package func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: url(name)) }

    package func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url(name))) }

    /// Runs a program in the directory; whether it succeeded.
    @discardableResult
    package func run(_ program: String, _ arguments: [String]) throws -> Bool {
        try runStock([program] + arguments, in: directory).status == 0
    }

    package func age(_ arguments: String...) throws -> Bool { try run("/usr/bin/age", arguments) }

    /// age asks for passphrases on its terminal only, so it gets one, and `passphrase` as every answer.
    package func age(typing passphrase: String, _ arguments: String...) throws -> Bool {
        let script = """
            import os, pty, re, sys
            child, terminal = pty.fork()
            if child == 0:
                os.execv("/usr/bin/age", ["age"] + sys.argv[2:])
            said = b""
            while True:
                try:
                    piece = os.read(terminal, 1024)
                except OSError:
                    break
                if not piece:
                    break
                said += piece
                if re.search(rb"passphrase[^\\n]*: ?(\\x1b[^m]*m)?$", said, re.I):
                    os.write(terminal, sys.argv[1].encode() + b"\\n")
                    said = b""
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """
        return try run("/usr/bin/env", ["python3", "-c", script, passphrase] + arguments)
    }
}
