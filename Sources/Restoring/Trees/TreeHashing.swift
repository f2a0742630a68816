import Backup
import DurableFiles
package import Machines
package import Sealing
package import SystemPackage
import Threads
package import TreeHash

extension TreeHash {
    /// The hash of a tree, made on a thread of its own; ends early when the task is cancelled.
    package static func of(
        _ top: FilePath, withoutPower: Bool = false, leavingOut inherited: InheritedAttributes? = nil,
        progress: @escaping @Sendable (Int) -> Void = { _ in },
        line: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) async throws -> TreeHash {
        try await whileWanted { isWanted in
            try TreeHash(
                top, withoutPower: withoutPower, leavingOut: inherited, isWanted: isWanted, progress: progress,
                line: line)
        }
    }

    /// The same, and a person sees how far it is.
    ///
    /// - Parameter listing: gets the tree's listing.
    package static func shown(
        _ title: String, of top: FilePath, by reporter: any Reporter, into listing: SpooledText? = nil
    ) async throws -> TreeHash {
        let report = reporter.progress(title, total: try TreeSize(top).apparentBytes)
        defer { report.finish() }
        return try await of(top, progress: { report.reached($0) }, line: { listing?.append($0) })
    }
}

extension ListingByChange {
    /// The listing of `top` from that of the snapshot before, made on a thread of its own; ends early when the task is
    /// cancelled. How far it is a person sees by the bytes that were read.
    package static func shown(
        _ title: String, of top: FilePath, since parent: Parent, month: Int?, by reporter: any Reporter,
        into listing: SpooledText? = nil
    ) async throws -> Outcome {
        let report = reporter.progress(title, total: nil)
        defer { report.finish() }
        return try await whileWanted { isWanted in
            try make(
                of: top, since: parent, month: month, isWanted: isWanted, progress: { report.reached($0) },
                line: { listing?.append($0) })
        }
    }
}

extension TreeDifference {
    /// What differs, found on a thread of its own; ends early when the task is cancelled.
    package static func of(
        _ copy: FilePath, from original: FilePath, isSnapshot: Bool = false, withoutPower: Bool = false
    ) async throws -> TreeDifference {
        try await whileWanted { isWanted in
            try TreeDifference(
                of: copy, from: original, isSnapshot: isSnapshot, withoutPower: withoutPower, isWanted: isWanted)
        }
    }

    /// The first objects, on one line.
    package var text: String { first.map(\.text).joined(separator: ", ") + (count > first.count ? ", …" : "") }
}
