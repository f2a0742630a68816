package import Backup
import DurableFiles
import Machines
package import Sealing
package import SystemPackage

/// What is asked of a snapshot's listing.
package struct TreeListingRequest: Sendable {
    /// The snapshot before, with the listing that was made of it.
    package struct Parent: Sendable {
        package let label: Label
        package let snapshot: FilePath
        package let listing: SpooledText
        /// What the journal says is its hash.
        package let tree: String
    }

    /// What it is for, as a person reads it.
    package let title: String
    package let snapshot: FilePath
    /// Nil where all is to be read.
    package let parent: Parent?
    /// 1 to 12, of the calendar.
    package let month: Int
}

/// A snapshot's listing as it was made.
package struct TreeListing: Sendable {
    /// A file that is not what it was, though nothing changed it.
    package struct DamagedFile: Sendable, Equatable {
        /// As a person reads them; the second one is its path in the snapshot before.
        package let path: String
        package let pathBefore: String
        /// Why it cannot be read; nil where it has other content.
        package let reason: String?

        package init(path: String, pathBefore: String, reason: String?) {
            (self.path, self.pathBefore, self.reason) = (path, pathBefore, reason)
        }
    }

    /// The hash, in hex.
    package let tree: String
    /// A word for why all was read, though a listing before was given; nil where it was not.
    package let why: String?
    package let damaged: [DamagedFile]

    package init(tree: String, why: String? = nil, damaged: [DamagedFile] = []) {
        (self.tree, self.why, self.damaged) = (tree, why, damaged)
    }
}

/// The listing of the snapshot that is sealed: from that of the month before where it can be, else of the whole tree.
struct MonthListing: Sendable {
    let machine: Machine
    let snapshots: MonthSealing.Snapshots
    let label: Label
    let plan: ListingPlan
    /// Where what is read meanwhile has room.
    let directory: FilePath

    /// What came of it.
    struct Made {
        /// The hash.
        let tree: String
        let origin: ListingOrigin
        /// Of the catalogue that it was made from.
        let known: KnownFrames?
    }

    func make(of snapshot: FilePath, into listing: SpooledText) async throws -> Made {
        var way: ListingOrigin.Way
        var known: KnownFrames?
        var parent: TreeListingRequest.Parent?
        switch plan {
        case .full(let reason): way = .full(why: reason.rawValue)
        case .byChange(let since, let tree, let plainBytes):
            do throws(FullListingError) {
                let frames = KnownFrames(of: ClearCatalogues(machine).path(of: since))
                let before = try listingBefore(since, plainBytes, frames)
                known = frames
                parent = .init(
                    label: since, snapshot: machine.snapshots.appending(since.description), listing: before, tree: tree)
                way = .byChange(since: since)
            } catch {
                machine.reporter.say("\(label): the whole tree is read: \(error.reason.text)")
                way = .full(why: error.reason.rawValue)
            }
        }
        let made = try await snapshots.list(
            TreeListingRequest(
                title: "sealing \(label), reading its tree", snapshot: snapshot, parent: parent,
                month: label.month % 12 + 1), listing)
        if let why = made.why { way = .full(why: why) }
        if let parent { tell(made.damaged, since: parent.label) }
        let damaged =
            made.damaged.isEmpty
            ? nil : ListingOrigin.Damaged(count: made.damaged.count, first: made.damaged.map(\.path))
        return Made(
            tree: made.tree, origin: ListingOrigin(way, kernel: snapshots.kernel, damaged: damaged), known: known)
    }

    private struct FullListingError: Error { let reason: ListingPlan.FullReason }

    /// The listing of the month before, which this machine kept in the clear.
    private func listingBefore(
        _ label: Label, _ plainBytes: Int, _ known: KnownFrames
    ) throws(FullListingError) -> SpooledText {
        let path = ClearCatalogues(machine).path(of: label)
        guard pathExists(path) else { throw FullListingError(reason: .catalogueMissing) }
        do {
            let text = try SpooledText(in: directory)
            try CatalogueFile(clear: path, plainBytes: plainBytes).copyListing(to: text, known)
            return text
        } catch {
            throw FullListingError(reason: .catalogueUnreadable)
        }
    }

    private func tell(_ damaged: [TreeListing.DamagedFile], since before: Label) {
        for file in damaged.prefix(ListingOrigin.Damaged.shownAtMost) {
            machine.reporter.warn(
                "\(label): \(file.path) \(file.reason.map { "cannot be read (\($0))" } ?? "has other content"), though "
                    + "nothing changed it; on LS, devjournal extract \(before) --to DIR -- \(shellWord(file.pathBefore)) "
                    + "brings it back as it was in \(before)")
        }
        let more = damaged.count - ListingOrigin.Damaged.shownAtMost
        if more > 0 { machine.reporter.warn("\(label): \(Plain.counted(more, "more file")) like that") }
    }
}
