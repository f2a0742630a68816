internal import Catalogue
internal import Digest

/// The hashes of a stream's frames, while it flows by in blocks of any size.
struct FrameHashing: ~Copyable {
    private var digest = SHA256()
    private var filled = 0
    private var digests: [SHA256Digest] = []

    mutating func update(_ block: Span<UInt8>) {
        var start = 0
        while start < block.count {
            let count = min(block.count - start, FrameTable.frameSize - filled)
            digest.update(block.extracting(start..<start + count))
            start += count
            filled += count
            if filled == FrameTable.frameSize { cut() }
        }
    }

    mutating func finish() -> FrameHashes {
        if filled > 0 { cut() }
        return FrameHashes(digests)
    }

    private mutating func cut() {
        digests.append(digest.finish())
        filled = 0
    }
}
