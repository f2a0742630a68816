package import Digest

/// How far a verifier has come, so that another one continues from there without reading the lines before.
package struct VerifierPosition: Sendable, Equatable {
    package let epoch: Int
    /// Records accepted; at least one.
    package let size: Int
    package let head: SHA256Digest
    package let lastTime: Timestamp
    /// The Merkle tree's full subtrees.
    package let subtrees: [SHA256Digest]

    package init(epoch: Int, size: Int, head: SHA256Digest, lastTime: Timestamp, subtrees: [SHA256Digest]) {
        self.epoch = epoch
        self.size = size
        self.head = head
        self.lastTime = lastTime
        self.subtrees = subtrees
    }

    package init(_ verifier: borrowing Verifier) {
        self.init(
            epoch: verifier.epoch, size: verifier.size, head: verifier.head, lastTime: verifier.lastTime,
            subtrees: verifier.tree.subtrees)
    }
}

extension Verifier {
    /// A verifier that has accepted lines before. The caller that kept the position answers for it: nothing is judged
    /// again.
    ///
    /// - Parameters:
    ///   - keyEvents: the lines of all key events up to there, one after another.
    ///   - ids: those of the records up to there; an empty set leaves it to the caller to find an id used twice.
    package static func resuming(
        _ position: VerifierPosition, keyEvents: Span<UInt8>, ids: EventIDSet, pinnedRoot: KeyID?
    ) -> Verifier? {
        guard let tree = MerkleTree(size: position.size, subtrees: position.subtrees) else { return nil }
        var verifier = Verifier(pinnedRoot: pinnedRoot)
        var start = 0
        while start < keyEvents.count {
            var end = start
            while end < keyEvents.count, keyEvents[end] != UInt8(ascii: "\n") { end += 1 }
            guard end < keyEvents.count else { return nil }
            let line = keyEvents.extracting(start..<end + 1)
            do {
                let layout = try RecordLayout(line)
                let event = try layout.event.event(in: line)
                verifier.size = layout.seq
                verifier.enact(try KeyEvent(event), layout)
            } catch {
                return nil
            }
            start = end + 1
        }
        guard verifier.log != nil, verifier.keyring.sequencers.count == position.epoch else { return nil }
        verifier.epoch = position.epoch
        verifier.size = position.size
        verifier.head = position.head
        verifier.lastTime = position.lastTime
        verifier.tree = tree
        verifier.ids = ids
        return verifier
    }
}
