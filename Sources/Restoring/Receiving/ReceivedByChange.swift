package import Backup
import Digest
import DurableFiles
import Machines
package import Sealing
import SystemPackage
import TreeHash

/// What an increment was received on, as far as its listing can be the start of the new one's.
package struct ReceivedParent {
    package let label: Label
    /// The hash of its tree, as the signed journal has it.
    package let tree: String
    /// Gives out its listing, from its catalogue; false where there is none.
    package let listing: (SpooledText) async throws -> Bool

    package init(_ label: Label, tree: String, listing: @escaping (SpooledText) async throws -> Bool) {
        (self.label, self.tree, self.listing) = (label, tree, listing)
    }
}

/// Lists what an increment has made from the listing of what it was received on, which was compared when it came and was
/// not written to since.
struct ReceivedByChange {
    struct Listed {
        let tree: String
        let apparentBytes: Int
    }

    enum Outcome {
        case listed(Listed)
        /// All has to be read. In words, why.
        case whole(String)
    }

    let compared: ComparedSnapshots
    let parent: ReceivedParent
    /// The received snapshot of the parent under its name, and its copy in the room, which was received on.
    let snapshot: FilePath
    let copy: FilePath
    /// Where what is read meanwhile has room.
    let directory: FilePath
    /// No tree may look larger.
    let limit: Int
    let reporter: any Reporter

    func list(_ staged: FilePath, _ label: Label) async throws -> Outcome {
        guard let known = compared[parent.label.description] else {
            return .whole("\(parent.label) was received before such things were recorded")
        }
        let before = try OpenDirectory(snapshot)
        guard let found = try before.subvolume(), known.isOf(found, tree: parent.tree),
            try !before.isChanged(since: known.generation), let base = try OpenDirectory(copy).subvolume(),
            base.parentUUID == found.uuid, let digest = SHA256Digest(hex: parent.tree)
        else { return .whole("\(parent.label) is not what was compared when it was received") }
        guard try InheritedAttributes(of: staged).isEmpty else {
            return .whole(ListingPlan.FullReason.inheritedAttributes.text)
        }
        let (growth, isTooLarge) = try changedBytes(staged, base).addingReportingOverflow(known.apparentBytes)
        guard !isTooLarge, growth <= limit else { return .whole("its size has to be counted again") }
        let text = try SpooledText(in: directory)
        guard (try? await parent.listing(text)) == true else {
            return .whole("the catalogue of \(parent.label) cannot be used")
        }
        let outcome = try await ListingByChange.shown(
            "comparing \(label) with what was sealed", of: staged,
            since: .init(
                copy, since: .generation(base.generationAtCreation), listing: text.path(), digest: digest), month: nil,
            by: reporter)
        return switch outcome {
        case .needsFull(let reason): .whole(reason.text)
        case .listed(let made): .listed(Listed(tree: made.digest.hex, apparentBytes: growth))
        }
    }

    private func changedBytes(_ staged: FilePath, _ base: Subvolume) throws -> Int {
        try TreeSize.apparentBytes(changedIn: staged, since: base.generationAtCreation)
    }
}
