package import DurableFiles
package import SystemPackage

/// Takes a listing into a file while it is made. What cannot be written is kept until somebody asks.
final class ListingFile {
    private static let bufferSize = 1 << 16

    private let file: FileDescriptor
    private let path: FilePath
    private var waiting: [UInt8] = []
    private(set) var failure: FileFailure?

    init(_ file: borrowing OpenFile) { (self.file, path) = (file.descriptor, file.path) }

    func add(_ lines: [UInt8]) {
        waiting += lines
        if waiting.count >= Self.bufferSize { write() }
    }

    /// All is with the system now; it is not on the disk yet.
    func finish() throws(FileFailure) {
        write()
        if let failure { throw failure }
    }

    private func write() {
        if failure == nil {
            do throws(FileFailure) {
                _ = try attempt("write", path) { try file.writeAll(waiting) }
            } catch {
                failure = error
            }
        }
        waiting.removeAll(keepingCapacity: true)
    }
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
