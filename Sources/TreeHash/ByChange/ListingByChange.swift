internal import CLinux
package import Digest
package import DurableFiles
internal import Glibc
package import SystemPackage

/// The hash and the listing of a read-only snapshot, made from the listing of the one before and of what Btrfs says was
/// changed since. They are byte for byte what `TreeHash` finds, and cost what changed.
///
/// A listing by change does not see content that rotted on the disk: see `month`. It holds nothing of a tree that
/// `TreeHash` reports as a finding, and finds no such thing by itself.
package struct ListingByChange: Sendable {
    /// The snapshot before.
    package struct Parent: Sendable {
        /// Since when inodes count as changed.
        package enum Since: Sendable {
            /// Both are snapshots of one subvolume: since the older one was made.
            case itsCreation
            /// The child was received as an increment: the generation that the parent had, after syncfs(2), when it was
            /// listed and compared.
            case generation(UInt64)
        }

        package let path: FilePath
        package let since: Since
        /// Its listing, and the SHA-256 that was recorded of it. Nobody else may write to that file.
        package let listing: FilePath
        package let digest: SHA256Digest

        package init(_ path: FilePath, since: Since, listing: FilePath, digest: SHA256Digest) {
            (self.path, self.since, self.listing, self.digest) = (path, since, listing, digest)
        }
    }

    package enum Outcome: Sendable {
        case listed(ListingByChange)
        /// The lines that were given until then are to be dropped.
        case needsFull(FullListingReason)
    }

    package let digest: SHA256Digest
    /// Lines of the listing but the first.
    package let objects: Int
    /// Lines that were made again.
    package let changed: Int
    /// Bytes of content that were hashed, of changed files and of those that were read again.
    package let bytes: Int
    /// Files that were read again and are not what they were. The listing has the hash that they had.
    package let damaged: [DamagedFile]

    /// Lists the snapshot at `top`; `threads` hash contents meanwhile. Blocks until it is done. Needs root.
    ///
    /// - Parameter month: 1 to 12; of the files that were not changed those whose inode has the same remainder by 12 are read
    ///   again, so that in twelve months all are. Nil reads none.
    /// - Parameter isWanted: asked now and then; the work ends with `ECANCELED` where it says no.
    /// - Parameter progress: is given how many bytes of content are hashed, now and then.
    /// - Parameter line: is given the listing, one or more whole lines at a time.
    package static func make(
        of top: FilePath, since parent: Parent, month: Int?, threads: Int = 2,
        isWanted: @escaping () -> Bool = { true }, progress: @escaping (Int) -> Void = { _ in },
        line: @escaping ([UInt8]) -> Void = { _ in }
    ) throws(FileFailure) -> Outcome {
        let generation: UInt64
        switch try parent.generation(for: top) {
        case .success(let found): generation = found
        case .failure(let refusal): return .needsFull(refusal.reason)
        }
        let hashing = ContentHashing(threads: threads)
        defer { hashing.finish() }
        let making = ListingMaking(top: top, parent: parent, hashing: hashing) {
            progress(hashing.bytes)
            return isWanted()
        }
        return try making.make(since: generation, month: month, line)
    }
}

/// The work, once both snapshots are known to be what they have to be.
private struct ListingMaking {
    let top: FilePath
    let parent: ListingByChange.Parent
    let hashing: ContentHashing
    let isWanted: () -> Bool

    func make(
        since generation: UInt64, month: Int?, _ give: @escaping ([UInt8]) -> Void
    ) throws(FileFailure) -> ListingByChange.Outcome {
        let here = try TreeDirectory(top)
        let (tree, before) = (SubvolumeTree(here), SubvolumeTree(try TreeDirectory(parent.path)))
        let file = try OpenFile(regular: parent.listing, .readOnly, followsLinks: true)
        let size = Int(try file.size())
        var lines = ParentListing(file, size: size)
        let device = try naming(top) { () throws(Errno) in try here.status(TreeDirectory.itself).st_dev }
        var changed = try naming(top) { () throws(Errno) in
            try ChangedInodes(tree, since: before, generation, isWanted: isWanted)
        }
        let damaged: [DamagedFile]
        switch try read(&lines, &changed, tree, before, here, month) {
        case .success(let found): damaged = found
        case .failure(let refusal): return .needsFull(refusal.reason)
        }
        let readAgain = hashing.bytes
        var listing = Listing(hashing, top, isWanted: isWanted, give)
        var merge = ListingMerge(changed, tree, here, on: device, isWanted: isWanted)
        do throws(Errno) {
            guard try merge.run(&lines, into: &listing) else { return .needsFull(.childNotFound) }
        } catch {
            throw listing.failure ?? FileFailure("read", merge.path.path(below: top), error)
        }
        let (digest, objects, bytes) = try listing.finish()
        return .listed(
            ListingByChange(
                digest: digest, objects: objects, changed: changed.names, bytes: readAgain + bytes, damaged: damaged))
    }

    /// Reads the parent's listing for what is wanted of it; its hash is checked meanwhile.
    private func read(
        _ lines: inout ParentListing, _ changed: inout ChangedInodes, _ tree: SubvolumeTree, _ before: SubvolumeTree,
        _ here: TreeDirectory, _ month: Int?
    ) throws(FileFailure) -> Result<[DamagedFile], NeedsFullError> {
        var readAgain = ReadAgain(tree, here, hashing)
        var wanted = changed.takeWanted()
        return try naming(top) { () throws(Errno) in
            if let month { wanted += try readAgain.find(month: month, changed, in: before, isWanted: isWanted) }
            wanted.sort { $0.path.lexicographicallyPrecedes($1.path) }
            let (digest, isComplete) = try lines.readThrough(wanted) { line, offset, hash throws(Errno) in
                switch line.purpose {
                case .changed(let inode): changed.found(inode, line: offset, hash: hash)
                case .readAgain(let number): try readAgain.read(number, expected: hash, isWanted: isWanted)
                }
            }
            if digest != parent.digest { return .failure(NeedsFullError(.listingDiffers)) }
            if !isComplete { return .failure(NeedsFullError(.childNotFound)) }
            try readAgain.finish(isWanted: isWanted)
            return .success(readAgain.damaged)
        }
    }

    private func naming<Value>(
        _ path: FilePath, _ body: () throws(Errno) -> Value
    ) throws(FileFailure) -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            throw FileFailure("read", path, error)
        }
    }
}
