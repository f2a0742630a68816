import ArgumentParser
import DurableFiles
import Glibc
import JournalFormat
import Machines
import Recovery
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

    /// The passphrase of something new, from a file. It is typed one day, so it must be what a keyboard gives.
    static func readNew(file: String, hint: String) throws -> SecretBytes {
        let given = try firstLine(of: file)
        do { try UnfitPassphraseError.check(given) } catch { throw Complaint("\(error)", hint: hint, .refused) }
        return given
    }

    /// The passphrase of a kit that opens.
    func ofKit(_ kit: String = "the kit") -> () throws -> SecretBytes { { try read(prompt: "passphrase of \(kit)") } }

    /// The passphrase of something new: the given one, or one that is made, to be shown before anything depends on it.
    private func readOrMake() throws -> SecretBytes {
        if let passphraseFile {
            return try Self.readNew(
                file: passphraseFile, hint: "leave out --passphrase-file: one is made, and shown on the terminal")
        }
        guard Terminal.canAsk else {
            throw Complaint(
                "a new passphrase can only be shown on a terminal", hint: "give one with --passphrase-file", .usage)
        }
        return makePassphrase()
    }

    var new: NewPassphrase {
        guard isGiven else { return NewPassphrase(make: readOrMake, show: Self.show) }
        return NewPassphrase(make: readOrMake)
    }

    /// Shows one that was made, between rules, and waits for somebody to have written it down: what follows would make
    /// it scroll away. Without a terminal to wait at, nothing waits.
    private static func show(_ passphrase: borrowing SecretBytes, of owner: String) {
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
    static func read(prompt: String) throws -> SecretBytes {
        var typed = try ask(prompt)
        defer { typed.wipe() }
        return try secret(typed[...], from: "that was typed")
    }

    /// The passphrase of something that exists, as a person would type what the file shows.
    static func read(file: String) throws -> SecretBytes {
        let given = try firstLine(of: file)
        if let oddity = UnfitPassphraseError.oddity(of: given) { Terminal.warn("the passphrase in \(file) \(oddity)") }
        return given
    }

    /// Without what editors put around a line: a byte order mark before it, CR and LF after it.
    private static func firstLine(of file: String) throws -> SecretBytes {
        var bytes = try Account.asCaller {
            try readPrivateFile(FilePath(file), limit: 4096, owner: Account.person)
        }
        defer { bytes.wipe() }
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            throw Complaint("\(file) is UTF-16", hint: "write the passphrase as UTF-8", .usage)
        }
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        return try secret(bytes.starts(with: mark) ? bytes[mark.count...] : bytes[...], from: "in \(file)")
    }

    private static func secret(_ text: ArraySlice<UInt8>, from source: String) throws -> SecretBytes {
        var line = text.prefix { $0 != UInt8(ascii: "\n") }
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        guard !line.isEmpty else { throw Complaint("the passphrase \(source) is empty", .usage) }
        var copy = Array(line)
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

/// Where the passphrase of a new kit comes from that is made from one that opens.
struct NewPassphraseOption: ParsableArguments {
    @Option(help: "Read the new kit's passphrase from the first line of FILE (default: that of the kit so far).")
    var newPassphraseFile: String?

    var renewed: RenewedPassphrase {
        guard let newPassphraseFile else { return .same }
        return RenewedPassphrase {
            try PassphraseOption.readNew(
                file: newPassphraseFile, hint: "write another into \(newPassphraseFile)")
        }
    }
}
