import DurableFiles
import SystemPackage

/// What a received snapshot was found to be, when it was listed and compared with what was sealed.
struct ComparedSnapshot: Equatable {
    /// Its own, 16 bytes: one that was put under its name later has another.
    let uuid: [UInt8]
    /// The one that it had then; what was written to it later has a higher one.
    let generation: UInt64
    /// The hash of its tree, in hex.
    let tree: String
    /// Of its files together no more than that, holes included.
    let apparentBytes: Int

    /// One line: the UUID in hex, then the others, a blank between.
    var text: String {
        let hex = uuid.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
        return "\(hex) \(generation) \(tree) \(apparentBytes)\n"
    }

    init(uuid: [UInt8], generation: UInt64, tree: String, apparentBytes: Int) {
        (self.uuid, self.generation, self.tree, self.apparentBytes) = (uuid, generation, tree, apparentBytes)
    }

    /// Nil for what is not such a line, whole.
    init?(_ text: String) {
        let fields = text.dropLast().split(separator: " ", omittingEmptySubsequences: false)
        guard text.hasSuffix("\n"), fields.count == 4, fields[0].utf8.count == 32, let generation = UInt64(fields[1]),
            let apparentBytes = Int(fields[3])
        else { return nil }
        let digits = Array(fields[0])
        let uuid = stride(from: 0, to: 32, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
        self.init(uuid: uuid, generation: generation, tree: String(fields[2]), apparentBytes: apparentBytes)
        guard uuid.count == 16, self.text == text else { return nil }
    }

    /// Whether that subvolume, whose tree was sealed with that hash, is the one that was compared.
    func isOf(_ subvolume: Subvolume, tree: String) -> Bool {
        subvolume.isReadOnly && subvolume.uuid == uuid && subvolume.generationAtCreation <= generation
            && self.tree == tree
    }
}

/// A file for each label in a directory of root's: without one, or where it is another snapshot's, all of a tree is read.
struct ComparedSnapshots {
    private static let longest = 256

    let directory: FilePath

    subscript(_ name: String) -> ComparedSnapshot? {
        guard let bytes = try? readFile(directory.appending(name), limit: Self.longest) else { return nil }
        return ComparedSnapshot(String(decoding: bytes, as: UTF8.self))
    }

    /// Durable when it returns.
    func record(_ snapshot: ComparedSnapshot, as name: String) throws(FileFailure) {
        try makeDirectories(directory, permissions: 0o700)
        try writeFileAtomically(
            directory.appending(name), Array(snapshot.text.utf8), permissions: .ownerReadWrite)
    }
}
