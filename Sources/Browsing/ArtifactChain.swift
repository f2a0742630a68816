import Backup
import Catalogue
import EncodedExtents
import Sealing

/// The artifacts that a label's tree is made of, and where in them the bytes of its files lie.
struct ArtifactChain {
    private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

    let label: Label
    /// The anchor's first, the label's own last.
    let artifacts: [StoredArtifact]
    private let tree: VirtualTree
    /// Bytes of a file that may have come of its streams.
    private let largestFile: Int

    /// - Parameter own: the label's catalogue, with frames and map; the others' are read here.
    init(_ own: LoadedCatalogue, on shelf: CatalogueShelf) throws {
        label = own.entry.artifact.label
        let plan = try RestorePlan(label, shelf.state)
        var tree = VirtualTree()
        artifacts = try plan.steps.map { step in
            let label = step.artifact.label
            let catalogue = label == own.entry.artifact.label ? own : try shelf.catalogue(of: label, [.frames, .map])
            guard let map = catalogue.map else { throw BrowsingError.noMap(label) }
            do { try tree.add(map.span) } catch { throw BrowsingError.catalogueDamaged(label, "\(error)") }
            return try shelf.artifact(catalogue)
        }
        self.tree = tree
        largestFile = ApparentSize.limit(ofStreams: plan.streamBytes(upTo: label))
    }

    /// Why no file of that many bytes, holes included, can have come of its streams: hashing the zeros of one that somebody
    /// only says is there would have no end.
    func refusal(ofSize size: Int) -> String? {
        size <= largestFile ? nil : "it is said to have \(Plain.bytes(size)), more than its streams can have made"
    }

    /// Bytes of artifacts' files that were read.
    var bytesRead: Int { artifacts.reduce(0) { $0 + $1.bytesRead } }

    /// - Parameter size: what the listing says.
    func readPlan(for path: [UInt8], size: Int) throws -> ReadPlan {
        do { return try tree.readPlan(for: path, size: size) } catch {
            throw BrowsingError.catalogueDamaged(label, "\(error)")
        }
    }

    /// The labels of the artifacts that a file is read from.
    func labels(of plan: ReadPlan) -> [Label] {
        var found: Set<Int> = []
        for piece in plan {
            switch piece.source {
            case .zeros: continue
            case .stream(let artifact, _): found.insert(artifact)
            case .encoded(let artifact, _, _, _, _, _): found.insert(artifact)
            }
        }
        return found.sorted().map { artifacts[$0].label }
    }

    /// Gives out the bytes of one file in their order.
    func read(_ plan: ReadPlan, _ take: (Span<UInt8>) throws -> Void) throws {
        try read(
            plan,
            zeros: { length in
                var left = length
                while left > 0 {
                    let count = min(left, Self.zeros.count)
                    try take(Self.zeros.span.extracting(0..<count))
                    left -= count
                }
            }, take)
    }

    /// The same.
    ///
    /// - Parameter zeros: is given the lengths of holes.
    func read(_ plan: ReadPlan, zeros: (Int) throws -> Void, _ take: (Span<UInt8>) throws -> Void) throws {
        for piece in plan {
            switch piece.source {
            case .zeros: try zeros(piece.length)
            case .stream(let artifact, let offset):
                try artifacts[artifact].read(offset..<offset + piece.length, take)
            case .encoded(let artifact, let offset, let stored, let compression, let whole, let skip):
                let extent = try undone(artifacts[artifact], offset..<offset + stored, compression, length: whole)
                try take(extent.span.extracting(skip..<skip + piece.length))
            }
        }
    }

    /// An extent that the stream carries as Btrfs has compressed it.
    private func undone(
        _ artifact: StoredArtifact, _ range: Range<Int>, _ compression: StreamMap.Compression, length: Int
    ) throws -> [UInt8] {
        var stored: [UInt8] = []
        try artifact.read(range) { piece in for index in piece.indices { stored.append(piece[index]) } }
        do { return try undo(extent: stored.span, compression.ofExtent, length: length) } catch {
            throw BrowsingError.artifactDamaged(artifact.label, "\(error)")
        }
    }

    /// Which frames hold these files: of each artifact their numbers, in the order of its stream.
    func frames(holding files: some Sequence<ListingEntry>) throws -> [[Int]] {
        var found: [Set<Int>] = Array(repeating: [], count: artifacts.count)
        let tables = try artifacts.map { try $0.catalogue.frames() }
        for file in files {
            let ranges = ranges(of: try readPlan(for: file.path, size: file.size ?? 0))
            for (artifact, ranges) in ranges.enumerated() {
                found[artifact].formUnion(tables[artifact].numbers(holding: ranges))
            }
        }
        return found.map { $0.sorted() }
    }

    /// Says which parts of the artifacts a file is read from.
    func expect(_ plan: ReadPlan) throws {
        for (artifact, ranges) in zip(artifacts, ranges(of: plan)) where !ranges.isEmpty { try artifact.expect(ranges) }
    }

    /// What is read of each artifact's stream.
    private func ranges(of plan: ReadPlan) -> [[Range<Int>]] {
        var ranges: [[Range<Int>]] = Array(repeating: [], count: artifacts.count)
        for piece in plan {
            guard let (artifact, range) = piece.inStream else { continue }
            ranges[artifact].append(range)
        }
        return ranges
    }
}
