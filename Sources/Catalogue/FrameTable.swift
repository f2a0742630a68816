package import Digest

/// Of each frame of an artifact what its plain bytes are and how long it is, in their order (DESIGN of the artifact:
/// zstd frames of 4 MiB, see `Zstd.ZstdFrames`).
///
/// As text, a line a frame: the SHA-256 of its plain bytes as 64 lower-case hexadecimal digits, a space, the frame's
/// length in the artifact's age plaintext in decimal. So any range of the stream is a range of the file.
package struct FrameTable: Sendable, Equatable {
    /// Bytes of the stream in each frame but the last.
    package static let frameSize = 4 << 20

    package struct Frame: Sendable, Equatable {
        package let sha256: SHA256Digest
        package let length: Int

        package init(sha256: SHA256Digest, length: Int) {
            self.sha256 = sha256
            self.length = length
        }
    }

    package var frames: [Frame]

    package init(_ frames: [Frame] = []) {
        self.frames = frames
    }

    /// The numbers of the frames that hold these ranges of the plain stream, each once, in order. What lies beyond the
    /// stream is left out.
    package func numbers(holding ranges: some Sequence<Range<Int>>) -> [Int] {
        var numbers: Set<Int> = []
        for range in ranges where !range.isEmpty {
            let first = range.lowerBound / Self.frameSize
            let end = min((range.upperBound - 1) / Self.frameSize + 1, frames.count)
            if first < end { numbers.formUnion(first..<end) }
        }
        return numbers.sorted()
    }

    package var hashes: FrameHashes { FrameHashes(frames.map(\.sha256)) }

    package var text: [UInt8] { Array(frames.map { "\($0.sha256.hex) \($0.length)\n" }.joined().utf8) }

    /// Nil for what `text` never is.
    package init?(parsing text: ArraySlice<UInt8>) {
        var frames: [Frame] = []
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let sha256 = SHA256Digest(hex: words[0]), let length = Int(words[1]) else {
                return nil
            }
            frames.append(Frame(sha256: sha256, length: length))
        }
        self.init(frames)
        guard self.text[...] == text else { return nil }
    }
}

/// The hashes of an artifact's frames: what a signed event names by one hash, and a receiver gets before the frames.
///
/// As text, a line a frame, as this prints it too:
///
///     age -d -i KEY FILE | zstd -d | split -b 4M --filter=sha256sum | cut -c -64
package struct FrameHashes: Sendable, Equatable {
    /// Bytes of a line, its line feed included.
    package static let lineLength = 2 * SHA256.size + 1

    package let digests: [SHA256Digest]

    package init(_ digests: [SHA256Digest]) {
        self.digests = digests
    }

    package var text: [UInt8] { Array(digests.map { "\($0.hex)\n" }.joined().utf8) }

    /// Of the text.
    package var sha256: SHA256Digest { SHA256.hash(text.span) }

    /// Nil for what `text` never is.
    package init?(parsing text: [UInt8]) {
        guard text.count.isMultiple(of: Self.lineLength) else { return nil }
        var digests: [SHA256Digest] = []
        digests.reserveCapacity(text.count / Self.lineLength)
        for start in stride(from: 0, to: text.count, by: Self.lineLength) {
            let end = start + Self.lineLength - 1
            guard text[end] == UInt8(ascii: "\n"),
                let digest = SHA256Digest(hex: String(decoding: text[start..<end], as: UTF8.self))
            else { return nil }
            digests.append(digest)
        }
        self.digests = digests
    }

    /// What stands before the text where a stream that another machine is to receive follows: `devjournal-frames1 COUNT`.
    package static func header(_ count: Int) -> String { "devjournal-frames1 \(count)\n" }

    /// Bytes.
    package static let longestHeader = 64

    /// From a header without its line feed; nil for anything else.
    package static func count(header: String) -> Int? {
        guard let word = header.split(separator: " ").last, let count = Int(word), count >= 0,
            Self.header(count) == header + "\n"
        else { return nil }
        return count
    }
}

/// What an artifact's frames are, by the word of who has sealed it.
package struct SealedFrames: Sendable, Equatable {
    package let count: Int
    /// Of `FrameHashes.text`.
    package let sha256: SHA256Digest

    package init(count: Int, sha256: SHA256Digest) {
        self.count = count
        self.sha256 = sha256
    }

    package init(_ hashes: FrameHashes) {
        self.init(count: hashes.digests.count, sha256: hashes.sha256)
    }
}
