package import Digest
internal import Sodium

/// Lines that a verifier has accepted but for their signatures, and the keys that must have made these.
///
/// A value of its own, with copies of the lines: it can be checked on another thread while the verifier continues.
package struct UncheckedLines: Sendable {
    private struct Line {
        let range: Range<Int>
        let layout: RecordLayout
        let sequencer: Ed25519.PublicKey
        let author: Ed25519.PublicKey
    }

    /// Records before the first of these lines.
    package let size: Int
    /// SHA-256 of the line before the first; zeros where there is none.
    package let head: SHA256Digest
    private var bytes: [UInt8] = []
    private var lines: [Line] = []

    /// The lines that this verifier accepts from now on.
    package init(after verifier: borrowing Verifier) {
        size = verifier.size
        head = verifier.head
    }

    package var count: Int { lines.count }
    /// Bytes held.
    package var length: Int { bytes.count }

    fileprivate mutating func add(
        _ line: Span<UInt8>, _ layout: RecordLayout, sequencer: Ed25519.PublicKey, author: Ed25519.PublicKey
    ) {
        let start = bytes.count
        bytes.append(copying: line)
        lines.append(Line(range: start..<bytes.count, layout: layout, sequencer: sequencer, author: author))
    }

    /// Whether every signature is the one that its key makes.
    package func areSigned() -> Bool {
        var message: [UInt8] = []
        for entry in lines {
            let line = bytes.span.extracting(entry.range)
            do {
                try Verifier.checkRecordSignature(line, entry.layout, entry.sequencer, &message)
                try Verifier.checkEventSignature(line, entry.layout, entry.author, &message)
            } catch {
                return false
            }
        }
        return true
    }
}

extension Verifier {
    /// Takes the next line as `accept` does, but leaves its signatures to be checked later.
    ///
    /// A key event's are checked here, too: the keyring that judges what follows never rests on what was not checked.
    package mutating func accept(
        _ line: Span<UInt8>, leavingSignaturesTo unchecked: inout UncheckedLines
    ) throws(DamageError) -> RecordLayout {
        let layout = try accept(line, checkingSignatures: false)
        // An accepted record's keys are in the keyring, and stay there when they are retired.
        guard let sequencer = keyring.entry(layout.kid), let author = keyring.entry(layout.event.author) else {
            preconditionFailure("a record was accepted whose keys are unknown")
        }
        unchecked.add(line, layout, sequencer: sequencer.key, author: author.key)
        return layout
    }
}
