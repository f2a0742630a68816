import Age
import JournalFormat
import RecoveryKit
import Sodium

/// Kits made for tests, under one passphrase and with the least work.
struct TestKit {
    static let now = Timestamp(milliseconds: 1_767_600_000_000)
    static let passphrase = "kit words"
    private static let workFactor = 2

    static func secret(_ text: String = passphrase) -> SecretBytes {
        var bytes = Array(text.utf8)
        return SecretBytes(moving: &bytes)
    }

    static func newLog() -> EventID { EventID(at: now, random: randomBytes(10)) }

    static func section(
        _ dataset: String = "dev", identities: Int = 1, mirror: String? = "file:///srv/mirror"
    ) -> KitSection {
        KitSection(
            dataset: dataset, log: newLog(), root: JournalKey.generate(.root),
            identities: (0..<identities).map { _ in AgeIdentity.generate() }, mirror: mirror)
    }

    static func file(_ kit: RecoveryKit, _ passphrase: String = passphrase) throws -> [UInt8] {
        try kit.encrypted(with: secret(passphrase), made: now, workFactor: workFactor)
    }

    /// Any text, under the kit's passphrase.
    static func file(holding text: String) throws -> [UInt8] {
        try AgeFile.encrypt(Array(text.utf8).span, passphrase: secret(), workFactor: workFactor)
    }

    static func text(_ file: [UInt8]) throws -> String {
        try AgeFile.decryptSecret(file.span, passphrase: secret()).withSpan { String(copying: $0) }
    }

    static func open(_ file: [UInt8], _ passphrase: String = passphrase) throws(RecoveryKit.OpeningError) -> RecoveryKit
    {
        try RecoveryKit(opening: file, with: secret(passphrase))
    }

    static func failure(opening file: [UInt8], _ passphrase: String = passphrase) -> RecoveryKit.OpeningError? {
        do {
            _ = try open(file, passphrase)
            return nil
        } catch {
            return error
        }
    }
}

/// What a section comes to, to compare.
struct Shown: Equatable {
    let dataset: String
    let log: EventID
    let root: KeyID
    let recipients: [String]
    let mirror: String?

    init(_ section: KitSection) {
        dataset = section.dataset
        log = section.log
        root = section.root.id
        recipients = section.identities.map { "\($0.recipient)" }
        mirror = section.mirror
    }
}

extension RecoveryKit {
    var shown: [Shown] { sections.map(Shown.init) }
}

extension String {
    init(copying bytes: Span<UInt8>) {
        self = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
