import Age
import DurableFiles
import JournalFormat
import JournalStore
import Sodium
import SystemPackage

/// The server's age key in age-keygen's format: `ls_dev_backup.key` and `.pub`.
struct AgeKeyFiles {
    private let server: ServerTree

    init(_ server: ServerTree) {
        self.server = server
    }

    /// The identities, to open what was sealed.
    func read() throws -> [AgeIdentity] {
        guard pathExists(server.ageIdentity) else {
            throw Complaint(
                "the age identity \(server.ageIdentity) is not here", hint: "it is also in the recovery kit", .notFound)
        }
        var text = try readPrivateFile(server.ageIdentity, limit: 1 << 20)
        defer { text.wipe() }
        return try Self.parse(text, server.ageIdentity)
    }

    static func parse(_ text: [UInt8], _ path: FilePath) throws -> [AgeIdentity] {
        do {
            return try AgeIdentityFile.parse(text.span)
        } catch {
            throw Complaint("\(path): \(error)", .wrongKey)
        }
    }

    func adoptOrMake(at time: Timestamp) throws -> AgeIdentity {
        if pathExists(server.ageIdentity) {
            guard let identity = try read().first else { throw AgeError.noIdentity }
            Terminal.say("adopting the age key that is there: \(identity.recipient)")
            try writeRecipient(identity)
            return identity
        }
        let identity = AgeIdentity.generate()
        try write(identity, at: time)
        return identity
    }

    func write(_ identity: AgeIdentity, at time: Timestamp) throws {
        let text = AgeIdentityFile.text(of: identity, created: time.description)
        var bytes = text.withSpan { Array(copying: $0) }
        defer { bytes.wipe() }
        try writeNewFile(server.ageIdentity, bytes, permissions: [.ownerReadWrite])
        try writeRecipient(identity)
    }

    private func writeRecipient(_ identity: AgeIdentity) throws {
        try writeFileAtomically(server.ageRecipient, Array("\(identity.recipient)\n".utf8))
    }
}
