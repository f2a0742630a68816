internal import Digest
internal import Sodium

/// What a proof has shown, and whose word it is.
package struct ShownProof: Sendable {
    /// The record that stands under the checkpoint; nil for a consistency proof.
    package let record: Record?
    /// The older head, for a consistency proof.
    package let older: SignedCheckpoint?
    package let checkpoint: SignedCheckpoint
    /// The root that signed record 1.
    package let root: KeyID
    package let isRootPinned: Bool
}

extension ProofFile {
    /// Checks a proof with nothing but itself.
    ///
    /// The lines it carries are judged like a journal's, with gaps where no key event is left out; so they give the
    /// keys. The checkpoint must be signed by its epoch's sequencer, and the hashes must lead to its root.
    ///
    /// - Parameters:
    ///   - pinnedRoot: the root that must vouch for the keys; nil believes the one the proof names.
    ///   - heads: for a consistency proof, what is remembered; one must have the older size.
    package func check(pinnedRoot: KeyID?, heads: [SignedCheckpoint] = []) throws(ProofCheckError) -> ShownProof {
        var verifier = Verifier(pinnedRoot: pinnedRoot, readsExcerpt: true)
        let proven = try judge(&verifier)
        let size = checkpoint.checkpoint.size
        guard checkpoint.checkpoint.log == verifier.log else { throw .otherJournal }
        guard verifier.size <= size else { throw .lines }
        // The lines say which epoch the journal was in at the checkpoint's size.
        guard checkpoint.checkpoint.epoch == verifier.epoch else { throw .lines }
        guard Self.isSigned(checkpoint, verifier) else { throw .checkpointSignature }
        guard let root = verifier.root else { throw .lines }
        func shown(_ record: Record?, _ older: SignedCheckpoint?) -> ShownProof {
            ShownProof(
                record: record, older: older, checkpoint: checkpoint, root: root, isRootPinned: pinnedRoot != nil)
        }
        switch statement {
        case .inclusion(let index):
            guard let proven else { throw .lines }
            let proof = InclusionProof(index: index, size: size, path: path)
            guard proof.isValid(leaf: proven.line.span, root: checkpoint.checkpoint.root) else { throw .path }
            return shown(proven.record, nil)
        case .consistency(let from):
            let older = try head(of: from, in: heads, verifier)
            let proof = ConsistencyProof(from: from, to: size, path: path)
            guard proof.isValid(first: older.checkpoint.root, second: checkpoint.checkpoint.root) else {
                throw .path
            }
            return shown(nil, older)
        }
    }

    /// Judges the lines in order; the proven record is found among them.
    private func judge(
        _ verifier: inout Verifier
    ) throws(ProofCheckError) -> (record: Record, line: [UInt8])? {
        var proven: (Record, [UInt8])?
        do {
            for line in lines {
                let layout = try verifier.accept(line.span)
                let record = try Self.record(layout, line)
                let isProven = statement == .inclusion(index: record.seq - 1)
                guard isProven || record.event.isKeyEvent else { throw ProofCheckError.lines }
                if isProven { proven = (record, line) }
            }
            try verifier.checkRoot()
        } catch let damage as DamageError {
            throw .line(damage)
        } catch let failure as ProofCheckError {
            throw failure
        } catch {
            throw .lines
        }
        return proven
    }

    private static func record(_ layout: borrowing RecordLayout, _ line: [UInt8]) throws(DamageError) -> Record {
        do {
            return Record(
                seq: layout.seq, epoch: layout.epoch, ts: layout.ts, kid: layout.kid,
                event: try layout.event.event(in: line.span), hash: SHA256.hash(line.span))
        } catch {
            throw DamageError(record: layout.seq, error.reason)
        }
    }

    private static func isSigned(_ signed: SignedCheckpoint, _ verifier: borrowing Verifier) -> Bool {
        let (epoch, sequencers) = (signed.checkpoint.epoch, verifier.keyring.sequencers)
        guard epoch <= sequencers.count, let key = verifier.keyring[sequencers[epoch - 1]]?.key else { return false }
        return signed.isSigned(by: key)
    }

    /// The remembered head that the proof starts from, where it is signed and nothing speaks against it.
    private func head(
        of size: Int, in heads: [SignedCheckpoint], _ verifier: borrowing Verifier
    ) throws(ProofCheckError) -> SignedCheckpoint {
        let sameSize = heads.filter { $0.checkpoint.size == size }
        guard !sameSize.isEmpty else { throw .noHead(size: size) }
        for head in sameSize {
            guard head.checkpoint.log == checkpoint.checkpoint.log else { throw .otherJournal }
            guard Self.isSigned(head, verifier) else { throw .headSignature }
            if let base = verifier.nextBase(after: head.checkpoint.epoch), base < size {
                throw .cut(base: base, older: head, newer: checkpoint)
            }
            guard head.checkpoint.root == sameSize[0].checkpoint.root else {
                throw .fork(older: sameSize[0], newer: head)
            }
            // Of one size there is one root: a proof that fails then is wrong itself, a root that differs a fork.
            if size == checkpoint.checkpoint.size, head.checkpoint.root != checkpoint.checkpoint.root {
                throw .fork(older: head, newer: checkpoint)
            }
        }
        return sameSize[0]
    }
}
