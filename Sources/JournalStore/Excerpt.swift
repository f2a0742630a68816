internal import Digest
internal import JournalFormat

/// The lines of a journal from which keyring and state follow: all others change neither.
struct Excerpt: Sendable {
    /// Key events, in order: few, for as long as a journal lives.
    private(set) var keyLines: [UInt8]
    /// Lines that change the state and are not kept yet.
    private(set) var newLines: [UInt8] = []
    /// Bytes of all lines that change the state.
    private(set) var length: Int
    /// Over each such line: the SHA-256 of the one before and the line's own.
    private(set) var chain: SHA256Digest
    private let stateType: any JournalState.Type

    /// Of a journal that is read from its first record on.
    init(of stateType: any JournalState.Type) {
        self.init(of: stateType, keyLines: [], length: 0, chain: SHA256Digest())
    }

    init(of stateType: any JournalState.Type, keyLines: [UInt8], length: Int, chain: SHA256Digest) {
        self.stateType = stateType
        self.keyLines = keyLines
        self.length = length
        self.chain = chain
    }

    /// Bytes that are kept already.
    var keptLength: Int { length - newLines.count }

    mutating func take(_ layout: borrowing RecordLayout, _ line: Span<UInt8>, hash: SHA256Digest) {
        let type = line.extracting(layout.event.type)
        if KeyEvent.isKeyEvent(type) { keyLines.append(copying: line) }
        guard !stateType.isUnchanged(by: type, schema: layout.event.schema) else { return }
        newLines.append(copying: line)
        length += line.count
        chain = Self.link(chain, hash)
    }

    mutating func markKept() { newLines = [] }

    private static func link(_ chain: SHA256Digest, _ line: SHA256Digest) -> SHA256Digest {
        var hasher = SHA256()
        hasher.update(chain.bytes.span)
        hasher.update(line.bytes.span)
        return hasher.finish()
    }

    /// What the kept lines add up to; nil where they are not those that were kept.
    func state(of lines: [UInt8]) -> (any JournalState)? {
        guard lines.count == length else { return nil }
        var state: any JournalState = stateType.initial
        var chain = SHA256Digest()
        var start = 0
        while start < lines.count, let end = lines[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = lines.span.extracting(start..<end + 1)
            let hash = SHA256.hash(line)
            chain = Self.link(chain, hash)
            do {
                try state.evolve(try Record(try RecordLayout(line), line, hash: hash))
            } catch {
                return nil
            }
            start = end + 1
        }
        return start == lines.count && chain == self.chain ? state : nil
    }
}
