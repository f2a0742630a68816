internal import Catalogue
package import Digest
package import DurableFiles
internal import Glibc
package import SystemPackage

/// The hash of a tree, data and metadata: SHA-256 over its canonical listing.
///
/// The listing is ASCII. Its first line is `devjournal/tree/v2`; then follows one line for each object, parents before
/// children and the names of a directory in the order of their bytes, with these fields between tabs:
///
///     path kind mode owner links size mtime_ns rdev target same xattrs sha256
///
/// - `path`: `.` for the top, else `./a/b`. Here and in `target`, `same` and the keys of `xattrs` a byte that is not
///   printable ASCII (0x21 to 0x7e), and `\`, is `\xNN`; in keys so are `,` and `=`.
/// - `kind`: `file`, `dir`, `link`, `fifo`, `socket`, `char` or `block`.
/// - `mode`: permissions and the bits above them, four octal digits. `owner`: `uid:gid` in decimal.
/// - `links`, `size`: in decimal; `-` for a directory, where they are the file system's own affair.
/// - `mtime_ns`: nanoseconds since 1970; `-` for the top, where receiving an increment changes it. `rdev`: `major:minor` of a device. `target`: of a symbolic link.
/// - `same`: for what has several names, the first of them in this order.
/// - `xattrs`: `key=hex` in the order of the keys' bytes, between commas; ACLs are among them, as the kernel keeps them.
/// - `sha256`: of a regular file's content, holes read as zeros.
///
/// `-` stands where a field does not apply. Left out, because sending a snapshot does not keep them: inode numbers,
/// atime, ctime, inode flags, and whatever lies on another device, which is reported as a finding.
/// `{ echo devjournal/tree/v2; tools/list_tree.py DIR; } | sha256sum` computes the same.
package struct TreeHash: Sendable {
    package static let firstLine = ListingText.firstLine

    package let digest: SHA256Digest
    /// Lines of the listing but the first.
    package let objects: Int
    /// Bytes of content, each file once.
    package let bytes: Int
    package let findings: [TreeFinding]

    /// Lists and hashes the tree at `top`; `threads` hash contents meanwhile.
    ///
    /// Blocks until it is done. Root is needed to see attributes named `trusted.` and what others may not read.
    /// - Parameter isWanted: asked at every object and while contents are hashed; the work ends with `ECANCELED` where it says no.
    /// - Parameter withoutPower: lists the tree as it is once `Power.remove` was applied to it.
    /// - Parameter inherited: left out of the attributes of each object that has them.
    /// - Parameter progress: told now and then how many bytes of content are hashed.
    /// - Parameter line: is given each line of the listing, its line feed included.
    package init(
        _ top: FilePath, threads: Int = 2, withoutPower: Bool = false,
        leavingOut inherited: InheritedAttributes? = nil, isWanted: @escaping () -> Bool = { true },
        progress: @escaping (Int) -> Void = { _ in },
        line: @escaping ([UInt8]) -> Void = { _ in }
    ) throws(FileFailure) {
        var walk = try TreeWalk(top)
        let hashing = ContentHashing(threads: threads)
        defer { hashing.finish() }
        let goesOn = {
            progress(hashing.bytes)
            return isWanted()
        }
        var listing = Listing(hashing, top, isWanted: goesOn, line)
        do throws(FileFailure) {
            findings = try walk.walk { object throws(Errno) in
                if !goesOn() { throw .canceled }
                guard var object = withoutPower ? object.withoutPower : object else { return }
                if let inherited { object.inherited = inherited.attributes }
                try listing.add(object)
            }
        } catch {
            throw listing.failure ?? error
        }
        (digest, objects, bytes) = try listing.finish()
    }
}
