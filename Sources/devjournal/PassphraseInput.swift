import ArgumentParser
import DurableFiles
import Glibc
import JournalFormat
import RecoveryKit
import Sodium
import SystemPackage
import VisibleText

/// Where a passphrase comes from: a private file or the terminal, never an argument.
struct PassphraseOption: ParsableArguments {
    @Option(
        name: .long, help: "Read the passphrase from the first line of FILE (0600). Without it the terminal is asked.")
    var passphraseFile: String?

    var isGiven: Bool { passphraseFile != nil }

    /// The passphrase of something that exists.
    func read(prompt: String) throws -> SecretBytes {
        try passphraseFile.map(Self.read(file:)) ?? Self.read(prompt: prompt)
    }

    /// The passphrase of something new: the given one, or one that is made, to be shown before anything depends on it.
    func readOrMake() throws -> SecretBytes {
        if isGiven {
            let given = try read(prompt: "")
            do { try WeakPassphrase.check(given) } catch {
                throw Complaint(
                    "\(error)", hint: "leave out --passphrase-file: one is made, and shown on the terminal", .refused)
            }
            return given
        }
        guard Terminal.canAsk else {
            throw Complaint(
                "a new passphrase can only be shown on a terminal", hint: "give one with --passphrase-file", .usage)
        }
        return makePassphrase()
    }

    /// Shows one that was made, between rules, and waits for somebody to have written it down: what follows would make it
    /// scroll away. Without a terminal to wait at, nothing waits.
    static func show(_ passphrase: borrowing SecretBytes, of owner: String) {
        let shown = passphrase.withSpan { String(copying: $0) }
        let rule = String(repeating: "=", count: 72)
        Terminal.say(rule)
        Terminal.say("\(owner)'s passphrase, shown this once: \(shown)")
        Terminal.say(rule)
        guard let terminal = try? OpenFile("/dev/tty", .readWrite) else { return }
        try? terminal.write(Array("write it down, apart from the kit, then press Enter: ".utf8).span)
        var byte: [UInt8] = [0]
        while (try? terminal.read(into: &byte)) == 1, byte[0] != UInt8(ascii: "\n") {}
    }

    /// What a person types on the terminal.
    static func read(prompt: String) throws -> SecretBytes { try firstLine(try ask(prompt)) }

    static func read(file: String) throws -> SecretBytes {
        try firstLine(try readPrivateFile(FilePath(file), limit: 4096))
    }

    private static func firstLine(_ text: [UInt8]) throws -> SecretBytes {
        var bytes = text
        defer { bytes.wipe() }
        if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
            for index in end..<bytes.count { bytes[index] = 0 }
            bytes.removeLast(bytes.count - end)
        }
        guard !bytes.isEmpty else { throw Complaint("the passphrase is empty", .usage) }
        var copy = bytes
        return SecretBytes(moving: &copy)
    }

    private static func ask(_ prompt: String) throws -> [UInt8] {
        let noTerminal = Complaint(
            "there is no terminal to ask for the passphrase", hint: "use --passphrase-file", .usage)
        guard let terminal = try? OpenFile("/dev/tty", .readWrite) else { throw noTerminal }
        var settings = termios()
        guard unsafe tcgetattr(terminal.descriptor.rawValue, &settings) == 0 else { throw noTerminal }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        _ = unsafe tcsetattr(terminal.descriptor.rawValue, TCSAFLUSH, &silent)
        defer { _ = unsafe tcsetattr(terminal.descriptor.rawValue, TCSAFLUSH, &settings) }
        try terminal.write(Array("\(VisibleText.line(prompt)): ".utf8).span)
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        while try terminal.read(into: &byte) == 1, byte[0] != UInt8(ascii: "\n") { line.append(byte[0]) }
        try terminal.write([UInt8(ascii: "\n")].span)
        return line
    }
}
