/// How large a received tree may look. Hashing one takes as long as its files are, holes included (about 0.7 s of
/// processor time a GiB), and 300 bytes of stream can make a file of 8 EiB: so what is larger than any honest snapshot
/// is refused before it is hashed.
package enum ApparentSize {
    /// As large as ext4 lets one file be, so that a sparse image of any such disk passes. Hashing it takes three hours,
    /// which sealing it took too.
    package static let alwaysAllowed = 16 << 40
    /// Above that, a tree of files that are a thousandth data. Sparse images of disks hold more.
    package static let factor = 1000

    /// Bytes that a tree, or a file in it, may have that came of streams of so many bytes together.
    package static func limit(ofStreams bytes: Int) -> Int {
        let (product, isTooLarge) = bytes.multipliedReportingOverflow(by: factor)
        return isTooLarge ? .max : max(alwaysAllowed, product)
    }
}
