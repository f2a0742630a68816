import Digest
import DurableFiles
import ScratchSpace
import StockTools
import SystemPackage
import Testing

@testable import TreeHash

struct NotListed: Error {}

/// A subvolume `code` on a Btrfs of its own, snapshots of it, and their listings.
final class SnapshotSeries {
    let disk: ScratchBtrfs
    private let scratch: ScratchDirectory

    init(options: String = "noatime") throws {
        disk = try ScratchBtrfs(options: options)
        scratch = try ScratchDirectory()
        try bash("btrfs -q subvolume create $1", path("code").string)
    }

    func path(_ name: String) -> FilePath { disk.path.appending(name) }

    /// A line of bash in `code`.
    func edit(_ script: String) throws { try bash("cd $1; \(script)", path("code").string) }

    func snapshot(_ name: String, of source: String = "code") throws {
        try bash("btrfs -q subvolume snapshot -r $1 $2", path(source).string, path(name).string)
    }

    /// A Python program in a directory.
    func run(_ script: String, in directory: String = "code") throws {
        try python("import os, sys; os.chdir(sys.argv[1])\n" + script, path(directory).string)
    }

    func listing(_ name: String) -> FilePath {
        scratch.path.appending(name.replacing("/", with: ".") + ".listing")
    }

    /// Lists all of a snapshot into its file.
    @discardableResult
    func listInFull(_ name: String) throws -> TreeHash {
        try TreeHash.list(path(name), into: try empty(name))
    }

    private func empty(_ name: String) throws -> OpenFile {
        try OpenFile(
            listing(name), .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
    }

    /// Lists a snapshot from the listing of an older one, which is made in full where there is none yet.
    func list(
        _ name: String, since parent: String, _ since: ListingByChange.Parent.Since = .itsCreation, month: Int? = nil
    ) throws -> ListingByChange.Outcome {
        if contents(listing(parent)) == nil { try listInFull(parent) }
        let listed = try #require(contents(listing(parent)))
        return try ListingByChange.list(
            path(name),
            since: .init(
                path(parent), since: since, listing: listing(parent), digest: SHA256.hash(listed.span)), month: month,
            into: try empty(name))
    }

    /// The same, which must be what the full listing is.
    @discardableResult
    func expectSame(
        _ name: String, since parent: String, _ since: ListingByChange.Parent.Since = .itsCreation, month: Int? = nil,
        why comment: Comment? = nil, at location: SourceLocation = #_sourceLocation
    ) throws -> ListingByChange {
        let outcome = try list(name, since: parent, since, month: month)
        guard case .listed(let found) = outcome else {
            Issue.record("\(outcome): \(comment?.rawValue ?? "")", sourceLocation: location)
            throw NotListed()
        }
        let lines = contents(listing(name))
        let full = try listInFull(name)
        #expect(lines == contents(listing(name)), comment, sourceLocation: location)
        #expect(found.digest == full.digest, comment, sourceLocation: location)
        #expect(found.objects == full.objects, comment, sourceLocation: location)
        #expect(found.bytes <= full.bytes * 2, comment, sourceLocation: location)
        return found
    }

    func reason(
        _ name: String, since parent: String, _ since: ListingByChange.Parent.Since = .itsCreation
    ) throws -> FullListingReason? {
        switch try list(name, since: parent, since) {
        case .listed: nil
        case .needsFull(let reason): reason
        }
    }

    func subvolume(_ name: String) throws -> Subvolume {
        try #require(try OpenDirectory(path(name)).subvolume())
    }

    /// Sends a snapshot into the directory `in`; nothing waits until it is on the disk.
    func receive(_ name: String, since parent: String? = nil) throws {
        let increment = parent.map { "-p \(path($0).string)" } ?? ""
        try bash(
            "mkdir -p $2; btrfs -q send \(increment) $1 | btrfs -q receive $2", path(name).string, path("in").string)
    }

    /// The generation that has to be recorded with a received snapshot's listing.
    func generation(of name: String) throws -> UInt64 {
        try OpenDirectory(disk.path).synchronizeFileSystem()
        return try subvolume(name).generation
    }

    /// Deletes those snapshots that are there.
    func delete(_ names: [String]) throws {
        for name in names where pathExists(path(name)) {
            try bash("btrfs -q subvolume delete $1", path(name).string)
        }
    }

    /// How many inodes have an item that was written since an older snapshot was made.
    func writtenInodes(_ name: String, since parent: String) throws -> Int {
        let items = SubvolumeItems(try TreeDirectory(path(name)))
        let generation = try subvolume(parent).generationAtCreation
        var count = 0
        items.begin(
            ItemKey(inode: ItemKey.top, type: 0, offset: 0), ItemKey(inode: ItemKey.lastInode, type: .max, offset: .max)
        )
        while try items.next() {
            if items.key.type == ItemKey.inodeItem, items.number(at: 8, UInt64.self) > generation { count += 1 }
        }
        return count
    }
}
