package import Age
package import JournalFormat
internal import JournalStore
package import Sodium
internal import SystemPackage

/// What a person keeps far from the server: one age file under a passphrase, which holds the age identity, and as
/// comments the root key and where everything is.
///
/// Because the rest is comments, the file is an encrypted identity file as stock `age` knows it: `age -d -i KIT FILE`
/// opens anything in the bucket. The root key lives here and nowhere else.
package struct RecoveryKit: Sendable {
    package let dataset: String
    package let log: EventID
    package let root: JournalKey
    package let identities: [AgeIdentity]
    /// Where the mirror is; nil where none was configured when the kit was made.
    package let mirror: String?

    package init(dataset: String, log: EventID, root: JournalKey, identities: [AgeIdentity], mirror: String?) {
        self.dataset = dataset
        self.log = log
        self.root = root
        self.identities = identities
        self.mirror = mirror
    }

    /// What scrypt costs: 2^18, about a second and 256 MiB.
    package static let workFactor = 18
    private static let title = "# devjournal recovery kit, format 1"

    /// The encrypted file.
    package func encrypted(
        with passphrase: borrowing SecretBytes, made: Timestamp, workFactor: Int = RecoveryKit.workFactor
    ) throws(AgeError) -> [UInt8] {
        var text = Array(
            """
            \(Self.title)
            # data set: \(dataset)
            # journal: \(log)
            # root fingerprint: \(root.id)
            # mirror: \(mirror ?? "-")
            # made: \(made)
            #
            # Everything in the bucket opens with this file and its passphrase:
            #   age -d -i THIS-FILE OBJECT
            # Artifacts are also compressed, and hold what btrfs send wrote:
            #   age -d -i THIS-FILE dev@2026-01.full.send.zst.age | zstd -d | btrfs receive DIRECTORY
            # A new server gets its journal, keys and manifests back with:
            #   devjournal rebuild --from-mirror --kit THIS-FILE
            #
            # root key:\u{20}
            """.utf8)
        var line = KeyFile.line(root)
        text += line
        text.append(UInt8(ascii: "\n"))
        line.wipe()
        for identity in identities {
            text += "# public key: \(identity.recipient)\n".utf8
            identity.withText { key in text += Array(copying: key) }
            text.append(UInt8(ascii: "\n"))
        }
        defer { text.wipe() }
        return try AgeFile.encrypt(text.span, passphrase: passphrase, workFactor: workFactor)
    }

    package enum Failure: Error, CustomStringConvertible {
        case age(AgeError)
        case notAKit(String)

        package var description: String {
            switch self {
            case .age(.wrongKey): "the passphrase does not open the recovery kit"
            case .age(let error): "the recovery kit cannot be opened: \(error)"
            case .notAKit(let why): "this is no recovery kit: \(why)"
            }
        }

        /// Whether another passphrase may help.
        package var isWrongPassphrase: Bool {
            if case .age(.wrongKey) = self { true } else { false }
        }
    }

    package init(opening file: [UInt8], with passphrase: borrowing SecretBytes) throws(Failure) {
        let text: SecretBytes
        do { text = try AgeFile.decryptSecret(file.span, passphrase: passphrase) } catch { throw .age(error) }
        try self.init(text)
    }

    private init(_ text: borrowing SecretBytes) throws(Failure) {
        // A slice would share the memory of what is to be overwritten, so each comment is a copy of its own.
        func comment(_ key: String) throws(Failure) -> [UInt8] {
            let value = text.withSpan { Self.value(of: key, in: $0) }
            guard let value else { throw .notAKit("\(key) is missing") }
            return value
        }
        guard text.withSpan({ $0.starts(with: Array("\(Self.title)\n".utf8)) }) else {
            throw .notAKit("its first line is another")
        }
        dataset = String(decoding: try comment("data set"), as: UTF8.self)
        guard KeyEvent.isDataset(dataset), let log = EventID(String(decoding: try comment("journal"), as: UTF8.self))
        else { throw .notAKit("the journal it names cannot be read") }
        self.log = log
        let mirror = String(decoding: try comment("mirror"), as: UTF8.self)
        self.mirror = mirror == "-" ? nil : mirror
        var line = try comment("root key")
        defer { line.wipe() }
        do { root = try KeyFile.parse(line, role: .root, "recovery kit") } catch {
            throw .notAKit("its root key cannot be read")
        }
        do {
            identities = try text.withSpan { (text) throws(AgeError) in try AgeIdentityFile.parse(text) }
        } catch {
            throw .age(error)
        }
    }

    /// What stands behind `# key: ` in the first line that begins so.
    private static func value(of key: String, in text: Span<UInt8>) -> [UInt8]? {
        let prefix = Array("# \(key): ".utf8)
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
            let line = text.extracting(start..<end)
            if line.starts(with: prefix) { return Array(copying: line.extracting(droppingFirst: prefix.count)) }
            start = end + 1
        }
        return nil
    }
}

extension Span<UInt8> {
    fileprivate func starts(with prefix: [UInt8]) -> Bool {
        count >= prefix.count && prefix.indices.allSatisfy { self[$0] == prefix[$0] }
    }
}
