package import DurableFiles
package import SystemPackage

/// Takes a listing into a file while it is made.
private final class ListingFile {
    private static let blockSize = 1 << 16

    private var output: GatheredOutput

    init(_ file: borrowing OpenFile) { output = GatheredOutput(into: file, blockSize: Self.blockSize) }

    var failure: FileFailure? { output.failure }

    func add(_ lines: [UInt8]) { output.append(lines) }

    func finish() throws(FileFailure) { try output.flush() }
}

extension TreeHash {
    /// The same, and the listing is written into `file`, which nothing reads back. It ends early where that fails.
    package static func list(
        _ top: FilePath, into file: borrowing OpenFile, threads: Int = 2, withoutPower: Bool = false,
        leavingOut inherited: InheritedAttributes? = nil, isWanted: @escaping () -> Bool = { true },
        progress: @escaping (Int) -> Void = { _ in }
    ) throws(FileFailure) -> TreeHash {
        let output = ListingFile(file)
        do throws(FileFailure) {
            let tree = try TreeHash(
                top, threads: threads, withoutPower: withoutPower, leavingOut: inherited,
                isWanted: { output.failure == nil && isWanted() }, progress: progress, line: output.add)
            try output.finish()
            return tree
        } catch {
            throw output.failure ?? error
        }
    }
}

extension ListingByChange {
    /// The same, and the listing is written into `file`, an empty one; where a full listing is needed it is empty again.
    package static func list(
        _ top: FilePath, since parent: Parent, month: Int?, into file: borrowing OpenFile, threads: Int = 2,
        isWanted: @escaping () -> Bool = { true }, progress: @escaping (Int) -> Void = { _ in }
    ) throws(FileFailure) -> Outcome {
        let output = ListingFile(file)
        let outcome: Outcome
        do throws(FileFailure) {
            outcome = try make(
                of: top, since: parent, month: month, threads: threads,
                isWanted: { output.failure == nil && isWanted() }, progress: progress, line: output.add)
            try output.finish()
        } catch {
            throw output.failure ?? error
        }
        if case .needsFull = outcome {
            try file.truncate(to: 0)
            try file.seek(to: 0)
        }
        return outcome
    }
}
