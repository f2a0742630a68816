internal import Age
internal import JournalFormat
internal import Sodium
internal import SystemPackage

/// What is inside a kit, format 2: a title, comments for a person, and then the sections, each of them just these
/// lines, an empty comment between two. The last two stand there once for each identity.
///
///     # devjournal recovery kit, format 2
///     # …
///     # data set: dev
///     # journal: 0190a0b1-…
///     # root fingerprint: 9f45a9b5…
///     # mirror: s3://BUCKET/PREFIX, or -
///     # root key: devjournal-key-v1 root …
///     # public key: age1…
///     AGE-SECRET-KEY-1…
///     #
///     # data set: notes
///     …
///     # end of the kit
///
/// Whatever else stands there, or is not what another line says of it, makes it no kit.
enum KitText {
    private static let title = "# devjournal recovery kit, format 2"
    private static let end = "# end of the kit"

    /// The text. The caller overwrites it when done.
    static func write(_ kit: RecoveryKit, made: Timestamp) -> [UInt8] {
        var text: [UInt8] = []
        // So that it never moves and leaves a copy.
        text.reserveCapacity(kit.sections.reduce(4096) { $0 + sizeLimit($1) })
        text +=
            """
            \(title)
            # made: \(made)
            #
            # Everything in the buckets opens with this file and its passphrase:
            #   age -d -i THIS-FILE OBJECT
            # Artifacts are also compressed, and hold what btrfs send wrote. Anybody who knows the public key below can make
            # such a file: only the SHA-256 in the signed journal, which is in the bucket too, proves who made it. Compare that,
            # then receive the file, as root, where nothing in it gets power:
            #   mount -o nodev,nosuid,noexec DISK DIRECTORY
            #   age -d -i THIS-FILE dev@2026-01.full.send.zst.age | zstd -d | btrfs receive -C DIRECTORY
            # Any Linux machine finds and extracts single files of any month, or all of one, without Btrfs and without root:
            #   devjournal find --from-mirror --kit THIS-FILE NAME
            #   devjournal extract --from-mirror --kit THIS-FILE 2026-01 PATH --to DIRECTORY
            # A new server gets the journal, keys and manifests of each data set below back with:
            #   devjournal rebuild --from-mirror --kit THIS-FILE --config /etc/devjournal/DATASET.conf

            """.utf8
        for section in kit.sections { append(section, to: &text) }
        text += "\(end)\n".utf8
        return text
    }

    private static func sizeLimit(_ section: KitSection) -> Int {
        1024 + (section.mirror?.utf8.count ?? 0) + section.identities.count * 256
    }

    private static func append(_ section: KitSection, to text: inout [UInt8]) {
        text +=
            """
            #
            # data set: \(section.dataset)
            # journal: \(section.log)
            # root fingerprint: \(section.root.id)
            # mirror: \(section.mirror ?? "-")
            # root key:\u{20}
            """.utf8
        var line = section.root.line()
        text += line
        line.wipe()
        text.append(UInt8(ascii: "\n"))
        for identity in section.identities {
            text += "# public key: \(identity.recipient)\n".utf8
            identity.withText { key in for index in key.indices { text.append(key[index]) } }
            text.append(UInt8(ascii: "\n"))
        }
    }

    static func parse(_ text: Span<UInt8>) throws(RecoveryKit.OpeningError) -> RecoveryKit {
        var lines = try KitLines(text)
        guard lines.skip(title, text) else { throw .notAKit("its first line is another") }
        while lines.isComment(text), !lines.begins("data set", text) { lines.skip() }
        var sections: [KitSection] = []
        repeat {
            sections.append(try section(&lines, text))
            if sections.count > RecoveryKit.sectionLimit { throw .notAKit("\(RecoveryKit.SectionError.tooMany)") }
        } while lines.skip("#", text)
        guard lines.skip(end, text) else { throw lines.unexpected("its end, or another data set,") }
        guard lines.isAtEnd else { throw .notAKit("there is more after its end") }
        do { return try RecoveryKit(sections) } catch { throw .notAKit("\(error)") }
    }

    private static func section(
        _ lines: inout KitLines, _ text: Span<UInt8>
    ) throws(RecoveryKit.OpeningError) -> KitSection {
        let dataset = try lines.value("data set", text)
        guard KeyEvent.isDataset(dataset) else { throw .notAKit("the name of a data set cannot be read") }
        guard let log = EventID(try lines.value("journal", text)) else {
            throw .notAKit("the journal of \(dataset) cannot be read")
        }
        let fingerprint = try lines.value("root fingerprint", text)
        let mirror = try lines.value("mirror", text)
        var line = try lines.secretValue("root key", text)
        defer { line.wipe() }
        guard let root = try? JournalKey(line: line, role: .root) else {
            throw .notAKit("the root key of \(dataset) cannot be read")
        }
        guard root.id.description == fingerprint else {
            throw .notAKit("the root key of \(dataset) is not that of its root fingerprint")
        }
        var identities: [AgeIdentity] = []
        repeat {
            let recipient = try lines.value("public key", text)
            guard let identity = lines.identity(text), identity.recipient.description == recipient else {
                throw .notAKit("an age identity of \(dataset) cannot be read, or is not that of its public key")
            }
            identities.append(identity)
            if identities.count > RecoveryKit.identityLimit { throw .notAKit("\(RecoveryKit.SectionError.tooMany)") }
        } while lines.begins("public key", text)
        guard mirror == "-" || KitSection.isMirror(mirror) else {
            throw .notAKit("the mirror of \(dataset) cannot be read")
        }
        return KitSection(
            dataset: dataset, log: log, root: root, identities: identities, mirror: mirror == "-" ? nil : mirror)
    }
}
