internal import Age
internal import JournalFormat
internal import Sodium
internal import SystemPackage

/// Format 1, of one data set: the same comments anywhere, and every identity is its own. It is read, never written.
enum OldKitText {
    private static let title = "# devjournal recovery kit, format 1\n"

    static func isOne(_ text: Span<UInt8>) -> Bool { text.starts(with: Array(title.utf8)) }

    static func parse(_ text: Span<UInt8>) throws(RecoveryKit.OpeningError) -> RecoveryKit {
        let dataset = String(decoding: try value(of: "data set", in: text), as: UTF8.self)
        let journal = String(decoding: try value(of: "journal", in: text), as: UTF8.self)
        guard KeyEvent.isDataset(dataset), let log = EventID(journal) else {
            throw .notAKit("the journal it names cannot be read")
        }
        let mirror = String(decoding: try value(of: "mirror", in: text), as: UTF8.self)
        var line = try value(of: "root key", in: text)
        defer { line.wipe() }
        guard let root = try? JournalKey(line: line, role: .root) else {
            throw .notAKit("its root key cannot be read")
        }
        let identities: [AgeIdentity]
        do { identities = try AgeIdentityFile.parse(text) } catch { throw .age(error) }
        let section = KitSection(
            dataset: dataset, log: log, root: root, identities: identities, mirror: mirror == "-" ? nil : mirror)
        do { return try RecoveryKit([section]) } catch { throw .notAKit("\(error)") }
    }

    /// A copy of what stands after `# key: ` in the first line that begins so: a slice would share the memory of what
    /// is to be overwritten.
    private static func value(of key: String, in text: Span<UInt8>) throws(RecoveryKit.OpeningError) -> [UInt8] {
        let prefix = Array("# \(key): ".utf8)
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
            let line = text.extracting(start..<end)
            if line.starts(with: prefix) { return Array(copying: line.extracting(droppingFirst: prefix.count)) }
            start = end + 1
        }
        throw .notAKit("\(key) is missing")
    }
}
