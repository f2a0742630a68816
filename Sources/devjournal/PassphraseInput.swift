import ArgumentParser
import DurableFiles
import Glibc
import Sodium
import SystemPackage

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
        try terminal.write(Array("\(prompt): ".utf8).span)
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        while try terminal.read(into: &byte) == 1, byte[0] != UInt8(ascii: "\n") { line.append(byte[0]) }
        try terminal.write([UInt8(ascii: "\n")].span)
        return line
    }
}
