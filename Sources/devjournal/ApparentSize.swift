import Backup
import SystemPackage
import TreeHash

/// How large a received tree may look. Hashing one takes as long as its files are, holes included (about 0.7 s of
/// processor time a GiB), and 300 bytes of stream can make a file of 8 EiB: so what is larger than any honest snapshot is
/// refused before it is hashed.
enum ApparentSize {
    /// As large as ext4 lets one file be, so that a sparse image of any such disk passes. Hashing it takes three hours,
    /// which whoever sealed it has spent too.
    static let alwaysAllowed = 16 << 40
    /// Above that, a tree of files that are a thousandth data. Disk images made sparse are a hundredth and more.
    static let factor = 1000

    /// Bytes that a tree, or a file in it, may have that came of a stream of so many.
    static func limit(ofStream bytes: Int) -> Int {
        let (product, isTooLarge) = bytes.multipliedReportingOverflow(by: factor)
        return isTooLarge ? .max : max(alwaysAllowed, product)
    }

    static func require(of tree: FilePath, _ label: Label, announced bytes: Int) throws {
        let limit = limit(ofStream: bytes)
        let apparent = try TreeSize(tree).apparentBytes
        guard apparent <= limit else {
            throw Complaint(
                "\(label) came of \(Terminal.bytes(bytes)) and has files of \(Terminal.bytes(apparent)), holes included: "
                    + "no more than \(Terminal.bytes(limit)) is taken for honest",
                hint: "find out who made the artifact; what was received is deleted again", .damaged)
        }
    }
}
