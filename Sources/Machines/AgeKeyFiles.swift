package import Age
import DurableFiles
package import JournalFormat
import JournalStore
import Sodium
package import SystemPackage

/// The server's age key in age-keygen's format: `ls_dev_backup.key` and `.pub`.
package struct AgeKeyFiles {
    private let server: ServerTree

    package init(_ server: ServerTree) {
        self.server = server
    }

    /// The identities, to open what was sealed.
    ///
    /// - Parameter owner: whose the file may be, besides root's: this user's, unless root reads it for another.
    package func read(owner: UInt32? = nil) throws -> [AgeIdentity] {
        guard pathExists(server.ageIdentity) else {
            throw MachineError.ageIdentityMissing(server.ageIdentity)
        }
        var text = try readPrivateFile(server.ageIdentity, limit: 1 << 20, owner: owner)
        defer { text.wipe() }
        return try Self.parse(text, server.ageIdentity)
    }

    package static func parse(_ text: [UInt8], _ path: FilePath) throws -> [AgeIdentity] {
        do {
            return try AgeIdentityFile.parse(text.span)
        } catch {
            throw MachineError.ageIdentityUnreadable(path, "\(error)")
        }
    }

    /// All identities that are there, or a new one. The first is whom artifacts are sealed to.
    package func adoptOrMake(at time: Timestamp) throws -> [AgeIdentity] {
        if pathExists(server.ageIdentity) {
            let identities = try read()
            guard let first = identities.first else { throw AgeError.noIdentity }
            server.reporter.say("adopting the age key that is there: \(first.recipient)")
            try writeRecipient(first)
            return identities
        }
        let identity = AgeIdentity.generate()
        try write([identity], at: time)
        return [identity]
    }

    /// - Parameter identities: at least one.
    package func write(_ identities: [AgeIdentity], at time: Timestamp) throws {
        try withText(of: identities, time) { try writeNewFile(server.ageIdentity, $0, permissions: [.ownerReadWrite]) }
        try writeRecipient(identities[0])
    }

    /// Puts others in the place of those that are there, which must be among them.
    package func replace(with identities: [AgeIdentity], at time: Timestamp) throws {
        try withText(of: identities, time) {
            try writeFileAtomically(server.ageIdentity, $0, permissions: [.ownerReadWrite])
        }
        try writeRecipient(identities[0])
    }

    private func withText(of identities: [AgeIdentity], _ time: Timestamp, _ body: ([UInt8]) throws -> Void) throws {
        var bytes: [UInt8] = []
        // So that it never moves and leaves a copy.
        bytes.reserveCapacity(identities.count * 256)
        defer { bytes.wipe() }
        for identity in identities {
            AgeIdentityFile.text(of: identity, created: time.description).withSpan { text in
                for index in text.indices { bytes.append(text[index]) }
            }
        }
        try body(bytes)
    }

    /// For people and scripts: whom artifacts are sealed to.
    package func writeRecipient(_ identity: AgeIdentity) throws {
        try writeFileAtomically(server.ageRecipient, Array("\(identity.recipient)\n".utf8))
    }
}
