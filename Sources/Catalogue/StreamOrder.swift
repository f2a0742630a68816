/// What is read of a chain's streams for many files at once, in the order in which it lies there: so that each part of an
/// artifact is opened once, whatever number of files and pieces it holds.
///
///     var order = StreamOrder(artifacts: tree.artifactCount)
///     for (number, plan) in plans.enumerated() { order.add(plan, file: number) }
///     for artifact in 0..<order.artifacts { for read in order.reads(of: artifact) { … } }
///
/// 24 bytes a piece.
package struct StreamOrder: Sendable {
    /// Bytes of a file that are read at one place.
    package struct Read: Sendable, Equatable {
        /// In the plain stream of the artifact.
        package let at: Int
        /// In the file.
        package let offset: Int
        private let shortLength: UInt32
        private let shortFile: UInt32

        /// Bytes.
        package var length: Int { Int(shortLength) }
        /// As it was added.
        package var file: Int { Int(shortFile) }

        fileprivate init(at: Int, offset: Int, length: UInt32, file: UInt32) {
            self.at = at
            self.offset = offset
            shortLength = length
            shortFile = file
        }
    }

    private var parts: [[Read]]
    /// Of all reads together.
    package private(set) var bytes = 0

    /// - Parameter artifacts: of the chain.
    package init(artifacts: Int) { parts = Array(repeating: [], count: artifacts) }

    package var artifacts: Int { parts.count }

    /// Adds the pieces of a file that lie in streams; zeros are nothing to read.
    ///
    /// - Returns: how many they are; nil, and nothing is added, where a piece is compressed by itself or too long a one:
    ///   such a file is read in its own order.
    package mutating func add(_ plan: ReadPlan, file: Int) -> Int? {
        guard let file = UInt32(exactly: file) else { return nil }
        var found: [(artifact: Int, read: Read)] = []
        for piece in plan {
            switch piece.source {
            case .zeros: continue
            case .stream(let artifact, let at):
                guard let length = UInt32(exactly: piece.length), parts.indices.contains(artifact) else { return nil }
                found.append((artifact, Read(at: at, offset: piece.offset, length: length, file: file)))
            case .encoded: return nil
            }
        }
        for (artifact, read) in found {
            parts[artifact].append(read)
            bytes += read.length
        }
        return found.count
    }

    /// In the order of the stream; of one place, in the order of files.
    package func reads(of artifact: Int) -> [Read] {
        parts[artifact].sorted { left, right in
            left.at == right.at
                ? (left.file, left.offset) < (right.file, right.offset) : left.at < right.at
        }
    }
}
