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
        var bytes = text.withSpan { Array(copying: $0) }
        defer { bytes.wipe() }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard lines.first.map(Array.init) == Array(Self.title.utf8) else { throw .notAKit("its first line is another") }
        func comment(_ key: String) throws(Failure) -> ArraySlice<UInt8> {
            let prefix = Array("# \(key): ".utf8)
            guard let line = lines.first(where: { $0.starts(with: prefix) }) else {
                throw .notAKit("\(key) is missing")
            }
            return line.dropFirst(prefix.count)
        }
        dataset = String(decoding: try comment("data set"), as: UTF8.self)
        guard KeyEvent.isDataset(dataset), let log = EventID(String(decoding: try comment("journal"), as: UTF8.self))
        else { throw .notAKit("the journal it names cannot be read") }
        self.log = log
        let mirror = String(decoding: try comment("mirror"), as: UTF8.self)
        self.mirror = mirror == "-" ? nil : mirror
        do {
            root = try KeyFile.parse(Array(try comment("root key")), role: .root, "recovery kit")
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .notAKit("its root key cannot be read")
        }
        do { identities = try AgeIdentityFile.parse(bytes.span) } catch { throw .age(error) }
    }
}
